//! What viewers want, and what they get: two things, kept apart.
//!
//! A wish outlives whatever stands in its way: a permission that is withdrawn, a leg that is
//! replaced, a track that is not there yet. It ends with its track, its viewer, or its time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use moim_types::{LegId, Quality, TrackId, View};

use crate::directory::Seat;

/// Of one viewer and one track.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Wish {
    /// What he said; `None` leaves it to his habit of getting everything or nothing.
    pub(crate) wanted: Option<bool>,
    /// How he shows it, where he said so.
    pub(crate) view: Option<View>,
    /// The leg over which he gets it.
    pub(crate) flows_on: Option<LegId>,
    /// The quality for which he counts in what is demanded of the publisher.
    pub(crate) counted: Option<Quality>,
    /// He was told that the publisher does not let him.
    pub(crate) denied: bool,
    /// He cannot decode it.
    pub(crate) undecodable: bool,
}

/// What has ended for a viewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) track: TrackId,
    pub(crate) leg: LegId,
    pub(crate) counted: Option<Quality>,
}

/// He has as many wishes as he may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany;

/// Of one viewer.
#[derive(Debug, Default)]
struct Wishes {
    by_track: BTreeMap<TrackId, Wish>,
    /// Those that have a date.
    unknown: BTreeMap<TrackId, Instant>,
}

#[derive(Debug, Default)]
pub(crate) struct Subscriptions {
    wishes: BTreeMap<Seat, Wishes>,
    viewers: BTreeMap<TrackId, BTreeSet<Seat>>,
}

impl Subscriptions {
    pub(crate) fn wish(&self, viewer: Seat, track: TrackId) -> Wish {
        self.wishes.get(&viewer).and_then(|wishes| wishes.by_track.get(&track)).copied().unwrap_or_default()
    }

    /// Changes a wish, making it where there is room.
    pub(crate) fn edit(
        &mut self,
        viewer: Seat,
        track: TrackId,
        most: usize,
        edit: impl FnOnce(&mut Wish),
    ) -> Result<(), TooMany> {
        let wishes = &mut self.wishes.entry(viewer).or_default().by_track;
        if wishes.len() >= most && !wishes.contains_key(&track) {
            return Err(TooMany);
        }
        edit(wishes.entry(track).or_default());
        Ok(())
    }

    /// Whether he has said anything of it.
    pub(crate) fn has_wish(&self, viewer: Seat, track: TrackId) -> bool {
        let wish = self.wish(viewer, track);
        wish.wanted.is_some() || wish.view.is_some()
    }

    /// Puts a date on a wish for a track that is not known.
    pub(crate) fn expires(&mut self, viewer: Seat, track: TrackId, until: Instant) {
        if let Some(wishes) = self.wishes.get_mut(&viewer).filter(|wishes| wishes.by_track.contains_key(&track)) {
            wishes.unknown.insert(track, until);
        }
    }

    /// The track is known now.
    pub(crate) fn known(&mut self, viewer: Seat, track: TrackId) {
        if let Some(wishes) = self.wishes.get_mut(&viewer) {
            wishes.unknown.remove(&track);
        }
    }

    pub(crate) fn unknown_of(&self, viewer: Seat) -> usize {
        self.wishes.get(&viewer).map_or(0, |wishes| wishes.unknown.len())
    }

    pub(crate) fn next_expiry(&self, viewer: Seat) -> Option<Instant> {
        self.wishes.get(&viewer)?.unknown.values().min().copied()
    }

    /// Forgets wishes that have grown old: their tracks, and whether they were wanted.
    pub(crate) fn take_expired(&mut self, viewer: Seat, now: Instant) -> Vec<(TrackId, bool)> {
        let Some(Wishes { by_track, unknown }) = self.wishes.get_mut(&viewer) else { return Vec::new() };
        let old: Vec<_> = unknown.iter().filter(|(_, until)| **until <= now).map(|(track, _)| *track).collect();
        let mut expired = Vec::new();
        for track in old {
            unknown.remove(&track);
            let wish = by_track.remove(&track).unwrap_or_default();
            expired.push((track, wish.wanted == Some(true)));
        }
        expired
    }

    /// A viewer gets a track from now on.
    pub(crate) fn begin(&mut self, viewer: Seat, track: TrackId, leg: LegId, most: usize) -> Result<(), TooMany> {
        self.edit(viewer, track, most, |wish| wish.flows_on = Some(leg))?;
        self.viewers.entry(track).or_default().insert(viewer);
        Ok(())
    }

    /// A viewer no longer gets a track.
    pub(crate) fn end(&mut self, viewer: Seat, track: TrackId) -> Option<Ended> {
        let wishes = &mut self.wishes.get_mut(&viewer)?.by_track;
        let wish = wishes.get_mut(&track)?;
        let ended = Ended { track, leg: wish.flows_on.take()?, counted: wish.counted.take() };
        if *wish == Wish::default() {
            wishes.remove(&track);
        }
        self.forget_viewer(track, viewer);
        Some(ended)
    }

    /// Counts him for a quality; the one for which he counted before.
    pub(crate) fn count(&mut self, viewer: Seat, track: TrackId, quality: Option<Quality>) -> Option<Quality> {
        let wish = self.wishes.get_mut(&viewer)?.by_track.get_mut(&track)?;
        std::mem::replace(&mut wish.counted, quality)
    }

    /// Those who get a track.
    pub(crate) fn viewers_of(&self, track: TrackId) -> impl Iterator<Item = Seat> + '_ {
        self.viewers.get(&track).into_iter().flatten().copied()
    }

    pub(crate) fn views(&self, viewer: Seat, track: TrackId) -> bool {
        self.viewers.get(&track).is_some_and(|viewers| viewers.contains(&viewer))
    }

    /// What a viewer gets over a leg.
    pub(crate) fn over_leg(&self, viewer: Seat, leg: LegId) -> Vec<TrackId> {
        let Some(wishes) = self.wishes.get(&viewer) else { return Vec::new() };
        wishes.by_track.iter().filter(|(_, wish)| wish.flows_on == Some(leg)).map(|(track, _)| *track).collect()
    }

    /// How many subscriptions there are.
    pub(crate) fn flowing(&self) -> u64 {
        self.viewers.values().map(|viewers| viewers.len() as u64).sum()
    }

    /// Whether a viewer could not decode it.
    pub(crate) fn is_undecodable_for_somebody(&self, track: TrackId) -> bool {
        self.wishes.values().filter_map(|wishes| wishes.by_track.get(&track)).any(|wish| wish.undecodable)
    }

    /// A viewer has another leg: what he could not decode over the last is tried again.
    pub(crate) fn retry_viewer(&mut self, viewer: Seat) {
        for wish in self.wishes.get_mut(&viewer).into_iter().flat_map(|wishes| wishes.by_track.values_mut()) {
            wish.undecodable = false;
        }
    }

    /// A track is encoded differently: those who could not decode it try again.
    pub(crate) fn retry_track(&mut self, track: TrackId) {
        for wish in self.wishes.values_mut().filter_map(|wishes| wishes.by_track.get_mut(&track)) {
            wish.undecodable = false;
        }
    }

    /// A track is gone, with every wish for it: who got it over which leg.
    pub(crate) fn forget_track(&mut self, track: TrackId) -> Vec<(Seat, LegId)> {
        let mut ended = Vec::new();
        for (viewer, wishes) in &mut self.wishes {
            wishes.unknown.remove(&track);
            if let Some(leg) = wishes.by_track.remove(&track).and_then(|wish| wish.flows_on) {
                ended.push((*viewer, leg));
            }
        }
        self.viewers.remove(&track);
        ended
    }

    /// A viewer is gone: what he got.
    pub(crate) fn forget_seat(&mut self, viewer: Seat) -> Vec<Ended> {
        let mut ended = Vec::new();
        for (track, wish) in self.wishes.remove(&viewer).unwrap_or_default().by_track {
            let Some(leg) = wish.flows_on else { continue };
            self.forget_viewer(track, viewer);
            ended.push(Ended { track, leg, counted: wish.counted });
        }
        ended
    }

    fn forget_viewer(&mut self, track: TrackId, viewer: Seat) {
        if let Some(viewers) = self.viewers.get_mut(&track) {
            viewers.remove(&viewer);
            if viewers.is_empty() {
                self.viewers.remove(&track);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use moim_testkit::VirtualClock;

    use std::time::Duration;

    use super::*;

    const VIEWER: Seat = Seat(1);
    const LEG: LegId = LegId(7);

    fn track(n: u8) -> TrackId {
        TrackId::from_random([n; 10])
    }

    #[test]
    fn a_wish_survives_the_end_of_its_subscription() {
        let mut subscriptions = Subscriptions::default();
        subscriptions.edit(VIEWER, track(1), 9, |wish| wish.wanted = Some(true)).unwrap();
        subscriptions.begin(VIEWER, track(1), LEG, 9).unwrap();
        assert_eq!(subscriptions.end(VIEWER, track(1)).map(|ended| ended.leg), Some(LEG));
        assert_eq!(subscriptions.wish(VIEWER, track(1)).wanted, Some(true));
        assert!(!subscriptions.views(VIEWER, track(1)));
    }

    #[test]
    fn nothing_is_left_of_a_subscription_without_a_wish() {
        let mut subscriptions = Subscriptions::default();
        subscriptions.begin(VIEWER, track(1), LEG, 1).unwrap();
        assert_eq!(subscriptions.begin(VIEWER, track(2), LEG, 1), Err(TooMany));
        subscriptions.end(VIEWER, track(1));
        assert_eq!(subscriptions.begin(VIEWER, track(2), LEG, 1), Ok(()));
    }

    #[test]
    fn a_wish_for_an_unknown_track_grows_old_unless_it_becomes_known() {
        let start = VirtualClock::new().now().instant;
        let later = start + Duration::from_secs(60);
        let mut subscriptions = Subscriptions::default();
        for n in [1, 2] {
            subscriptions.edit(VIEWER, track(n), 9, |wish| wish.wanted = Some(true)).unwrap();
            subscriptions.expires(VIEWER, track(n), later);
        }
        subscriptions.known(VIEWER, track(1));
        assert_eq!(subscriptions.unknown_of(VIEWER), 1);
        assert_eq!(subscriptions.next_expiry(VIEWER), Some(later));
        assert_eq!(subscriptions.take_expired(VIEWER, start), []);
        assert_eq!(subscriptions.take_expired(VIEWER, later), [(track(2), true)]);
        assert_eq!(subscriptions.wish(VIEWER, track(1)).wanted, Some(true));
    }
}
