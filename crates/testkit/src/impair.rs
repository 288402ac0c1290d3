//! A bad network as a value: one direction of a link that loses, delays, reorders and repeats packets, lets only so
//! many bits through, and falls silent when told.
//!
//! It knows nothing of what a packet is. Packets go in with [`Link::handle`] and come out of [`Link::poll`] when they
//! have arrived; [`Link::next_wake`] says when the next one will. The order of effects is that of a real path: a queue
//! in front of the narrow place, the narrow place, and behind it the way on which packets are lost and late. The same
//! seed, settings and packets give the same result.

mod settings;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

pub use settings::{Settings, UnknownSetting};

/// How many packets a link holds at most, whatever its settings are.
const MOST_HELD: usize = 65_536;
/// What always finds room in the queue: one packet of a usual network.
const LEAST_QUEUE_BYTES: u64 = 1500;

/// What became of the packets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Came in.
    pub packets: u64,
    /// Their sizes together.
    pub bytes: u64,
    /// Came out, repeated ones included.
    pub delivered: u64,
    /// Lost on the way.
    pub lost: u64,
    /// Found the queue in front of the narrow place full.
    pub queue_full: u64,
    /// Swallowed while the link was dark.
    pub swallowed: u64,
    /// Came out twice.
    pub repeated: u64,
    /// Came out after packets that came in later.
    pub overtaken: u64,
}

/// One direction of a link.
#[derive(Debug)]
pub struct Link<P> {
    settings: Settings,
    rng: ChaCha8Rng,
    /// Whether the way is in one of its bad spells.
    bad_spell: bool,
    /// What waits for the narrow place, with its size in bytes.
    queue: VecDeque<(u64, P)>,
    queued_bytes: u64,
    /// When the narrow place has sent the first of the queue.
    first_leaves: Option<Instant>,
    /// What is on its way, by when it arrives and in which order it left.
    travelling: BTreeMap<(Instant, u64), P>,
    left: u64,
    /// When the last packet that kept its place arrives: jitter alone does not reorder.
    last_arrival: Option<Instant>,
    counts: Counts,
}

impl<P: Clone> Link<P> {
    /// A link whose chances come from the seed.
    #[must_use]
    pub fn new(settings: Settings, seed: u64) -> Self {
        Self {
            settings,
            rng: ChaCha8Rng::seed_from_u64(seed),
            bad_spell: false,
            queue: VecDeque::new(),
            queued_bytes: 0,
            first_leaves: None,
            travelling: BTreeMap::new(),
            left: 0,
            last_arrival: None,
            counts: Counts::default(),
        }
    }

    /// What it does now.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// From now on it does this to packets that come in; what is on its way goes on as it was.
    pub fn set(&mut self, now: Instant, settings: Settings) {
        self.pass(now);
        self.settings = settings;
    }

    /// What became of the packets so far.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// A packet comes in, of so many bytes.
    pub fn handle(&mut self, now: Instant, size_bytes: usize, packet: P) {
        self.pass(now);
        let size = size_bytes as u64;
        self.counts.packets += 1;
        self.counts.bytes += size;
        if self.settings.dark {
            self.counts.swallowed += 1;
        } else if self.settings.rate_kbps == 0 && self.queue.is_empty() {
            self.travel(now, packet);
        } else if self.queued_bytes + size > self.room() || self.queue.len() + self.travelling.len() >= MOST_HELD {
            self.counts.queue_full += 1;
        } else {
            self.queued_bytes += size;
            self.queue.push_back((size, packet));
            self.first_leaves = self.first_leaves.or_else(|| Some(now + self.settings.sending(size)));
        }
    }

    /// The next packet that has arrived.
    pub fn poll(&mut self, now: Instant) -> Option<P> {
        self.pass(now);
        let entry = self.travelling.first_entry().filter(|entry| entry.key().0 <= now)?;
        self.counts.delivered += 1;
        Some(entry.remove())
    }

    /// When to call [`Link::poll`] again.
    #[must_use]
    pub fn next_wake(&self) -> Option<Instant> {
        let arrival = self.travelling.first_key_value().map(|((at, _), _)| *at);
        arrival.into_iter().chain(self.first_leaves).min()
    }

    fn room(&self) -> u64 {
        match self.settings.rate_kbps {
            0 => u64::MAX,
            rate => (rate * self.settings.queue_ms / 8).max(LEAST_QUEUE_BYTES),
        }
    }

    /// Lets through the narrow place what has had its time.
    fn pass(&mut self, now: Instant) {
        while let Some(leaves) = self.first_leaves.filter(|leaves| *leaves <= now) {
            let Some((size, packet)) = self.queue.pop_front() else { break };
            self.queued_bytes -= size;
            self.first_leaves = self.queue.front().map(|(next, _)| leaves + self.settings.sending(*next));
            self.travel(leaves, packet);
        }
    }

    /// Behind the narrow place.
    fn travel(&mut self, now: Instant, packet: P) {
        if self.settings.dark {
            self.counts.swallowed += 1;
            return;
        }
        if self.loses() {
            self.counts.lost += 1;
            return;
        }
        let at = self.arrival(now);
        if self.happens(self.settings.duplicate) {
            self.counts.repeated += 1;
            self.enter(at, packet.clone());
        }
        self.enter(at, packet);
    }

    fn enter(&mut self, at: Instant, packet: P) {
        if self.travelling.len() >= MOST_HELD {
            self.counts.queue_full += 1;
            return;
        }
        self.travelling.insert((at, self.left), packet);
        self.left += 1;
    }

    fn arrival(&mut self, now: Instant) -> Instant {
        let jitter = Duration::from_secs_f64(self.settings.jitter_ms * self.chance() / 1000.0);
        let delay = Duration::from_secs_f64(self.settings.delay_ms / 1000.0);
        let by_itself = now + delay + jitter;
        let at = self.last_arrival.map_or(by_itself, |last| last.max(by_itself));
        if self.happens(self.settings.reorder) {
            self.counts.overtaken += 1;
            return at + Duration::from_secs_f64(self.settings.reorder_ms / 1000.0);
        }
        self.last_arrival = Some(at);
        at
    }

    /// Losses come alone, or in spells as in the model of Gilbert: everything is lost in a bad spell, which goes on with
    /// each packet with a chance of `1 - 1 / burst`; good ones are so long that the share of both is `loss`.
    fn loses(&mut self) -> bool {
        let Settings { loss, burst, .. } = self.settings;
        if burst <= 1.0 || loss <= 0.0 || loss >= 1.0 {
            return self.happens(loss);
        }
        let changes = if self.bad_spell { 1.0 / burst } else { loss / (1.0 - loss) / burst };
        if self.happens(changes) {
            self.bad_spell = !self.bad_spell;
        }
        self.bad_spell
    }

    fn happens(&mut self, chance: f64) -> bool {
        chance > 0.0 && self.chance() < chance
    }

    /// At least 0, less than 1.
    fn chance(&mut self) -> f64 {
        (self.rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
