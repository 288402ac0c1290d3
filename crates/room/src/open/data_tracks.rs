//! Which data tracks there are, who gets which, and who would like to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use moim_types::DataTrackId;

use super::data_pairs::DataPairs;
use crate::directory::Seat;
use crate::{DataTrack, DataTrackDescription, Refusal};

/// All data tracks of a room.
#[derive(Debug, Default)]
pub(crate) struct DataTracks {
    published: BTreeMap<DataTrackId, Published>,
    by_handle: BTreeMap<(Seat, u16), DataTrackId>,
    /// Who gets what.
    views: DataPairs,
    /// Who asked for what, whether he may have it or not: he gets it once he may.
    wishes: DataPairs,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) owner: Seat,
    pub(crate) track: Arc<DataTrack>,
}

impl DataTracks {
    /// A participant offers one more.
    pub(crate) fn publish(
        &mut self,
        owner: Seat,
        id: DataTrackId,
        description: DataTrackDescription,
        most: usize,
    ) -> Result<Arc<DataTrack>, Refusal> {
        if self.by_handle.contains_key(&(owner, description.handle)) {
            return Err(Refusal::HandleInUse);
        }
        if self.of(owner).any(|track| track.description.name == description.name) {
            return Err(Refusal::NameInUse);
        }
        if self.of(owner).count() >= most {
            return Err(Refusal::TooLarge);
        }
        let track = Arc::new(DataTrack { id, description });
        self.by_handle.insert((owner, track.description.handle), id);
        self.published.insert(id, Published { owner, track: Arc::clone(&track) });
        Ok(track)
    }

    /// One ends. Returns who got it.
    pub(crate) fn end(&mut self, id: DataTrackId) -> Option<(Arc<DataTrack>, BTreeSet<Seat>)> {
        let Published { owner, track } = self.published.remove(&id)?;
        self.by_handle.remove(&(owner, track.description.handle));
        self.wishes.forget_track(id);
        Some((track, self.views.forget_track(id)))
    }

    /// Somebody asks for one that is there. Returns whether that is remembered.
    pub(crate) fn wish(&mut self, viewer: Seat, id: DataTrackId, most: usize) -> bool {
        self.published.contains_key(&id) && self.wishes.add(viewer, id, most)
    }

    /// Somebody asks for one no longer.
    pub(crate) fn unwish(&mut self, viewer: Seat, id: DataTrackId) {
        self.wishes.remove(viewer, id);
    }

    /// Somebody gets one from now on. Returns whether there was a place for it.
    pub(crate) fn begin(&mut self, viewer: Seat, id: DataTrackId, most: usize) -> bool {
        self.published.contains_key(&id) && self.views.add(viewer, id, most)
    }

    /// Somebody gets one no longer. Returns whether he did.
    pub(crate) fn cease(&mut self, viewer: Seat, id: DataTrackId) -> bool {
        self.views.remove(viewer, id)
    }

    /// Somebody is gone.
    pub(crate) fn forget_viewer(&mut self, viewer: Seat) {
        self.views.forget_viewer(viewer);
        self.wishes.forget_viewer(viewer);
    }

    pub(crate) fn get(&self, id: DataTrackId) -> Option<&Published> {
        self.published.get(&id)
    }

    /// By the publisher's own number.
    pub(crate) fn by_handle(&self, owner: Seat, handle: u16) -> Option<DataTrackId> {
        self.by_handle.get(&(owner, handle)).copied()
    }

    /// Those of one participant, by their numbers.
    pub(crate) fn of(&self, owner: Seat) -> impl Iterator<Item = &Arc<DataTrack>> {
        let numbered = self.by_handle.range((owner, 0)..=(owner, u16::MAX));
        numbered.filter_map(|(_, id)| self.published.get(id)).map(|published| &published.track)
    }

    pub(crate) fn all(&self) -> Vec<DataTrackId> {
        self.published.keys().copied().collect()
    }

    pub(crate) fn viewers_of(&self, id: DataTrackId) -> impl Iterator<Item = Seat> {
        self.views.of_track(id)
    }

    pub(crate) fn viewed_by(&self, viewer: Seat) -> Vec<DataTrackId> {
        self.views.of_viewer(viewer).collect()
    }

    pub(crate) fn is_viewed_by(&self, viewer: Seat, id: DataTrackId) -> bool {
        self.views.has(viewer, id)
    }

    pub(crate) fn wished_by(&self, viewer: Seat) -> Vec<DataTrackId> {
        self.wishes.of_viewer(viewer).collect()
    }

    pub(crate) fn is_wished_by(&self, viewer: Seat, id: DataTrackId) -> bool {
        self.wishes.has(viewer, id)
    }
}
