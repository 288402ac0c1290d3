//! Shares what a viewer's connection carries among the tracks that he gets.
//!
//! Sound comes first. Then every picture gets its smallest layer, then they step up together, those of
//! higher priority before the others. Going down happens at once where the estimate says so clearly, and
//! else after a while. Going up needs room to spare, and not to have gone down lately: an estimate that
//! trembles must not make the picture tremble.

mod ladder;

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use moim_types::{Bitrate, Layer, MediaKind};

use super::Rates;
use ladder::Ladder;

/// Room to spare for going up, in percent of what will be used.
const HEAD_ROOM_PERCENT: u64 = 115;
/// How far what is sent already may go beyond the estimate, in percent. A measured rate swings with
/// every key frame, and going up begins with one.
const SWING_PERCENT: u64 = 110;
/// How far it may go for a while. Packets that came a little late make the estimator assume 0.85 of what
/// arrived (draft-ietf-rmcat-gcc-02 §5.5), so one such moment asks a stream that is alone on its
/// connection to go down although all of it arrives; some seconds later the estimate is back.
const DOUBT: Patience = Patience { percent: 140, time: Duration::from_secs(3) };
/// The same where the picture would stop.
const LAST_DOUBT: Patience = Patience { percent: 250, time: Duration::from_secs(5) };
/// What is asked of the estimator beyond the use, so that it finds the room to spare.
const PROBE_PERCENT: u64 = 120;
/// For how long nothing goes up after something had to go down.
const SHORTEST_HOLD: Duration = Duration::from_secs(5);
const LONGEST_HOLD: Duration = Duration::from_secs(40);
/// The hold ends where there has been room for so long, or for a quarter of the hold: the estimate had only
/// been taken by surprise, as when much more than before begins to flow.
const ROOM_FOR: Duration = Duration::from_secs(2);
/// Going down so soon after going up says that going up was a mistake.
const MISTAKE: Duration = Duration::from_secs(10);

/// One track that a viewer gets, or would get.
#[derive(Debug, Clone)]
pub struct TrackNeed {
    /// Sound or picture.
    pub kind: MediaKind,
    /// What its layers take.
    pub rates: Rates,
    /// The most that the viewer has a use for; `None` where he does not show it.
    pub wanted: Option<Layer>,
    /// Larger numbers come first.
    pub priority: u32,
    /// The target that it has.
    pub current: Option<Layer>,
    /// It has no target since there was no room.
    pub paused: bool,
}

/// Who gets what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocation {
    /// For each track, in the order of the needs.
    pub targets: Vec<Option<Layer>>,
    /// Which tracks are shown but get nothing for want of room, in the same order.
    pub paused: Vec<bool>,
    /// What is sent.
    pub used: Bitrate,
    /// What would be sent, with room to spare, if there were room for everything.
    pub desired: Bitrate,
    /// What is needed for the next step up, or for all that is sent where there is none.
    pub minimum: Bitrate,
}

/// Allocates for one viewer, and remembers what it must not repeat.
#[derive(Debug, Default)]
pub struct Allocator {
    hold: Option<Hold>,
    went_up: Option<Instant>,
    /// Since when there is too little room for what is sent.
    short_since: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Hold {
    from: Instant,
    length: Duration,
    /// Since when there has been room for going up.
    room_since: Option<Instant>,
    /// There was for long enough.
    over: bool,
}

impl Hold {
    fn lasts(&self, now: Instant) -> bool {
        !self.over && now.saturating_duration_since(self.from) < self.length
    }

    /// Whether there has been room for long enough.
    fn ends(&mut self, now: Instant, room: bool) -> bool {
        self.room_since = room.then(|| self.room_since.unwrap_or(now));
        let enough = ROOM_FOR.max(self.length / 4);
        self.over = self.room_since.is_some_and(|since| now.saturating_duration_since(since) >= enough);
        self.over
    }
}

/// How far beyond the estimate what is sent already may go, and for how long.
struct Patience {
    percent: u64,
    time: Duration,
}

impl Patience {
    /// Whether what needs so much may go on, where there has been too little room for this long.
    fn bears(&self, total: u64, budget: u64, short_for: Duration) -> bool {
        short_for < self.time && total <= percent(budget, self.percent)
    }
}

impl Allocator {
    /// Nothing happened yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Shares `estimate` out; without one there is room for everything.
    pub fn allocate(&mut self, now: Instant, estimate: Option<Bitrate>, needs: &[TrackNeed]) -> Allocation {
        let held = self.hold.is_some_and(|hold| hold.lasts(now));
        let mut round = Round::new(estimate, held, needs);
        let short = round.flowing() > percent(round.budget, SWING_PERCENT);
        self.short_since = short.then(|| self.short_since.unwrap_or(now));
        round.set_short(self.short_since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since)));
        round.smallest_for_everybody();
        round.step_up();
        if held && self.hold.as_mut().is_some_and(|hold| hold.ends(now, round.has_room())) {
            return self.allocate(now, estimate, needs);
        }
        if round.climbers.iter().any(Climber::went_down) {
            self.fell(now);
        }
        if round.climbers.iter().any(Climber::went_up) {
            self.went_up = Some(now);
        }
        round.allocation()
    }

    /// Until when nothing goes up, or went up: then it is worth while to allocate again.
    #[must_use]
    pub fn next_wake(&self) -> Option<Instant> {
        self.hold.map(|hold| hold.from + hold.length)
    }

    fn fell(&mut self, now: Instant) {
        let since = |moment: Instant| now.saturating_duration_since(moment);
        let mistake = self.went_up.is_some_and(|up| since(up) < MISTAKE);
        let length = match self.hold {
            Some(hold) if mistake => (hold.length * 2).min(LONGEST_HOLD),
            // One fall in several steps is one fall.
            Some(hold) if since(hold.from) < hold.length => hold.length,
            _ if mistake => SHORTEST_HOLD * 2,
            _ => SHORTEST_HOLD,
        };
        self.hold = Some(Hold { from: now, length, room_since: None, over: false });
    }
}

/// One allocation in the making.
struct Round<'a> {
    budget: u64,
    spent: u64,
    held: bool,
    /// For how long there has been too little room for what is sent.
    short_for: Duration,
    /// Whether that may pass, so that all goes on as it is.
    doubts: bool,
    needs: &'a [TrackNeed],
    /// The pictures that are shown, those of higher priority first.
    climbers: Vec<Climber>,
}

/// A picture on its ladder of layers.
struct Climber {
    need: usize,
    priority: u32,
    ladder: Ladder,
    /// The rung that it stood on, and the one that it stands on now.
    before: Option<usize>,
    now: Option<usize>,
    paused: bool,
}

impl<'a> Round<'a> {
    fn new(estimate: Option<Bitrate>, held: bool, needs: &'a [TrackNeed]) -> Self {
        let mut climbers: Vec<_> = needs.iter().enumerate().filter_map(|(at, need)| Climber::new(at, need)).collect();
        climbers.sort_by_key(|climber| Reverse(climber.priority));
        let sound = needs.iter().filter(|need| need.kind == MediaKind::Audio && need.wanted.is_some());
        let spent = sound.map(|need| need.rates.of(Layer::default()).bitrate.bps()).sum();
        let budget = estimate.map_or(u64::MAX, Bitrate::bps);
        let held = held && estimate.is_some();
        Self { budget, spent, held, short_for: Duration::ZERO, doubts: false, needs, climbers }
    }

    /// What is sent already.
    fn flowing(&self) -> u64 {
        self.spent + self.climbers.iter().filter_map(|climber| climber.ladder.cost(climber.before?)).sum::<u64>()
    }

    /// How long there has been too little room for it.
    fn set_short(&mut self, short_for: Duration) {
        self.short_for = short_for;
        self.doubts = DOUBT.bears(self.flowing(), self.budget, short_for);
    }

    fn smallest_for_everybody(&mut self) {
        for at in 0..self.climbers.len() {
            self.try_step(at);
        }
    }

    /// In each priority the one that stands lowest steps up, until nobody can.
    fn step_up(&mut self) {
        let mut from = 0;
        while let Some(priority) = self.climbers.get(from).map(|climber| climber.priority) {
            let to = self.climbers.partition_point(|climber| climber.priority >= priority);
            let mut able: Vec<_> = (from..to).filter(|at| self.climbers[*at].now.is_some()).collect();
            while let Some(lowest) = able.iter().copied().min_by_key(|at| self.climbers[*at].next_layer()) {
                if !self.try_step(lowest) {
                    able.retain(|at| *at != lowest);
                }
            }
            from = to;
        }
    }

    /// One rung up, where there is room. To stay where one stood needs none to spare.
    fn try_step(&mut self, at: usize) -> bool {
        let climber = &self.climbers[at];
        let next = climber.next();
        let Some(cost) = climber.ladder.cost(next) else { return false };
        let total = self.spent + cost - climber.cost();
        let up = climber.before.is_none_or(|before| next > before);
        let started = climber.before.is_some() || climber.paused;
        let fits = if up {
            percent(total, HEAD_ROOM_PERCENT) <= self.budget
        } else {
            let last = climber.before == Some(0) && LAST_DOUBT.bears(total, self.budget, self.short_for);
            self.doubts || last || total <= percent(self.budget, SWING_PERCENT)
        };
        if up && started && self.held || !fits {
            return false;
        }
        self.spent = total;
        self.climbers[at].now = Some(next);
        true
    }

    /// Whether one more step up would fit.
    fn has_room(&self) -> bool {
        self.next_step().is_some_and(|step| percent(self.spent + step, HEAD_ROOM_PERCENT) <= self.budget)
    }

    fn allocation(&self) -> Allocation {
        let mut targets: Vec<_> = self.needs.iter().map(Self::sound).collect();
        let mut paused = vec![false; self.needs.len()];
        for climber in &self.climbers {
            targets[climber.need] = climber.now.and_then(|now| climber.ladder.layer(now));
            paused[climber.need] = climber.now.is_none();
        }
        let used = Bitrate::from_bps(self.spent);
        Allocation { targets, paused, used, desired: self.desired(), minimum: self.minimum() }
    }

    fn sound(need: &TrackNeed) -> Option<Layer> {
        (need.kind == MediaKind::Audio && need.wanted.is_some()).then(Layer::default)
    }

    fn desired(&self) -> Bitrate {
        let more: u64 = self.climbers.iter().map(|climber| climber.ladder.top_cost() - climber.cost()).sum();
        Bitrate::from_bps(percent(self.spent + more, PROBE_PERCENT))
    }

    fn minimum(&self) -> Bitrate {
        Bitrate::from_bps(self.next_step().map_or(self.spent, |step| percent(self.spent + step, PROBE_PERCENT)))
    }

    /// What the cheapest step up takes in addition.
    fn next_step(&self) -> Option<u64> {
        self.climbers.iter().filter_map(|climber| Some(climber.ladder.cost(climber.next())? - climber.cost())).min()
    }
}

impl Climber {
    fn new(at: usize, need: &TrackNeed) -> Option<Self> {
        if need.kind == MediaKind::Audio {
            return None;
        }
        let ladder = Ladder::new(&need.rates, need.wanted?);
        let before = need.current.and_then(|current| ladder.rung(current));
        Some(Self { need: at, priority: need.priority, ladder, before, now: None, paused: need.paused })
    }

    fn cost(&self) -> u64 {
        self.now.and_then(|now| self.ladder.cost(now)).unwrap_or(0)
    }

    fn next(&self) -> usize {
        self.now.map_or(0, |now| now + 1)
    }

    fn next_layer(&self) -> (u8, u8) {
        self.ladder.layer(self.next()).map_or((u8::MAX, u8::MAX), |layer| (layer.spatial, layer.temporal))
    }

    fn went_down(&self) -> bool {
        self.now < self.before
    }

    fn went_up(&self) -> bool {
        self.now > self.before && (self.before.is_some() || self.paused)
    }
}

fn percent(value: u64, percent: u64) -> u64 {
    value.saturating_mul(percent) / 100
}

#[cfg(test)]
mod tests;
