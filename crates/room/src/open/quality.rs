//! How well connections work. A participant's is as good as the worst of his legs.

use std::collections::{BTreeMap, BTreeSet};

use moim_types::LegId;

use crate::directory::Seat;

#[derive(Debug, Default)]
pub(crate) struct Qualities {
    legs_by_seat: BTreeMap<Seat, BTreeMap<LegId, u8>>,
    told: BTreeMap<Seat, u8>,
    changed: BTreeSet<Seat>,
}

impl Qualities {
    /// What others were told of him.
    pub(crate) fn told(&self, seat: Seat) -> Option<u8> {
        self.told.get(&seat).copied()
    }

    /// A leg works so well from now on. Whether there is something to tell.
    pub(crate) fn measure(&mut self, seat: Seat, leg: LegId, quality: u8) -> bool {
        self.legs_by_seat.entry(seat).or_default().insert(leg, quality.min(100));
        self.changed.insert(seat);
        self.of(seat) != self.told(seat)
    }

    pub(crate) fn forget_leg(&mut self, seat: Seat, leg: LegId) {
        if let Some(legs) = self.legs_by_seat.get_mut(&seat) {
            legs.remove(&leg);
        }
    }

    pub(crate) fn forget(&mut self, seat: Seat) {
        self.legs_by_seat.remove(&seat);
        self.told.remove(&seat);
        self.changed.remove(&seat);
    }

    /// What is different from what was told.
    pub(crate) fn take_changed(&mut self) -> Vec<(Seat, u8)> {
        let mut news = Vec::new();
        for seat in std::mem::take(&mut self.changed) {
            let Some(quality) = self.of(seat) else { continue };
            if self.told.insert(seat, quality) != Some(quality) {
                news.push((seat, quality));
            }
        }
        news
    }

    fn of(&self, seat: Seat) -> Option<u8> {
        self.legs_by_seat.get(&seat)?.values().min().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_leg_counts_and_only_changes_are_told() {
        let (seat, up, down) = (Seat(1), LegId(1), LegId(2));
        let mut qualities = Qualities::default();
        assert!(qualities.measure(seat, up, 90));
        assert!(qualities.measure(seat, down, 200));
        assert_eq!(qualities.take_changed(), [(seat, 90)]);
        assert!(!qualities.measure(seat, down, 95));
        assert_eq!(qualities.take_changed(), []);
        qualities.measure(seat, down, 30);
        assert_eq!(qualities.take_changed(), [(seat, 30)]);
        assert_eq!(qualities.told(seat), Some(30));
    }
}
