//! A shard: some legs, what they publish, who watches it.
//!
//! [`Shard`] routes between parts that own their state: the legs, the routes of datagrams to them,
//! the publications with their subscriptions, the viewers' bandwidth.

mod addresses;
mod legs;
mod media;
mod publications;
mod routes;
mod standstill;
mod subscription;
mod timers;
mod viewers;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Instant;

use moim_types::{LegId, Now};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use str0m::net::{Protocol, Transmit};

use self::addresses::Addresses;
use self::legs::{Legs, Said};
use self::media::{Floor, Media, Wish};
use self::routes::{Route, Routes};
use self::standstill::Standstill;
use crate::leg::{Datagram, Leg, Seed, Signal};
use crate::{
    CloseReason, Command, Config, DropReason, Event, Input, LegCommand, LegConfig, LegEvent, Output, Stats, Transport,
};

/// The forwarding unit of one thread.
///
/// Feed it with [`Shard::handle`], then call [`Shard::poll`] until it yields nothing, then sleep
/// until [`Shard::next_wake`] or the next input. Outputs queue inside; nothing is lost by polling
/// late.
pub struct Shard {
    config: Config,
    addresses: Addresses,
    routes: Routes,
    legs: Legs,
    media: Media,
    random: ChaCha12Rng,
    outputs: VecDeque<Output>,
    stats: Stats,
    standstill: Standstill,
    /// When the last input came: outputs are what follows from it.
    heard: Instant,
}

impl Shard {
    /// A shard without legs. `seed` is where ICE credentials come from: it must not be guessable.
    #[must_use]
    pub fn new(config: Config, now: Now, seed: [u8; 32]) -> Self {
        let mut random = ChaCha12Rng::from_seed(seed);
        Self {
            addresses: Addresses::new(config.candidates.clone()),
            routes: Routes::new(random.next_u64(), config.bounds.addresses),
            legs: Legs::default(),
            media: Media::new(config.shard, config.bounds.publications, ChaCha12Rng::from_rng(&mut random)),
            random,
            outputs: VecDeque::new(),
            stats: Stats::default(),
            standstill: Standstill::new(now.instant),
            heard: now.instant,
            config,
        }
    }

    /// Takes in what happened.
    pub fn handle(&mut self, now: Now, input: Input<'_>) {
        let at = now.instant;
        let wake = || [self.legs.next_wake(), self.media.next_wake()].into_iter().flatten().min();
        self.standstill.note(at, wake);
        self.heard = at;
        match input {
            Input::Datagram { transport, from, to, payload } => self.datagram(at, transport, (from, to), payload),
            Input::Command(command) => self.command(at, command),
            Input::Relay(relay) => {
                let (media, mut floor) = self.split();
                media.relay(at, relay, &mut floor);
            }
            Input::Timeout => self.wake_up(at),
        }
        self.settle(at);
    }

    /// The next output, if any.
    pub fn poll(&mut self) -> Option<Output> {
        loop {
            if let Some(output) = self.outputs.pop_front().or_else(|| self.next_datagram()) {
                return Some(output);
            }
            // Media goes last, leg by leg: what several inputs wrote to one leg leaves together.
            if !self.legs.send_written(self.heard) {
                return None;
            }
            self.settle(self.heard);
        }
    }

    /// When [`Input::Timeout`] is wanted.
    #[must_use]
    pub fn next_wake(&self) -> Option<Instant> {
        [self.legs.next_wake(), self.media.next_wake()].into_iter().flatten().min()
    }

    /// Whether a leg of this shard has this ICE user fragment: the first part of USERNAME in a STUN
    /// check that comes over a TCP port which several shards share (RFC 8445 §7.2.2).
    #[must_use]
    pub fn knows_ufrag(&self, fragment: &str) -> bool {
        self.routes.has_fragment(fragment)
    }

    /// What has been counted.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }

    fn datagram(&mut self, now: Instant, transport: Transport, (from, to): (SocketAddr, SocketAddr), payload: &[u8]) {
        self.stats.datagrams_in += 1;
        self.stats.bytes_in += payload.len() as u64;
        if self.standstill.outdated(now, payload) {
            return self.stats.count_drop(DropReason::Outdated);
        }
        let Some(route) = self.routes.find((transport, from), payload) else {
            return self.stats.count_drop(DropReason::UnknownSender);
        };
        let Some(public) = self.addresses.public(transport, to) else {
            return self.stats.count_drop(DropReason::UnknownAddress);
        };
        let datagram = Datagram { transport, from, to: public, payload };
        match route {
            Route::Known(leg) => {
                self.legs.touch(leg, |leg, out| leg.receive(now, &datagram, out));
            }
            Route::Claimed(leg) => {
                let taken = self.legs.touch(leg, |leg, out| leg.receive_if_authentic(now, &datagram, out));
                if taken == Some(true) {
                    self.routes.bind(leg, (transport, from));
                } else {
                    self.stats.count_drop(DropReason::UnknownSender);
                }
            }
        }
    }

    fn command(&mut self, now: Instant, command: Command) {
        match command {
            Command::OpenLeg(id, config) => self.open(now, id, &config),
            Command::Leg(id, LegCommand::LimitEstimate(limit)) => self.media.limit(now, id, limit),
            Command::Leg(id, command) => {
                self.legs.touch(id, |leg, out| leg.command(now, command, out));
            }
            Command::Publish { leg, mid, track, config } => {
                let (media, mut floor) = self.split();
                media.publish((leg, &mid), track, config, &mut floor);
            }
            Command::Unpublish(track) => {
                let (media, mut floor) = self.split();
                media.unpublish(now, track, &mut floor);
            }
            Command::Subscribe { leg, track, known_as, home, publisher, source, kind, view } => {
                let (media, mut floor) = self.split();
                media.subscribe(now, &Wish { leg, track, known_as, home, publisher, source, kind, view }, &mut floor);
            }
            Command::SetView { leg, track, view } => {
                let (media, mut floor) = self.split();
                media.set_view(now, leg, track, view, &mut floor);
            }
            Command::Unsubscribe { leg, track } => {
                let (media, mut floor) = self.split();
                media.unsubscribe(now, leg, track, &mut floor);
            }
            Command::Stop => {
                for id in self.legs.ids() {
                    self.legs.touch(id, |leg, out| leg.command(now, LegCommand::Close, out));
                }
            }
        }
    }

    /// What flows, and what it flows on.
    fn split(&mut self) -> (&mut Media, Floor<'_>) {
        let Self { media, legs, outputs, stats, .. } = self;
        (media, Floor { legs, outputs, stats })
    }

    fn open(&mut self, now: Instant, id: LegId, config: &LegConfig) {
        if self.legs.len() >= self.config.bounds.legs || self.legs.contains(id) {
            self.stats.count_drop(DropReason::OverBound);
            self.outputs.push_back(Output::Event(Event::Leg(id, LegEvent::Closed(CloseReason::Fault))));
            return;
        }
        let seed = Seed {
            fragment: random_text(&mut self.random, 8),
            password: random_text(&mut self.random, 24),
            exchange: 1 + self.random.next_u32() % 256,
        };
        self.routes.add_fragment(id, seed.fragment.clone());
        self.stats.legs_opened += 1;
        let shard = &self.config;
        self.legs.open(id, || Leg::new(config, shard, seed, now));
        // Where this side offers, it does so at once.
        self.legs.touch(id, |leg, out| leg.wake_up(now, out));
    }

    fn wake_up(&mut self, now: Instant) {
        for id in self.legs.take_due(now) {
            self.legs.touch(id, |leg, out| leg.wake_up(now, out));
        }
        let (media, mut floor) = self.split();
        media.wake_up(now, &mut floor);
    }

    /// Handles what legs said, and what follows from that, until there is no more.
    fn settle(&mut self, now: Instant) {
        while let Some((id, said)) = self.legs.pop_said() {
            match said {
                Said::Media(arrival) => {
                    let (media, mut floor) = self.split();
                    media.arrived(now, id, arrival, &mut floor);
                }
                Said::Signal(signal) => self.signal(now, id, signal),
            }
        }
        self.stats.legs = self.legs.len() as u64;
    }

    fn signal(&mut self, now: Instant, id: LegId, signal: Signal) {
        match signal {
            Signal::Event(event) => self.outputs.push_back(Output::Event(Event::Leg(id, event))),
            Signal::Fragment(fragment) => self.routes.add_fragment(id, fragment),
            Signal::KeyFrameWanted(track) => {
                let (media, mut floor) = self.split();
                media.key_frame_wanted(now, id, track, &mut floor);
            }
            Signal::Estimate(estimate) => self.media.estimated(now, id, estimate),
            Signal::WayRenewed(estimate) => {
                let (media, mut floor) = self.split();
                media.way_renewed(now, id, estimate, &mut floor);
            }
            Signal::Dropped(reason) => self.stats.count_drop(reason),
            Signal::MessageIn => self.stats.messages_in += 1,
            Signal::MessageOut => self.stats.messages_out += 1,
            Signal::NegotiationFailed => self.stats.negotiation_failures += 1,
            Signal::Closed(reason) => self.closed(now, id, reason),
        }
    }

    fn closed(&mut self, now: Instant, id: LegId, reason: CloseReason) {
        self.stats.count_close(reason);
        self.legs.remove(id);
        let (media, mut floor) = self.split();
        media.leg_closed(now, id, &mut floor);
        self.routes.forget(id);
        self.outputs.push_back(Output::Event(Event::Leg(id, LegEvent::Closed(reason))));
    }

    fn next_datagram(&mut self) -> Option<Output> {
        loop {
            let (id, transmit) = self.legs.pop_transmit()?;
            let Transmit { proto, source, destination, contents } = transmit;
            let transport = if proto == Protocol::Udp { Transport::Udp } else { Transport::Tcp };
            let Some(from) = self.addresses.local(transport, source) else {
                self.stats.count_drop(DropReason::UnknownAddress);
                continue;
            };
            self.routes.sent(id, (transport, destination));
            let payload: Vec<u8> = contents.into();
            self.stats.datagrams_out += 1;
            self.stats.bytes_out += payload.len() as u64;
            return Some(Output::Datagram { transport, from, to: destination, payload });
        }
    }
}

/// Letters and digits, which are all `ice-char`s (RFC 8839 §5.4).
fn random_text(random: &mut ChaCha12Rng, length: usize) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = vec![0; length];
    random.fill_bytes(&mut bytes);
    bytes.into_iter().map(|byte| char::from(LETTERS[usize::from(byte % 64)])).collect()
}

#[cfg(test)]
mod tests;
