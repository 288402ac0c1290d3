//! The legs of a shard, each behind a wall: a panic in one ends that one.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use moim_types::LegId;
use str0m::net::Transmit;

use super::timers::Timers;
use crate::CloseReason;
use crate::leg::{Arrival, Leg, Outbox, Signal};

/// Quiet legs wake up in groups so far apart.
const QUIET_STEP: Duration = Duration::from_millis(250);

/// The legs of a shard.
#[derive(Default)]
pub(super) struct Legs {
    legs: BTreeMap<LegId, Leg>,
    wakes: Timers<LegId>,
    outbox: Outbox,
    /// For the network, by leg, so that what goes to one destination stays together.
    transmits: BTreeMap<LegId, VecDeque<Transmit>>,
    /// Legs in the order in which they began to have something for the network.
    sending: VecDeque<LegId>,
    /// When quiet legs woke up first. They do so in steps since then.
    first_quiet: Option<Instant>,
    /// Legs with media packets that were written and not sent.
    written: VecDeque<LegId>,
    /// What legs said, to be handled.
    said: VecDeque<(LegId, Said)>,
}

/// What a leg said.
pub(super) enum Said {
    /// A media packet came.
    Media(Arrival),
    /// Anything else.
    Signal(Signal),
}

impl Legs {
    pub(super) fn len(&self) -> usize {
        self.legs.len()
    }

    pub(super) fn contains(&self, id: LegId) -> bool {
        self.legs.contains_key(&id)
    }

    pub(super) fn ids(&self) -> Vec<LegId> {
        self.legs.keys().copied().collect()
    }

    /// Makes a leg. What goes wrong then is as contained as later.
    pub(super) fn open(&mut self, id: LegId, make: impl FnOnce() -> Leg) {
        match catch_unwind(AssertUnwindSafe(make)) {
            Ok(leg) => {
                self.wakes.set(id, leg.next_wake());
                self.legs.insert(id, leg);
            }
            Err(_) => self.said.push_back((id, Said::Signal(Signal::Closed(CloseReason::Fault)))),
        }
    }

    /// Does something with a leg; `None` if there is none, or not any more.
    pub(super) fn touch<R>(&mut self, id: LegId, change: impl FnOnce(&mut Leg, &mut Outbox) -> R) -> Option<R> {
        let leg = self.legs.get_mut(&id)?;
        let outbox = &mut self.outbox;
        let result = catch_unwind(AssertUnwindSafe(|| {
            let result = change(leg, outbox);
            (result, leg.next_wake(), leg.is_quiet())
        }));
        let Ok((result, wake, quiet)) = result else {
            self.give_up(id);
            return None;
        };
        let wake = if quiet { self.together(wake) } else { wake };
        self.wakes.set(id, wake);
        self.collect(id);
        Some(result)
    }

    /// Offers a leg a media packet, which goes with the next [`Legs::send_written`] if it is taken.
    pub(super) fn write<R>(&mut self, id: LegId, write: impl FnOnce(&mut Leg) -> R) -> Option<R> {
        let leg = self.legs.get_mut(&id)?;
        let before = leg.has_written();
        let Ok(result) = catch_unwind(AssertUnwindSafe(|| write(leg))) else {
            self.give_up(id);
            return None;
        };
        if !before && leg.has_written() {
            self.written.push_back(id);
        }
        Some(result)
    }

    /// Lets one leg send the media packets that were written to it. False when no leg has any.
    pub(super) fn send_written(&mut self, now: Instant) -> bool {
        let Some(id) = self.written.pop_front() else { return false };
        self.touch(id, |leg, out| leg.send_written(now, out));
        true
    }

    /// The next moment at which quiet legs wake up: to wake the thread for each of them would cost far
    /// more than what they have to do.
    fn together(&mut self, wake: Instant) -> Instant {
        let first = *self.first_quiet.get_or_insert(wake);
        let since = wake.saturating_duration_since(first).as_millis();
        let steps = since.div_ceil(QUIET_STEP.as_millis());
        first + QUIET_STEP * u32::try_from(steps).unwrap_or(u32::MAX)
    }

    /// The panic's message has gone through the process's panic hook.
    pub(super) fn give_up(&mut self, id: LegId) {
        tracing::error!(leg.id = id.0, "a defect ends this connection; the others go on");
        self.outbox = Outbox::default();
        self.remove(id);
        self.said.push_back((id, Said::Signal(Signal::Closed(CloseReason::Fault))));
    }

    /// A leg is over. What it has for the network still goes.
    pub(super) fn remove(&mut self, id: LegId) {
        self.wakes.clear(id);
        self.legs.remove(&id);
    }

    pub(super) fn next_wake(&self) -> Option<Instant> {
        self.wakes.next()
    }

    /// The legs whose time has come.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<LegId> {
        self.wakes.take_due(now)
    }

    /// The next thing that a leg said.
    pub(super) fn pop_said(&mut self) -> Option<(LegId, Said)> {
        self.said.pop_front()
    }

    /// The next datagram, all of one leg before those of the next.
    pub(super) fn pop_transmit(&mut self) -> Option<(LegId, Transmit)> {
        loop {
            let id = *self.sending.front()?;
            if let Some(transmit) = self.transmits.get_mut(&id).and_then(VecDeque::pop_front) {
                return Some((id, transmit));
            }
            self.transmits.remove(&id);
            self.sending.pop_front();
        }
    }

    fn collect(&mut self, id: LegId) {
        if !self.outbox.transmits.is_empty() {
            let queue = self.transmits.entry(id).or_insert_with(|| {
                self.sending.push_back(id);
                VecDeque::new()
            });
            queue.extend(self.outbox.transmits.drain(..));
        }
        self.said.extend(self.outbox.arrivals.drain(..).map(|arrival| (id, Said::Media(arrival))));
        self.said.extend(self.outbox.signals.drain(..).map(|signal| (id, Said::Signal(signal))));
    }
}

#[cfg(test)]
mod tests {
    use moim_testkit::VirtualClock;

    use moim_types::{MediaKind, ParticipantId, Source, TrackId};

    use super::*;
    use crate::leg::Seed;
    use crate::{Bounds, Certificate, Config, Directions, IceMode, LegConfig, Msid, Offerer, Paths, ShardId};

    fn named(_: ParticipantId, _: TrackId, _: MediaKind, _: Source) -> Msid {
        Msid { stream: "s".into(), track: "t".into() }
    }

    fn legs(now: Instant) -> Legs {
        let shard = Config {
            shard: ShardId(0),
            candidates: Vec::new(),
            certificate: Certificate::generate().unwrap(),
            bounds: Bounds::default(),
        };
        let config = LegConfig {
            directions: Directions::Ingress,
            offerer: Offerer::Remote,
            ice: IceMode::Lite,
            paths: Paths::All,
            codecs: Vec::new(),
            channels: Vec::new(),
            naming: named,
        };
        let mut legs = Legs::default();
        for id in 1..=2 {
            let seed = Seed { fragment: format!("leg{id}"), password: "p".repeat(24), exchange: 1 };
            legs.open(LegId(id), || Leg::new(&config, &shard, seed, now));
        }
        legs
    }

    #[test]
    fn a_panic_in_one_leg_ends_that_one_only() {
        let now = VirtualClock::new().now().instant;
        let mut legs = legs(now);
        assert_eq!(legs.touch(LegId(1), |_, _| -> u8 { panic!("a defect, on purpose") }), None);
        let said = legs.pop_said();
        assert!(matches!(said, Some((LegId(1), Said::Signal(Signal::Closed(CloseReason::Fault))))));
        assert!(!legs.contains(LegId(1)));
        assert_eq!(legs.touch(LegId(2), |leg, out| leg.wake_up(now, out)), Some(()));
        assert!(legs.next_wake().is_some_and(|at| at > now), "the other goes on");
    }

    #[test]
    fn a_leg_that_cannot_be_made_is_reported_like_one_that_broke() {
        let mut legs = legs(VirtualClock::new().now().instant);
        legs.open(LegId(3), || panic!("a defect, on purpose"));
        assert!(matches!(legs.pop_said(), Some((LegId(3), Said::Signal(Signal::Closed(CloseReason::Fault))))));
    }
}
