//! How well media gets through, from what the library counts every five seconds.

use std::time::Duration;

use str0m::stats::{MediaEgressStats, MediaIngressStats, PeerStats};

use crate::LegEvent;

/// What has been said since the last report.
#[derive(Debug, Default)]
pub(super) struct Quality {
    told: bool,
    ingress_loss: f32,
    egress_loss: f32,
    round_trip: Option<Duration>,
}

impl Quality {
    pub(super) fn peer(&mut self, stats: &PeerStats) {
        self.told = true;
        let path = stats.selected_candidate_pair.as_ref().and_then(|pair| pair.current_round_trip_time);
        self.round_trip = stats.rtt.or(path).or(self.round_trip);
        self.ingress(stats.ingress_loss_fraction);
        self.egress(stats.egress_loss_fraction);
    }

    pub(super) fn received(&mut self, stats: &MediaIngressStats) {
        self.round_trip = self.round_trip.or(stats.rtt);
        self.ingress(stats.loss);
    }

    pub(super) fn sent(&mut self, stats: &MediaEgressStats) {
        self.round_trip = self.round_trip.or(stats.rtt);
        self.egress(stats.loss);
    }

    /// The report, once for each interval.
    pub(super) fn take(&mut self) -> Option<LegEvent> {
        if !self.told {
            return None;
        }
        let said = std::mem::take(self);
        Some(LegEvent::Quality {
            ingress_loss: said.ingress_loss,
            egress_loss: said.egress_loss,
            rtt_ms: said.round_trip.map(|time| time.as_secs_f32() * 1000.0),
        })
    }

    /// The worst stream counts.
    fn ingress(&mut self, loss: Option<f32>) {
        self.ingress_loss = self.ingress_loss.max(loss.unwrap_or_default().clamp(0.0, 1.0));
    }

    fn egress(&mut self, loss: Option<f32>) {
        self.egress_loss = self.egress_loss.max(loss.unwrap_or_default().clamp(0.0, 1.0));
    }
}
