//! Which encodings and spatial layers are being sent, and in which order their packets come.

use std::time::{Duration, Instant};

use super::window::REACH;
use super::{MOST_SPATIAL, slot};

/// For how long nothing must have come.
const SILENCE: Duration = Duration::from_secs(1);
/// How many frames of others must have come meanwhile. A screen that stands still sends a frame
/// every few seconds, in all encodings: then nothing is silent.
const MISSED: u32 = 6;
/// Old packets and nothing new: a stream that began anew. Those from before what is remembered weigh
/// more, since retransmissions do not come from there: twenty of them are enough.
const STRAYS: u32 = 100;
const FAR: u32 = 5;

/// How a packet follows those of its encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// After all others.
    Newest,
    /// Before one that came earlier.
    Late,
    /// The numbers jumped so far that what comes has nothing to do with what was before.
    Restarted,
}

/// What was seen of a publication's encodings and layers.
#[derive(Debug, Default)]
pub(super) struct Liveness {
    now: Option<Instant>,
    steps: [Step; MOST_SPATIAL],
    streams: [Stream; MOST_SPATIAL],
}

#[derive(Debug, Default)]
struct Step {
    seen: Option<Instant>,
    /// Frames of other steps since.
    missed: u32,
}

#[derive(Debug, Default)]
struct Stream {
    newest: Option<u64>,
    strays: u32,
    /// The highest number among those from far before.
    stray: u64,
}

impl Liveness {
    /// A packet came of `step`: an encoding, or a spatial layer.
    pub(super) fn saw(&mut self, now: Instant, step: u8, start_of_frame: bool) {
        self.now = Some(now);
        for (at, other) in self.steps.iter_mut().enumerate() {
            if at == slot(step) {
                *other = Step { seen: Some(now), missed: 0 };
            } else if start_of_frame {
                other.missed = other.missed.saturating_add(1);
            }
        }
    }

    /// How a packet of an encoding follows the others.
    pub(super) fn order(&mut self, encoding: u8, sequence: u64) -> Order {
        let stream = &mut self.streams[slot(encoding)];
        let Some(newest) = stream.newest else {
            stream.newest = Some(sequence);
            return Order::Newest;
        };
        if sequence > newest {
            *stream = Stream { newest: Some(sequence), ..Stream::default() };
            return if sequence - newest < REACH { Order::Newest } else { Order::Restarted };
        }
        let far = newest - sequence >= REACH;
        stream.strays += if far { FAR } else { 1 };
        // What begins anew must not begin with a packet that others have overtaken.
        let overtaken = far && sequence < stream.stray;
        if far {
            stream.stray = stream.stray.max(sequence);
        }
        if stream.strays < STRAYS || overtaken {
            return Order::Late;
        }
        *stream = Stream { newest: Some(sequence), ..Stream::default() };
        Order::Restarted
    }

    /// The step to send to who wants `wanted`: that one, else the next smaller one that is live, else
    /// the next larger one. `wanted` itself where nothing is live. Of `announced` steps it is
    /// believed that they come, until pictures came without them.
    pub(super) fn best(&self, wanted: u8, announced: u8) -> u8 {
        let wanted = slot(wanted);
        let below = (0..=wanted).rev();
        let step = below
            .chain(wanted + 1..MOST_SPATIAL)
            .find(|step| self.live(*step) || self.expected(*step, announced))
            .unwrap_or(wanted);
        step as u8
    }

    fn expected(&self, step: usize, announced: u8) -> bool {
        step < usize::from(announced) && self.steps[step].seen.is_none() && self.steps[step].missed < MISSED
    }

    /// Whether a step is being sent.
    pub(super) fn live(&self, step: usize) -> bool {
        let step = &self.steps[step];
        let (Some(seen), Some(now)) = (step.seen, self.now) else { return false };
        step.missed < MISSED || now.saturating_duration_since(seen) < SILENCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forward::testing::epoch;

    #[test]
    fn a_silent_step_is_replaced_by_the_next_smaller_live_one() {
        let mut live = Liveness::default();
        assert_eq!(live.best(2, 0), 2, "nothing is known");
        for step in [0, 1, 2] {
            live.saw(epoch(), step, true);
        }
        assert_eq!(live.best(2, 0), 2);
        for frame in 1..=35 {
            let now = epoch() + Duration::from_millis(frame * 33);
            live.saw(now, 0, true);
            live.saw(now, 1, true);
            assert_eq!(live.best(2, 0), if frame > 30 { 1 } else { 2 }, "frame {frame}");
        }
        live.saw(epoch() + Duration::from_secs(3), 2, true);
        assert_eq!(live.best(2, 0), 2, "it is back");
    }

    #[test]
    fn only_larger_ones_are_better_than_nothing() {
        let mut live = Liveness::default();
        live.saw(epoch(), 2, true);
        assert_eq!((live.best(0, 0), live.best(1, 0)), (2, 2));
    }

    #[test]
    fn announced_layers_are_expected_for_a_while() {
        let mut live = Liveness::default();
        live.saw(epoch(), 0, true);
        assert_eq!((live.best(2, 0), live.best(2, 2), live.best(2, 3)), (0, 1, 2));
        for _ in 0..MISSED {
            live.saw(epoch(), 0, true);
        }
        assert_eq!(live.best(2, 3), 0);
    }

    #[test]
    fn a_screen_that_stands_still_is_not_silent() {
        let mut live = Liveness::default();
        for second in 0..20 {
            for step in [0, 1] {
                live.saw(epoch() + Duration::from_secs(second * 5), step, true);
                assert!(second == 0 || live.best(1, 0) == 1);
            }
        }
    }

    #[test]
    fn numbers_that_leap_or_start_over_are_told() {
        let mut live = Liveness::default();
        let orders: Vec<_> = [70_000, 70_002, 70_001, 70_002, 71_500].map(|sequence| live.order(0, sequence)).into();
        assert_eq!(orders, [Order::Newest, Order::Newest, Order::Late, Order::Late, Order::Restarted]);
        let strays: Vec<_> = (0..25).map(|sequence| live.order(0, 100 + sequence)).collect();
        assert!(strays[..19].iter().all(|order| *order == Order::Late));
        assert_eq!(strays[19..21], [Order::Restarted, Order::Newest]);
        let near: Vec<_> = (0..110).map(|_| live.order(0, 110)).collect();
        assert!(near[..99].iter().all(|order| *order == Order::Late) && near[99] == Order::Restarted);
        assert_eq!(live.order(1, 5), Order::Newest, "encodings count apart");
    }
}
