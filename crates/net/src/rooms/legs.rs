//! Which leg lives on which shard, and who hears of it.

use std::collections::BTreeMap;

use moim_room::RoomName;
use moim_sfu::ShardId;
use moim_types::{LegId, ParticipantId, SessionId};

/// One leg.
#[derive(Debug, Clone)]
pub(super) struct Leg {
    pub(super) shard: ShardId,
    /// Whose events it adds to.
    pub(super) session: SessionId,
    /// Whose it is, once the room knows of it.
    pub(super) participant: Option<ParticipantId>,
    room: Option<RoomName>,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Legs {
    by_id: BTreeMap<LegId, Leg>,
    on_shard: Vec<usize>,
    of_room: BTreeMap<RoomName, Vec<usize>>,
    before_spreading: usize,
}

impl Legs {
    pub(super) fn new(shards: u16, before_spreading: usize) -> Self {
        let on_shard = vec![0; usize::from(shards.max(1))];
        Self { by_id: BTreeMap::new(), on_shard, of_room: BTreeMap::new(), before_spreading }
    }

    pub(super) fn get(&self, leg: LegId) -> Option<&Leg> {
        self.by_id.get(&leg)
    }

    pub(super) fn get_mut(&mut self, leg: LegId) -> Option<&mut Leg> {
        self.by_id.get_mut(&leg)
    }

    pub(super) fn shard(&self, leg: LegId) -> Option<ShardId> {
        self.get(leg).map(|leg| leg.shard)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Finds a shard for a new leg, and writes it down.
    pub(super) fn open(&mut self, leg: LegId, session: SessionId, room: Option<&RoomName>) -> ShardId {
        let shard = self.choose(room);
        self.count(shard, room, |count| *count += 1);
        let room = room.cloned();
        let shard = shard_id(shard);
        self.by_id.insert(leg, Leg { shard, session, participant: None, room });
        shard
    }

    /// Forgets a leg.
    pub(super) fn close(&mut self, leg: LegId) -> Option<Leg> {
        let leg = self.by_id.remove(&leg)?;
        let shard = usize::from(leg.shard.0);
        self.count(shard, leg.room.as_ref(), |count| *count = count.saturating_sub(1));
        let unused = |room: &&RoomName| self.of_room.get(*room).is_some_and(|counts| counts.iter().all(|n| *n == 0));
        if let Some(room) = leg.room.as_ref().filter(unused) {
            self.of_room.remove(room);
        }
        Some(leg)
    }

    /// Legs of a session that no room knows of.
    pub(super) fn unattached(&self, session: SessionId) -> Vec<LegId> {
        let legs = self.by_id.iter();
        legs.filter(|(_, leg)| leg.session == session && leg.participant.is_none()).map(|(id, _)| *id).collect()
    }

    /// A room stays on its shard while it is small: what its people send each other then never
    /// crosses. A large one takes the emptiest shard for each newcomer.
    fn choose(&self, room: Option<&RoomName>) -> usize {
        let emptiest = || least(&self.on_shard);
        let Some(of_room) = room.and_then(|room| self.of_room.get(room)) else { return emptiest() };
        match most(of_room) {
            (shard, count) if count > 0 && count < self.before_spreading => shard,
            _ => emptiest(),
        }
    }

    fn count(&mut self, shard: usize, room: Option<&RoomName>, change: impl Fn(&mut usize)) {
        if let Some(count) = self.on_shard.get_mut(shard) {
            change(count);
        }
        let Some(room) = room else { return };
        let shards = self.on_shard.len();
        let of_room = self.of_room.entry(RoomName::clone(room)).or_insert_with(|| vec![0; shards]);
        if let Some(count) = of_room.get_mut(shard) {
            change(count);
        }
    }
}

fn least(counts: &[usize]) -> usize {
    counts.iter().enumerate().min_by_key(|(_, count)| **count).map_or(0, |(shard, _)| shard)
}

fn most(counts: &[usize]) -> (usize, usize) {
    let reversed = counts.iter().enumerate().rev();
    reversed.max_by_key(|(_, count)| **count).map_or((0, 0), |(shard, count)| (shard, *count))
}

fn shard_id(index: usize) -> ShardId {
    ShardId(u16::try_from(index).unwrap_or(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: SessionId = SessionId(1);

    fn open(legs: &mut Legs, number: u64, room: &str) -> u16 {
        legs.open(LegId(number), SESSION, Some(&RoomName::from(room))).0
    }

    #[test]
    fn rooms_go_to_the_emptiest_shard_and_stay_there() {
        let mut legs = Legs::new(2, 64);
        let shards: Vec<u16> = (0..6).map(|number| open(&mut legs, number, ["a", "b"][number as usize % 2])).collect();
        assert_eq!(shards, [0, 1, 0, 1, 0, 1]);
    }

    #[test]
    fn a_large_room_is_spread() {
        let mut legs = Legs::new(2, 4);
        let shards: Vec<u16> = (0..8).map(|number| open(&mut legs, number, "a")).collect();
        assert_eq!(shards, [0, 0, 0, 0, 1, 1, 1, 1]);
    }

    #[test]
    fn a_room_without_legs_is_forgotten() {
        let mut legs = Legs::new(2, 64);
        open(&mut legs, 1, "a");
        open(&mut legs, 2, "b");
        assert_eq!(legs.close(LegId(1)).map(|leg| leg.shard), Some(ShardId(0)));
        assert!(legs.close(LegId(1)).is_none());
        assert_eq!((legs.of_room.len(), legs.on_shard.as_slice()), (1, &[0, 1][..]));
        legs.close(LegId(2));
        assert!(legs.is_empty() && legs.of_room.is_empty());
    }

    #[test]
    fn legs_that_no_room_knows_are_found_by_their_session() {
        let mut legs = Legs::new(1, 64);
        open(&mut legs, 1, "a");
        open(&mut legs, 2, "a");
        legs.get_mut(LegId(1)).unwrap().participant = Some(ParticipantId::from_random([0; 12]));
        assert_eq!(legs.unattached(SESSION), [LegId(2)]);
    }
}
