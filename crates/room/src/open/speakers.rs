//! Who is heard. A participant is as loud as the loudest of his tracks.

use std::collections::BTreeMap;

use moim_types::TrackId;

use crate::directory::Seat;

/// How loud, and whether it counts as speech.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Loudness {
    pub(crate) level: f32,
    pub(crate) active: bool,
}

impl Loudness {
    fn new(level: f32, active: bool) -> Self {
        let level = if level.is_finite() { level.clamp(0.0, 1.0) } else { 0.0 };
        Self { level, active }
    }

    fn louder(self, other: Self) -> Self {
        Self { level: self.level.max(other.level), active: self.active || other.active }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Speakers {
    /// Only those who are heard.
    tracks_by_seat: BTreeMap<Seat, BTreeMap<TrackId, Loudness>>,
}

impl Speakers {
    /// How loud he is.
    pub(crate) fn of(&self, seat: Seat) -> Loudness {
        self.tracks_by_seat.get(&seat).map_or_else(Loudness::default, |tracks| {
            tracks.values().copied().fold(Loudness::default(), Loudness::louder)
        })
    }

    /// A track is heard, or no longer. His loudness, if that has changed.
    pub(crate) fn hear(&mut self, seat: Seat, track: TrackId, level: f32, active: bool) -> Option<Loudness> {
        let before = self.of(seat);
        let loudness = Loudness::new(level, active);
        if loudness == Loudness::default() {
            self.silence(seat, track);
        } else {
            self.tracks_by_seat.entry(seat).or_default().insert(track, loudness);
        }
        let after = self.of(seat);
        (before != after).then_some(after)
    }

    pub(crate) fn forget(&mut self, seat: Seat) {
        self.tracks_by_seat.remove(&seat);
    }

    fn silence(&mut self, seat: Seat, track: TrackId) {
        if let Some(tracks) = self.tracks_by_seat.get_mut(&seat) {
            tracks.remove(&track);
            if tracks.is_empty() {
                self.tracks_by_seat.remove(&seat);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loudest_track_counts_and_only_changes_are_told() {
        let (seat, mic, screen) = (Seat(1), TrackId::from_random([1; 10]), TrackId::from_random([2; 10]));
        let mut speakers = Speakers::default();
        assert_eq!(speakers.hear(seat, mic, 0.5, true), Some(Loudness { level: 0.5, active: true }));
        assert_eq!(speakers.hear(seat, screen, 0.25, false), None);
        assert_eq!(speakers.hear(seat, mic, 0.0, false), Some(Loudness { level: 0.25, active: false }));
        assert_eq!(speakers.hear(seat, screen, f32::NAN, false), Some(Loudness::default()));
        assert!(speakers.tracks_by_seat.is_empty());
    }
}
