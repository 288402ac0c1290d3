//! The data path: from client to peer and back.
//!
//! Nothing here allocates, and nothing is searched but the few permissions of one allocation.

use std::net::SocketAddr;
use std::time::Instant;

use stun_types::attribute::{Attribute as _, AttributeStaticType as _, AttributeWriteExt as _};
use stun_types::message::Message;
use turn_types::attribute::{Data, XorPeerAddress};

use crate::address::FiveTuple;
use crate::allocations::allocation::{Allocation, RelayId, RelayState};
use crate::allocations::registry::Registry;
use crate::io::{Forward, Header};
use crate::messages::reply::unknown_attributes;
use crate::peers::route::{Peers, Route};
use crate::stats::DropReason;

const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];

/// What a ChannelData message or a Send indication asks to be sent.
#[derive(Debug, Clone, Copy)]
enum To {
    Channel(u16),
    Peer(SocketAddr),
}

/// ChannelData from a client (RFC 8656 §12.6).
pub(crate) fn channel_data<'p>(
    registry: &mut Registry,
    peers: &Peers,
    now: Instant,
    five_tuple: &FiveTuple,
    bytes: &'p [u8],
) -> Result<Forward<'p>, DropReason> {
    let Some((&[n1, n2, l1, l2], rest)) = bytes.split_first_chunk::<4>() else {
        return Err(DropReason::Malformed);
    };
    let length = usize::from(u16::from_be_bytes([l1, l2]));
    // Over UDP padding is allowed and ignored (RFC 8656 §12.5).
    let payload = rest.get(..length).ok_or(DropReason::Malformed)?;
    let number = u16::from_be_bytes([n1, n2]);
    from_client(registry, peers, now, five_tuple, To::Channel(number), payload)
}

/// A Send indication from a client (RFC 8656 §11.2).
pub(crate) fn send_indication<'p>(
    registry: &mut Registry,
    peers: &Peers,
    now: Instant,
    five_tuple: &FiveTuple,
    message: &Message<'_>,
    bytes: &'p [u8],
) -> Result<Forward<'p>, DropReason> {
    if !unknown_attributes(message, &[XorPeerAddress::TYPE, Data::TYPE]).is_empty() {
        return Err(DropReason::BadIndication);
    }
    let peer = message.attribute::<XorPeerAddress>().map_err(|_| DropReason::BadIndication)?;
    let (offset, data) = message.raw_attribute_and_offset(Data::TYPE).ok_or(DropReason::BadIndication)?;
    let start = offset + ATTRIBUTE_HEADER;
    let payload = bytes.get(start..start + usize::from(data.length())).ok_or(DropReason::Malformed)?;
    from_client(registry, peers, now, five_tuple, To::Peer(peer.addr(message.transaction_id())), payload)
}

fn from_client<'p>(
    registry: &mut Registry,
    peers: &Peers,
    now: Instant,
    five_tuple: &FiveTuple,
    to: To,
    payload: &'p [u8],
) -> Result<Forward<'p>, DropReason> {
    let sender = registry.allocations.by_client(five_tuple).ok_or(DropReason::NoAllocation)?;
    let peer = match to {
        To::Channel(number) => sender.channels.peer(number, now).ok_or(DropReason::NoChannel)?,
        To::Peer(peer) => peer,
    };
    if sender.relay.state != RelayState::Open || !sender.permissions.allows(peer.ip(), now) {
        return Err(DropReason::NoPermission);
    }
    let (relay, relayed) = (sender.id, peers.relayed(sender.relay).ok_or(DropReason::NoRelay)?);
    if !registry.users.spend(sender.user, payload.len(), now) {
        return Err(DropReason::OverBandwidth);
    }
    match peers.route(peer).ok_or(DropReason::OwnAddress)? {
        Route::External => Ok(Forward::ToPeer { relay, peer, payload }),
        Route::Media => Ok(Forward::ToMedia { relayed, media: peer, payload }),
        Route::OwnRelay { bound } => match registry.allocations.by_relayed(peer).map(|receiver| receiver.id) {
            Some(receiver) => to_client(registry, now, receiver, relayed, payload),
            // If there is such a relay, it belongs to a sibling: by way of its socket.
            None => Ok(Forward::ToSibling { relay, bound, payload }),
        },
    }
}

/// A datagram on a relay socket (RFC 8656 §11.3).
pub(crate) fn from_peer<'p>(
    registry: &mut Registry,
    peers: &Peers,
    now: Instant,
    relay: RelayId,
    source: SocketAddr,
    payload: &'p [u8],
) -> Result<Forward<'p>, DropReason> {
    let peer = peers.advertised(source);
    // A permission for one of this server's addresses opens its relays and its media, in both directions.
    peers.route(peer).ok_or(DropReason::OwnAddress)?;
    to_client(registry, now, relay, peer, payload)
}

/// A packet from this server's media for a relayed transport address: the same rules as for a datagram.
pub(crate) fn from_media<'p>(
    registry: &mut Registry,
    now: Instant,
    relayed: SocketAddr,
    media: SocketAddr,
    payload: &'p [u8],
) -> Result<Forward<'p>, DropReason> {
    let relay = registry.allocations.by_relayed(relayed).ok_or(DropReason::NoRelay)?.id;
    to_client(registry, now, relay, media, payload)
}

fn to_client<'p>(
    registry: &mut Registry,
    now: Instant,
    relay: RelayId,
    peer: SocketAddr,
    payload: &'p [u8],
) -> Result<Forward<'p>, DropReason> {
    let receiver = registry.allocations.by_id(relay).ok_or(DropReason::NoRelay)?;
    if !receiver.permissions.allows(peer.ip(), now) {
        return Err(DropReason::NoPermission);
    }
    if !registry.users.spend(receiver.user, payload.len(), now) {
        return Err(DropReason::OverBandwidth);
    }
    let length = u16::try_from(payload.len()).map_err(|_| DropReason::Malformed)?;
    let padding = payload.len().next_multiple_of(4) - payload.len();
    let five_tuple = receiver.five_tuple;
    Ok(match channel_header(receiver, peer, now, length) {
        Some(header) => {
            let padding = if five_tuple.transport.is_stream() { padding } else { 0 };
            Forward::ToClient { five_tuple, header, payload, padding }
        }
        None => {
            let header = data_indication_header(registry.ports.transaction_id(), peer, length)?;
            Forward::ToClient { five_tuple, header, payload, padding }
        }
    })
}

fn channel_header(receiver: &Allocation, peer: SocketAddr, now: Instant, length: u16) -> Option<Header> {
    let number = receiver.channels.number(peer, now)?;
    let mut header = Header::empty();
    header.push(&number.to_be_bytes());
    header.push(&length.to_be_bytes());
    Some(header)
}

/// A Data indication up to its payload: XOR-PEER-ADDRESS first, DATA last (RFC 8656 §11.4).
fn data_indication_header(transaction: [u8; 12], peer: SocketAddr, length: u16) -> Result<Header, DropReason> {
    let address = XorPeerAddress::new(peer, transaction_id(transaction));
    let mut attribute = [0; 24];
    let address_length = address.write_into(&mut attribute).map_err(|_| DropReason::Malformed)?;
    // Example: 5 bytes from an IPv4 peer make 12 + 4 + 8 = 24 bytes of attributes.
    let attributes = address_length + ATTRIBUTE_HEADER + usize::from(length).next_multiple_of(4);
    let attributes = u16::try_from(attributes).map_err(|_| DropReason::Malformed)?;
    let mut header = Header::empty();
    header.push(&(DATA_INDICATION).to_be_bytes());
    header.push(&attributes.to_be_bytes());
    header.push(&MAGIC_COOKIE);
    header.push(&transaction);
    header.push(attribute.get(..address_length).unwrap_or_default());
    header.push(&Data::TYPE.value().to_be_bytes());
    header.push(&length.to_be_bytes());
    Ok(header)
}

fn transaction_id(bytes: [u8; 12]) -> stun_types::message::TransactionId {
    let mut wide = [0; 16];
    wide[4..].copy_from_slice(&bytes);
    u128::from_be_bytes(wide).into()
}

/// Type and length of an attribute (RFC 8489 §14).
const ATTRIBUTE_HEADER: usize = 4;

/// Class indication, method Data (RFC 8489 §5).
const DATA_INDICATION: u16 = 0x0010 | 0x0007;
