//! Changes of what others read of a participant and the room, and of what a participant may do.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::OpenRoom;
use crate::desk::Desk;
use crate::directory::Seat;
use crate::{
    Change, DisconnectReason, Event, Participant, ParticipantState, Permissions, Refusal, Room, RoomOptions, limits,
};

impl OpenRoom {
    /// A participant changes what others read of him.
    pub(crate) fn update_own(&mut self, desk: &mut Desk, seat: Seat, tag: String, change: Change) {
        let Some(member) = self.roster.get(seat) else { return };
        let session = member.session;
        let allowed = member.permissions().update_own_metadata && change.permissions.is_none();
        let changed = if allowed { self.change(desk, seat, change) } else { Err(Refusal::NotPermitted) };
        match changed {
            Ok(()) => desk.tell(session, Event::CommandDone { tag }),
            Err(why) => desk.refuse(session, tag, why),
        }
    }

    pub(crate) fn change(&mut self, desk: &mut Desk, seat: Seat, change: Change) -> Result<(), Refusal> {
        let now = desk.now;
        let member = self.roster.get_mut(seat).ok_or(Refusal::NoSuchParticipant)?;
        limits::change(&change)?;
        let before = Arc::clone(&member.snapshot);
        let after = changed(&before, change);
        limits::attributes(&desk.config, &after.attributes)?;
        if after == *before {
            return Ok(());
        }
        member.change(now, |who| *who = after);
        desk.tell(member.session, Event::GrantsChanged(Arc::clone(&member.snapshot)));
        let permissions_changed = member.permissions() != &before.permissions;
        self.announce(desk, seat, true);
        if permissions_changed {
            self.apply_permissions(desk, seat, &before.permissions);
        }
        Ok(())
    }

    fn apply_permissions(&mut self, desk: &mut Desk, seat: Seat, before: &Permissions) {
        let hidden = self.roster.get(seat).is_some_and(super::member::Member::is_hidden);
        if hidden && !before.hidden {
            self.vanish(desk, seat);
        }
        self.end_what_is_not_permitted(desk, seat);
        if hidden != before.hidden {
            for track in self.publications.published_by(seat).to_vec() {
                self.settle_track(desk, track);
            }
        }
        self.settle_viewer(desk, seat);
        self.review_data(desk, seat);
        self.recount(desk);
    }

    /// He is hidden from now on: to the others he has left.
    fn vanish(&self, desk: &mut Desk, seat: Seat) {
        let Some(member) = self.roster.get(seat) else { return };
        let mut last = (*member.snapshot).clone();
        last.state = ParticipantState::Disconnected(DisconnectReason::ClientInitiated);
        last.tracks.clear();
        last.data_tracks.clear();
        let urgent = last.publisher;
        self.tell_others(desk, seat, &Event::Participant { who: Arc::new(last), urgent });
    }

    fn end_what_is_not_permitted(&mut self, desk: &mut Desk, seat: Seat) {
        let Some(member) = self.roster.get(seat) else { return };
        let session = member.session;
        for tag in self.publications.drop_queued(seat, |description| member.may_publish(description.source)) {
            desk.refuse(session, tag, Refusal::NotPermitted);
        }
        let ended =
            self.publications.matching(seat, |publication| !member.may_publish(publication.track.description.source));
        let pending = ended.iter().filter_map(|id| self.publications.get(*id)).filter(|one| one.leg.is_none());
        for tag in pending.map(|one| one.tag.clone()).collect::<Vec<_>>() {
            desk.refuse(session, tag, Refusal::NotPermitted);
        }
        self.unpublish(desk, seat, &ended);
    }

    /// The application's server opens a room that is open. What equals the default was not said.
    pub(crate) fn change_options(&mut self, desk: &mut Desk, new: RoomOptions) -> Arc<Room> {
        let usual = RoomOptions::default();
        let before = self.board.options().clone();
        let pick = |new, usual, old| if new == usual { old } else { new };
        let options = RoomOptions {
            empty_timeout: pick(new.empty_timeout, usual.empty_timeout, before.empty_timeout),
            departure_timeout: pick(new.departure_timeout, usual.departure_timeout, before.departure_timeout),
            max_participants: if new.max_participants == 0 { before.max_participants } else { new.max_participants },
            metadata: if new.metadata.is_empty() { before.metadata.clone() } else { new.metadata },
            tags: if new.tags.is_empty() { before.tags.clone() } else { new.tags },
        };
        if options != before {
            self.board.change_options(|old| *old = options);
            self.watch_vacancy(desk);
            self.tell_room(desk);
        }
        self.snapshot()
    }

    pub(crate) fn change_metadata(&mut self, desk: &mut Desk, metadata: String) -> Result<Arc<Room>, Refusal> {
        limits::metadata(&metadata)?;
        if self.board.options().metadata != metadata {
            self.board.change_options(|options| options.metadata = metadata);
            self.tell_room(desk);
        }
        Ok(self.snapshot())
    }
}

fn changed(before: &Participant, change: Change) -> Participant {
    let mut after = before.clone();
    if let Some(name) = change.name {
        after.name = name;
    }
    if let Some(metadata) = change.metadata {
        after.metadata = metadata;
    }
    if let Some(permissions) = change.permissions {
        after.permissions = permissions;
    }
    merge(&mut after.attributes, change.attributes);
    after
}

/// An empty value deletes.
fn merge(attributes: &mut BTreeMap<String, String>, changes: BTreeMap<String, String>) {
    for (key, value) in changes {
        if value.is_empty() {
            attributes.remove(&key);
        } else {
            attributes.insert(key, value);
        }
    }
}
