//! A TURN server machine with clients and peers around it, in virtual time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use moim_turn::client::{Client, Denied, Event, Granted, Request};
use moim_turn::{
    Config, Credentials, FiveTuple, Forward, Input, Output, PeerPolicy, RelayAddress, RelayConfig, RelayId, Server,
    Transport,
};
use moim_types::Redacted;

use crate::VirtualClock;

/// The server's address, and that of its relays: public, so that the peer policy stays as shipped.
pub const SERVER: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::new(9, 9, 9, 9)), 3478);

/// A media socket of the server's own process, on an address that is closed otherwise.
pub const MEDIA: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::new(10, 9, 9, 9)), 7882);

/// The password of every user in [`config`].
pub const PASSWORD: &str = "secret";

/// The secret for time-limited credentials in [`config`].
pub const SHARED_SECRET: &str = "north";

/// A configuration as an operator would have it: users ann and bob, a shared secret, default quotas.
#[must_use]
pub fn config() -> Config {
    let v6: IpAddr = "2620:fe::fe".parse().expect("an address");
    let user = |name: &str| (name.to_owned(), Redacted::new(PASSWORD.to_owned()));
    Config {
        realm: "moim".to_owned(),
        relay: RelayConfig {
            ipv4: Some(RelayAddress { bind: SERVER.ip(), advertised: SERVER.ip() }),
            ipv6: Some(RelayAddress { bind: v6, advertised: v6 }),
            ports: 50_000..=50_099,
        },
        credentials: Credentials::new([user("ann"), user("bob")], vec![Redacted::new(SHARED_SECRET.to_owned())]),
        peers: PeerPolicy::default(),
        media: BTreeSet::from([MEDIA]),
        user_quota: 10,
        total_quota: 0,
        max_bps_per_user: 0,
    }
}

/// A client of a [`World`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientId(usize);

/// A packet that left for a peer: as a datagram from a relay socket, or by hand-over to media.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// The relayed transport address.
    pub from: SocketAddr,
    /// The peer.
    pub to: SocketAddr,
    /// What was sent.
    pub payload: Vec<u8>,
}

#[derive(Debug)]
struct Member {
    five_tuple: FiveTuple,
    client: Client,
    inbox: VecDeque<Vec<u8>>,
}

/// The server, those who use it, and the ports that other programs hold.
#[derive(Debug)]
pub struct World {
    /// The time in this world.
    pub clock: VirtualClock,
    server: Server,
    members: Vec<Member>,
    relays: BTreeMap<RelayId, SocketAddr>,
    delivered: Vec<Delivered>,
    handed_over: Vec<Delivered>,
    foreign_ports: BTreeSet<u16>,
    trace: Vec<String>,
}

impl World {
    /// A world with this server in it.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let clock = VirtualClock::new();
        let server = Server::new(config, clock.now().instant, [42; 32]);
        Self {
            clock,
            server,
            members: Vec::new(),
            relays: BTreeMap::new(),
            delivered: Vec::new(),
            handed_over: Vec::new(),
            foreign_ports: BTreeSet::new(),
            trace: Vec::new(),
        }
    }

    /// A client over UDP with this name and the password of [`config`].
    pub fn client(&mut self, username: &str) -> ClientId {
        self.client_with(username, PASSWORD, Transport::Udp)
    }

    /// A client with everything chosen. Each has an address of its own.
    pub fn client_with(&mut self, username: &str, password: &str, transport: Transport) -> ClientId {
        let number = u8::try_from(self.members.len() + 1).expect("a test has few clients");
        let five_tuple = FiveTuple { client: ([7, 7, 7, number], 40_000).into(), local: SERVER, transport };
        let client = Client::new(username.to_owned(), Redacted::new(password.to_owned()), [number; 32]);
        self.members.push(Member { five_tuple, client, inbox: VecDeque::new() });
        ClientId(self.members.len() - 1)
    }

    /// Where a client sends from.
    #[must_use]
    pub fn address(&self, client: ClientId) -> SocketAddr {
        self.members[client.0].five_tuple.client
    }

    /// Lets another program hold a port, so that no relay can be opened there.
    pub fn hold_port(&mut self, port: u16) {
        self.foreign_ports.insert(port);
    }

    /// The server's figures.
    #[must_use]
    pub fn stats(&self) -> moim_turn::Stats {
        self.server.stats()
    }

    /// Relay sockets that are open.
    #[must_use]
    pub fn open_relays(&self) -> usize {
        self.relays.len()
    }

    /// Everything that left the server, in order, as text.
    #[must_use]
    pub fn trace(&self) -> &[String] {
        &self.trace
    }

    /// Asks and answers challenges until the server grants or denies.
    ///
    /// # Errors
    /// What the server denied; an answer that never comes counts as invalid.
    pub fn ask(&mut self, client: ClientId, request: Request) -> Result<Granted, Denied> {
        let mut bytes = self.members[client.0].client.request(request);
        loop {
            self.send(client, &bytes);
            match self.event(client) {
                Some(Event::Retry(again)) => bytes = again,
                Some(Event::Answer(answer)) => return answer,
                Some(_) => {}
                None => return Err(Denied::Invalid("no answer")),
            }
        }
    }

    /// Allocates for IPv4 and returns the relayed transport address.
    pub fn allocate(&mut self, client: ClientId) -> SocketAddr {
        match self.ask(client, Request::Allocate(moim_turn::Family::V4)) {
            Ok(Granted::Allocated { relayed, .. }) => relayed,
            other => panic!("no allocation: {other:?}"),
        }
    }

    /// The bytes of a request, to be sent later or more than once.
    pub fn request(&mut self, client: ClientId, request: Request) -> Vec<u8> {
        self.members[client.0].client.request(request)
    }

    /// Sends a payload to a peer by Send indication.
    pub fn send_to(&mut self, client: ClientId, peer: SocketAddr, payload: &[u8]) {
        let bytes = self.members[client.0].client.send_indication(peer, payload);
        self.send(client, &bytes);
    }

    /// Feeds raw bytes from a client.
    pub fn send(&mut self, client: ClientId, bytes: &[u8]) {
        let five_tuple = self.members[client.0].five_tuple;
        self.feed(Input::FromClient { five_tuple, bytes });
    }

    /// Feeds raw bytes from any address.
    pub fn send_from(&mut self, five_tuple: FiveTuple, bytes: &[u8]) {
        self.feed(Input::FromClient { five_tuple, bytes });
    }

    /// Ends a client's connection.
    pub fn disconnect(&mut self, client: ClientId) {
        let five_tuple = self.members[client.0].five_tuple;
        self.feed(Input::ClientGone(five_tuple));
    }

    /// A peer sends a datagram to a relayed transport address; nothing happens where no relay stands.
    pub fn peer_sends(&mut self, peer: SocketAddr, relayed: SocketAddr, bytes: &[u8]) {
        let relay = self.relays.iter().find(|(_, address)| **address == relayed).map(|(relay, _)| *relay);
        if let Some(relay) = relay {
            self.feed(Input::FromPeer { relay, peer, bytes });
        }
    }

    /// A media socket of the server's process sends a packet to a relayed transport address.
    pub fn media_sends(&mut self, media: SocketAddr, relayed: SocketAddr, bytes: &[u8]) {
        self.feed(Input::FromMedia { relayed, media, bytes });
    }

    /// Gives the server an instruction.
    pub fn tell(&mut self, input: Input<'static>) {
        self.feed(input);
    }

    /// What left the relay sockets since the last call.
    pub fn delivered(&mut self) -> Vec<Delivered> {
        std::mem::take(&mut self.delivered)
    }

    /// What was handed to media since the last call.
    pub fn handed_over(&mut self) -> Vec<Delivered> {
        std::mem::take(&mut self.handed_over)
    }

    /// The next thing that reached a client.
    pub fn event(&mut self, client: ClientId) -> Option<Event> {
        let member = &mut self.members[client.0];
        let bytes = member.inbox.pop_front()?;
        Some(member.client.handle(&bytes))
    }

    /// The next message that reached a client, as it came.
    pub fn received(&mut self, client: ClientId) -> Option<Vec<u8>> {
        self.members[client.0].inbox.pop_front()
    }

    /// Lets time pass, waking the server exactly when it asked to be woken.
    pub fn pass(&mut self, time: Duration) {
        let end = self.clock.now().instant + time;
        while let Some((at, _)) = self.server.next_wake().filter(|(at, _)| *at <= end) {
            self.clock.advance_to(at);
            self.feed(Input::Wake);
        }
        self.clock.advance_to(end);
    }

    fn feed(&mut self, input: Input<'_>) {
        let now = self.clock.now();
        if let Some(forward) = self.server.handle(now, input) {
            self.carry(&forward);
        }
        while let Some(output) = self.server.poll() {
            self.trace.push(format!("{:?} {output:?}", self.clock.elapsed()));
            if let Some(outcome) = self.carry_out(output) {
                let forwarded = self.server.handle(now, outcome);
                assert_eq!(forwarded, None, "opening a relay forwards nothing");
            }
        }
    }

    fn carry_out(&mut self, output: Output) -> Option<Input<'static>> {
        match output {
            Output::ToClient { five_tuple, bytes } => {
                to_member(&mut self.members, &five_tuple, bytes);
                None
            }
            Output::OpenRelay { relay, address, .. } if self.foreign_ports.contains(&address.port()) => {
                Some(Input::RelayFailed(relay))
            }
            Output::OpenRelay { relay, address, .. } => {
                let taken = self.relays.values().any(|open| *open == address);
                assert!(!taken, "{address} was given out twice");
                self.relays.insert(relay, address);
                Some(Input::RelayOpened(relay))
            }
            Output::CloseRelay(relay) => {
                assert!(self.relays.remove(&relay).is_some(), "{relay:?} was not open");
                None
            }
        }
    }

    fn carry(&mut self, forward: &Forward<'_>) {
        match forward {
            Forward::ToPeer { relay, peer, payload } | Forward::ToSibling { relay, bound: peer, payload } => {
                let from = self.relays[relay];
                self.trace.push(format!("{from} to peer {peer}: {} bytes", payload.len()));
                self.delivered.push(Delivered { from, to: *peer, payload: payload.to_vec() });
            }
            Forward::ToMedia { relayed, media, payload } => {
                self.trace.push(format!("{relayed} to media {media}: {} bytes", payload.len()));
                self.handed_over.push(Delivered { from: *relayed, to: *media, payload: payload.to_vec() });
            }
            Forward::ToClient { five_tuple, header, payload, padding } => {
                let bytes = [header.as_bytes(), payload, &vec![0; *padding]].concat();
                self.trace.push(format!("to client {five_tuple:?}: {} bytes", bytes.len()));
                to_member(&mut self.members, five_tuple, bytes);
            }
        }
    }
}

fn to_member(members: &mut [Member], five_tuple: &FiveTuple, bytes: Vec<u8>) {
    if let Some(member) = members.iter_mut().find(|member| member.five_tuple == *five_tuple) {
        member.inbox.push_back(bytes);
    }
}
