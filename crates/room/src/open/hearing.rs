//! Who is heard, and whose connection is how good: told to those who get something of him, and to
//! himself. The cost is that of the telling; nobody else is looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use moim_types::{LegId, MediaKind, TrackId};

use super::OpenRoom;
use super::speakers::Loudness;
use crate::desk::Desk;
use crate::directory::Seat;
use crate::timers::Wake;
use crate::{Event, SpeakerLevel};

/// Connection qualities that change together are told together.
const QUALITY_WAIT: Duration = Duration::from_secs(1);

/// What a viewer got of a publisher before something began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    heard: bool,
    seen: bool,
}

impl OpenRoom {
    /// Tracks are heard, or no longer: whose, which, how loud, whether it is speech.
    pub(crate) fn hear(&mut self, desk: &mut Desk, levels: &[(Seat, TrackId, f32, bool)]) {
        let mut changed = BTreeSet::new();
        for (seat, track, level, active) in levels {
            if self.speakers.hear(*seat, *track, *level, *active).is_some() {
                changed.insert(*seat);
            }
        }
        let mut news: BTreeMap<Seat, Vec<SpeakerLevel>> = BTreeMap::new();
        for speaker in changed {
            let Some(level) = self.level_of(speaker) else { continue };
            for listener in self.audience(speaker, |kind| kind == MediaKind::Audio) {
                news.entry(listener).or_default().push(level);
            }
        }
        for (listener, levels) in news {
            self.tell_seat(desk, listener, Event::Speakers(levels));
        }
    }

    /// A track ends that may be heard just now.
    pub(super) fn silence(&mut self, desk: &mut Desk, speaker: Seat, track: TrackId) {
        if self.speakers.hear(speaker, track, 0.0, false).is_none() {
            return;
        }
        let Some(level) = self.level_of(speaker) else { return };
        let mut listeners = self.audience(speaker, |kind| kind == MediaKind::Audio);
        if !self.is_hidden(speaker) {
            listeners.extend(self.subscriptions.viewers_of(track));
        }
        for listener in listeners {
            self.tell_seat(desk, listener, Event::Speakers(vec![level]));
        }
    }

    /// A leg works so well.
    pub(crate) fn measure(&mut self, desk: &mut Desk, seat: Seat, leg: LegId, quality: u8) {
        let due = Wake::Quality(self.key);
        if self.qualities.measure(seat, leg, quality) && !desk.timers.is_set(due) {
            desk.timers.set(due, Some(desk.instant() + QUALITY_WAIT));
        }
    }

    pub(crate) fn tell_qualities(&mut self, desk: &mut Desk) {
        let mut news: BTreeMap<Seat, Vec<_>> = BTreeMap::new();
        for (seat, quality) in self.qualities.take_changed() {
            let Some(member) = self.roster.get(seat) else { continue };
            for viewer in self.audience(seat, |_| true) {
                // Clients take zero for themselves as the order to begin anew.
                if quality > 0 || viewer != seat {
                    news.entry(viewer).or_default().push((member.snapshot.id, quality));
                }
            }
        }
        for (viewer, qualities) in news {
            self.tell_seat(desk, viewer, Event::ConnectionQuality(qualities));
        }
    }

    /// What a viewer gets of a publisher already.
    pub(super) fn knows(&self, viewer: Seat, publisher: Seat) -> Known {
        let mut known = Known { heard: false, seen: false };
        for track in self.publications.published_by(publisher) {
            if self.subscriptions.views(viewer, *track) {
                known.seen = true;
                known.heard |= self.is_sound(*track);
            }
        }
        known
    }

    /// A viewer gets the first of a publisher: he is told what others know already.
    pub(super) fn introduce(&self, desk: &mut Desk, viewer: Seat, publisher: Seat, before: Known) {
        let after = self.knows(viewer, publisher);
        let loudness = self.speakers.of(publisher);
        if after.heard && !before.heard && loudness != Loudness::default() {
            self.tell_level(desk, viewer, publisher, loudness);
        }
        let told = self.qualities.told(publisher).filter(|_| after.seen && !before.seen);
        if let (Some(quality), Some(member)) = (told, self.roster.get(publisher)) {
            self.tell_seat(desk, viewer, Event::ConnectionQuality(vec![(member.snapshot.id, quality)]));
        }
    }

    /// A viewer has lost a track of a publisher: if it was the last that he heard, it is quiet there.
    pub(super) fn fall_silent_for(&self, desk: &mut Desk, viewer: Seat, publisher: Seat, track: TrackId) {
        let audible = self.is_sound(track) && self.speakers.of(publisher) != Loudness::default();
        if audible && !self.knows(viewer, publisher).heard {
            self.tell_level(desk, viewer, publisher, Loudness::default());
        }
    }

    fn tell_level(&self, desk: &mut Desk, viewer: Seat, publisher: Seat, loudness: Loudness) {
        // To those who saw somebody until just now he has left.
        if let Some(member) = self.roster.get(publisher).filter(|member| !member.is_hidden()) {
            let Loudness { level, active } = loudness;
            let level = SpeakerLevel { participant: member.snapshot.id, level, active };
            self.tell_seat(desk, viewer, Event::Speakers(vec![level]));
        }
    }

    fn level_of(&self, speaker: Seat) -> Option<SpeakerLevel> {
        let Loudness { level, active } = self.speakers.of(speaker);
        Some(SpeakerLevel { participant: self.roster.get(speaker)?.snapshot.id, level, active })
    }

    /// He himself, and those who get a track of his of such a kind.
    fn audience(&self, publisher: Seat, of_kind: impl Fn(MediaKind) -> bool) -> BTreeSet<Seat> {
        let mut audience = BTreeSet::from([publisher]);
        if self.is_hidden(publisher) {
            return audience;
        }
        for track in self.publications.published_by(publisher) {
            if self.publications.get(*track).is_some_and(|publication| of_kind(publication.track.description.kind)) {
                audience.extend(self.subscriptions.viewers_of(*track));
            }
        }
        audience
    }

    fn is_hidden(&self, seat: Seat) -> bool {
        self.roster.get(seat).is_some_and(super::member::Member::is_hidden)
    }

    fn is_sound(&self, track: TrackId) -> bool {
        self.publications.get(track).is_some_and(|one| one.track.description.kind == MediaKind::Audio)
    }

    fn tell_seat(&self, desk: &mut Desk, seat: Seat, event: Event) {
        desk.tell(self.roster.get(seat).and_then(|member| member.session), event);
    }
}
