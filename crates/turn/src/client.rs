//! A TURN client, small on purpose: one request at a time, no timers, no retransmission.
//!
//! It serves tools that look at a server from outside, and tests. The caller owns the socket; over
//! UDP he sends the same bytes again when no answer comes.

use std::net::SocketAddr;
use std::time::Duration;

use moim_types::Redacted;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use stun_types::AddressFamily;
use stun_types::attribute::{ErrorCode, Nonce, Realm, Software, Username, XorMappedAddress};
use stun_types::message::{
    BINDING, Message, MessageClass, MessageType, MessageWrite as _, MessageWriteVec, Method, TransactionId,
};
use thiserror::Error;
use turn_types::attribute::{
    ChannelNumber, Data, Lifetime, RequestedAddressFamily, RequestedTransport, XorPeerAddress, XorRelayedAddress,
};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, DATA, REFRESH, SEND};

use crate::address::Family;
use crate::authentication::credentials::Key;
use crate::authentication::integrity;

/// What to ask of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// What address do I come from?
    Binding,
    /// A relayed transport address of this family.
    Allocate(Family),
    /// Keep the allocation for so long; zero ends it.
    Refresh(Duration),
    /// Let these peers send to me.
    CreatePermission(Vec<SocketAddr>),
    /// Call this peer by a number.
    ChannelBind(u16, SocketAddr),
}

/// What a server granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granted {
    /// The address this client comes from.
    Mapped(SocketAddr),
    /// The relayed transport address, and how long it lasts.
    Allocated {
        /// Where peers send to.
        relayed: SocketAddr,
        /// Where the client comes from.
        mapped: SocketAddr,
        /// Until the next Refresh is due.
        lifetime: Duration,
    },
    /// The allocation lasts so much longer.
    Refreshed(Duration),
    /// The peers may send.
    Permitted,
    /// The number is bound.
    Bound,
}

/// Why a request was not granted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Denied {
    /// The server said so.
    #[error("the server answered {code} {reason}")]
    Error {
        /// The STUN error code.
        code: u16,
        /// The server's reason phrase; may be empty.
        reason: String,
    },
    /// The answer was not signed with our key, or lacks what it must have.
    #[error("the server's answer is not valid: {0}")]
    Invalid(&'static str),
}

/// What arrived.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// Send these bytes: the request again, now with what the server asked for.
    Retry(Vec<u8>),
    /// The request is over.
    Answer(Result<Granted, Denied>),
    /// A peer's datagram, in a Data indication.
    Data {
        /// Who sent it.
        peer: SocketAddr,
        /// What he sent.
        payload: Vec<u8>,
    },
    /// A peer's datagram, on a channel.
    ChannelData {
        /// The channel's number.
        number: u16,
        /// What the peer sent.
        payload: Vec<u8>,
    },
    /// Nothing that concerns this client.
    Ignored,
}

/// The request that waits for its answer.
#[derive(Debug)]
struct Pending {
    request: Request,
    transaction: TransactionId,
    /// Challenges answered so far; a server that asks for ever is not followed.
    challenges: u8,
}

/// Realm and nonce of the server, and the key made from them.
#[derive(Debug)]
struct Challenge {
    realm: String,
    nonce: String,
    key: Key,
}

/// One client, one allocation.
#[derive(Debug)]
pub struct Client {
    username: String,
    password: Redacted<String>,
    challenge: Option<Challenge>,
    pending: Option<Pending>,
    rng: ChaCha12Rng,
}

impl Client {
    /// `seed` makes the transaction ids; take it from the system's random numbers.
    #[must_use]
    pub fn new(username: String, password: Redacted<String>, seed: [u8; 32]) -> Self {
        Self { username, password, challenge: None, pending: None, rng: ChaCha12Rng::from_seed(seed) }
    }

    /// Starts a request; the one before it, if still open, is forgotten. Send the bytes.
    pub fn request(&mut self, request: Request) -> Vec<u8> {
        self.start(request, 0)
    }

    /// A Send indication, or the bytes of one.
    pub fn send_indication(&mut self, peer: SocketAddr, payload: &[u8]) -> Vec<u8> {
        let transaction = self.transaction();
        let mut message = self.message(MessageClass::Indication, SEND, transaction);
        message.push_attribute_unchecked(&XorPeerAddress::new(peer, transaction));
        message.push_attribute_unchecked(&Data::new(payload));
        message.finish()
    }

    /// ChannelData, padded as a stream wants it; a datagram may carry the padding too.
    #[must_use]
    pub fn channel_data(number: u16, payload: &[u8]) -> Vec<u8> {
        let length = u16::try_from(payload.len()).unwrap_or(u16::MAX);
        let mut bytes = Vec::with_capacity(payload.len() + 8);
        bytes.extend_from_slice(&number.to_be_bytes());
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(payload.get(..length.into()).unwrap_or_default());
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    /// Takes in one message from the server.
    pub fn handle(&mut self, bytes: &[u8]) -> Event {
        if let Some(&[0x40..=0x7F, ..]) = bytes.first_chunk::<4>() {
            return channel_event(bytes);
        }
        let Ok(message) = Message::from_bytes(bytes) else { return Event::Ignored };
        match message.class() {
            MessageClass::Indication if message.method() == DATA => data_event(&message),
            MessageClass::Success | MessageClass::Error => self.handle_response(&message),
            MessageClass::Indication | MessageClass::Request => Event::Ignored,
        }
    }

    fn handle_response(&mut self, message: &Message<'_>) -> Event {
        let Some(pending) = self.pending.take_if(|pending| pending.transaction == message.transaction_id()) else {
            return Event::Ignored;
        };
        if message.class() == MessageClass::Success {
            return Event::Answer(self.granted(&pending.request, message));
        }
        let Ok(error) = message.attribute::<ErrorCode>() else {
            return Event::Answer(Err(Denied::Invalid("an error response without ERROR-CODE")));
        };
        if matches!(error.code(), 401 | 438) && pending.challenges < 2 && self.accept_challenge(message) {
            return Event::Retry(self.start(pending.request, pending.challenges + 1));
        }
        Event::Answer(Err(Denied::Error { code: error.code(), reason: error.reason().to_owned() }))
    }

    fn accept_challenge(&mut self, message: &Message<'_>) -> bool {
        let (Ok(realm), Ok(nonce)) = (message.attribute::<Realm>(), message.attribute::<Nonce>()) else {
            return false;
        };
        let (realm, nonce) = (realm.realm().to_owned(), nonce.nonce().to_owned());
        // The same nonce refused twice means that the password is wrong.
        if self.challenge.as_ref().is_some_and(|challenge| challenge.nonce == nonce) {
            return false;
        }
        let key = Key::derive(&self.username, &realm, self.password.reveal());
        self.challenge = Some(Challenge { realm, nonce, key });
        true
    }

    fn granted(&self, request: &Request, message: &Message<'_>) -> Result<Granted, Denied> {
        let signed = self.challenge.as_ref().is_some_and(|challenge| integrity::verify(message, &challenge.key));
        if *request != Request::Binding && !signed {
            return Err(Denied::Invalid("a success response that is not signed with our key"));
        }
        let mapped = message.attribute::<XorMappedAddress>().map(|mapped| mapped.addr(message.transaction_id()));
        let lifetime = message.attribute::<Lifetime>().map(|lifetime| Duration::from_secs(lifetime.seconds().into()));
        match request {
            Request::Binding => mapped.map(Granted::Mapped).map_err(|_| Denied::Invalid("no XOR-MAPPED-ADDRESS")),
            Request::Allocate(_) => {
                let relayed = message.attribute::<XorRelayedAddress>();
                let (Ok(relayed), Ok(mapped), Ok(lifetime)) = (relayed, mapped, lifetime) else {
                    return Err(Denied::Invalid("no XOR-RELAYED-ADDRESS, XOR-MAPPED-ADDRESS or LIFETIME"));
                };
                Ok(Granted::Allocated { relayed: relayed.addr(message.transaction_id()), mapped, lifetime })
            }
            Request::Refresh(_) => lifetime.map(Granted::Refreshed).map_err(|_| Denied::Invalid("no LIFETIME")),
            Request::CreatePermission(_) => Ok(Granted::Permitted),
            Request::ChannelBind(..) => Ok(Granted::Bound),
        }
    }

    fn start(&mut self, request: Request, challenges: u8) -> Vec<u8> {
        let transaction = self.transaction();
        let mut message = self.message(MessageClass::Request, method(&request), transaction);
        add_attributes(&mut message, &request, transaction);
        if let Some(challenge) = self.challenge.as_ref().filter(|_| request != Request::Binding) {
            sign(&mut message, &self.username, challenge);
        }
        self.pending = Some(Pending { request, transaction, challenges });
        message.finish()
    }

    fn message(&self, class: MessageClass, method: Method, transaction: TransactionId) -> MessageWriteVec {
        let kind = MessageType::from_class_method(class, method);
        Message::builder(kind, transaction, MessageWriteVec::with_capacity(128))
    }

    fn transaction(&mut self) -> TransactionId {
        (u128::from(self.rng.next_u64()) << 64 | u128::from(self.rng.next_u64())).into()
    }
}

const fn method(request: &Request) -> Method {
    match request {
        Request::Binding => BINDING,
        Request::Allocate(_) => ALLOCATE,
        Request::Refresh(_) => REFRESH,
        Request::CreatePermission(_) => CREATE_PERMISSION,
        Request::ChannelBind(..) => CHANNEL_BIND,
    }
}

fn add_attributes(message: &mut MessageWriteVec, request: &Request, transaction: TransactionId) {
    match request {
        // Longer than any answer: some servers answer strangers with no more than they were asked.
        Request::Binding => {
            if let Ok(software) = Software::new("moim: how am I seen?") {
                message.push_attribute_unchecked(&software);
            }
        }
        Request::Allocate(family) => {
            message.push_attribute_unchecked(&RequestedTransport::new(17));
            if *family == Family::V6 {
                message.push_attribute_unchecked(&RequestedAddressFamily::new(AddressFamily::IPV6));
            }
        }
        Request::Refresh(lifetime) => {
            let seconds = u32::try_from(lifetime.as_secs()).unwrap_or(u32::MAX);
            message.push_attribute_unchecked(&Lifetime::new(seconds));
        }
        Request::CreatePermission(peers) => {
            for peer in peers {
                message.push_attribute_unchecked(&XorPeerAddress::new(*peer, transaction));
            }
        }
        Request::ChannelBind(number, peer) => {
            message.push_attribute_unchecked(&ChannelNumber::new(*number));
            message.push_attribute_unchecked(&XorPeerAddress::new(*peer, transaction));
        }
    }
}

fn sign(message: &mut MessageWriteVec, username: &str, challenge: &Challenge) {
    // Realm and nonce came through the codec, and a username that it refuses goes unsent: the
    // server then answers 400, which the caller is told.
    if let (Ok(username), Ok(realm), Ok(nonce)) =
        (Username::new(username), Realm::new(&challenge.realm), Nonce::new(&challenge.nonce))
    {
        message.push_attribute_unchecked(&username);
        message.push_attribute_unchecked(&realm);
        message.push_attribute_unchecked(&nonce);
    }
    integrity::sign(message, &challenge.key);
}

fn channel_event(bytes: &[u8]) -> Event {
    let Some((&[n1, n2, l1, l2], rest)) = bytes.split_first_chunk::<4>() else { return Event::Ignored };
    match rest.get(..usize::from(u16::from_be_bytes([l1, l2]))) {
        Some(payload) => Event::ChannelData { number: u16::from_be_bytes([n1, n2]), payload: payload.to_vec() },
        None => Event::Ignored,
    }
}

fn data_event(message: &Message<'_>) -> Event {
    match (message.attribute::<XorPeerAddress>(), message.attribute::<Data<'_>>()) {
        (Ok(peer), Ok(data)) => {
            Event::Data { peer: peer.addr(message.transaction_id()), payload: data.data().to_vec() }
        }
        _ => Event::Ignored,
    }
}
