//! Asks a publisher for key frames: soon enough for who waits, rarely enough for everybody else.
//!
//! However many viewers ask, an encoding is asked at most once a second; one more time after half a
//! second when it does not answer the first time.

use std::time::{Duration, Instant};

use super::{MOST_SPATIAL, slot};

/// Between two questions that were answered.
const INTERVAL: Duration = Duration::from_secs(1);
/// Until the first question is repeated; further ones come after [`INTERVAL`].
const FIRST_RETRY: Duration = Duration::from_millis(500);
/// So often a question is repeated by itself. A publisher who does not answer that has stopped, and
/// whoever still waits asks again when packets come.
const MOST_RETRIES: u32 = 8;

/// The questions to one publication.
#[derive(Debug, Default)]
pub struct KeyFrames {
    encodings: [Encoding; MOST_SPATIAL],
}

#[derive(Debug, Default, Clone, Copy)]
struct Encoding {
    /// When it was asked last.
    asked: Option<Instant>,
    /// Somebody waits for a key frame.
    wanted: bool,
    /// Questions since the last answer.
    unanswered: u32,
}

impl KeyFrames {
    /// Nothing asked yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A viewer needs a key frame. `true`: ask the publisher now. Otherwise it has been asked, or will
    /// be when [`due`](Self::due) says so.
    pub fn ask(&mut self, now: Instant, encoding: u8) -> bool {
        let state = &mut self.encodings[slot(encoding)];
        state.wanted = true;
        if state.next().is_some_and(|next| next > now) {
            return false;
        }
        state.asked(now);
        true
    }

    /// A key frame begins. Who asked has it, or will ask again.
    pub fn answered(&mut self, _now: Instant, encoding: u8) {
        let state = &mut self.encodings[slot(encoding)];
        state.wanted = false;
        state.unanswered = 0;
    }

    /// The encodings to ask now.
    pub fn due(&mut self, now: Instant) -> impl Iterator<Item = u8> {
        (0..).zip(self.encodings.iter_mut()).filter_map(move |(encoding, state)| {
            if !state.wakes_by(now) {
                return None;
            }
            if state.unanswered > MOST_RETRIES {
                state.wanted = false;
                return None;
            }
            state.asked(now);
            Some(encoding)
        })
    }

    /// When somebody must be asked next.
    #[must_use]
    pub fn next_wake(&self) -> Option<Instant> {
        self.encodings.iter().filter(|state| state.wanted).filter_map(Encoding::next).min()
    }
}

impl Encoding {
    fn asked(&mut self, now: Instant) {
        self.asked = Some(now);
        self.unanswered = self.unanswered.saturating_add(1);
    }

    /// The earliest moment of the next question.
    fn next(&self) -> Option<Instant> {
        let pause = if self.unanswered == 1 { FIRST_RETRY } else { INTERVAL };
        self.asked.map(|asked| asked + pause)
    }

    fn wakes_by(&self, now: Instant) -> bool {
        self.wanted && self.next().is_some_and(|next| next <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forward::testing::epoch;

    fn at(milliseconds: u64) -> Instant {
        epoch() + Duration::from_millis(milliseconds)
    }

    fn due(frames: &mut KeyFrames, milliseconds: u64) -> Vec<u8> {
        frames.due(at(milliseconds)).collect()
    }

    #[test]
    fn the_first_question_is_asked_at_once_and_the_next_within_a_second() {
        let mut frames = KeyFrames::new();
        assert!(frames.ask(at(0), 1));
        assert!(frames.ask(at(10), 0), "another encoding");
        frames.answered(at(100), 1);
        assert!(!frames.ask(at(300), 1) && !frames.ask(at(301), 1));
        frames.answered(at(310), 0);
        assert_eq!(frames.next_wake(), Some(at(1000)));
        assert_eq!(due(&mut frames, 999), [0; 0]);
        assert_eq!(due(&mut frames, 1000), [1]);
    }

    #[test]
    fn who_does_not_answer_is_asked_again() {
        let mut frames = KeyFrames::new();
        assert!(frames.ask(at(0), 0));
        let mut asked = Vec::new();
        for time in (0..60_000).step_by(100) {
            asked.extend(due(&mut frames, time).iter().map(|_| time));
        }
        assert_eq!(asked, [500, 1500, 2500, 3500, 4500, 5500, 6500, 7500]);
        assert_eq!(frames.next_wake(), None, "it has stopped");
        assert!(frames.ask(at(60_000), 0), "packets come again");
    }

    #[test]
    fn a_thousand_viewers_are_one_question_a_second() {
        let mut frames = KeyFrames::new();
        let mut questions = 0;
        for time in 0..10_000 {
            questions += u32::from(frames.ask(at(time), 0)) + due(&mut frames, time).len() as u32;
            if time % 100 == 50 {
                frames.answered(at(time), 0);
            }
        }
        assert_eq!(questions, 10);
    }
}
