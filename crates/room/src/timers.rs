//! One calendar for all timers of the machine. Each wake has at most one date, so the calendar is
//! never longer than what is there to be woken.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use moim_types::TrackId;

use crate::directory::{Place, RoomKey};

/// What a date is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wake {
    /// Nobody has been in the room for long enough.
    Vacancy(RoomKey),
    /// The room's counts may be told again.
    Counts(RoomKey),
    /// Changed connection qualities are told together.
    Quality(RoomKey),
    /// Remembered messages and departures have grown old.
    Memory(RoomKey),
    /// A participant's connection or session did not come up, or not come back.
    Participant(Place),
    /// A wish for a track that nobody knows has grown old.
    Wishes(Place),
    /// What is wanted of a track may be lowered, or is told for the first time.
    Demand(RoomKey, TrackId),
}

#[derive(Debug, Default)]
pub(crate) struct Timers {
    due: BTreeSet<(Instant, Wake)>,
    dates: BTreeMap<Wake, Instant>,
}

impl Timers {
    /// Gives a wake its date, or takes it away.
    pub(crate) fn set(&mut self, wake: Wake, at: Option<Instant>) {
        let before = match at {
            Some(at) => self.dates.insert(wake, at),
            None => self.dates.remove(&wake),
        };
        if let Some(before) = before {
            self.due.remove(&(before, wake));
        }
        if let Some(at) = at {
            self.due.insert((at, wake));
        }
    }

    pub(crate) fn is_set(&self, wake: Wake) -> bool {
        self.dates.contains_key(&wake)
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Takes one date that has come.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<Wake> {
        if self.next()? > now {
            return None;
        }
        let (_, wake) = self.due.pop_first()?;
        self.dates.remove(&wake);
        Some(wake)
    }
}

#[cfg(test)]
mod tests {
    use moim_testkit::VirtualClock;

    use std::time::Duration;

    use super::*;

    #[test]
    fn a_wake_has_one_date_and_never_comes_early() {
        let start = VirtualClock::new().now().instant;
        let mut timers = Timers::default();
        let (one, two) = (Wake::Counts(RoomKey(1)), Wake::Counts(RoomKey(2)));
        timers.set(one, Some(start + Duration::from_secs(1)));
        timers.set(two, Some(start + Duration::from_secs(2)));
        timers.set(one, Some(start + Duration::from_secs(3)));
        assert_eq!(timers.next(), Some(start + Duration::from_secs(2)));
        assert_eq!(timers.pop(start + Duration::from_secs(1)), None);
        assert_eq!(timers.pop(start + Duration::from_secs(3)), Some(two));
        assert!(timers.is_set(one));
        timers.set(one, None);
        assert_eq!(timers.pop(start + Duration::from_secs(9)), None);
        assert_eq!(timers.next(), None);
    }
}
