//! An allocation at a TURN server (RFC 8656) under one connection.
//!
//! Each peer gets a channel. [`Relay`] wraps what goes to one and unwraps what comes, and keeps allocation and
//! channels alive; it has no socket and no clock.

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use moim_turn::Family;
use moim_turn::client::{Client, Denied, Event, Granted, Request};
use moim_types::Redacted;
use tokio::net::UdpSocket;
use tokio::time::timeout;

use crate::Error;

/// A TURN server that is reached over UDP, and a credential for it.
#[derive(Debug, Clone)]
pub struct TurnServer {
    /// Where it listens.
    pub address: SocketAddr,
    /// The credential's name.
    pub username: String,
    /// The credential.
    pub password: Redacted<String>,
}

#[derive(Debug)]
pub(crate) struct Relay {
    client: Client,
    server: SocketAddr,
    relayed: SocketAddr,
    /// In the order of their numbers, from [`FIRST_CHANNEL`] on.
    channels: Vec<Channel>,
    refresh_at: Instant,
    wishes: VecDeque<Request>,
    asked: Option<Asked>,
    outputs: VecDeque<Vec<u8>>,
}

#[derive(Debug)]
struct Channel {
    peer: SocketAddr,
    state: ChannelState,
}

#[derive(Debug, PartialEq, Eq)]
enum ChannelState {
    /// Asked for; what is sent until then is lost, as networks lose.
    Asked,
    /// Stands, and is asked for again at this time.
    Bound(Instant),
    /// The server does not let us.
    Refused,
}

/// A request without an answer yet.
#[derive(Debug)]
struct Asked {
    request: Request,
    bytes: Vec<u8>,
    again_at: Instant,
    left: u32,
}

const FIRST_CHANNEL: u16 = 0x4000;
/// As many as the server lets one allocation have (ours: 64).
const MOST_CHANNELS: usize = 64;
/// A binding keeps a permission alive that ends after five minutes (RFC 8656 §9).
const RENEW_CHANNEL_AFTER: Duration = Duration::from_secs(240);
/// RFC 8489 §6.2.1.
const RETRANSMIT_AFTER: Duration = Duration::from_millis(500);
const TRANSMISSIONS: u32 = 7;

/// Asks for an allocation over a socket of its own.
pub(crate) async fn allocate(server: &TurnServer) -> Result<(std::net::UdpSocket, Relay), Error> {
    let any = if server.address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).await?;
    socket.connect(server.address).await?;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(io::Error::other)?;
    let mut client = Client::new(server.username.clone(), server.password.clone(), seed);
    let mut bytes = client.request(Request::Allocate(Family::of(server.address.ip())));
    let mut left = TRANSMISSIONS;
    let (relayed, lifetime) = loop {
        socket.send(&bytes).await?;
        match timeout(RETRANSMIT_AFTER, event(&socket, &mut client)).await {
            Ok(Ok(Event::Retry(again))) => bytes = again,
            Ok(Ok(Event::Answer(Ok(Granted::Allocated { relayed, lifetime, .. })))) => break (relayed, lifetime),
            Ok(Ok(Event::Answer(Err(denied)))) => return Err(denied.into()),
            Ok(Ok(_)) => return Err(Denied::Invalid("an answer to something else").into()),
            Ok(Err(error)) => return Err(error.into()),
            Err(_elapsed) if left == 0 => return Err(io::Error::from(io::ErrorKind::TimedOut).into()),
            Err(_elapsed) => left -= 1,
        }
    };
    let relay = Relay {
        client,
        server: server.address,
        relayed,
        channels: Vec::new(),
        refresh_at: Instant::now() + lifetime / 2,
        wishes: VecDeque::new(),
        asked: None,
        outputs: VecDeque::new(),
    };
    Ok((socket.into_std()?, relay))
}

async fn event(socket: &UdpSocket, client: &mut Client) -> io::Result<Event> {
    let mut buffer = [0; 2048];
    loop {
        let length = socket.recv(&mut buffer).await?;
        match client.handle(buffer.get(..length).unwrap_or_default()) {
            Event::Ignored => {}
            event => return Ok(event),
        }
    }
}

impl Relay {
    pub(crate) const fn server(&self) -> SocketAddr {
        self.server
    }

    pub(crate) const fn relayed(&self) -> SocketAddr {
        self.relayed
    }

    /// What to send to the server so that the peer gets this. `None`: the way is not open yet, or never will be.
    pub(crate) fn wrap(&mut self, peer: SocketAddr, payload: &[u8]) -> Option<Vec<u8>> {
        let Some(place) = self.channels.iter().position(|channel| channel.peer == peer) else {
            if self.channels.len() < MOST_CHANNELS {
                self.channels.push(Channel { peer, state: ChannelState::Asked });
                self.wishes.push_back(Request::ChannelBind(number(self.channels.len() - 1), peer));
            }
            return None;
        };
        let is_open = matches!(self.channels.get(place)?.state, ChannelState::Bound(_));
        is_open.then(|| Client::channel_data(number(place), payload))
    }

    /// What came from the server: a peer's packet, or an answer.
    pub(crate) fn handle<'b>(&mut self, now: Instant, bytes: &'b [u8]) -> Option<(SocketAddr, &'b [u8])> {
        if let Some((&[n1, n2, l1, l2], rest)) = bytes.split_first_chunk::<4>()
            && n1 & 0xC0 == 0x40
        {
            let place = u16::from_be_bytes([n1, n2]) - FIRST_CHANNEL;
            let payload = rest.get(..usize::from(u16::from_be_bytes([l1, l2])))?;
            return Some((self.channels.get(usize::from(place))?.peer, payload));
        }
        match self.client.handle(bytes) {
            Event::Retry(again) => self.ask_again(now, again),
            Event::Answer(answer) => self.answered(now, answer),
            Event::Data { .. } | Event::ChannelData { .. } | Event::Ignored => {}
        }
        None
    }

    /// The next message for the server.
    pub(crate) fn poll(&mut self, now: Instant) -> Option<Vec<u8>> {
        if self.asked.is_none()
            && let Some(request) = self.wishes.pop_front()
        {
            let bytes = self.client.request(request.clone());
            self.asked = Some(Asked { request, bytes: Vec::new(), again_at: now, left: TRANSMISSIONS });
            self.ask_again(now, bytes);
        }
        self.outputs.pop_front()
    }

    pub(crate) fn next_wake(&self) -> Instant {
        let again = self.asked.as_ref().map(|asked| asked.again_at);
        let renewals = self.channels.iter().filter_map(|channel| match channel.state {
            ChannelState::Bound(renew_at) => Some(renew_at),
            ChannelState::Asked | ChannelState::Refused => None,
        });
        again.into_iter().chain(renewals).fold(self.refresh_at, Instant::min)
    }

    pub(crate) fn wake(&mut self, now: Instant) {
        if let Some(asked) = self.asked.take_if(|asked| asked.again_at <= now) {
            if asked.left > 0 {
                let bytes = asked.bytes.clone();
                self.asked = Some(Asked { left: asked.left - 1, ..asked });
                self.ask_again(now, bytes);
            } else {
                self.refused(&asked.request);
            }
        }
        if self.refresh_at <= now {
            self.refresh_at = now + RENEW_CHANNEL_AFTER;
            self.wishes.push_back(Request::Refresh(LIFETIME));
        }
        for (place, channel) in self.channels.iter_mut().enumerate() {
            if matches!(channel.state, ChannelState::Bound(renew_at) if renew_at <= now) {
                channel.state = ChannelState::Bound(now + RENEW_CHANNEL_AFTER);
                self.wishes.push_back(Request::ChannelBind(number(place), channel.peer));
            }
        }
    }

    /// The message that gives the allocation back. Nobody waits for the answer.
    pub(crate) fn end(&mut self) -> Vec<u8> {
        self.client.request(Request::Refresh(Duration::ZERO))
    }

    fn ask_again(&mut self, now: Instant, bytes: Vec<u8>) {
        if let Some(asked) = &mut self.asked {
            asked.again_at = now + RETRANSMIT_AFTER;
            asked.bytes.clone_from(&bytes);
            self.outputs.push_back(bytes);
        }
    }

    fn answered(&mut self, now: Instant, answer: Result<Granted, Denied>) {
        let Some(Asked { request, .. }) = self.asked.take() else { return };
        match answer {
            Ok(Granted::Bound) => self.mark(&request, ChannelState::Bound(now + RENEW_CHANNEL_AFTER)),
            Ok(Granted::Refreshed(lifetime)) => self.refresh_at = now + lifetime / 2,
            Ok(_) => {}
            Err(error) => {
                tracing::debug!(%error, ?request, "the TURN server refuses");
                self.refused(&request);
            }
        }
    }

    fn refused(&mut self, request: &Request) {
        self.mark(request, ChannelState::Refused);
    }

    fn mark(&mut self, request: &Request, state: ChannelState) {
        if let Request::ChannelBind(number, _) = request
            && let Some(channel) = self.channels.get_mut(usize::from(number - FIRST_CHANNEL))
        {
            channel.state = state;
        }
    }
}

/// What an allocation is asked to last (RFC 8656 §3.2).
const LIFETIME: Duration = Duration::from_secs(600);

/// The number of the channel at this place; there are at most [`MOST_CHANNELS`].
fn number(place: usize) -> u16 {
    FIRST_CHANNEL + u16::try_from(place).unwrap_or_default()
}
