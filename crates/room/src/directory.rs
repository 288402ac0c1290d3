//! Where everything is: which room and seat a session, a stay, a leg or a track belongs to.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use moim_types::{LegId, ParticipantId, SessionId, TrackId};

/// A room of this process, by the order of opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RoomKey(pub(crate) u64);

/// A stay in a room, by the order of arrival. Never given out twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seat(pub(crate) u64);

/// A seat in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) room: RoomKey,
    pub(crate) seat: Seat,
}

/// Legs that closed before anybody claimed them, as far back as is remembered.
const CLOSED_UNCLAIMED: usize = 1024;

#[derive(Debug, Default)]
pub(crate) struct Directory {
    pub(crate) sessions: BTreeMap<SessionId, Place>,
    pub(crate) participants: BTreeMap<ParticipantId, Place>,
    pub(crate) legs: BTreeMap<LegId, Place>,
    pub(crate) tracks: BTreeMap<TrackId, Place>,
    closed: BTreeSet<LegId>,
    closed_in_order: VecDeque<LegId>,
}

impl Directory {
    /// A leg has closed that nobody has. If somebody claims it later, he is told so.
    pub(crate) fn closed_unclaimed(&mut self, leg: LegId) {
        if !self.closed.insert(leg) {
            return;
        }
        self.closed_in_order.push_back(leg);
        if self.closed_in_order.len() > CLOSED_UNCLAIMED
            && let Some(oldest) = self.closed_in_order.pop_front()
        {
            self.closed.remove(&oldest);
        }
    }

    pub(crate) fn has_closed(&self, leg: LegId) -> bool {
        self.closed.contains(&leg)
    }
}
