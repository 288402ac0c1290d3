//! A shard, its participants, and the way between them.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use moim_sfu::{
    Bounds, Certificate, ChannelConfig, Command, Config, Directions, Event, IceMode, Input, LegCommand, LegConfig,
    LegEvent, LocalCandidate, Msid, Offerer, Output, Paths, PublicationConfig, Shard, ShardId, Transport,
};
use moim_testkit::VirtualClock;
use moim_types::{Codec, MediaKind, Now, ParticipantId, Source, TrackId, View};

use super::seat::Seat;

/// How long a datagram travels.
const WAY: Duration = Duration::from_millis(5);
const SHARD: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)), 7882);

pub(super) struct World {
    now: Now,
    shard: Shard,
    seats: BTreeMap<SocketAddr, Seat>,
    network: VecDeque<(Instant, SocketAddr, SocketAddr, Vec<u8>)>,
    spent: Duration,
    datagrams: u64,
}

/// What was done so far.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counts {
    /// Packets that viewers got.
    pub(super) packets: u64,
    /// Datagrams that the shard sent.
    pub(super) datagrams: u64,
    /// What it worked.
    pub(super) nanoseconds: u64,
}

impl Counts {
    pub(super) const fn since(self, before: Self) -> Self {
        Self {
            packets: self.packets - before.packets,
            datagrams: self.datagrams - before.datagrams,
            nanoseconds: self.nanoseconds - before.nanoseconds,
        }
    }
}

fn track() -> TrackId {
    TrackId::from_random([1; 10])
}

fn named(participant: ParticipantId, track: TrackId, _: MediaKind, _: Source) -> Msid {
    Msid { stream: participant.to_string(), track: track.to_string() }
}

/// Inside, so that a profiler can be told to look at nothing else.
#[inline(never)]
#[expect(clippy::disallowed_methods, reason = "what is measured is real time; the shard sees none of it")]
fn spend<R>(spent: &mut Duration, work: impl FnOnce() -> R) -> R {
    let from = Instant::now();
    let result = work();
    *spent += from.elapsed();
    result
}

impl World {
    /// A publisher and so many viewers of him, about to connect.
    pub(super) fn new(viewers: u16) -> Self {
        let now = VirtualClock::new().now();
        let config = Config {
            shard: ShardId(0),
            candidates: vec![LocalCandidate { transport: Transport::Udp, local: SHARD, public: SHARD }],
            certificate: Certificate::generate().unwrap(),
            bounds: Bounds::default(),
        };
        let mut world = Self {
            now,
            shard: Shard::new(config, now, [7; 32]),
            seats: BTreeMap::new(),
            network: VecDeque::new(),
            spent: Duration::ZERO,
            datagrams: 0,
        };
        world.publish();
        (1..=viewers).for_each(|number| world.view(number));
        world
    }

    pub(super) fn counts(&self) -> Counts {
        Counts {
            packets: self.seats.values().map(|seat| seat.packets).sum(),
            datagrams: self.datagrams,
            nanoseconds: u64::try_from(self.spent.as_nanos()).unwrap_or(u64::MAX),
        }
    }

    pub(super) fn run_a_second(&mut self) {
        let end = self.now.instant + Duration::from_secs(1);
        while let Some(next) = self.next().filter(|next| *next <= end) {
            self.now = self.now.after(next.saturating_duration_since(self.now.instant));
            self.step();
        }
        self.now = self.now.after(end.saturating_duration_since(self.now.instant));
    }

    fn publish(&mut self) {
        let mut seat = Seat::new(0, self.now.instant);
        let (leg, sdp) = (seat.leg, seat.offer());
        self.open(&seat, Directions::Ingress, Offerer::Remote);
        self.command(Command::Leg(leg, LegCommand::AcceptOffer { sdp, exchange: 1, preferences: Vec::new() }));
        let (sdp, mid) = loop {
            match self.shard.poll() {
                Some(Output::Event(Event::Leg(_, LegEvent::Answer { sdp, sections, .. }))) => {
                    break (sdp, sections.into_iter().next().unwrap().mid);
                }
                Some(_) => {}
                None => panic!("the shard did not answer"),
            }
        };
        seat.take_answer(sdp);
        self.command(Command::Publish { leg, mid, track: track(), config: PublicationConfig::default() });
        self.seats.insert(seat.address, seat);
    }

    fn view(&mut self, number: u16) {
        let seat = Seat::new(number, self.now.instant);
        self.open(&seat, Directions::Egress, Offerer::Local);
        self.command(Command::Subscribe {
            leg: seat.leg,
            track: track(),
            known_as: track(),
            home: ShardId(0),
            publisher: ParticipantId::from_random([1; 12]),
            source: Source::Camera,
            kind: MediaKind::Video,
            view: View::default(),
        });
        self.seats.insert(seat.address, seat);
        self.drain();
    }

    fn open(&mut self, seat: &Seat, directions: Directions, offerer: Offerer) {
        // As a participant of a room has them.
        let channel = |label: &str, max_retransmits: Option<u16>| ChannelConfig {
            label: label.to_owned(),
            ordered: max_retransmits.is_none(),
            max_retransmits,
        };
        let channels = vec![channel("_reliable", None), channel("_lossy", Some(0))];
        let config = LegConfig {
            directions,
            offerer,
            ice: IceMode::Lite,
            paths: Paths::All,
            codecs: vec![Codec::Vp8],
            channels: if offerer == Offerer::Local { channels } else { Vec::new() },
            naming: named,
        };
        self.command(Command::OpenLeg(seat.leg, Box::new(config)));
    }

    fn command(&mut self, command: Command) {
        self.shard.handle(self.now, Input::Command(command));
    }

    fn next(&self) -> Option<Instant> {
        let network = self.network.front().map(|(at, ..)| *at);
        let seats = self.seats.values().filter_map(Seat::next_wake);
        network.into_iter().chain(self.shard.next_wake()).chain(seats).min()
    }

    /// Everything that is due, then what comes of it. The shard hears all that has arrived before it is asked for its
    /// outputs, as it does where it reads a socket.
    fn step(&mut self) {
        let now = self.now;
        while self.network.front().is_some_and(|(at, ..)| *at <= now.instant) {
            let Some((_, from, to, payload)) = self.network.pop_front() else { break };
            if let Some(seat) = self.seats.get_mut(&to) {
                seat.receive(now.instant, from, &payload);
            } else {
                let input = Input::Datagram { transport: Transport::Udp, from, to, payload: &payload };
                spend(&mut self.spent, || self.shard.handle(now, input));
            }
        }
        if self.shard.next_wake().is_some_and(|at| at <= now.instant) {
            spend(&mut self.spent, || self.shard.handle(now, Input::Timeout));
        }
        self.seats.values_mut().for_each(|seat| seat.wake_up(now.instant));
        self.drain();
    }

    fn drain(&mut self) {
        let (now, arrives) = (self.now, self.now.instant + WAY);
        while let Some(output) = spend(&mut self.spent, || self.shard.poll()) {
            match output {
                Output::Datagram { from, to, payload, .. } => {
                    self.datagrams += 1;
                    self.network.push_back((arrives, from, to, payload));
                }
                Output::Event(Event::Leg(leg, LegEvent::Offer { sdp, exchange, .. })) => {
                    let seat = self.seats.values_mut().find(|seat| seat.leg == leg).unwrap();
                    let sdp = seat.answer(sdp);
                    self.command(Command::Leg(leg, LegCommand::AcceptAnswer { sdp, exchange }));
                }
                Output::Event(Event::Leg(_, LegEvent::Closed(reason))) => panic!("a leg was closed: {reason:?}"),
                Output::Event(_) | Output::Relay(..) => {}
            }
        }
        for seat in self.seats.values_mut() {
            while let Some((to, payload)) = seat.poll(now.instant) {
                self.network.push_back((arrives, seat.address, to, payload));
            }
        }
    }
}
