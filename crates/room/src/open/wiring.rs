//! The legs of participants: attached, up, silent, gone.

use moim_types::LegId;

use super::OpenRoom;
use super::legs::Leg;
use crate::desk::Desk;
use crate::directory::Seat;
use crate::{MediaOrder, ParticipantState, Refusal};

impl OpenRoom {
    /// A leg was made for him. Another of the same use must go.
    pub(crate) fn attach_leg(&mut self, desk: &mut Desk, seat: Seat, leg: Leg) {
        let Some(member) = self.roster.get(seat) else { return };
        if desk.directory.legs.contains_key(&leg.id) {
            desk.refuse(member.session, String::new(), Refusal::Invalid);
            return;
        }
        for old in member.legs.excluded_by(&leg) {
            self.leave_leg(desk, seat, old);
        }
        let Some(member) = self.roster.get_mut(seat) else { return };
        member.legs.add(leg);
        desk.directory.legs.insert(leg.id, self.place(seat));
        if desk.directory.has_closed(leg.id) {
            self.leg_closed(desk, seat, leg.id);
        } else if leg.egress {
            self.subscriptions.retry_viewer(seat);
            self.settle_viewer(desk, seat);
        }
    }

    /// A leg is replaced: what went over it ends, and it is closed.
    fn leave_leg(&mut self, desk: &mut Desk, seat: Seat, leg: LegId) {
        self.end_over_leg(desk, seat, leg);
        desk.order(MediaOrder::CloseLeg(leg));
    }

    fn end_over_leg(&mut self, desk: &mut Desk, seat: Seat, leg: LegId) -> Option<Leg> {
        desk.directory.legs.remove(&leg);
        self.qualities.forget_leg(seat, leg);
        for track in self.subscriptions.over_leg(seat, leg) {
            // The leg takes its subscriptions with it: there is nothing to order.
            self.end_quietly(desk, seat, track);
        }
        let removed = self.roster.get_mut(seat)?.legs.remove(leg)?;
        let published = self.publications.matching(seat, |publication| publication.leg == Some(leg));
        self.unpublish(desk, seat, &published);
        Some(removed)
    }

    pub(crate) fn leg_connected(&mut self, desk: &mut Desk, seat: Seat, leg: LegId) {
        let Some(member) = self.roster.get_mut(seat) else { return };
        if !member.legs.set_connected(leg, true).is_some_and(|leg| leg.primary) {
            return;
        }
        member.vigil.connected();
        let first = member.snapshot.state == ParticipantState::Joined;
        self.watch_participant(desk, seat);
        if first {
            self.activate(desk, seat);
        }
    }

    /// It may come back. Until then others see that nothing is heard of him; he himself is told
    /// nothing, since clients take that as the order to begin anew.
    pub(crate) fn leg_disconnected(&mut self, desk: &mut Desk, seat: Seat, leg: LegId) {
        let Some(member) = self.roster.get_mut(seat) else { return };
        if member.legs.set_connected(leg, false).is_some() {
            self.measure(desk, seat, leg, 0);
        }
    }

    pub(crate) fn leg_closed(&mut self, desk: &mut Desk, seat: Seat, leg: LegId) {
        let Some(closed) = self.end_over_leg(desk, seat, leg) else { return };
        if let Some(member) = self.roster.get_mut(seat).filter(|_| closed.primary) {
            member.vigil.leg_lost(desk.instant() + desk.config.leg_grace);
            self.watch_participant(desk, seat);
        }
    }
}
