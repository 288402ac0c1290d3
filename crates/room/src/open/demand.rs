//! What all viewers of a track together want of its publisher.
//!
//! More is wanted: he is told at once. Less: when it has stayed so for a while, since viewers
//! scroll past each other and a publisher's encoder takes long to begin again.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use moim_types::{Quality, Resolution, TrackId, View, Wanted};

use crate::{Demand, TrackDescription};

/// How long less must be wanted.
const LOWER_AFTER: Duration = Duration::from_secs(5);
/// When a track is told of that nobody has subscribed to.
const FIRST_AFTER: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
struct TrackDemand {
    /// How many want each quality at most.
    viewers: [u32; Quality::ALL.len()],
    told: Option<Demand>,
    /// When a lower demand, or the first, is told.
    due: Option<Instant>,
}

impl TrackDemand {
    fn now(&self) -> Demand {
        let highest = Quality::ALL.into_iter().zip(self.viewers).rev().find(|(_, viewers)| *viewers > 0);
        highest.map_or(Demand::Nothing, |(quality, _)| Demand::UpTo(quality))
    }

    fn tell(&mut self) -> Demand {
        let demand = self.now();
        self.told = Some(demand);
        self.due = None;
        demand
    }
}

const fn rank(demand: Demand) -> u8 {
    match demand {
        Demand::Nothing => 0,
        Demand::UpTo(quality) => 1 + quality as u8,
    }
}

#[derive(Debug, Default)]
pub(crate) struct Demands {
    by_track: BTreeMap<TrackId, TrackDemand>,
}

impl Demands {
    /// A track is published.
    pub(crate) fn start(&mut self, track: TrackId, now: Instant) {
        self.by_track.insert(track, TrackDemand { due: Some(now + FIRST_AFTER), ..TrackDemand::default() });
    }

    pub(crate) fn forget(&mut self, track: TrackId) {
        self.by_track.remove(&track);
    }

    /// A viewer wants `to` where he wanted `from`. What the publisher is told at once, if anything.
    pub(crate) fn change(
        &mut self,
        track: TrackId,
        from: Option<Quality>,
        to: Option<Quality>,
        now: Instant,
    ) -> Option<Demand> {
        let demand = self.by_track.get_mut(&track)?;
        if let Some(from) = from {
            demand.viewers[from as usize] = demand.viewers[from as usize].saturating_sub(1);
        }
        if let Some(to) = to {
            demand.viewers[to as usize] += 1;
        }
        let wanted = demand.now();
        let Some(told) = demand.told else { return to.map(|_| demand.tell()) };
        if rank(wanted) > rank(told) {
            return Some(demand.tell());
        }
        if rank(wanted) < rank(told) {
            demand.due.get_or_insert(now + LOWER_AFTER);
        } else {
            demand.due = None;
        }
        None
    }

    /// What the publisher knows; a resumed session is told again.
    pub(crate) fn told(&self, track: TrackId) -> Option<Demand> {
        self.by_track.get(&track)?.told
    }

    pub(crate) fn due(&self, track: TrackId) -> Option<Instant> {
        self.by_track.get(&track)?.due
    }

    /// The date has come.
    pub(crate) fn take_due(&mut self, track: TrackId, now: Instant) -> Option<Demand> {
        let demand = self.by_track.get_mut(&track)?;
        demand.due.filter(|due| *due <= now)?;
        Some(demand.tell())
    }
}

/// The quality that a view asks for; `None` when it is not shown.
pub(crate) fn quality_of(view: View, track: &TrackDescription) -> Option<Quality> {
    if !view.shown {
        return None;
    }
    Some(match view.wanted {
        Wanted::Quality(quality) => quality,
        Wanted::Size(size) => smallest_filling(size, track),
    })
}

/// The smallest step that fills a size. Phones turn: the longer side is compared with the longer.
fn smallest_filling(size: Resolution, track: &TrackDescription) -> Quality {
    let fills = |resolution: Resolution| {
        resolution.width.max(resolution.height) >= size.width.max(size.height)
            && resolution.width.min(resolution.height) >= size.width.min(size.height)
    };
    if let Some(largest) = track.encodings.last() {
        return track.encodings.iter().find(|step| fills(step.resolution)).unwrap_or(largest).quality;
    }
    // Not described: the usual steps are a quarter, a half and all of each side.
    let Resolution { width, height } = track.resolution;
    let part = |divisor| Resolution { width: width / divisor, height: height / divisor };
    if fills(part(4)) {
        Quality::Low
    } else if fills(part(2)) {
        Quality::Medium
    } else {
        Quality::High
    }
}

#[cfg(test)]
mod tests {
    use moim_testkit::VirtualClock;

    use std::sync::Arc;

    use moim_types::{MediaKind, Source};

    use super::*;
    use crate::Encoding;

    fn track() -> TrackId {
        TrackId::from_random([1; 10])
    }

    #[test]
    fn more_is_told_at_once_and_less_after_a_while() {
        let start = VirtualClock::new().now().instant;
        let mut demands = Demands::default();
        demands.start(track(), start);
        assert_eq!(demands.change(track(), None, Some(Quality::Low), start), Some(Demand::UpTo(Quality::Low)));
        assert_eq!(demands.change(track(), None, Some(Quality::High), start), Some(Demand::UpTo(Quality::High)));
        assert_eq!(demands.change(track(), Some(Quality::High), None, start), None);
        assert_eq!(demands.take_due(track(), start + LOWER_AFTER / 2), None);
        assert_eq!(demands.take_due(track(), start + LOWER_AFTER), Some(Demand::UpTo(Quality::Low)));
        assert_eq!(demands.due(track()), None);
    }

    #[test]
    fn a_demand_that_comes_back_is_not_lowered() {
        let start = VirtualClock::new().now().instant;
        let mut demands = Demands::default();
        demands.start(track(), start);
        demands.change(track(), None, Some(Quality::High), start);
        demands.change(track(), Some(Quality::High), None, start);
        assert_eq!(demands.change(track(), None, Some(Quality::High), start), None);
        assert_eq!(demands.due(track()), None);
    }

    #[test]
    fn a_track_without_viewers_is_told_so() {
        let start = VirtualClock::new().now().instant;
        let mut demands = Demands::default();
        demands.start(track(), start);
        assert_eq!(demands.take_due(track(), start + FIRST_AFTER), Some(Demand::Nothing));
        assert_eq!(demands.told(track()), Some(Demand::Nothing));
    }

    #[test]
    fn a_size_asks_for_the_smallest_step_that_fills_it() {
        let size = |width, height| Resolution { width, height };
        let step = |quality, width, height| Encoding {
            quality,
            resolution: size(width, height),
            bitrate_bps: 0,
            rid: String::new(),
        };
        let mut description = TrackDescription {
            kind: MediaKind::Video,
            source: Source::Camera,
            name: String::new(),
            muted: false,
            resolution: size(1280, 720),
            encodings: vec![
                step(Quality::Low, 320, 180),
                step(Quality::Medium, 640, 360),
                step(Quality::High, 1280, 720),
            ],
            codecs: Vec::new(),
            door_data: Arc::from([]),
        };
        let ask = |description: &TrackDescription, width, height| {
            quality_of(View { wanted: Wanted::Size(size(width, height)), ..View::default() }, description)
        };
        for described in [true, false] {
            assert_eq!(ask(&description, 300, 160), Some(Quality::Low), "{described}");
            assert_eq!(ask(&description, 360, 640), Some(Quality::Medium), "{described}");
            assert_eq!(ask(&description, 641, 360), Some(Quality::High), "{described}");
            assert_eq!(ask(&description, 4000, 4000), Some(Quality::High), "{described}");
            description.encodings.clear();
        }
        assert_eq!(quality_of(View { shown: false, ..View::default() }, &description), None);
    }
}
