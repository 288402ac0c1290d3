//! Which data tracks there are, and who gets which.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use moim_types::DataTrackId;

use crate::directory::Seat;
use crate::{DataTrack, DataTrackDescription, Refusal};

/// All data tracks of a room.
#[derive(Debug, Default)]
pub(crate) struct DataTracks {
    published: BTreeMap<DataTrackId, Published>,
    by_handle: BTreeMap<(Seat, u16), DataTrackId>,
    by_viewer: BTreeMap<Seat, BTreeSet<DataTrackId>>,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) owner: Seat,
    pub(crate) track: Arc<DataTrack>,
    viewers: BTreeSet<Seat>,
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
        self.published.insert(id, Published { owner, track: Arc::clone(&track), viewers: BTreeSet::new() });
        Ok(track)
    }

    /// One ends. Returns who got it.
    pub(crate) fn end(&mut self, id: DataTrackId) -> Option<(Arc<DataTrack>, BTreeSet<Seat>)> {
        let Published { owner, track, viewers } = self.published.remove(&id)?;
        self.by_handle.remove(&(owner, track.description.handle));
        for viewer in &viewers {
            self.strike_out(*viewer, id);
        }
        Some((track, viewers))
    }

    /// Somebody gets one from now on.
    pub(crate) fn begin(&mut self, viewer: Seat, id: DataTrackId, most: usize) -> Result<(), Refusal> {
        let published = self.published.get_mut(&id).ok_or(Refusal::NoSuchTrack)?;
        let viewed = self.by_viewer.entry(viewer).or_default();
        if !viewed.contains(&id) && viewed.len() >= most {
            return Err(Refusal::TooLarge);
        }
        viewed.insert(id);
        published.viewers.insert(viewer);
        Ok(())
    }

    /// Somebody gets one no longer. Returns whether he did.
    pub(crate) fn cease(&mut self, viewer: Seat, id: DataTrackId) -> bool {
        self.strike_out(viewer, id);
        self.published.get_mut(&id).is_some_and(|published| published.viewers.remove(&viewer))
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
        self.published.get(&id).into_iter().flat_map(|published| published.viewers.iter().copied())
    }

    pub(crate) fn viewed_by(&self, viewer: Seat) -> Vec<DataTrackId> {
        self.by_viewer.get(&viewer).into_iter().flatten().copied().collect()
    }

    fn strike_out(&mut self, viewer: Seat, id: DataTrackId) {
        if let Some(viewed) = self.by_viewer.get_mut(&viewer) {
            viewed.remove(&id);
            if viewed.is_empty() {
                self.by_viewer.remove(&viewer);
            }
        }
    }
}
