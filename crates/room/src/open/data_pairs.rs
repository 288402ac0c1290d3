//! Who has to do with which data track, to be asked from either side.

use std::collections::{BTreeMap, BTreeSet};

use moim_types::DataTrackId;

use crate::directory::Seat;

/// Pairs of a viewer and a track.
#[derive(Debug, Default)]
pub(super) struct DataPairs {
    tracks_by_viewer: BTreeMap<Seat, BTreeSet<DataTrackId>>,
    viewers_by_track: BTreeMap<DataTrackId, BTreeSet<Seat>>,
}

impl DataPairs {
    /// Returns whether there was a place for it: one viewer has so many at most.
    pub(super) fn add(&mut self, viewer: Seat, track: DataTrackId, most: usize) -> bool {
        let tracks = self.tracks_by_viewer.entry(viewer).or_default();
        let fits = tracks.contains(&track) || tracks.len() < most;
        if fits {
            tracks.insert(track);
            self.viewers_by_track.entry(track).or_default().insert(viewer);
        }
        fits
    }

    /// Returns whether it was there.
    pub(super) fn remove(&mut self, viewer: Seat, track: DataTrackId) -> bool {
        strike(&mut self.tracks_by_viewer, viewer, &track);
        strike(&mut self.viewers_by_track, track, &viewer)
    }

    /// The track is gone. Returns whose it was.
    pub(super) fn forget_track(&mut self, track: DataTrackId) -> BTreeSet<Seat> {
        let viewers = self.viewers_by_track.remove(&track).unwrap_or_default();
        for viewer in &viewers {
            strike(&mut self.tracks_by_viewer, *viewer, &track);
        }
        viewers
    }

    /// The viewer is gone.
    pub(super) fn forget_viewer(&mut self, viewer: Seat) {
        for track in self.tracks_by_viewer.remove(&viewer).unwrap_or_default() {
            strike(&mut self.viewers_by_track, track, &viewer);
        }
    }

    pub(super) fn has(&self, viewer: Seat, track: DataTrackId) -> bool {
        self.tracks_by_viewer.get(&viewer).is_some_and(|tracks| tracks.contains(&track))
    }

    pub(super) fn of_viewer(&self, viewer: Seat) -> impl Iterator<Item = DataTrackId> {
        self.tracks_by_viewer.get(&viewer).into_iter().flatten().copied()
    }

    pub(super) fn of_track(&self, track: DataTrackId) -> impl Iterator<Item = Seat> {
        self.viewers_by_track.get(&track).into_iter().flatten().copied()
    }
}

/// Takes one out, and the set that it leaves empty.
fn strike<Key: Ord, Value: Ord>(sets: &mut BTreeMap<Key, BTreeSet<Value>>, key: Key, value: &Value) -> bool {
    let Some(set) = sets.get_mut(&key) else { return false };
    let was_there = set.remove(value);
    if set.is_empty() {
        sets.remove(&key);
    }
    was_there
}
