//! What each request asks for, read out of its attributes.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use stun_types::AddressFamily;
use stun_types::attribute::{
    Attribute as _, AttributeFromRaw, AttributeStaticType, AttributeType, ErrorCode, Fingerprint, MessageIntegrity,
    Nonce, Realm, UnknownAttributes, Username, XorMappedAddress,
};
use stun_types::message::Message;
use turn_types::attribute::{
    ChannelNumber, EvenPort, Lifetime, RequestedAddressFamily, RequestedTransport, ReservationToken, XorPeerAddress,
    XorRelayedAddress,
};

use crate::address::Family;
use crate::allocations::channels::CHANNEL_NUMBERS;
use crate::allocations::ports::PortWish;
use crate::allocations::registry::{DEFAULT_LIFETIME, Wanted, WantedPort};
use crate::stats::ErrorAnswer;

/// Attributes that must be understood (below 0x8000), and are. DONT-FRAGMENT is left out:
/// RFC 8656 §7.2 wants error 420 from a server that cannot honour it.
pub(crate) const KNOWN: [AttributeType; 16] = [
    Username::TYPE,
    MessageIntegrity::TYPE,
    ErrorCode::TYPE,
    UnknownAttributes::TYPE,
    Realm::TYPE,
    Nonce::TYPE,
    XorMappedAddress::TYPE,
    ChannelNumber::TYPE,
    Lifetime::TYPE,
    XorPeerAddress::TYPE,
    XorRelayedAddress::TYPE,
    RequestedAddressFamily::TYPE,
    EvenPort::TYPE,
    RequestedTransport::TYPE,
    ReservationToken::TYPE,
    Fingerprint::TYPE,
];

/// The protocol number of UDP (RFC 8656 §18.8).
const UDP: u8 = 17;

/// Most peers that one CreatePermission may name; more than an allocation can hold makes no sense.
const MOST_PEERS: usize = 64;

/// An attribute that may be missing but must not be malformed.
fn optional<'a, A>(request: &'a Message<'a>) -> Result<Option<A>, ErrorAnswer>
where
    A: AttributeFromRaw<'a> + AttributeStaticType,
{
    if request.has_attribute(A::TYPE) {
        request.attribute::<A>().map(Some).map_err(|_| ErrorAnswer::BadRequest)
    } else {
        Ok(None)
    }
}

fn required<'a, A>(request: &'a Message<'a>) -> Result<A, ErrorAnswer>
where
    A: AttributeFromRaw<'a> + AttributeStaticType,
{
    request.attribute::<A>().map_err(|_| ErrorAnswer::BadRequest)
}

/// The family that REQUESTED-ADDRESS-FAMILY names; an unknown value is 440, not 400 (RFC 8656 §7.2).
fn requested_family(request: &Message<'_>) -> Result<Option<Family>, ErrorAnswer> {
    if !request.has_attribute(RequestedAddressFamily::TYPE) {
        return Ok(None);
    }
    match request.attribute::<RequestedAddressFamily>().map(|attribute| attribute.family()) {
        Ok(AddressFamily::IPV4) => Ok(Some(Family::V4)),
        Ok(AddressFamily::IPV6) => Ok(Some(Family::V6)),
        Err(_) => Err(ErrorAnswer::AddressFamilyNotSupported),
    }
}

fn lifetime(request: &Message<'_>) -> Result<Option<Duration>, ErrorAnswer> {
    let lifetime = optional::<Lifetime>(request)?;
    Ok(lifetime.map(|lifetime| Duration::from_secs(lifetime.seconds().into())))
}

/// Allocate, in the order of RFC 8656 §7.2.
pub(crate) fn allocate(request: &Message<'_>) -> Result<Wanted, ErrorAnswer> {
    let transport = required::<RequestedTransport>(request)?;
    if transport.protocol() != UDP {
        return Err(ErrorAnswer::UnsupportedTransport);
    }
    let even_port = optional::<EvenPort>(request)?;
    let reserved = optional::<ReservationToken>(request)?;
    let family = requested_family(request)?;
    let port = match (reserved, even_port, family) {
        (None, even_port, family) => {
            let wish = match even_port.map(|even| even.requested()) {
                None => PortWish::Any,
                Some(false) => PortWish::Even,
                Some(true) => PortWish::EvenAndNext,
            };
            WantedPort::New(family.unwrap_or(Family::V4), wish)
        }
        (Some(token), None, None) => WantedPort::Reserved(token.token()),
        (Some(_), _, _) => return Err(ErrorAnswer::BadRequest),
    };
    Ok(Wanted { port, lifetime: lifetime(request)?, transaction: request.transaction_id() })
}

/// Refresh (RFC 8656 §8.2): the lifetime, and 443 where the family is another one.
pub(crate) fn refresh(request: &Message<'_>, family: Family) -> Result<Duration, ErrorAnswer> {
    match requested_family(request) {
        Ok(Some(wanted)) if wanted != family => Err(ErrorAnswer::PeerAddressFamilyMismatch),
        Err(_) => Err(ErrorAnswer::PeerAddressFamilyMismatch),
        Ok(_) => Ok(lifetime(request)?.unwrap_or(DEFAULT_LIFETIME)),
    }
}

/// CreatePermission (RFC 8656 §10.2): one peer or several, all of one family.
pub(crate) fn permission_peers(request: &Message<'_>, family: Family) -> Result<Vec<IpAddr>, ErrorAnswer> {
    let mut peers = Vec::new();
    for (_, raw) in request.iter_attributes().filter(|(_, raw)| raw.get_type() == XorPeerAddress::TYPE) {
        let peer = XorPeerAddress::from_raw(raw).map_err(|_| ErrorAnswer::BadRequest)?;
        peers.push(of_family(peer.addr(request.transaction_id()), family)?.ip());
    }
    match peers.len() {
        1..=MOST_PEERS => Ok(peers),
        _ => Err(ErrorAnswer::BadRequest),
    }
}

/// ChannelBind (RFC 8656 §12.2).
pub(crate) fn channel_bind(request: &Message<'_>, family: Family) -> Result<(u16, SocketAddr), ErrorAnswer> {
    let number = required::<ChannelNumber>(request)?.channel();
    if !CHANNEL_NUMBERS.contains(&number) {
        return Err(ErrorAnswer::BadRequest);
    }
    let peer = required::<XorPeerAddress>(request)?.addr(request.transaction_id());
    Ok((number, of_family(peer, family)?))
}

fn of_family(peer: SocketAddr, family: Family) -> Result<SocketAddr, ErrorAnswer> {
    if Family::of(peer.ip()) == family { Ok(peer) } else { Err(ErrorAnswer::PeerAddressFamilyMismatch) }
}
