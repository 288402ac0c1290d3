//! Data tracks: published, wanted, ended, and their frames handed on. They are lossy: who cannot be told is not told later.

use std::sync::Arc;

use bytes::Bytes;
use moim_types::DataTrackId;

use super::OpenRoom;
use crate::desk::Desk;
use crate::directory::Seat;
use crate::stats::DropReason;
use crate::{DataTrackDescription, Event, Refusal, limits};

impl OpenRoom {
    pub(crate) fn publish_data(&mut self, desk: &mut Desk, seat: Seat, description: DataTrackDescription) {
        let Some(member) = self.roster.get(seat) else { return };
        let session = member.session;
        let handle = description.handle;
        let fits = if member.permissions().publish_data {
            limits::data_track(&description)
        } else {
            Err(Refusal::NotPermitted)
        };
        let id = desk.names.next();
        let most = desk.config.tracks_per_participant;
        match fits.and_then(|()| self.data_tracks.publish(seat, id, description, most)) {
            Ok(track) => {
                self.show_data_tracks(desk, seat);
                desk.tell(session, Event::DataTrackAdded(track));
                self.offer_to_all(desk, id);
            }
            Err(why) => refuse(desk, session, handle, why),
        }
    }

    pub(crate) fn unpublish_data(&mut self, desk: &mut Desk, seat: Seat, handle: u16) {
        match self.data_tracks.by_handle(seat, handle) {
            Some(id) => self.end_data_tracks(desk, seat, &[id]),
            None => {
                let session = self.roster.get(seat).and_then(|member| member.session);
                refuse(desk, session, handle, Refusal::NoSuchTrack);
            }
        }
    }

    /// Wanted or not, from now on. What he may not have waits until he may; what nobody has is left out.
    pub(crate) fn subscribe_data(&mut self, desk: &mut Desk, viewer: Seat, tracks: &[DataTrackId], wanted: bool) {
        let most = desk.config.subscriptions_per_participant;
        for &id in tracks.iter().take(most) {
            if wanted && self.data_tracks.wish(viewer, id, most) && self.may_have(viewer, id) {
                self.begin_data(desk, viewer, id);
            } else if !wanted {
                self.data_tracks.unwish(viewer, id);
                self.cease_data(desk, viewer, id);
            }
        }
    }

    /// A frame, or a piece of one, goes to those who want its track.
    pub(crate) fn hand_on(&self, desk: &mut Desk, seat: Seat, handle: u16, packet: &Bytes) {
        if packet.len() > desk.config.message_bytes {
            return desk.drop_for(DropReason::TooLarge);
        }
        let Some(id) = self.data_tracks.by_handle(seat, handle) else { return desk.drop_for(DropReason::Gone) };
        for viewer in self.data_tracks.viewers_of(id) {
            let Some(member) = self.roster.get(viewer).filter(|member| member.is_active()) else { continue };
            desk.stats.frames_delivered += u64::from(member.session.is_some());
            desk.tell(member.session, Event::Frame { track: id, packet: packet.clone() });
        }
    }

    /// What he asked for, or everything if he wants to be given it unasked, as far as he may have it.
    pub(super) fn offer_data_to(&mut self, desk: &mut Desk, viewer: Seat) {
        let unasked = self.roster.get(viewer).is_some_and(|member| member.auto_subscribe_data);
        let wanted = if unasked { self.data_tracks.all() } else { self.data_tracks.wished_by(viewer) };
        for id in wanted {
            self.offer_one(desk, viewer, id);
        }
    }

    /// What a viewer or a publisher may no longer have or send ends, and what a viewer may have from now on begins.
    pub(super) fn review_data(&mut self, desk: &mut Desk, seat: Seat) {
        let may_send = self.roster.get(seat).is_some_and(|member| member.permissions().publish_data);
        let own: Vec<_> = self.data_tracks.of(seat).map(|track| track.id).collect();
        if !may_send {
            self.end_data_tracks(desk, seat, &own);
        }
        for id in own {
            for viewer in self.data_tracks.viewers_of(id).collect::<Vec<_>>() {
                self.review_one(desk, viewer, id);
            }
            self.offer_to_all(desk, id);
        }
        for id in self.data_tracks.viewed_by(seat) {
            self.review_one(desk, seat, id);
        }
        self.offer_data_to(desk, seat);
    }

    /// He is gone, and off the roster already.
    pub(super) fn forget_data(&mut self, desk: &mut Desk, seat: Seat) {
        let own: Vec<_> = self.data_tracks.of(seat).map(|track| track.id).collect();
        for id in own {
            self.end_data(desk, id);
        }
        self.data_tracks.forget_viewer(seat);
    }

    fn review_one(&mut self, desk: &mut Desk, viewer: Seat, id: DataTrackId) {
        if !self.may_have(viewer, id) {
            self.cease_data(desk, viewer, id);
        }
    }

    fn offer_to_all(&mut self, desk: &mut Desk, id: DataTrackId) {
        for viewer in self.roster.seats() {
            let unasked = self.roster.get(viewer).is_some_and(|member| member.auto_subscribe_data);
            if unasked || self.data_tracks.is_wished_by(viewer, id) {
                self.offer_one(desk, viewer, id);
            }
        }
    }

    fn offer_one(&mut self, desk: &mut Desk, viewer: Seat, id: DataTrackId) {
        if !self.data_tracks.is_viewed_by(viewer, id) && self.may_have(viewer, id) {
            self.begin_data(desk, viewer, id);
        }
    }

    fn may_have(&self, viewer: Seat, id: DataTrackId) -> bool {
        let Some(published) = self.data_tracks.get(id).filter(|published| published.owner != viewer) else {
            return false;
        };
        let (Some(owner), Some(member)) = (self.roster.get(published.owner), self.roster.get(viewer)) else {
            return false;
        };
        let granted = member.records() || owner.access.allows_all(&member.snapshot);
        member.permissions().subscribe && !owner.is_hidden() && granted
    }

    fn begin_data(&mut self, desk: &mut Desk, viewer: Seat, id: DataTrackId) {
        let most = desk.config.subscriptions_per_participant;
        if !self.data_tracks.begin(viewer, id, most) {
            return desk.drop_for(DropReason::TooManySubscriptions);
        }
        let owner = self.data_tracks.get(id).and_then(|published| self.roster.get(published.owner));
        let session = self.roster.get(viewer).and_then(|member| member.session);
        if let Some(owner) = owner {
            let publisher = (owner.snapshot.id, Arc::clone(&owner.snapshot.identity));
            desk.tell(session, Event::DataSubscribed { publisher, track: id });
        }
    }

    fn cease_data(&mut self, desk: &mut Desk, viewer: Seat, id: DataTrackId) {
        if self.data_tracks.cease(viewer, id) {
            let session = self.roster.get(viewer).and_then(|member| member.session);
            desk.tell(session, Event::DataUnsubscribed(id));
        }
    }

    fn end_data_tracks(&mut self, desk: &mut Desk, seat: Seat, ids: &[DataTrackId]) {
        let ended: Vec<_> = ids.iter().filter_map(|id| self.end_data(desk, *id)).collect();
        if ended.is_empty() {
            return;
        }
        self.show_data_tracks(desk, seat);
        let session = self.roster.get(seat).and_then(|member| member.session);
        for track in ended {
            desk.tell(session, Event::DataTrackEnded(track));
        }
    }

    fn end_data(&mut self, desk: &mut Desk, id: DataTrackId) -> Option<Arc<crate::DataTrack>> {
        let (track, viewers) = self.data_tracks.end(id)?;
        for viewer in viewers {
            let session = self.roster.get(viewer).and_then(|member| member.session);
            desk.tell(session, Event::DataUnsubscribed(id));
        }
        Some(track)
    }

    fn show_data_tracks(&mut self, desk: &mut Desk, seat: Seat) {
        let tracks: Vec<_> = self.data_tracks.of(seat).cloned().collect();
        let Some(member) = self.roster.get_mut(seat) else { return };
        let first = !member.snapshot.publisher && !tracks.is_empty();
        member.change(desk.now, |who| {
            who.publisher |= !tracks.is_empty();
            who.data_tracks = tracks;
        });
        self.announce(desk, seat, true);
        if first {
            self.recount(desk);
        }
    }
}

fn refuse(desk: &mut Desk, session: Option<moim_types::SessionId>, handle: u16, why: Refusal) {
    desk.stats.count_refused(why);
    desk.tell(session, Event::DataTrackRefused { handle, why });
}
