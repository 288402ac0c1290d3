//! The legs of one participant.

use moim_types::LegId;
use smallvec::SmallVec;

/// One leg, and what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a leg may be for any of these, and be up or not")]
pub(crate) struct Leg {
    pub(crate) id: LegId,
    pub(crate) ingress: bool,
    pub(crate) egress: bool,
    pub(crate) primary: bool,
    pub(crate) connected: bool,
}

impl Leg {
    /// Whether both cannot be there at a time: a participant has one leg for each use.
    const fn excludes(&self, other: &Self) -> bool {
        (self.ingress && other.ingress) || (self.egress && other.egress) || (self.primary && other.primary)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Legs {
    all: SmallVec<[Leg; 2]>,
}

impl Legs {
    /// Those that must go when this one comes.
    pub(crate) fn excluded_by(&self, new: &Leg) -> SmallVec<[LegId; 2]> {
        self.all.iter().filter(|leg| leg.excludes(new)).map(|leg| leg.id).collect()
    }

    pub(crate) fn add(&mut self, leg: Leg) {
        self.all.push(leg);
    }

    pub(crate) fn remove(&mut self, id: LegId) -> Option<Leg> {
        let at = self.all.iter().position(|leg| leg.id == id)?;
        Some(self.all.remove(at))
    }

    pub(crate) fn set_connected(&mut self, id: LegId, connected: bool) -> Option<Leg> {
        let leg = self.all.iter_mut().find(|leg| leg.id == id)?;
        leg.connected = connected;
        Some(*leg)
    }

    pub(crate) fn is_ingress(&self, id: LegId) -> bool {
        self.all.iter().any(|leg| leg.id == id && leg.ingress)
    }

    pub(crate) fn egress(&self) -> Option<LegId> {
        self.all.iter().find(|leg| leg.egress).map(|leg| leg.id)
    }

    pub(crate) fn has_primary(&self) -> bool {
        self.all.iter().any(|leg| leg.primary)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = LegId> + '_ {
        self.all.iter().map(|leg| leg.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leg(id: u64, ingress: bool, egress: bool) -> Leg {
        Leg { id: LegId(id), ingress, egress, primary: egress, connected: false }
    }

    #[test]
    fn a_leg_displaces_those_of_the_same_use_only() {
        let mut legs = Legs::default();
        legs.add(leg(1, true, false));
        legs.add(leg(2, false, true));
        assert_eq!(legs.excluded_by(&leg(3, true, false)).as_slice(), [LegId(1)]);
        assert_eq!(legs.excluded_by(&leg(3, true, true)).as_slice(), [LegId(1), LegId(2)]);
        assert_eq!(legs.egress(), Some(LegId(2)));
        assert!(legs.is_ingress(LegId(1)) && !legs.is_ingress(LegId(2)));
    }
}
