//! Who is in the room, in the order of arrival.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::member::Member;
use crate::directory::Seat;
use crate::{Identity, Participant};

#[derive(Debug, Default)]
pub(crate) struct Roster {
    members: BTreeMap<Seat, Member>,
    seats_by_identity: BTreeMap<Identity, Seat>,
}

/// How many there are of each sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Census {
    /// Those who hold the room open.
    pub(crate) independent: u32,
    /// Those of them who are shown.
    pub(crate) shown: u32,
    /// Those of these who publish.
    pub(crate) publishers: u32,
    /// Whether somebody records.
    pub(crate) recorded: bool,
}

impl Roster {
    pub(crate) fn insert(&mut self, seat: Seat, member: Member) {
        self.seats_by_identity.insert(Arc::clone(&member.snapshot.identity), seat);
        self.members.insert(seat, member);
    }

    pub(crate) fn remove(&mut self, seat: Seat) -> Option<Member> {
        let member = self.members.remove(&seat)?;
        self.seats_by_identity.remove(&member.snapshot.identity);
        Some(member)
    }

    pub(crate) fn get(&self, seat: Seat) -> Option<&Member> {
        self.members.get(&seat)
    }

    pub(crate) fn get_mut(&mut self, seat: Seat) -> Option<&mut Member> {
        self.members.get_mut(&seat)
    }

    pub(crate) fn seat_of(&self, identity: &str) -> Option<Seat> {
        self.seats_by_identity.get(identity).copied()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Seat, &Member)> {
        self.members.iter().map(|(seat, member)| (*seat, member))
    }

    pub(crate) fn seats(&self) -> Vec<Seat> {
        self.members.keys().copied().collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// The others whom he may see.
    pub(crate) fn others_of(&self, seat: Seat) -> Vec<Arc<Participant>> {
        self.iter()
            .filter(|(other, member)| *other != seat && !member.is_hidden())
            .map(|(_, member)| Arc::clone(&member.snapshot))
            .collect()
    }

    pub(crate) fn everybody(&self) -> Vec<Arc<Participant>> {
        self.members.values().map(|member| Arc::clone(&member.snapshot)).collect()
    }

    pub(crate) fn census(&self) -> Census {
        let mut census = Census::default();
        for member in self.members.values() {
            census.recorded |= member.records();
            if member.is_dependent() {
                continue;
            }
            census.independent += 1;
            if !member.is_hidden() {
                census.shown += 1;
                census.publishers += u32::from(member.snapshot.publisher);
            }
        }
        census
    }
}
