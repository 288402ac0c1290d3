//! The order of one URL's events, as a machine: what is told when, again when, and no more.
//!
//! Events of one room are told one after the other; rooms do not wait for each other. Feed
//! [`Queue::handle`], then poll until `None`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use livekit_protocol as proto;
use moim_types::Now;

/// An event that waits to be told.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Waiting {
    /// Its place in the file.
    pub(super) number: u64,
    /// When it happened, since 1970.
    pub(super) at: Duration,
    /// Whose order it keeps.
    pub(super) room: Arc<str>,
    /// What is told.
    pub(super) event: Arc<proto::WebhookEvent>,
    /// What it costs to keep.
    pub(super) bytes: usize,
}

/// Bounds of a queue.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Events older than this are dropped.
    pub(super) max_age: Duration,
    /// Events that come when this much waits are dropped.
    pub(super) max_bytes: usize,
    /// How many rooms' events are told at once.
    pub(super) most_at_once: usize,
    /// How long to wait after the first failure; twice as long after each further one.
    pub(super) first_wait: Duration,
    /// But no longer than this.
    pub(super) longest_wait: Duration,
}

/// Something for the queue.
#[derive(Debug)]
pub(super) enum Input {
    /// Something happened.
    Happened {
        /// When, since 1970.
        at: Duration,
        /// In which room.
        room: Arc<str>,
        /// What.
        event: Arc<proto::WebhookEvent>,
        /// What it costs to keep.
        bytes: usize,
    },
    /// The journal had this many more, which were lost on the way.
    Missed(u64),
    /// The receiver has a room's event.
    Told(Arc<str>),
    /// The receiver does not want it.
    Refused(Arc<str>),
    /// The receiver could not be reached, or could not take it.
    Failed(Arc<str>),
    /// Time has passed.
    Woken,
}

/// Something that the queue wants done, in this order.
#[derive(Debug, PartialEq)]
pub(super) enum Output {
    /// Write it down.
    Keep(Waiting),
    /// Tell the receiver, and say how that went.
    Tell {
        /// What.
        waiting: Waiting,
        /// How many events were dropped since the last one that was told.
        dropped: u64,
    },
    /// It need not be kept any longer.
    Forget(u64),
}

/// What a queue has seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Stats {
    pub(super) told: u64,
    pub(super) failed: u64,
    pub(super) refused: u64,
    pub(super) dropped_old: u64,
    pub(super) dropped_full: u64,
    pub(super) missed: u64,
    pub(super) waiting: u64,
}

/// The events of one URL.
#[derive(Debug)]
pub(super) struct Queue {
    limits: Limits,
    lanes: BTreeMap<Arc<str>, Lane>,
    /// Lanes whose first event can be told.
    ready: VecDeque<Arc<str>>,
    /// Lanes that wait after a failure.
    resting: BTreeSet<(Instant, Arc<str>)>,
    at_once: usize,
    bytes: usize,
    last_number: u64,
    untold_drops: u64,
    outputs: VecDeque<Output>,
    stats: Stats,
}

/// The events of one room. Its first event is either in `ready`, in `resting`, or being told.
#[derive(Debug, Default)]
struct Lane {
    events: VecDeque<Waiting>,
    failures: u32,
    /// Drops that the event being told reports.
    reported_drops: u64,
}

impl Queue {
    /// A queue with what was kept before a restart, in its order.
    pub(super) fn new(limits: Limits, kept: Vec<Waiting>) -> Self {
        let mut queue = Self {
            limits,
            lanes: BTreeMap::new(),
            ready: VecDeque::new(),
            resting: BTreeSet::new(),
            at_once: 0,
            bytes: 0,
            last_number: 0,
            untold_drops: 0,
            outputs: VecDeque::new(),
            stats: Stats::default(),
        };
        for waiting in kept {
            queue.last_number = queue.last_number.max(waiting.number);
            queue.append(waiting);
        }
        queue
    }

    pub(super) fn handle(&mut self, now: Now, input: Input) {
        match input {
            Input::Happened { at, room, event, bytes } => self.happened(at, room, event, bytes),
            Input::Missed(count) => {
                self.stats.missed += count;
                self.untold_drops += count;
            }
            Input::Told(room) => self.told(&room),
            Input::Refused(room) => self.refused(&room),
            Input::Failed(room) => self.failed(now, &room),
            Input::Woken => {}
        }
        self.wake(now);
        self.tell(now);
    }

    pub(super) fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to come again with [`Input::Woken`].
    pub(super) fn next_wake(&self) -> Option<Instant> {
        self.resting.first().map(|&(when, _)| when)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }

    pub(super) fn stats(&self) -> Stats {
        self.stats
    }

    fn happened(&mut self, at: Duration, room: Arc<str>, event: Arc<proto::WebhookEvent>, bytes: usize) {
        // The newest gives way: what a receiver has heard of a room stays without a gap before it.
        if self.bytes.saturating_add(bytes) > self.limits.max_bytes {
            self.stats.dropped_full += 1;
            self.untold_drops += 1;
            return;
        }
        self.last_number += 1;
        let waiting = Waiting { number: self.last_number, at, room, event, bytes };
        self.outputs.push_back(Output::Keep(waiting.clone()));
        self.append(waiting);
    }

    fn append(&mut self, waiting: Waiting) {
        self.bytes += waiting.bytes;
        self.stats.waiting += 1;
        let room = Arc::clone(&waiting.room);
        let lane = self.lanes.entry(Arc::clone(&room)).or_default();
        lane.events.push_back(waiting);
        if lane.events.len() == 1 {
            self.ready.push_back(room);
        }
    }

    fn told(&mut self, room: &Arc<str>) {
        self.stats.told += 1;
        if let Some(lane) = self.lanes.get_mut(room) {
            lane.reported_drops = 0;
        }
        self.next(room);
    }

    fn refused(&mut self, room: &Arc<str>) {
        self.stats.refused += 1;
        self.take_back_report(room);
        self.next(room);
    }

    /// The first event of a lane is done with; the second is ready.
    fn next(&mut self, room: &Arc<str>) {
        self.at_once = self.at_once.saturating_sub(1);
        self.forget_first(room);
        match self.lanes.get_mut(room) {
            Some(lane) if lane.events.is_empty() => {
                self.lanes.remove(room);
            }
            Some(lane) => {
                lane.failures = 0;
                self.ready.push_back(Arc::clone(room));
            }
            None => {}
        }
    }

    fn failed(&mut self, now: Now, room: &Arc<str>) {
        self.stats.failed += 1;
        self.at_once = self.at_once.saturating_sub(1);
        self.take_back_report(room);
        let Some(lane) = self.lanes.get_mut(room) else { return };
        // 1, 2, 4, 8, 16, 30, 30 … seconds, as configured.
        let wait = self.limits.first_wait.saturating_mul(1 << lane.failures.min(16)).min(self.limits.longest_wait);
        lane.failures = lane.failures.saturating_add(1);
        self.resting.insert((now.instant + wait, Arc::clone(room)));
    }

    /// What an event reported that nobody has heard is reported by a later one.
    fn take_back_report(&mut self, room: &Arc<str>) {
        if let Some(lane) = self.lanes.get_mut(room) {
            self.untold_drops += std::mem::take(&mut lane.reported_drops);
        }
    }

    fn forget_first(&mut self, room: &Arc<str>) {
        if let Some(waiting) = self.lanes.get_mut(room).and_then(|lane| lane.events.pop_front()) {
            self.bytes -= waiting.bytes;
            self.stats.waiting -= 1;
            self.outputs.push_back(Output::Forget(waiting.number));
        }
    }

    fn wake(&mut self, now: Now) {
        while let Some((when, _)) = self.resting.first()
            && *when <= now.instant
            && let Some((_, room)) = self.resting.pop_first()
        {
            self.ready.push_back(room);
        }
    }

    fn tell(&mut self, now: Now) {
        while self.at_once < self.limits.most_at_once
            && let Some(room) = self.ready.pop_front()
        {
            self.drop_old(now, &room);
            let Some(lane) = self.lanes.get_mut(&room) else { continue };
            let Some(waiting) = lane.events.front().cloned() else {
                self.lanes.remove(&room);
                continue;
            };
            let dropped = std::mem::take(&mut self.untold_drops);
            lane.reported_drops = dropped;
            self.at_once += 1;
            self.outputs.push_back(Output::Tell { waiting, dropped });
        }
    }

    fn drop_old(&mut self, now: Now, room: &Arc<str>) {
        let max_age = self.limits.max_age;
        let is_old = |lane: &Lane| lane.events.front().is_some_and(|first| now.unix.saturating_sub(first.at) > max_age);
        while self.lanes.get(room).is_some_and(is_old) {
            self.forget_first(room);
            self.stats.dropped_old += 1;
            self.untold_drops += 1;
        }
    }
}

#[cfg(test)]
mod tests;
