//! Going, by one's own will or another's.

use std::sync::Arc;

use moim_types::SessionId;

use super::OpenRoom;
use super::member::Member;
use crate::desk::Desk;
use crate::directory::Seat;
use crate::timers::Wake;
use crate::{DisconnectReason, Event, JournalEvent, MediaOrder, Participant, ParticipantState};

impl OpenRoom {
    pub(crate) fn remove(&mut self, desk: &mut Desk, seat: Seat, reason: DisconnectReason) {
        let Some(member) = self.roster.remove(seat) else { return };
        let hidden = member.is_hidden();
        let who = self.part(desk, seat, member, reason);
        if !hidden {
            self.departed.push(desk.instant(), who);
            self.watch_memory(desk);
        }
        self.recount(desk);
    }

    /// Everything that ends with a stay. He is off the roster already.
    pub(super) fn part(
        &mut self,
        desk: &mut Desk,
        seat: Seat,
        mut member: Member,
        reason: DisconnectReason,
    ) -> Arc<Participant> {
        let before = Arc::clone(&member.snapshot);
        let was_active = member.is_active();
        member.change(desk.now, |who| {
            who.state = ParticipantState::Disconnected(reason);
            who.tracks.clear();
            who.data_tracks.clear();
        });
        self.cross_out(desk, seat, &member, reason);
        desk.tell(member.session, Event::Disconnected(reason));
        if !member.is_hidden() {
            let event = Event::Participant { who: Arc::clone(&member.snapshot), urgent: member.snapshot.publisher };
            self.tell_others(desk, seat, &event);
        }
        self.withdraw_everything(desk, seat, &before);
        self.stop_viewing(desk, seat);
        self.forget_data(desk, seat);
        for leg in member.legs.ids() {
            desk.directory.legs.remove(&leg);
            desk.order(MediaOrder::CloseLeg(leg));
        }
        let who = Arc::clone(&member.snapshot);
        let event = if was_active {
            JournalEvent::ParticipantLeft(who, reason)
        } else {
            JournalEvent::ParticipantConnectionAborted(who, reason)
        };
        desk.journal(self.board.snapshot(), event);
        tracing::info!(room.id = %self.board.snapshot().id, participant.id = %before.id, ?reason, "participant gone");
        member.snapshot
    }

    fn cross_out(&mut self, desk: &mut Desk, seat: Seat, member: &Member, reason: DisconnectReason) {
        if let Some(session) = member.session {
            desk.directory.sessions.remove(&session);
        }
        desk.directory.participants.remove(&member.snapshot.id);
        desk.timers.set(Wake::Participant(self.place(seat)), None);
        desk.timers.set(Wake::Wishes(self.place(seat)), None);
        desk.stats.participants -= 1;
        desk.stats.count_left(reason);
        self.speakers.forget(seat);
        self.qualities.forget(seat);
    }

    fn withdraw_everything(&mut self, desk: &mut Desk, seat: Seat, before: &Arc<Participant>) {
        for id in self.publications.matching(seat, |_| true) {
            if let Some(publication) = self.publications.remove(id) {
                self.withdraw(desk, publication, before);
            }
        }
        self.publications.forget(seat);
    }

    fn stop_viewing(&mut self, desk: &mut Desk, seat: Seat) {
        // His legs are closed, and with them all that goes over them.
        for ended in self.subscriptions.forget_seat(seat) {
            desk.stats.subscriptions -= 1;
            self.demand_changed(desk, ended.track, ended.counted, None);
        }
    }

    /// A session has ended without a word.
    pub(crate) fn lose_session(&mut self, desk: &mut Desk, seat: Seat, session: SessionId) {
        let Some(member) = self.roster.get_mut(seat).filter(|member| member.session == Some(session)) else { return };
        desk.directory.sessions.remove(&session);
        member.session = None;
        if !member.is_active() {
            self.remove(desk, seat, DisconnectReason::SignalClosed);
            return;
        }
        member.lost = Some(desk.instant());
        member.vigil.session_lost(desk.instant() + desk.config.resume_grace);
        self.watch_participant(desk, seat);
    }

    /// Something of his has been missing for long enough, or no longer is.
    pub(crate) fn check_participant(&mut self, desk: &mut Desk, seat: Seat) {
        let next = self.roster.get(seat).and_then(|member| member.vigil.next());
        match next {
            Some((at, reason)) if at <= desk.instant() => self.remove(desk, seat, reason),
            _ => self.watch_participant(desk, seat),
        }
    }
}
