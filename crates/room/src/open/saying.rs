//! Messages between participants, and from the application's server.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::OpenRoom;
use super::member::Member;
use super::memory::Remembered;
use crate::desk::Desk;
use crate::directory::Seat;
use crate::stats::DropReason;
use crate::timers::Wake;
use crate::{Body, Event, Message, Recipients, Refusal};

/// A message as it comes.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) to: Recipients,
    pub(crate) reliable: bool,
    pub(crate) sequence: u32,
    pub(crate) body: Body,
}

impl OpenRoom {
    /// A participant says something. What he may not say, or said before, is dropped.
    pub(crate) fn say(&mut self, desk: &mut Desk, seat: Seat, said: Said) {
        if !fits(desk, &said) {
            return desk.drop_for(DropReason::TooLarge);
        }
        let Some(member) = self.roster.get_mut(seat) else { return };
        if !member.permissions().publish_data {
            return desk.drop_for(DropReason::NotPermitted);
        }
        if said.reliable && said.sequence > 0 {
            if said.sequence <= member.last_sequence {
                return desk.drop_for(DropReason::Duplicate);
            }
            member.last_sequence = said.sequence;
        }
        let from = (!member.is_hidden()).then(|| (member.snapshot.id, Arc::clone(&member.snapshot.identity)));
        let Said { to, reliable, sequence, body } = said;
        self.deliver(desk, Some(seat), to, Arc::new(Message { from, reliable, sequence, body }));
    }

    /// The application's server says something.
    pub(crate) fn announce_message(&mut self, desk: &mut Desk, said: Said) -> Result<(), Refusal> {
        if !fits(desk, &said) {
            return Err(Refusal::TooLarge);
        }
        let Said { to, reliable, body, .. } = said;
        self.deliver(desk, None, to, Arc::new(Message { from: None, reliable, sequence: 0, body }));
        Ok(())
    }

    fn deliver(&mut self, desk: &mut Desk, from: Option<Seat>, to: Recipients, message: Arc<Message>) {
        for seat in self.receivers(desk, from, &to) {
            let Some(member) = self.roster.get(seat).filter(|member| member.is_active()) else { continue };
            desk.stats.messages_delivered += u64::from(member.session.is_some());
            desk.tell(member.session, Event::Message(Arc::clone(&message)));
        }
        if message.reliable {
            self.messages.push(desk.instant(), from, to, message, desk.config.remembered_bytes);
            self.watch_memory(desk);
        }
    }

    fn receivers(&self, desk: &Desk, from: Option<Seat>, to: &Recipients) -> BTreeSet<Seat> {
        let here = |seat: &Seat| self.roster.get(*seat).is_some();
        let mut seats: BTreeSet<_> = match to {
            Recipients::Everybody => self.roster.iter().map(|(seat, _)| seat).collect(),
            Recipients::Identities(names) => names.iter().filter_map(|name| self.roster.seat_of(name)).collect(),
            Recipients::Participants(ids) => ids
                .iter()
                .filter_map(|id| desk.directory.participants.get(id))
                .filter(|place| place.room == self.key)
                .map(|place| place.seat)
                .filter(here)
                .collect(),
        };
        if let Some(from) = from {
            seats.remove(&from);
        }
        seats
    }

    /// Tells somebody who could not be told what was said reliably since `since`. What has no number,
    /// by which he would know it again, only since `unnumbered_since`.
    pub(super) fn replay(&self, desk: &mut Desk, seat: Seat, since: Instant, unnumbered_since: Option<Instant>) {
        let Some(member) = self.roster.get(seat) else { return };
        for remembered in self.messages.since(since) {
            let again = remembered.message.sequence > 0 && remembered.message.from.is_some();
            let certain = again || unnumbered_since.is_none_or(|since| remembered.at >= since);
            if certain && is_for(remembered, seat, member) {
                desk.stats.messages_delivered += u64::from(member.session.is_some());
                desk.tell(member.session, Event::Message(Arc::clone(&remembered.message)));
            }
        }
    }

    pub(super) fn watch_memory(&self, desk: &mut Desk) {
        let wake = Wake::Memory(self.key);
        let empty = self.messages.is_empty() && self.departed.is_empty();
        if !empty && !desk.timers.is_set(wake) {
            desk.timers.set(wake, Some(desk.instant() + desk.config.remembered_for.max(Duration::from_secs(1))));
        }
    }

    /// What nobody can ask for any more is forgotten.
    pub(crate) fn forget_old(&mut self, desk: &mut Desk) {
        let now = desk.instant();
        let lost = self.roster.iter().filter_map(|(_, member)| member.lost).min();
        let oldest = lost.unwrap_or(now);
        if let Some(before) = oldest.checked_sub(desk.config.remembered_for) {
            self.messages.prune(before);
        }
        self.departed.prune(now, desk.config.resume_grace * 2);
        self.watch_memory(desk);
    }
}

fn is_for(remembered: &Remembered, seat: Seat, member: &Member) -> bool {
    remembered.from != Some(seat)
        && match &remembered.to {
            Recipients::Everybody => true,
            Recipients::Identities(names) => names.contains(&member.snapshot.identity),
            Recipients::Participants(ids) => ids.contains(&member.snapshot.id),
        }
}

fn fits(desk: &Desk, said: &Said) -> bool {
    let plain = said.body.plain.as_ref().map_or(0, |plain| plain.topic.len() + plain.payload.len());
    let receivers = match &said.to {
        Recipients::Everybody => 0,
        Recipients::Identities(names) => names.len(),
        Recipients::Participants(ids) => ids.len(),
    };
    said.body.wire.len().max(plain) <= desk.config.message_bytes && receivers <= desk.config.participants_per_room
}
