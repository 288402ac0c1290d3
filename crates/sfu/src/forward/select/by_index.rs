//! The choice by the layer numbers of payload descriptors.

use moim_types::Layer;

use super::Choice;
use crate::forward::{Description, DropReason};

#[derive(Debug, Default)]
pub(super) struct ByIndex {
    current: Layer,
    /// Spatial layers of which nothing was left out since the last key picture, a bit each: those
    /// that can be shown from the next picture on.
    intact: u8,
    /// K-SVC: after the key picture the largest layer does without the smaller ones.
    independent: bool,
    /// Timestamp of the newest picture.
    picture: Option<u64>,
    spatial_layers: u8,
}

impl ByIndex {
    pub(super) fn choose(&mut self, timestamp: u64, description: &Description, limit: Layer, newest: bool) -> Choice {
        if newest && description.start_of_frame {
            self.begin_frame(timestamp, description, limit);
        }
        let spatial = self.current.spatial;
        if description.temporal > self.current.temporal {
            return Choice::Leave(DropReason::TemporalLayer);
        }
        if description.spatial > spatial {
            self.leave(description, newest);
            return Choice::Leave(DropReason::SpatialLayer);
        }
        if description.spatial < spatial && self.independent && !description.needed_above && !description.key_frame {
            self.leave(description, newest);
            return Choice::Leave(DropReason::SpatialLayer);
        }
        Choice::Keep { ends_picture: description.end_of_frame && description.spatial == spatial }
    }

    fn begin_frame(&mut self, timestamp: u64, description: &Description, limit: Layer) {
        let new_picture = self.picture != Some(timestamp);
        self.picture = Some(timestamp);
        self.spatial_layers = description.spatial_layers;
        if description.key_frame && new_picture {
            self.current = Layer { spatial: limit.spatial.min(self.largest()), temporal: limit.temporal };
            self.intact = u8::MAX;
            self.independent = false;
            return;
        }
        if new_picture && limit.spatial < self.current.spatial && self.is_intact(limit.spatial) {
            self.current.spatial = limit.spatial;
        }
        let up = self.current.temporal + 1..=limit.temporal;
        if limit.temporal < self.current.temporal {
            if new_picture {
                self.current.temporal = limit.temporal;
            }
        } else if new_picture
            && description.spatial == 0
            && up.contains(&description.temporal)
            && description.switch_up_from.is_some_and(|from| from <= self.current.temporal)
        {
            self.current.temporal = description.temporal;
        }
        if description.spatial == self.current.spatial && !description.key_frame {
            self.independent = !description.needs_below;
        }
    }

    fn leave(&mut self, description: &Description, newest: bool) {
        if newest {
            self.intact &= !1_u8.checked_shl(description.spatial.into()).unwrap_or(0);
        }
    }

    fn is_intact(&self, spatial: u8) -> bool {
        self.intact >> spatial.min(7) & 1 == 1
    }

    fn largest(&self) -> u8 {
        self.spatial_layers.saturating_sub(1)
    }

    pub(super) fn wants_key_frame(&self, limit: Layer) -> bool {
        let wanted = limit.spatial.min(self.largest());
        wanted > self.current.spatial || wanted < self.current.spatial && !self.is_intact(wanted)
    }

    pub(super) fn current(&self) -> Layer {
        self.current
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Layer = Layer { spatial: 7, temporal: 7 };

    fn frame(spatial: u8, temporal: u8) -> Description {
        Description {
            start_of_frame: true,
            end_of_frame: true,
            spatial,
            temporal,
            needs_below: true,
            needed_above: true,
            spatial_layers: 3,
            ..Description::default()
        }
    }

    fn key(spatial: u8) -> Description {
        Description { key_frame: true, ..frame(spatial, 0) }
    }

    fn up(temporal: u8, from: u8) -> Description {
        Description { switch_up_from: Some(from), ..frame(0, temporal) }
    }

    fn limit(spatial: u8, temporal: u8) -> Layer {
        Layer { spatial, temporal }
    }

    fn kept(choice: Choice) -> bool {
        matches!(choice, Choice::Keep { .. })
    }

    #[test]
    fn temporal_layers_come_at_switching_points_and_go_at_once() {
        let mut by = ByIndex::default();
        let mut step = |time, frame: Description, limit| kept(by.choose(time, &frame, limit, true));
        assert!(step(1, key(0), limit(7, 0)));
        assert!(!step(2, up(2, 0), limit(7, 0)));
        assert!(!step(3, frame(0, 1), limit(7, 2)), "no switching point");
        assert!(step(4, up(1, 0), limit(7, 2)));
        assert!(!step(5, frame(0, 2), limit(7, 2)));
        assert!(step(6, up(2, 1), limit(7, 2)));
        assert!(step(7, frame(0, 0), limit(7, 0)));
        assert!(!step(8, frame(0, 1), limit(7, 0)));
    }

    #[test]
    fn larger_sizes_come_with_a_key_frame_and_go_at_the_next_picture() {
        let mut by = ByIndex::default();
        let mut picture = |time, key_frame: bool, limit| {
            let layers = [0, 1, 2].map(|spatial| if key_frame { key(spatial) } else { frame(spatial, 0) });
            layers.map(|layer| kept(by.choose(time, &layer, limit, true)))
        };
        assert_eq!(picture(1, true, limit(0, 7)), [true, false, false]);
        assert_eq!(picture(2, false, ALL), [true, false, false]);
        assert_eq!(picture(3, true, ALL), [true; 3]);
        assert_eq!(picture(4, false, limit(1, 7)), [true, true, false]);
        assert_eq!(picture(5, false, limit(2, 7)), [true, true, false], "what was left out is missing");
    }

    #[test]
    fn the_picture_ends_with_its_largest_layer() {
        let mut by = ByIndex::default();
        for (spatial, ends_picture) in [(0, false), (1, true)] {
            assert_eq!(by.choose(1, &key(spatial), limit(1, 7), true), Choice::Keep { ends_picture });
        }
    }

    #[test]
    fn sizes_that_nothing_needs_are_left_out() {
        let mut by = ByIndex::default();
        let independent = |spatial| Description { needs_below: false, needed_above: false, ..frame(spatial, 0) };
        for spatial in 0..3 {
            by.choose(1, &key(spatial), ALL, true);
        }
        let sent = |by: &mut ByIndex, time, limit| {
            [0, 1, 2].map(|spatial| kept(by.choose(time, &independent(spatial), limit, true)))
        };
        assert_eq!(sent(&mut by, 2, ALL), [true; 3], "not known yet");
        assert_eq!(sent(&mut by, 3, ALL), [false, false, true]);
        assert!(!by.wants_key_frame(ALL) && by.wants_key_frame(limit(0, 7)));
        assert_eq!(sent(&mut by, 4, limit(0, 7)), [false, false, true], "until the key frame comes");
        assert!(kept(by.choose(5, &key(0), limit(0, 7), true)));
        assert_eq!(by.current().spatial, 0);
    }

    #[test]
    fn late_packets_change_nothing() {
        let mut by = ByIndex::default();
        by.choose(1, &key(0), limit(0, 0), true);
        assert!(!kept(by.choose(2, &up(1, 0), ALL, false)));
        assert_eq!(by.current(), limit(0, 0));
    }
}
