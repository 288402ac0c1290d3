//! Who gets which track. One rule decides it ([`OpenRoom::verdict`]); whatever changes, the pairs
//! of viewer and track that it touches are brought in line with the rule again.

use moim_types::{LegId, MediaKind, PauseReason, Quality, TrackId, View, Wanted};

use super::OpenRoom;
use super::demand::quality_of;
use super::member::Member;
use super::publications::Publication;
use super::subscriptions::Wish;
use crate::desk::Desk;
use crate::directory::Seat;
use crate::stats::DropReason;
use crate::timers::Wake;
use crate::{Event, MediaOrder, Refusal};

/// What the rule says of one viewer and one track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// For him there is no such track.
    Unknown,
    /// He does not want it, or cannot have it now.
    Idle,
    /// He wants it, and the publisher does not let him.
    Denied,
    /// He gets it.
    Flows { leg: LegId, publisher_leg: LegId },
}

impl OpenRoom {
    /// The track and its owner, if it is published and he may know of it.
    fn seen(&self, viewer: Seat, track: TrackId) -> Option<(&Publication, &Member)> {
        let publication = self.publications.get(track).filter(|publication| publication.leg.is_some())?;
        let owner = self.roster.get(publication.owner)?;
        (publication.owner != viewer && !owner.is_hidden()).then_some((publication, owner))
    }

    fn verdict(&self, viewer: Seat, track: TrackId) -> Verdict {
        let Some((publication, owner)) = self.seen(viewer, track) else { return Verdict::Unknown };
        let (Some(publisher_leg), Some(member)) = (publication.leg, self.roster.get(viewer)) else {
            return Verdict::Unknown;
        };
        let main = self.publications.main_of(track);
        let wish = self.subscriptions.wish(viewer, main);
        let wanted = wish.wanted.unwrap_or(member.auto_subscribe);
        // The second codec is for those who cannot decode the first.
        let is_of_use = if main == track {
            !wish.undecodable
        } else {
            wish.undecodable && !self.subscriptions.wish(viewer, track).undecodable
        };
        if !wanted || !is_of_use || !member.permissions().subscribe {
            return Verdict::Idle;
        }
        let Some(leg) = member.legs.egress() else { return Verdict::Idle };
        if !member.records() && !owner.access.allows(&member.snapshot, main) {
            return Verdict::Denied;
        }
        Verdict::Flows { leg, publisher_leg }
    }

    /// Brings one pair in line with the rule.
    pub(super) fn settle(&mut self, desk: &mut Desk, viewer: Seat, track: TrackId) {
        let verdict = self.verdict(viewer, track);
        if verdict != Verdict::Unknown {
            self.subscriptions.known(viewer, track);
        }
        match verdict {
            Verdict::Unknown | Verdict::Idle => self.end(desk, viewer, track),
            Verdict::Denied => {
                self.tell_allowed(desk, viewer, self.publications.main_of(track), false);
                self.end(desk, viewer, track);
            }
            Verdict::Flows { leg, publisher_leg } => {
                self.tell_allowed(desk, viewer, self.publications.main_of(track), true);
                if self.subscriptions.wish(viewer, track).flows_on.is_none() {
                    self.begin(desk, viewer, track, (leg, publisher_leg));
                }
            }
        }
    }

    pub(super) fn settle_viewer(&mut self, desk: &mut Desk, viewer: Seat) {
        for track in self.publications.published() {
            self.settle(desk, viewer, track);
        }
        self.watch_wishes(desk, viewer);
    }

    pub(super) fn settle_track(&mut self, desk: &mut Desk, track: TrackId) {
        for viewer in self.roster.seats() {
            self.settle(desk, viewer, track);
        }
    }

    /// Tells a viewer when a publisher begins or ceases to let him; what he knows is not repeated.
    fn tell_allowed(&mut self, desk: &mut Desk, viewer: Seat, track: TrackId, allowed: bool) {
        if self.subscriptions.wish(viewer, track).denied != allowed {
            return;
        }
        let most = desk.config.subscriptions_per_participant;
        if self.subscriptions.edit(viewer, track, most, |wish| wish.denied = !allowed).is_err() {
            return desk.drop_for(DropReason::TooManySubscriptions);
        }
        let publisher = self.seen(viewer, track).map(|(_, owner)| owner.snapshot.id);
        let session = self.roster.get(viewer).and_then(|member| member.session);
        if let Some(publisher) = publisher {
            desk.tell(session, Event::SubscriptionAllowed { publisher, track, allowed });
        }
    }

    fn begin(&mut self, desk: &mut Desk, viewer: Seat, track: TrackId, legs: (LegId, LegId)) {
        let Some((publication, owner)) = self.seen(viewer, track) else { return };
        let (owner_seat, description) = (publication.owner, &publication.track.description);
        let view = self.view_of(viewer, publication);
        let quality = counted_quality(view, publication);
        let order = MediaOrder::Subscribe {
            leg: legs.0,
            publisher_leg: legs.1,
            publisher: owner.snapshot.id,
            track,
            known_as: self.publications.main_of(track),
            source: description.source,
            kind: description.kind,
            view,
        };
        let known = self.knows(viewer, owner_seat);
        let most = desk.config.subscriptions_per_participant;
        if self.subscriptions.begin(viewer, track, legs.0, most).is_err() {
            return desk.drop_for(DropReason::TooManySubscriptions);
        }
        desk.stats.subscriptions += 1;
        self.tell_stand_in(desk, viewer, track);
        desk.order(order);
        self.subscriptions.count(viewer, track, quality);
        self.tell_first_view(desk, track);
        self.demand_changed(desk, track, None, quality);
        self.introduce(desk, viewer, owner_seat, known);
    }

    fn tell_stand_in(&self, desk: &mut Desk, viewer: Seat, backup: TrackId) {
        let track = self.publications.main_of(backup);
        if track != backup {
            let session = self.roster.get(viewer).and_then(|member| member.session);
            desk.tell(session, Event::StandsIn { backup, track });
        }
    }

    fn tell_first_view(&mut self, desk: &mut Desk, track: TrackId) {
        let track = self.publications.main_of(track);
        let Some(publication) = self.publications.get_mut(track) else { return };
        if !std::mem::replace(&mut publication.viewed, true) {
            let owner = self.roster.get(publication.owner).and_then(|member| member.session);
            desk.tell(owner, Event::TrackSubscribed(track));
        }
    }

    fn end(&mut self, desk: &mut Desk, viewer: Seat, track: TrackId) {
        if let Some(leg) = self.end_quietly(desk, viewer, track) {
            desk.order(MediaOrder::Unsubscribe { leg, track });
        }
    }

    /// A subscription ends without an order, because its leg or the forwarding unit has ended it.
    pub(super) fn end_quietly(&mut self, desk: &mut Desk, viewer: Seat, track: TrackId) -> Option<LegId> {
        let ended = self.subscriptions.end(viewer, track)?;
        desk.stats.subscriptions -= 1;
        self.demand_changed(desk, track, ended.counted, None);
        if let Some(owner) = self.publications.get(track).map(|publication| publication.owner) {
            self.fall_silent_for(desk, viewer, owner, track);
        }
        Some(ended.leg)
    }

    /// How he shows a track: as he said, or else as he came. What is muted from outside is shown to nobody.
    fn view_of(&self, viewer: Seat, publication: &Publication) -> View {
        let adaptive = self.roster.get(viewer).is_some_and(|member| member.adaptive_stream);
        let video = publication.track.description.kind == MediaKind::Video;
        let first = if adaptive && video { Quality::Low } else { Quality::High };
        let main = publication.stands_in_for.unwrap_or(publication.track.id);
        let silenced = self.publications.get(main).is_some_and(|publication| publication.silenced);
        let wish = self.subscriptions.wish(viewer, main);
        let view = wish.view.unwrap_or_else(|| View { wanted: Wanted::Quality(first), ..View::default() });
        View { shown: view.shown && !silenced, ..view }
    }

    /// Wanted or not, from now on.
    pub(crate) fn subscribe(&mut self, desk: &mut Desk, viewer: Seat, tracks: &[TrackId], wanted: bool) {
        if self.are_too_many(desk, viewer, tracks) {
            return;
        }
        for track in tracks {
            let said = self.wish_for(desk, viewer, *track, wanted, |wish| {
                wish.wanted = Some(wanted);
                wish.undecodable &= !wanted;
            });
            if said {
                for form in self.publications.forms_of(*track) {
                    self.settle(desk, viewer, form);
                }
            }
        }
        self.watch_wishes(desk, viewer);
    }

    /// Shown differently, from now on.
    pub(crate) fn set_view(&mut self, desk: &mut Desk, viewer: Seat, tracks: &[TrackId], view: View) {
        if self.are_too_many(desk, viewer, tracks) {
            return;
        }
        for track in tracks {
            let before = self.subscriptions.wish(viewer, *track).view;
            if before != Some(view) && self.wish_for(desk, viewer, *track, false, |wish| wish.view = Some(view)) {
                for form in self.publications.forms_of(*track) {
                    self.review(desk, viewer, form);
                }
            }
        }
        self.watch_wishes(desk, viewer);
    }

    fn are_too_many(&self, desk: &mut Desk, viewer: Seat, tracks: &[TrackId]) -> bool {
        let too_many = tracks.len() > desk.config.subscriptions_per_participant;
        if too_many {
            let session = self.roster.get(viewer).and_then(|member| member.session);
            desk.refuse(session, String::new(), Refusal::TooLarge);
        }
        too_many
    }

    /// Writes a wish down; `false` if there is no room, or the track is his own.
    fn wish_for(
        &mut self,
        desk: &mut Desk,
        viewer: Seat,
        track: TrackId,
        answered: bool,
        edit: impl FnOnce(&mut Wish),
    ) -> bool {
        if self.publications.get(track).is_some_and(|publication| publication.owner == viewer) {
            return false;
        }
        // A wish that is there already keeps its date, or goes without.
        let unknown = self.seen(viewer, track).is_none() && !self.subscriptions.has_wish(viewer, track);
        let full = unknown && self.subscriptions.unknown_of(viewer) >= desk.config.unknown_tracks_per_participant;
        let most = desk.config.subscriptions_per_participant;
        if full || self.subscriptions.edit(viewer, track, most, edit).is_err() {
            desk.drop_for(DropReason::TooManySubscriptions);
            if answered {
                self.refuse_subscription(desk, viewer, track, Refusal::NoSuchTrack);
            }
            return false;
        }
        if unknown {
            self.subscriptions.expires(viewer, track, desk.instant() + desk.config.unknown_track_timeout);
        }
        true
    }

    fn refuse_subscription(&self, desk: &mut Desk, viewer: Seat, track: TrackId, why: Refusal) {
        desk.stats.count_refused(why);
        let session = self.roster.get(viewer).and_then(|member| member.session);
        desk.tell(session, Event::SubscriptionRefused { track, why });
    }

    /// What one viewer shows of a track is told to the forwarding unit and the publisher.
    fn review(&mut self, desk: &mut Desk, viewer: Seat, track: TrackId) {
        let Some(leg) = self.subscriptions.wish(viewer, track).flows_on else { return };
        let Some(publication) = self.publications.get(track) else { return };
        let view = self.view_of(viewer, publication);
        let quality = counted_quality(view, publication);
        desk.order(MediaOrder::SetView { leg, track, view });
        let before = self.subscriptions.count(viewer, track, quality);
        self.demand_changed(desk, track, before, quality);
    }

    pub(super) fn review_views(&mut self, desk: &mut Desk, track: TrackId) {
        for form in self.publications.forms_of(track) {
            for viewer in self.subscriptions.viewers_of(form).collect::<Vec<_>>() {
                self.review(desk, viewer, form);
            }
        }
    }

    /// Wishes for tracks that nobody knows have grown old.
    pub(crate) fn wishes_due(&mut self, desk: &mut Desk, viewer: Seat) {
        for (track, wanted) in self.subscriptions.take_expired(viewer, desk.instant()) {
            if wanted {
                self.refuse_subscription(desk, viewer, track, Refusal::NoSuchTrack);
            }
        }
        self.watch_wishes(desk, viewer);
    }

    fn watch_wishes(&self, desk: &mut Desk, viewer: Seat) {
        desk.timers.set(Wake::Wishes(self.place(viewer)), self.subscriptions.next_expiry(viewer));
    }

    /// The forwarding unit found that he cannot decode it, and has ended it.
    pub(crate) fn undecodable(&mut self, desk: &mut Desk, viewer: Seat, leg: LegId, track: TrackId) {
        if self.subscriptions.wish(viewer, track).flows_on != Some(leg) {
            return desk.drop_for(DropReason::Gone);
        }
        let most = desk.config.subscriptions_per_participant;
        let marked = self.subscriptions.edit(viewer, track, most, |wish| wish.undecodable = true);
        debug_assert!(marked.is_ok(), "what flows has a wish");
        self.end_quietly(desk, viewer, track);
        if !self.fall_back(desk, viewer, track) {
            self.refuse_subscription(desk, viewer, self.publications.main_of(track), Refusal::Invalid);
        }
    }

    /// Whether somebody waits for the second codec of a track.
    pub(super) fn is_backup_wanted(&self, track: TrackId) -> bool {
        let has_two = |publication: &Publication| {
            publication.stands_in_for.is_none() && publication.track.description.codecs.len() > 1
        };
        self.publications.get(track).is_some_and(has_two) && self.subscriptions.is_undecodable_for_somebody(track)
    }

    /// He gets the track in its second codec, once that comes. Returns whether the publisher has one.
    fn fall_back(&mut self, desk: &mut Desk, viewer: Seat, track: TrackId) -> bool {
        let Some(publication) = self.publications.get(track).filter(|one| one.stands_in_for.is_none()) else {
            return false;
        };
        if publication.track.description.codecs.len() < 2 {
            return false;
        }
        match publication.backup {
            Some(backup) => self.settle(desk, viewer, backup),
            None => {
                let owner = self.roster.get(publication.owner).and_then(|member| member.session);
                desk.tell(owner, Event::BackupWanted(track));
            }
        }
        true
    }

    pub(crate) fn stream_state(
        &self,
        desk: &mut Desk,
        viewer: Seat,
        leg: LegId,
        track: TrackId,
        paused: Option<PauseReason>,
    ) {
        let flows = self.subscriptions.wish(viewer, track).flows_on == Some(leg);
        let Some((_, owner)) = self.seen(viewer, track).filter(|_| flows) else {
            return desk.drop_for(DropReason::Gone);
        };
        let publisher = owner.snapshot.id;
        let session = self.roster.get(viewer).and_then(|member| member.session);
        desk.tell(session, Event::StreamState { publisher, track, paused });
    }
}

/// Sound is not asked for in steps.
fn counted_quality(view: View, publication: &Publication) -> Option<Quality> {
    let description = &publication.track.description;
    (description.kind == MediaKind::Video).then(|| quality_of(view, description)).flatten()
}
