//! The machine: takes in what arrives, hands it to the part that owns the matter, gives out what is to be done.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, Instant};

use foldhash::fast;
use foldhash::quality;
use hmac::{Hmac, Mac as _};
use moim_types::Now;
use sha2::Sha256;
use stun_types::attribute::XorMappedAddress;
use stun_types::message::{
    BINDING, Message, MessageClass, MessageHeader, MessageType, MessageWrite as _, MessageWriteVec,
};
use turn_types::attribute::{Lifetime, ReservationToken, XorRelayedAddress};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH, SEND};

use crate::address::FiveTuple;
use crate::allocations::allocation::{Allocation, Allocations, RelayId, RelayState};
use crate::allocations::channels::BindRefusal;
use crate::allocations::permissions;
use crate::allocations::registry::{Registry, WantedPort};
use crate::allocations::relay_ports::RelayPorts;
use crate::allocations::timers::{Timers, Wake};
use crate::allocations::users::Users;
use crate::authentication::authenticator::{Authenticated, Authenticator};
use crate::authentication::nonce::Nonces;
use crate::config::Config;
use crate::forward;
use crate::io::{Forward, Input, Output};
use crate::messages::reply::{self, Refusal};
use crate::messages::request;
use crate::peers::media::MediaSockets;
use crate::peers::route::Peers;
use crate::stats::{DropReason, ErrorAnswer, Stats};

/// The longest request that is looked at. Real ones stay below 600 bytes; data goes in indications.
const LONGEST_REQUEST: usize = 1500;

/// A STUN and TURN server (RFC 8489, RFC 8656).
#[derive(Debug)]
pub struct Server {
    authenticator: Authenticator,
    peers: Peers,
    registry: Registry,
    outputs: VecDeque<Output>,
    stats: Stats,
    draining: bool,
}

/// The answer to a request that was signed: what to sign in turn, `None` where the answer comes later.
type Answer = Result<Option<MessageWriteVec>, ErrorAnswer>;

impl Server {
    /// Makes a server without allocations. `seed` must be secret and unpredictable: nonces and relay ports come from it.
    #[must_use]
    pub fn new(config: Config, now: Instant, seed: [u8; 32]) -> Self {
        let ports = config.relay.ports.clone();
        Self::with_ports(config, &ports, now, seed)
    }

    /// Makes one of several machines that share a relay address: it takes only `own_ports`, and knows
    /// the rest of the relay ports as those of its siblings.
    #[must_use]
    pub fn with_ports(config: Config, own_ports: &RangeInclusive<u16>, now: Instant, seed: [u8; 32]) -> Self {
        let Config { realm, relay, credentials, peers, media, user_quota, total_quota, max_bps_per_user } = config;
        let users = Users::new(user_quota, max_bps_per_user, quality::RandomState::default());
        let allocations = Allocations::new(fast::RandomState::default());
        let ports = RelayPorts::new(own_ports, derive(&seed, "relay ports"));
        Self {
            authenticator: Authenticator::new(realm, credentials, Nonces::new(derive(&seed, "nonces"), now)),
            peers: Peers::new(peers, relay, MediaSockets::new(media)),
            registry: Registry::new(allocations, users, ports, Timers::new(now), total_quota),
            outputs: VecDeque::new(),
            stats: Stats::default(),
            draining: false,
        }
    }

    /// Takes in one thing that happened. A packet to be sent on is returned; everything else is fetched by [`Server::poll`].
    #[must_use = "the returned packet is to be sent"]
    pub fn handle<'p>(&mut self, now: Now, input: Input<'p>) -> Option<Forward<'p>> {
        let forwarded = match input {
            Input::FromClient { five_tuple, bytes } => {
                let forwarded = self.handle_client(now, five_tuple, bytes);
                self.stats.packets_handed_over += u64::from(matches!(forwarded, Ok(Some(Forward::ToClient { .. }))));
                forwarded
            }
            Input::FromPeer { relay, peer, bytes } => {
                forward::from_peer(&mut self.registry, &self.peers, now.instant, relay, peer, bytes).map(Some)
            }
            Input::FromMedia { relayed, media, bytes } => {
                let forwarded = forward::from_media(&mut self.registry, now.instant, relayed, media, bytes);
                self.stats.packets_from_media += u64::from(forwarded.is_ok());
                forwarded.map(Some)
            }
            Input::RelayOpened(relay) => {
                self.handle_relay_opened(now.instant, relay);
                Ok(None)
            }
            Input::RelayFailed(relay) => {
                self.handle_relay_failed(relay);
                Ok(None)
            }
            Input::RelayOverQuota(relay) => {
                self.end_unfounded(relay, ErrorAnswer::AllocationQuotaReached);
                Ok(None)
            }
            Input::ClientGone(five_tuple) => {
                self.end_by_client(&five_tuple);
                Ok(None)
            }
            Input::Wake => {
                self.handle_wake(now.instant);
                Ok(None)
            }
            Input::Credentials(credentials) => {
                self.authenticator.replace_credentials(credentials);
                Ok(None)
            }
            Input::Peers(policy) => {
                self.peers.replace_policy(policy);
                self.revoke_forbidden();
                Ok(None)
            }
            Input::Drain => {
                self.draining = true;
                Ok(None)
            }
        };
        match forwarded {
            Ok(forward) => {
                self.count_forward(forward.as_ref());
                forward
            }
            Err(reason) => {
                self.stats.count_drop(reason);
                None
            }
        }
    }

    /// Fetches one thing to be done. Call until `None` after each input.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to feed [`Input::Wake`] next, and why.
    #[must_use]
    pub fn next_wake(&self) -> Option<(Instant, Wake)> {
        self.registry.next_wake()
    }

    /// What was counted so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let mut stats = self.stats.clone();
        stats.allocations = self.registry.allocations.len() as u64;
        stats
    }

    fn handle_client<'p>(
        &mut self,
        now: Now,
        five_tuple: FiveTuple,
        bytes: &'p [u8],
    ) -> Result<Option<Forward<'p>>, DropReason> {
        match bytes.first() {
            // The first two bits tell them apart (RFC 8656 §12.4).
            Some(0x40..=0x7F) => {
                forward::channel_data(&mut self.registry, &self.peers, now.instant, &five_tuple, bytes).map(Some)
            }
            Some(0x00..=0x3F) => self.handle_stun(now, five_tuple, bytes),
            _ => Err(DropReason::Malformed),
        }
    }

    fn handle_stun<'p>(
        &mut self,
        now: Now,
        five_tuple: FiveTuple,
        bytes: &'p [u8],
    ) -> Result<Option<Forward<'p>>, DropReason> {
        let message = Message::from_bytes(bytes).map_err(|_| DropReason::Malformed)?;
        let length = MessageHeader::from_bytes(bytes).map_or(0, |header| usize::from(header.data_length()));
        if MessageHeader::LENGTH + length != bytes.len() {
            return Err(DropReason::Malformed);
        }
        match (message.class(), message.method()) {
            (MessageClass::Indication, SEND) => {
                let registry = &mut self.registry;
                forward::send_indication(registry, &self.peers, now.instant, &five_tuple, &message, bytes).map(Some)
            }
            // A Binding indication keeps a NAT binding alive and wants nothing (RFC 8445 §11).
            (MessageClass::Indication, BINDING) => Ok(None),
            (MessageClass::Request, _) if bytes.len() > LONGEST_REQUEST => Err(DropReason::Malformed),
            (MessageClass::Request, _) => self.handle_request(now, five_tuple, &message).map(|()| None),
            _ => Err(DropReason::Unexpected),
        }
    }

    fn handle_request(&mut self, now: Now, five_tuple: FiveTuple, request: &Message<'_>) -> Result<(), DropReason> {
        let answer = match request.method() {
            BINDING => self.bind(five_tuple, request).map(Some),
            ALLOCATE | REFRESH | CREATE_PERMISSION | CHANNEL_BIND => self.handle_signed(now, five_tuple, request),
            // RFC 8489 §6.3: an unknown method is not answered.
            _ => return Err(DropReason::Unexpected),
        };
        let bytes = answer.unwrap_or_else(|refusal| Some(self.refuse(now.instant, &five_tuple, request, &refusal)));
        if let Some(bytes) = bytes {
            self.outputs.push_back(Output::ToClient { five_tuple, bytes });
        }
        Ok(())
    }

    /// Binding (RFC 8489 §6): the one request that needs no user. The answer is 32 bytes for IPv4.
    fn bind(&mut self, five_tuple: FiveTuple, request: &Message<'_>) -> Result<Vec<u8>, Refusal> {
        let unknown = reply::unknown_attributes(request, &request::KNOWN);
        if !unknown.is_empty() {
            return Err(Refusal::UnknownAttributes(unknown, None));
        }
        self.stats.bindings += 1;
        let mut response = reply::success(request);
        response.push_attribute_unchecked(&XorMappedAddress::new(five_tuple.client, request.transaction_id()));
        Ok(response.finish())
    }

    fn handle_signed(
        &mut self,
        now: Now,
        five_tuple: FiveTuple,
        request: &Message<'_>,
    ) -> Result<Option<Vec<u8>>, Refusal> {
        let holder = self.registry.holder(&five_tuple);
        let user = self.authenticator.authenticate(now, &five_tuple, request, holder)?;
        let unknown = reply::unknown_attributes(request, &request::KNOWN);
        if !unknown.is_empty() {
            return Err(Refusal::UnknownAttributes(unknown, Some(user.key())));
        }
        let answer = match request.method() {
            ALLOCATE => self.allocate(now.instant, five_tuple, request, &user),
            REFRESH => self.refresh(now.instant, five_tuple, request),
            CREATE_PERMISSION => self.create_permission(now.instant, five_tuple, request),
            _ => self.bind_channel(now.instant, five_tuple, request),
        };
        match answer {
            Ok(response) => Ok(response.map(|response| reply::finish(response, &user.key()))),
            Err(error) => Err(user.refuse(error)),
        }
    }

    /// Allocate (RFC 8656 §7.2). The answer follows when the relay socket stands.
    fn allocate(&mut self, now: Instant, five_tuple: FiveTuple, request: &Message<'_>, user: &Authenticated) -> Answer {
        if let Some(allocation) = self.registry.allocations.by_client(&five_tuple) {
            if allocation.transaction != request.transaction_id() {
                return Err(ErrorAnswer::AllocationMismatch);
            }
            return Ok((allocation.relay.state == RelayState::Open).then(|| self.allocated(allocation, now)));
        }
        if self.draining {
            return Err(ErrorAnswer::InsufficientCapacity);
        }
        let wanted = request::allocate(request)?;
        if let WantedPort::New(family, _) = wanted.port
            && !self.peers.offers(family)
        {
            return Err(ErrorAnswer::AddressFamilyNotSupported);
        }
        let relay = self.registry.found(now, five_tuple, user, wanted)?.id;
        if self.ask_for_relay(relay) {
            Ok(None)
        } else {
            self.registry.end(relay);
            Err(ErrorAnswer::AddressFamilyNotSupported)
        }
    }

    /// Asks the shell for the relay socket; false if no address of this family is offered any more.
    fn ask_for_relay(&mut self, relay: RelayId) -> bool {
        let wanted = self.registry.allocations.by_id(relay).and_then(|allocation| {
            let address = self.peers.relay_socket(allocation.relay)?;
            let user = Arc::clone(self.registry.users.name(allocation.user)?);
            Some(Output::OpenRelay { relay, address, user })
        });
        let asked = wanted.is_some();
        self.outputs.extend(wanted);
        asked
    }

    /// The success response to Allocate (RFC 8656 §7.2), unsigned.
    fn allocated(&self, allocation: &Allocation, now: Instant) -> MessageWriteVec {
        let id = allocation.transaction;
        let kind = MessageType::from_class_method(MessageClass::Success, ALLOCATE);
        let mut response = Message::builder(kind, id, MessageWriteVec::with_capacity(128));
        if let Some(relayed) = self.peers.relayed(allocation.relay) {
            response.push_attribute_unchecked(&XorRelayedAddress::new(relayed, id));
        }
        response.push_attribute_unchecked(&lifetime(allocation.expires.saturating_duration_since(now)));
        response.push_attribute_unchecked(&XorMappedAddress::new(allocation.five_tuple.client, id));
        if let Some(token) = allocation.relay.reservation {
            response.push_attribute_unchecked(&ReservationToken::new(token));
        }
        response
    }

    fn handle_relay_opened(&mut self, now: Instant, relay: RelayId) {
        let Some(allocation) = self.registry.allocations.by_id_mut(relay) else { return };
        allocation.relay.state = RelayState::Open;
        let (five_tuple, key) = (allocation.five_tuple, allocation.key);
        let Some(allocation) = self.registry.allocations.by_id(relay) else { return };
        let bytes = reply::finish(self.allocated(allocation, now), &key);
        self.stats.allocations_created += 1;
        tracing::debug!(client.addr = %five_tuple.client, transport = five_tuple.transport.name(), "allocation made");
        self.outputs.push_back(Output::ToClient { five_tuple, bytes });
    }

    fn handle_relay_failed(&mut self, relay: RelayId) {
        self.stats.relay_failures += 1;
        let retried = self.registry.next_port(relay).is_some() && self.ask_for_relay(relay);
        if !retried {
            self.end_unfounded(relay, ErrorAnswer::InsufficientCapacity);
        }
    }

    /// Ends an allocation whose client still waits for the answer, and answers.
    fn end_unfounded(&mut self, relay: RelayId, error: ErrorAnswer) {
        let Some(allocation) = self.registry.end(relay) else { return };
        self.stats.count_error(error);
        let kind = MessageType::from_class_method(MessageClass::Error, ALLOCATE);
        let response = Message::builder(kind, allocation.transaction, MessageWriteVec::with_capacity(64));
        let bytes = reply::finish_error(response, error, &allocation.key);
        self.outputs.push_back(Output::ToClient { five_tuple: allocation.five_tuple, bytes });
    }

    /// Refresh (RFC 8656 §8.2); a lifetime of zero ends the allocation.
    fn refresh(&mut self, now: Instant, five_tuple: FiveTuple, request: &Message<'_>) -> Answer {
        let allocation = self.registry.allocations.by_client(&five_tuple).ok_or(ErrorAnswer::AllocationMismatch)?;
        let id = allocation.id;
        let wanted = request::refresh(request, allocation.relay.family)?;
        let granted = if wanted.is_zero() {
            self.end(id);
            Duration::ZERO
        } else {
            self.registry.refresh(now, id, wanted)
        };
        let mut response = reply::success(request);
        response.push_attribute_unchecked(&lifetime(granted));
        Ok(Some(response))
    }

    /// CreatePermission (RFC 8656 §10.2): all of the named peers, or none.
    fn create_permission(&mut self, now: Instant, five_tuple: FiveTuple, request: &Message<'_>) -> Answer {
        let allocation = self.registry.allocations.by_client_mut(&five_tuple).ok_or(ErrorAnswer::AllocationMismatch)?;
        let peers = request::permission_peers(request, allocation.relay.family)?;
        if !peers.iter().all(|peer| self.peers.permits(*peer)) {
            return Err(ErrorAnswer::Forbidden);
        }
        for peer in peers {
            allocation.permissions.install(peer, now).map_err(|permissions::Full| ErrorAnswer::InsufficientCapacity)?;
        }
        Ok(Some(reply::success(request)))
    }

    /// ChannelBind (RFC 8656 §12.2), which also installs a permission.
    fn bind_channel(&mut self, now: Instant, five_tuple: FiveTuple, request: &Message<'_>) -> Answer {
        let allocation = self.registry.allocations.by_client_mut(&five_tuple).ok_or(ErrorAnswer::AllocationMismatch)?;
        let (number, peer) = request::channel_bind(request, allocation.relay.family)?;
        if !self.peers.permits(peer.ip()) || self.peers.route(peer).is_none() {
            return Err(ErrorAnswer::Forbidden);
        }
        allocation.channels.bind(number, peer, now).map_err(|refusal| match refusal {
            BindRefusal::Taken => ErrorAnswer::BadRequest,
            BindRefusal::Full => ErrorAnswer::InsufficientCapacity,
        })?;
        allocation
            .permissions
            .install(peer.ip(), now)
            .map_err(|permissions::Full| ErrorAnswer::InsufficientCapacity)?;
        Ok(Some(reply::success(request)))
    }

    fn refuse(&mut self, now: Instant, five_tuple: &FiveTuple, request: &Message<'_>, refusal: &Refusal) -> Vec<u8> {
        self.stats.count_error(refusal.answer());
        let nonce = match refusal {
            Refusal::Challenge(_) => self.authenticator.nonce(now, five_tuple),
            Refusal::Unsigned(_) | Refusal::Signed(..) | Refusal::UnknownAttributes(..) => String::new(),
        };
        reply::refuse(request, refusal, self.authenticator.realm(), &nonce)
    }

    fn handle_wake(&mut self, now: Instant) {
        while let Some(id) = self.registry.next_expired(now) {
            self.stats.allocations_expired += 1;
            self.end(id);
        }
    }

    fn end_by_client(&mut self, five_tuple: &FiveTuple) {
        if let Some(id) = self.registry.allocations.by_client(five_tuple).map(|allocation| allocation.id) {
            self.end(id);
        }
    }

    fn end(&mut self, id: RelayId) {
        if let Some(allocation) = self.registry.end(id) {
            tracing::debug!(client.addr = %allocation.five_tuple.client, "allocation ended");
            self.outputs.push_back(Output::CloseRelay(id));
        }
    }

    fn revoke_forbidden(&mut self) {
        let peers = &self.peers;
        for allocation in self.registry.allocations.iter_mut() {
            allocation.permissions.retain(|address| peers.permits(address));
            allocation.channels.retain(|peer| peers.permits(peer.ip()) && peers.route(peer).is_some());
        }
    }

    fn count_forward(&mut self, forward: Option<&Forward<'_>>) {
        let payload = match forward {
            None => return,
            Some(Forward::ToPeer { payload, .. } | Forward::ToSibling { payload, .. }) => {
                self.stats.packets_to_peers += 1;
                payload
            }
            Some(Forward::ToMedia { payload, .. }) => {
                self.stats.packets_to_peers += 1;
                self.stats.packets_to_media += 1;
                payload
            }
            Some(Forward::ToClient { payload, .. }) => {
                self.stats.packets_to_clients += 1;
                payload
            }
        };
        self.stats.relayed_bytes += payload.len() as u64;
    }
}

/// A LIFETIME attribute in whole seconds.
fn lifetime(duration: Duration) -> Lifetime {
    Lifetime::new(u32::try_from(duration.as_secs()).unwrap_or(u32::MAX))
}

/// One secret for each purpose, out of one seed.
fn derive(seed: &[u8; 32], purpose: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(seed).expect("HMAC takes a key of any length");
    mac.update(purpose.as_bytes());
    mac.finalize().into_bytes().into()
}
