//! Tracks: announced, published, muted, described anew, ended.

use std::sync::Arc;

use moim_types::{Codec, LegId, MediaKind, TrackId};

use super::OpenRoom;
use super::access::Access;
use super::publications::{Publication, TrackLimits};
use crate::desk::Desk;
use crate::directory::Seat;
use crate::timers::Wake;
use crate::{
    Demand, Encoding, Event, JournalEvent, MediaOrder, Participant, Refusal, Track, TrackAccess, TrackDescription,
    limits,
};

impl OpenRoom {
    pub(crate) fn add_track(&mut self, desk: &mut Desk, seat: Seat, tag: String, description: TrackDescription) {
        let Some(member) = self.roster.get(seat) else { return };
        let session = member.session;
        if !member.may_publish(description.source) {
            return desk.refuse(session, tag, Refusal::NotPermitted);
        }
        if let Err(why) = limits::tag(&tag).and_then(|()| limits::track(&description)) {
            return desk.refuse(session, tag, why);
        }
        let limits = TrackLimits { all: desk.config.tracks_per_participant, pending: desk.config.pending_tracks };
        let id = desk.names.next();
        match self.publications.announce(seat, id, tag.clone(), description, limits, desk.now) {
            Ok(Some(track)) => desk.tell(session, Event::TrackAdded { tag, track }),
            Ok(None) => desk.tell(session, Event::TrackQueued { tag }),
            Err(why) => desk.refuse(session, tag, why),
        }
    }

    pub(crate) fn start_track(
        &mut self,
        desk: &mut Desk,
        seat: Seat,
        id: TrackId,
        section: (LegId, String),
        codecs: Vec<Codec>,
    ) {
        let Some(member) = self.roster.get(seat) else { return };
        let session = member.session;
        let started = if member.legs.is_ingress(section.0) {
            self.publications.start(seat, id, section, codecs, desk.now)
        } else {
            Err(Refusal::Invalid)
        };
        match started {
            Ok(()) => self.published(desk, seat, id),
            Err(why) => desk.refuse(session, String::new(), why),
        }
    }

    /// The second codec of a track is on its way: those who cannot decode the first get it.
    pub(crate) fn start_backup(
        &mut self,
        desk: &mut Desk,
        seat: Seat,
        main: TrackId,
        (leg, mid): (LegId, String),
        (codec, encodings): (Codec, Vec<Encoding>),
    ) {
        let Some(member) = self.roster.get(seat) else { return };
        let session = member.session;
        let id = desk.names.next();
        let is_ingress = member.legs.is_ingress(leg);
        let described = self.publications.get(main).map(|publication| &publication.track.description);
        let fits = described.is_some_and(|description| description.kind == codec.kind()) && is_ingress;
        let description = described.map(|known| TrackDescription { encodings: encodings.clone(), ..known.clone() });
        let checked = match description.filter(|_| fits) {
            Some(description) => limits::track(&description),
            None => Err(Refusal::Invalid),
        };
        let started = checked
            .and_then(|()| self.publications.stand_in(seat, id, main, (codec, encodings), desk.now))
            .and_then(|()| self.publications.start(seat, id, (leg, mid), vec![codec], desk.now));
        if let Err(why) = started {
            self.publications.remove(id);
            return desk.refuse(session, String::new(), why);
        }
        desk.stats.publications += 1;
        desk.tell(session, Event::BackupStarted { track: main, backup: id });
        if let Some(track) = self.publications.get(id).map(|publication| Arc::clone(&publication.track)) {
            desk.order(publish_order(leg, &track));
        }
        self.demands.start(id, desk.instant());
        self.watch_demand(desk, id);
        self.settle_track(desk, id);
    }

    pub(crate) fn end_backup(&mut self, desk: &mut Desk, seat: Seat, main: TrackId) {
        let backup = self.publications.of_mut(seat, main).and_then(|publication| publication.backup);
        match backup {
            Some(backup) => self.unpublish(desk, seat, &[backup]),
            None => self.refuse_track(desk, seat),
        }
    }

    /// A track is on its way: everybody is told of it, then the forwarding unit, then viewers get it.
    fn published(&mut self, desk: &mut Desk, seat: Seat, id: TrackId) {
        desk.directory.tracks.insert(id, self.place(seat));
        desk.stats.publications += 1;
        desk.stats.tracks_published += 1;
        self.show_tracks(desk, seat);
        let Some(member) = self.roster.get(seat) else { return };
        let (who, active) = (Arc::clone(&member.snapshot), member.is_active());
        let Some(publication) = self.publications.get_mut(id) else { return };
        publication.journaled = active;
        let track = Arc::clone(&publication.track);
        if let Some(leg) = publication.leg {
            desk.order(publish_order(leg, &track));
        }
        if track.description.kind == MediaKind::Video {
            self.demands.start(id, desk.instant());
            self.watch_demand(desk, id);
        }
        if active {
            desk.journal(self.board.snapshot(), JournalEvent::TrackPublished(who, track));
        }
        self.settle_track(desk, id);
    }

    /// What he publishes has changed: he, and those who see him, are told.
    pub(super) fn show_tracks(&mut self, desk: &mut Desk, seat: Seat) {
        let tracks = self.publications.snapshots_of(seat);
        let Some(member) = self.roster.get_mut(seat) else { return };
        let first = !member.snapshot.publisher && !tracks.is_empty();
        member.change(desk.now, |who| {
            who.publisher |= !tracks.is_empty();
            who.tracks = tracks;
        });
        self.announce(desk, seat, true);
        if first {
            self.recount(desk);
        }
    }

    pub(crate) fn end_track(&mut self, desk: &mut Desk, seat: Seat, id: TrackId) {
        if self.publications.of_mut(seat, id).is_some() {
            self.unpublish(desk, seat, &[id]);
        } else {
            self.refuse_track(desk, seat);
        }
    }

    fn refuse_track(&self, desk: &mut Desk, seat: Seat) {
        let session = self.roster.get(seat).and_then(|member| member.session);
        desk.refuse(session, String::new(), Refusal::NoSuchTrack);
    }

    /// Tracks of his end, announced or published; those that waited for their tags are announced.
    pub(super) fn unpublish(&mut self, desk: &mut Desk, seat: Seat, ids: &[TrackId]) {
        let forms: Vec<_> = ids.iter().flat_map(|id| self.publications.forms_of(*id)).collect();
        let ended: Vec<_> = forms.into_iter().filter_map(|id| self.publications.remove(id)).collect();
        let tags: Vec<_> = ended.iter().map(|publication| publication.tag.clone()).collect();
        let published: Vec<_> = ended.into_iter().filter(|publication| publication.leg.is_some()).collect();
        let Some(member) = self.roster.get(seat) else { return };
        let (session, who) = (member.session, Arc::clone(&member.snapshot));
        if !published.is_empty() {
            self.show_tracks(desk, seat);
        }
        for publication in published {
            desk.tell(session, Event::TrackUnpublished(publication.track.id));
            self.withdraw(desk, publication, &who);
        }
        for tag in tags {
            let id = desk.names.next();
            if let Some(track) = self.publications.unqueue(seat, &tag, id, desk.now) {
                if let Some(publication) = self.publications.get_mut(id) {
                    publication.untold = session.is_none();
                }
                desk.tell(session, Event::TrackAdded { tag, track });
            }
        }
    }

    /// Everything that ends with a published track. It is no longer among the publications.
    pub(super) fn withdraw(&mut self, desk: &mut Desk, publication: Publication, who: &Arc<Participant>) {
        let Publication { owner, track, leg: Some(leg), journaled, .. } = publication else { return };
        self.silence(desk, owner, track.id);
        desk.directory.tracks.remove(&track.id);
        desk.timers.set(Wake::Demand(self.key, track.id), None);
        desk.stats.publications -= 1;
        self.demands.forget(track.id);
        let viewers = self.subscriptions.forget_track(track.id);
        desk.stats.subscriptions -= viewers.len() as u64;
        if desk.directory.legs.contains_key(&leg) {
            desk.order(MediaOrder::Unpublish { leg, track: track.id });
        } else {
            // The publisher's leg has closed, and takes no orders.
            for (_, leg) in viewers {
                desk.order(MediaOrder::Unsubscribe { leg, track: track.id });
            }
        }
        if journaled {
            desk.journal(self.board.snapshot(), JournalEvent::TrackUnpublished(Arc::clone(who), track));
        }
    }

    pub(crate) fn set_muted(&mut self, desk: &mut Desk, seat: Seat, id: TrackId, muted: bool) {
        let Some(publication) = self.publications.of_mut(seat, id) else {
            return self.refuse_track(desk, seat);
        };
        let lifted = publication.silenced && !muted;
        publication.silenced &= muted;
        self.show_muted(desk, seat, id, muted);
        if lifted {
            self.review_views(desk, id);
        }
    }

    /// The application's server mutes a track, or lifts that. What it mutes is not forwarded,
    /// whatever the publisher's client makes of it.
    pub(crate) fn mute_by_api(
        &mut self,
        desk: &mut Desk,
        seat: Seat,
        id: TrackId,
        muted: bool,
    ) -> Result<Arc<Track>, Refusal> {
        let publication = self.publications.of_mut(seat, id).filter(|publication| publication.leg.is_some());
        let publication = publication.ok_or(Refusal::NoSuchTrack)?;
        if !muted && publication.track.description.muted && !desk.config.remote_unmute {
            return Err(Refusal::RemoteUnmute);
        }
        publication.silenced = muted;
        self.show_muted(desk, seat, id, muted);
        let session = self.roster.get(seat).and_then(|member| member.session);
        desk.tell(session, Event::MuteAsked { track: id, muted });
        self.review_views(desk, id);
        self.publications.get(id).map(|publication| Arc::clone(&publication.track)).ok_or(Refusal::NoSuchTrack)
    }

    fn show_muted(&mut self, desk: &mut Desk, seat: Seat, id: TrackId, muted: bool) {
        let now = desk.now;
        let Some(publication) = self.publications.get_mut(id) else { return };
        if publication.track.description.muted == muted {
            return;
        }
        publication.change(now, |track| track.description.muted = muted);
        if publication.leg.is_some() {
            self.show_tracks(desk, seat);
        }
    }

    pub(crate) fn describe_track(&mut self, desk: &mut Desk, seat: Seat, id: TrackId, new: TrackDescription) {
        let session = self.roster.get(seat).and_then(|member| member.session);
        let now = desk.now;
        let Some(publication) = self.publications.of_mut(seat, id) else {
            return self.refuse_track(desk, seat);
        };
        let old = &publication.track.description;
        let new =
            TrackDescription { kind: old.kind, source: old.source, name: old.name.clone(), muted: old.muted, ..new };
        if let Err(why) = limits::track(&new) {
            return desk.refuse(session, String::new(), why);
        }
        if new == *old {
            return;
        }
        publication.change(now, |track| track.description = new);
        if publication.leg.is_some() {
            self.show_tracks(desk, seat);
            self.subscriptions.retry_track(id);
            for form in self.publications.forms_of(id) {
                self.settle_track(desk, form);
            }
            // The same size may ask for another step now.
            self.review_views(desk, id);
        }
    }

    pub(crate) fn allow_subscribers(&mut self, desk: &mut Desk, seat: Seat, everybody: bool, only: Vec<TrackAccess>) {
        let Some(member) = self.roster.get_mut(seat) else { return };
        let fits = only.len() <= desk.config.named_viewers
            && only.iter().all(|access| access.tracks.len() <= desk.config.tracks_per_participant);
        if !fits {
            return desk.refuse(member.session, String::new(), Refusal::TooLarge);
        }
        member.access = Access::new(everybody, only);
        for id in self.publications.published_by(seat).to_vec() {
            self.settle_track(desk, id);
        }
        self.review_data(desk, seat);
    }

    /// A viewer of a track wants something else of it.
    pub(super) fn demand_changed(
        &mut self,
        desk: &mut Desk,
        id: TrackId,
        from: Option<moim_types::Quality>,
        to: Option<moim_types::Quality>,
    ) {
        if from == to {
            return;
        }
        if let Some(demand) = self.demands.change(id, from, to, desk.instant()) {
            self.tell_demand(desk, id, demand);
        }
        self.watch_demand(desk, id);
    }

    pub(crate) fn demand_due(&mut self, desk: &mut Desk, id: TrackId) {
        if let Some(demand) = self.demands.take_due(id, desk.instant()) {
            self.tell_demand(desk, id, demand);
        }
        self.watch_demand(desk, id);
    }

    fn tell_demand(&self, desk: &mut Desk, id: TrackId, demand: Demand) {
        let owner = self.publications.get(id).and_then(|publication| self.roster.get(publication.owner));
        desk.tell(owner.and_then(|member| member.session), Event::Demand(id, demand));
    }

    fn watch_demand(&self, desk: &mut Desk, id: TrackId) {
        desk.timers.set(Wake::Demand(self.key, id), self.demands.due(id));
    }
}

fn publish_order(leg: LegId, track: &Track) -> MediaOrder {
    let steps = &track.description.encodings;
    let known = |step: &&Encoding| step.resolution.width > 0 && step.resolution.height > 0;
    MediaOrder::Publish {
        leg,
        mid: track.mid.clone(),
        track: track.id,
        encodings: steps.iter().filter(|s| !s.rid.is_empty()).map(|s| (s.rid.clone(), s.quality)).collect(),
        resolutions: steps.iter().filter(known).map(|s| (s.quality, s.resolution)).collect(),
    }
}
