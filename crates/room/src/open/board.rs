//! What the room shows of itself, and when it is told.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::roster::Census;
use crate::{Room, RoomOptions};

/// Counts are told no oftener than this.
const COUNTS_EVERY: Duration = Duration::from_secs(5);
/// People come and go together; the first change waits for those that follow at once.
const COUNTS_WAIT: Duration = Duration::from_millis(200);

#[derive(Debug)]
pub(crate) struct Board {
    snapshot: Arc<Room>,
    told: Option<Instant>,
}

/// When a change is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Telling {
    /// Nothing has changed.
    Nothing,
    /// At once.
    Now,
    /// Then.
    At(Instant),
}

impl Board {
    pub(crate) const fn new(snapshot: Arc<Room>) -> Self {
        Self { snapshot, told: None }
    }

    pub(crate) const fn snapshot(&self) -> &Arc<Room> {
        &self.snapshot
    }

    pub(crate) fn options(&self) -> &RoomOptions {
        &self.snapshot.options
    }

    pub(crate) fn change_options(&mut self, edit: impl FnOnce(&mut RoomOptions)) {
        edit(&mut Arc::make_mut(&mut self.snapshot).options);
    }

    /// Writes down how many are there now.
    pub(crate) fn count(&mut self, census: Census, now: Instant) -> Telling {
        let Census { shown, publishers, recorded, .. } = census;
        let before = &self.snapshot;
        let recording_changed = before.being_recorded != recorded;
        let counts_changed = (before.participants, before.publishers) != (shown, publishers);
        if !recording_changed && !counts_changed {
            return Telling::Nothing;
        }
        let room = Arc::make_mut(&mut self.snapshot);
        (room.participants, room.publishers, room.being_recorded) = (shown, publishers, recorded);
        if recording_changed {
            return Telling::Now;
        }
        let soon = now + COUNTS_WAIT;
        Telling::At(self.told.map_or(soon, |told| soon.max(told + COUNTS_EVERY)))
    }

    /// The room is being told.
    pub(crate) fn told(&mut self, now: Instant) -> Arc<Room> {
        self.told = Some(now);
        Arc::clone(&self.snapshot)
    }
}

/// Since when nobody holds the room open.
#[derive(Debug)]
pub(crate) struct Vacancy {
    since: Option<Instant>,
    ever_occupied: bool,
}

impl Vacancy {
    pub(crate) const fn new(opened: Instant) -> Self {
        Self { since: Some(opened), ever_occupied: false }
    }

    pub(crate) fn count(&mut self, independent: u32, now: Instant) {
        if independent > 0 {
            self.since = None;
            self.ever_occupied = true;
        } else if self.since.is_none() {
            self.since = Some(now);
        }
    }

    /// When the room closes if nobody comes.
    pub(crate) fn ends(&self, options: &RoomOptions) -> Option<Instant> {
        let timeout = if self.ever_occupied { options.departure_timeout } else { options.empty_timeout };
        // A timeout of centuries is none.
        self.since?.checked_add(timeout)
    }
}

#[cfg(test)]
mod tests {
    use moim_testkit::VirtualClock;
    use moim_types::RoomId;

    use super::*;

    #[test]
    fn counts_are_told_together_and_recording_at_once() {
        let now = VirtualClock::new().now().instant;
        let room = Room {
            id: RoomId::from_random([0; 12]),
            name: "r".into(),
            options: RoomOptions::default(),
            created: Duration::ZERO,
            participants: 0,
            publishers: 0,
            being_recorded: false,
        };
        let mut board = Board::new(Arc::new(room));
        let one = Census { independent: 1, shown: 1, ..Census::default() };
        assert_eq!(board.count(Census::default(), now), Telling::Nothing);
        assert_eq!(board.count(one, now), Telling::At(now + COUNTS_WAIT));
        assert_eq!(board.told(now).participants, 1);
        assert_eq!(board.count(Census { shown: 2, ..one }, now), Telling::At(now + COUNTS_EVERY));
        assert_eq!(board.count(Census { recorded: true, ..one }, now), Telling::Now);
    }

    #[test]
    fn a_room_waits_longer_for_the_first_than_for_the_next() {
        let now = VirtualClock::new().now().instant;
        let options = RoomOptions::default();
        let mut vacancy = Vacancy::new(now);
        assert_eq!(vacancy.ends(&options), Some(now + options.empty_timeout));
        vacancy.count(1, now);
        assert_eq!(vacancy.ends(&options), None);
        vacancy.count(0, now);
        assert_eq!(vacancy.ends(&options), Some(now + options.departure_timeout));
    }
}
