//! The layers of one track in the order in which a viewer gets them.

use moim_types::Layer;
use smallvec::SmallVec;

use super::super::{MOST_TEMPORAL, Rates};

/// Bits per second that an encoding is taken to need before it was measured.
const USUAL: [u64; 3] = [150_000, 500_000, 1_700_000];

/// Rungs, each costlier than the one before.
#[derive(Debug)]
pub(super) struct Ladder(SmallVec<[(Layer, u64); 8]>);

impl Ladder {
    /// The layers up to `wanted`, where they are sent. There is always one rung.
    pub(super) fn new(rates: &Rates, wanted: Layer) -> Self {
        let mut ladder = Self(SmallVec::new());
        let smallest = rates.live().next();
        for spatial in rates.live().filter(|live| *live <= wanted.spatial || Some(*live) == smallest) {
            ladder.add(rates, spatial, wanted.temporal);
        }
        if ladder.0.is_empty() {
            ladder.add_usual(wanted);
        }
        ladder
    }

    /// A larger picture with less than half of its frames is worse than a smaller one with all.
    fn add(&mut self, rates: &Rates, spatial: u8, most_temporal: u8) {
        let top = rates.temporal_layers(spatial).saturating_sub(1).min(most_temporal);
        let from = if self.0.is_empty() { 0 } else { top.saturating_sub(1) };
        for temporal in from..=top {
            let layer = Layer { spatial, temporal };
            self.push(layer, rates.of(layer).bitrate.bps());
        }
    }

    fn add_usual(&mut self, wanted: Layer) {
        for (spatial, cost) in (0..=wanted.spatial).zip(USUAL) {
            self.push(Layer { spatial, temporal: wanted.temporal.min(MOST_TEMPORAL as u8 - 1) }, cost);
        }
    }

    /// Who gets more for less does without what is between.
    fn push(&mut self, layer: Layer, cost: u64) {
        while self.0.last().is_some_and(|(_, before)| *before >= cost) {
            self.0.pop();
        }
        self.0.push((layer, cost));
    }

    pub(super) fn cost(&self, rung: usize) -> Option<u64> {
        self.0.get(rung).map(|(_, cost)| *cost)
    }

    pub(super) fn top_cost(&self) -> u64 {
        self.0.last().map_or(0, |(_, cost)| *cost)
    }

    pub(super) fn layer(&self, rung: usize) -> Option<Layer> {
        self.0.get(rung).map(|(layer, _)| *layer)
    }

    /// The rung of a layer, or the one below it. The lowest one for what lies below all.
    pub(super) fn rung(&self, layer: Layer) -> Option<usize> {
        let order = |layer: &Layer| (layer.spatial, layer.temporal);
        let at = self.0.iter().rposition(|(rung, _)| order(rung) <= order(&layer));
        Some(at.unwrap_or(0))
    }
}
