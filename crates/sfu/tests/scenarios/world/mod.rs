//! Some shards, some WebRTC peers, and a network between them, in virtual time.

#![allow(dead_code, reason = "each test file uses a part of it")]

pub(crate) mod client;
mod narrow;
pub(crate) mod picture;
pub(crate) mod tap;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use moim_sfu::{
    Bounds, Certificate, ChannelConfig, CodecPreference, Command, Config, Directions, Event, IceMode, Input,
    LegCommand, LegConfig, LegEvent, LocalCandidate, Msid, Offerer, Output, Paths, PublicationConfig, RelayInput,
    Shard, ShardId, Transport,
};
use moim_testkit::VirtualClock;
use moim_testkit::impair::Link;
use moim_types::{Codec, LegId, MediaKind, Now, ParticipantId, Source, TrackId, View};

use client::Client;

/// How long a datagram travels.
const LATENCY: Duration = Duration::from_millis(5);

pub(crate) struct World {
    pub(crate) now: Now,
    pub(crate) shards: Vec<Shard>,
    pub(crate) clients: Vec<Client>,
    pub(crate) events: Vec<Event>,
    network: VecDeque<(Instant, Datagram)>,
    links: narrow::Links,
    /// Peers behind a NAT: their own address, and what the world sees.
    translated: Vec<(SocketAddr, SocketAddr)>,
    /// Datagrams that the shards sent, in the order of sending: to whom.
    pub(crate) sent: Vec<SocketAddr>,
    /// Whether datagrams are recorded.
    pub(crate) records: bool,
    /// Datagrams that travelled while they were recorded, in both directions.
    pub(crate) recorded: Vec<Datagram>,
}

#[derive(Debug, Clone)]
pub(crate) struct Datagram {
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) payload: Vec<u8>,
}

/// A track whose name cannot be made: whoever subscribes to it meets a defect of the server.
pub(crate) const CURSED: u8 = 66;

pub(crate) fn track(number: u8) -> TrackId {
    TrackId::from_random([number; 10])
}

pub(crate) fn publisher() -> ParticipantId {
    ParticipantId::from_random([1; 12])
}

pub(crate) fn named(participant: ParticipantId, track: TrackId, _: MediaKind, _: Source) -> Msid {
    assert!(track != self::track(CURSED), "a defect, on purpose");
    Msid { stream: format!("PA_{participant}|TR_{track}"), track: format!("TR_{track}") }
}

pub(crate) fn leg_config(directions: Directions, offerer: Offerer) -> LegConfig {
    LegConfig {
        directions,
        offerer,
        ice: IceMode::Lite,
        paths: Paths::All,
        codecs: vec![Codec::Opus, Codec::Red, Codec::Vp8, Codec::H264, Codec::Vp9],
        channels: if offerer == Offerer::Local { channels() } else { Vec::new() },
        naming: named,
    }
}

pub(crate) fn channels() -> Vec<ChannelConfig> {
    vec![
        ChannelConfig { label: "_reliable".into(), ordered: true, max_retransmits: None },
        ChannelConfig { label: "_lossy".into(), ordered: false, max_retransmits: Some(0) },
    ]
}

pub(crate) fn shard_address(shard: usize) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 10], 7882 + shard as u16))
}

impl World {
    pub(crate) fn new(shards: usize) -> Self {
        let now = VirtualClock::new().now();
        let certificate = Certificate::generate().unwrap();
        let shard = |index: usize| {
            let address = shard_address(index);
            let config = Config {
                shard: ShardId(index as u16),
                candidates: vec![LocalCandidate { transport: Transport::Udp, local: address, public: address }],
                certificate: certificate.clone(),
                bounds: Bounds::default(),
            };
            Shard::new(config, now, [index as u8; 32])
        };
        Self {
            now,
            shards: (0..shards).map(shard).collect(),
            clients: Vec::new(),
            events: Vec::new(),
            network: VecDeque::new(),
            links: narrow::Links::default(),
            translated: Vec::new(),
            sent: Vec::new(),
            records: false,
            recorded: Vec::new(),
        }
    }

    /// A peer with a leg of its own on a shard.
    pub(crate) fn client(&mut self, shard: usize, config: LegConfig) -> usize {
        self.seat(shard, config, Client::new)
    }

    /// The same with a peer whose keys the test knows.
    pub(crate) fn tapped_client(&mut self, shard: usize, config: LegConfig) -> usize {
        self.seat(shard, config, Client::tapped)
    }

    fn seat(
        &mut self,
        shard: usize,
        config: LegConfig,
        make: fn(usize, usize, LegId, &LegConfig, Instant) -> Client,
    ) -> usize {
        let index = self.clients.len();
        let leg = LegId(index as u64 + 1);
        self.clients.push(make(index, shard, leg, &config, self.now.instant));
        self.command(shard, Command::OpenLeg(leg, Box::new(config)));
        index
    }

    pub(crate) fn command(&mut self, shard: usize, command: Command) {
        self.shards[shard].handle(self.now, Input::Command(command));
        self.drain();
    }

    pub(crate) fn leg(&mut self, client: usize, command: LegCommand) {
        let Client { shard, leg, .. } = self.clients[client];
        self.command(shard, Command::Leg(leg, command));
    }

    pub(crate) fn datagram(&mut self, shard: usize, from: SocketAddr, payload: &[u8]) {
        let to = shard_address(shard);
        let input = Input::Datagram { transport: Transport::Udp, from, to, payload };
        self.shards[shard].handle(self.now, input);
        self.drain();
    }

    /// A datagram that looks as if this peer had sent it.
    pub(crate) fn forge(&mut self, client: usize, payload: &[u8]) {
        let Client { shard, address, .. } = self.clients[client];
        self.datagram(shard, address, payload);
    }

    /// What was recorded from a peer, or to it.
    pub(crate) fn recorded_from(&self, client: usize) -> Vec<Vec<u8>> {
        let address = self.clients[client].address;
        self.recorded.iter().filter(|sent| sent.from == address).map(|sent| sent.payload.clone()).collect()
    }

    pub(crate) fn recorded_to(&self, client: usize) -> Vec<Vec<u8>> {
        let address = self.clients[client].address;
        self.recorded.iter().filter(|sent| sent.to == address).map(|sent| sent.payload.clone()).collect()
    }

    /// The peer offers what it has, and takes the answer.
    pub(crate) fn offer(&mut self, client: usize, preferences: Vec<CodecPreference>) -> LegEvent {
        let exchange = self.clients[client].next_exchange();
        let sdp = self.clients[client].offer();
        self.leg(client, LegCommand::AcceptOffer { sdp, exchange, preferences });
        let answer =
            self.take(client, |event| matches!(event, LegEvent::Answer { .. } | LegEvent::OfferRefused { .. }));
        let answer = answer.expect("an answer");
        if let LegEvent::Answer { sdp, .. } = &answer {
            let now = self.now.instant;
            self.clients[client].take_answer(now, sdp);
        }
        answer
    }

    /// Takes the first event of this kind of a peer's leg out of the list.
    pub(crate) fn take(&mut self, client: usize, wanted: impl Fn(&LegEvent) -> bool) -> Option<LegEvent> {
        let leg = self.clients[client].leg;
        let position =
            self.events.iter().position(|event| matches!(event, Event::Leg(id, e) if *id == leg && wanted(e)));
        match self.events.remove(position?) {
            Event::Leg(_, event) => Some(event),
            _ => None,
        }
    }

    pub(crate) fn has(&self, client: usize, wanted: impl Fn(&LegEvent) -> bool) -> bool {
        let leg = self.clients[client].leg;
        self.events.iter().any(|event| matches!(event, Event::Leg(id, e) if *id == leg && wanted(e)))
    }

    pub(crate) fn publish(&mut self, client: usize, mid: &str, track: TrackId, config: PublicationConfig) {
        let Client { shard, leg, .. } = self.clients[client];
        self.command(shard, Command::Publish { leg, mid: mid.to_owned(), track, config });
    }

    pub(crate) fn subscribe(&mut self, client: usize, track: TrackId, home: usize, kind: MediaKind) {
        self.subscribe_with(client, track, home, kind, View::default());
    }

    pub(crate) fn subscribe_with(&mut self, client: usize, track: TrackId, home: usize, kind: MediaKind, view: View) {
        let Client { shard, leg, .. } = self.clients[client];
        let source = if kind == MediaKind::Audio { Source::Microphone } else { Source::Camera };
        let home = ShardId(home as u16);
        self.command(
            shard,
            Command::Subscribe { leg, track, known_as: track, home, publisher: publisher(), source, kind, view },
        );
    }

    pub(crate) fn unsubscribe(&mut self, client: usize, track: TrackId) {
        let Client { shard, leg, .. } = self.clients[client];
        self.command(shard, Command::Unsubscribe { leg, track });
    }

    /// Lets time pass.
    pub(crate) fn run(&mut self, time: Duration) {
        let end = self.now.instant + time;
        self.drain();
        while let Some(next) = self.next().filter(|next| *next <= end) {
            self.advance(next);
            self.step();
        }
        self.advance(end);
    }

    fn advance(&mut self, to: Instant) {
        self.now = self.now.after(to.saturating_duration_since(self.now.instant));
    }

    fn next(&self) -> Option<Instant> {
        let network = self.network.front().map(|(at, _)| *at);
        let shards = self.shards.iter().filter_map(Shard::next_wake);
        let clients = self.clients.iter().map(Client::next_wake);
        network.into_iter().chain(self.links.next_wake()).chain(shards).chain(clients).min()
    }

    fn step(&mut self) {
        let now = self.now;
        while self.network.front().is_some_and(|(at, _)| *at <= now.instant) {
            let Some((_, datagram)) = self.network.pop_front() else { break };
            self.deliver(datagram);
        }
        for datagram in self.links.arrived(now.instant) {
            self.deliver(datagram);
        }
        for shard in &mut self.shards {
            if shard.next_wake().is_some_and(|at| at <= now.instant) {
                shard.handle(now, Input::Timeout);
            }
        }
        for client in &mut self.clients {
            client.wake_up(now.instant);
        }
        self.drain();
    }

    /// From now on the way to a peer is as these settings say, for instance `rate_kbps=300 delay_ms=20`.
    pub(crate) fn narrow(&mut self, client: usize, settings: &str) {
        let now = self.now.instant;
        let link = self.links.get(self.clients[client].address);
        let settings = link.settings().with(settings).unwrap();
        link.set(now, settings);
    }

    pub(crate) fn link(&mut self, client: usize) -> &Link<Datagram> {
        self.links.get(self.clients[client].address)
    }

    /// From now on the world sees a peer at another address, as when a NAT forgets.
    pub(crate) fn translate(&mut self, client: usize, outside: SocketAddr) {
        self.translated.push((self.clients[client].address, outside));
    }

    fn deliver(&mut self, Datagram { from, to, payload }: Datagram) {
        let from = self.translated.iter().find(|(inside, _)| *inside == from).map_or(from, |(_, outside)| *outside);
        let to = self.translated.iter().find(|(_, outside)| *outside == to).map_or(to, |(inside, _)| *inside);
        if let Some(shard) = (0..self.shards.len()).find(|shard| shard_address(*shard) == to) {
            let input = Input::Datagram { transport: Transport::Udp, from, to, payload: &payload };
            self.shards[shard].handle(self.now, input);
        } else if let Some(client) = self.clients.iter_mut().find(|client| client.address == to) {
            client.receive(self.now.instant, from, &payload);
        }
        self.drain();
    }

    pub(crate) fn drain(&mut self) {
        let at = self.now.instant + LATENCY;
        let first = self.network.len();
        for client in &mut self.clients {
            for (from, to, payload) in client.transmits.drain(..) {
                self.network.push_back((at, Datagram { from, to, payload }));
            }
        }
        let mut relays = Vec::new();
        for (index, shard) in self.shards.iter_mut().enumerate() {
            while let Some(output) = shard.poll() {
                match output {
                    Output::Datagram { from, to, payload, .. } => {
                        self.sent.push(to);
                        let datagram = self.links.take(self.now.instant, Datagram { from, to, payload });
                        self.network.extend(datagram.map(|datagram| (at, datagram)));
                    }
                    Output::Event(event) => self.events.push(event),
                    Output::Relay(to, relay) => {
                        relays.push((usize::from(to.0), RelayInput { from: ShardId(index as u16), relay }));
                    }
                }
            }
        }
        if self.records {
            self.recorded.extend(self.network.iter().skip(first).map(|(_, datagram)| datagram.clone()));
        }
        let any = !relays.is_empty();
        for (to, relay) in relays {
            self.shards[to].handle(self.now, Input::Relay(relay));
        }
        if any {
            self.drain();
        }
        self.answer_offers();
    }

    /// Peers answer the offers of their legs by themselves.
    fn answer_offers(&mut self) {
        for index in 0..self.clients.len() {
            if !self.clients[index].answers_offers {
                continue;
            }
            while let Some(LegEvent::Offer { sdp, exchange, subscriptions }) =
                self.take(index, |event| matches!(event, LegEvent::Offer { .. }))
            {
                let now = self.now.instant;
                let sdp = self.clients[index].answer(now, &sdp, subscriptions);
                self.leg(index, LegCommand::AcceptAnswer { sdp, exchange });
            }
        }
    }

    /// Runs until the leg of a peer says that it is connected.
    pub(crate) fn connect(&mut self, client: usize) {
        for _ in 0..100 {
            if self.take(client, |event| matches!(event, LegEvent::Connected)).is_some() {
                return;
            }
            self.run(Duration::from_millis(20));
        }
        let stats: Vec<_> =
            self.shards.iter().flat_map(|shard| shard.stats().named().filter(|(.., n)| *n > 0)).collect();
        panic!("peer {client} did not connect: {:?} {stats:?}", self.events);
    }
}
