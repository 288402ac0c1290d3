//! What participants publish: announced, queued behind a track of the same tag, published, ended.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use moim_types::{Codec, LegId, Now, TrackId};

use crate::directory::Seat;
use crate::{Encoding, Refusal, Track, TrackDescription, Version};

#[derive(Debug)]
pub(crate) struct Publication {
    pub(crate) owner: Seat,
    /// The publisher's own name for it.
    pub(crate) tag: String,
    pub(crate) track: Arc<Track>,
    /// The publisher's leg; `None` while it is only announced.
    pub(crate) leg: Option<LegId>,
    /// The publisher could not be told its name: his session was lost when it was announced.
    pub(crate) untold: bool,
    /// Those outside were told of it.
    pub(crate) journaled: bool,
    /// Somebody has subscribed to it.
    pub(crate) viewed: bool,
    /// The application's server has muted it: nothing is forwarded.
    pub(crate) silenced: bool,
    /// Its second codec is published under this name.
    pub(crate) backup: Option<TrackId>,
    /// It is the second codec of this track, and nobody is shown it as a track.
    pub(crate) stands_in_for: Option<TrackId>,
}

impl Publication {
    pub(crate) fn change(&mut self, now: Now, edit: impl FnOnce(&mut Track)) {
        let track = Arc::make_mut(&mut self.track);
        edit(track);
        track.version = track.version.next(now);
    }
}

/// A track that waits until another with its tag has ended.
#[derive(Debug)]
struct Queued {
    tag: String,
    description: TrackDescription,
}

/// What one participant has here.
#[derive(Debug, Default)]
struct Shelf {
    /// In the order in which they were published.
    published: Vec<TrackId>,
    pending: Vec<TrackId>,
    queued: VecDeque<Queued>,
}

/// How many tracks one participant may have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TrackLimits {
    pub(crate) all: usize,
    pub(crate) pending: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Publications {
    by_track: BTreeMap<TrackId, Publication>,
    shelves: BTreeMap<Seat, Shelf>,
}

impl Publications {
    pub(crate) fn get(&self, track: TrackId) -> Option<&Publication> {
        self.by_track.get(&track)
    }

    pub(crate) fn get_mut(&mut self, track: TrackId) -> Option<&mut Publication> {
        self.by_track.get_mut(&track)
    }

    /// A track of this participant, announced or published.
    pub(crate) fn of_mut(&mut self, owner: Seat, track: TrackId) -> Option<&mut Publication> {
        self.by_track.get_mut(&track).filter(|publication| publication.owner == owner)
    }

    /// All that are published.
    pub(crate) fn published(&self) -> Vec<TrackId> {
        self.by_track.iter().filter(|(_, publication)| publication.leg.is_some()).map(|(track, _)| *track).collect()
    }

    /// What he publishes, in the order of publication.
    pub(crate) fn published_by(&self, owner: Seat) -> &[TrackId] {
        self.shelves.get(&owner).map_or(&[], |shelf| &shelf.published)
    }

    pub(crate) fn snapshots_of(&self, owner: Seat) -> Vec<Arc<Track>> {
        let shown = |id: &TrackId| self.by_track.get(id).filter(|publication| publication.stands_in_for.is_none());
        self.published_by(owner).iter().filter_map(|id| Some(Arc::clone(&shown(id)?.track))).collect()
    }

    /// His tracks, announced and published, of which this holds.
    pub(crate) fn matching(&self, owner: Seat, holds: impl Fn(&Publication) -> bool) -> Vec<TrackId> {
        let Some(shelf) = self.shelves.get(&owner) else { return Vec::new() };
        let all = shelf.published.iter().chain(&shelf.pending).copied();
        all.filter(|id| self.by_track.get(id).is_some_and(&holds)).collect()
    }

    /// Announces a track under the name `id`, or queues it behind another with its tag: then `None`.
    pub(crate) fn announce(
        &mut self,
        owner: Seat,
        id: TrackId,
        tag: String,
        description: TrackDescription,
        limits: TrackLimits,
        now: Now,
    ) -> Result<Option<Arc<Track>>, Refusal> {
        let shelf = self.shelves.entry(owner).or_default();
        let waiting = shelf.pending.len() + shelf.queued.len();
        if waiting >= limits.pending {
            return Err(Refusal::TooManyPending);
        }
        if waiting + shelf.published.len() >= limits.all {
            return Err(Refusal::TooLarge);
        }
        let in_use = shelf
            .published
            .iter()
            .chain(&shelf.pending)
            .any(|id| self.by_track.get(id).is_some_and(|publication| publication.tag == tag));
        if in_use {
            shelf.queued.push_back(Queued { tag, description });
            return Ok(None);
        }
        Ok(Some(self.put_down(owner, id, tag, description, now)))
    }

    fn put_down(
        &mut self,
        owner: Seat,
        id: TrackId,
        tag: String,
        description: TrackDescription,
        now: Now,
    ) -> Arc<Track> {
        let track = Arc::new(Track { id, description, mid: String::new(), version: Version::default().next(now) });
        self.shelves.entry(owner).or_default().pending.push(id);
        let publication = Publication {
            owner,
            tag,
            track: Arc::clone(&track),
            leg: None,
            untold: false,
            journaled: false,
            viewed: false,
            silenced: false,
            backup: None,
            stands_in_for: None,
        };
        self.by_track.insert(id, publication);
        track
    }

    /// A published track comes in a second codec as well, under the name `id`.
    pub(crate) fn stand_in(
        &mut self,
        owner: Seat,
        id: TrackId,
        main: TrackId,
        (codec, encodings): (Codec, Vec<Encoding>),
        now: Now,
    ) -> Result<(), Refusal> {
        let publication = self.of_mut(owner, main).ok_or(Refusal::NoSuchTrack)?;
        if publication.leg.is_none() || publication.backup.is_some() || publication.stands_in_for.is_some() {
            return Err(Refusal::Invalid);
        }
        publication.backup = Some(id);
        let description = TrackDescription { codecs: vec![codec], encodings, ..publication.track.description.clone() };
        // No client's own name for a track has this form.
        let tag = format!("backup/{id}");
        self.put_down(owner, id, tag, description, now);
        if let Some(backup) = self.by_track.get_mut(&id) {
            backup.stands_in_for = Some(main);
        }
        Ok(())
    }

    /// The track that a viewer asks for where this one is meant.
    pub(crate) fn main_of(&self, track: TrackId) -> TrackId {
        self.by_track.get(&track).and_then(|publication| publication.stands_in_for).unwrap_or(track)
    }

    /// What is published of a track: itself, and its second codec.
    pub(crate) fn forms_of(&self, track: TrackId) -> impl Iterator<Item = TrackId> + use<> {
        let backup = self.by_track.get(&track).and_then(|publication| publication.backup);
        std::iter::once(track).chain(backup)
    }

    /// An announced track is published.
    pub(crate) fn start(
        &mut self,
        owner: Seat,
        id: TrackId,
        section: (LegId, String),
        codecs: Vec<Codec>,
        now: Now,
    ) -> Result<(), Refusal> {
        let (leg, mid) = section;
        let taken = self
            .published_by(owner)
            .iter()
            .filter_map(|other| self.by_track.get(other))
            .any(|other| other.leg == Some(leg) && other.track.mid == mid);
        let publication = self.of_mut(owner, id).ok_or(Refusal::NoSuchTrack)?;
        if taken
            || publication.leg.is_some()
            || !codecs.iter().all(|codec| codec.kind() == publication.track.description.kind)
        {
            return Err(Refusal::Invalid);
        }
        publication.leg = Some(leg);
        publication.change(now, |track| {
            track.mid = mid;
            if !codecs.is_empty() {
                track.description.codecs = codecs;
            }
        });
        if let Some(shelf) = self.shelves.get_mut(&owner) {
            shelf.pending.retain(|pending| *pending != id);
            shelf.published.push(id);
        }
        Ok(())
    }

    /// A track ends, announced or published.
    pub(crate) fn remove(&mut self, id: TrackId) -> Option<Publication> {
        let publication = self.by_track.remove(&id)?;
        if let Some(main) = publication.stands_in_for.and_then(|main| self.by_track.get_mut(&main)) {
            main.backup = None;
        }
        if let Some(shelf) = self.shelves.get_mut(&publication.owner) {
            shelf.pending.retain(|pending| *pending != id);
            shelf.published.retain(|published| *published != id);
        }
        Some(publication)
    }

    /// The track that waited for this tag, if any, is announced.
    pub(crate) fn unqueue(&mut self, owner: Seat, tag: &str, id: TrackId, now: Now) -> Option<Arc<Track>> {
        let queued = &mut self.shelves.get_mut(&owner)?.queued;
        let at = queued.iter().position(|waiting| waiting.tag == tag)?;
        let Queued { tag, description } = queued.remove(at)?;
        Some(self.put_down(owner, id, tag, description, now))
    }

    /// Queued tracks that he may no longer publish are forgotten: their tags.
    pub(crate) fn drop_queued(&mut self, owner: Seat, keep: impl Fn(&TrackDescription) -> bool) -> Vec<String> {
        let Some(shelf) = self.shelves.get_mut(&owner) else { return Vec::new() };
        let (kept, dropped): (VecDeque<_>, VecDeque<_>) =
            std::mem::take(&mut shelf.queued).into_iter().partition(|waiting| keep(&waiting.description));
        shelf.queued = kept;
        dropped.into_iter().map(|waiting| waiting.tag).collect()
    }

    /// He is gone; his tracks were removed one by one before.
    pub(crate) fn forget(&mut self, owner: Seat) {
        self.shelves.remove(&owner);
    }
}
