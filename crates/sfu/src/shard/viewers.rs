//! What each viewer's connection carries, and what he watches on it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use moim_types::{Bitrate, LegId, TrackId};

use crate::forward::{Allocation, Allocator};
use crate::leg::{Egress, Pacing};

/// All legs that watch something.
#[derive(Debug, Default)]
pub(super) struct Viewers {
    by_leg: BTreeMap<LegId, Viewer>,
}

/// A leg that watches something.
#[derive(Debug, Default)]
pub(super) struct Viewer {
    pub(super) tracks: BTreeSet<TrackId>,
    pub(super) allocator: Allocator,
    estimate: Option<Bitrate>,
    limit: Option<Bitrate>,
    /// What the connection was told last.
    told: Option<Egress>,
    shared_out_at: Option<Instant>,
}

/// Sharing out anew more often than this would only make pictures jump.
const PAUSE: Duration = Duration::from_millis(100);
/// A way that carries so many times what is sent takes bursts as they come.
const WIDE: u64 = 2;
/// What publishers send changes by itself.
pub(super) const EVERY: Duration = Duration::from_secs(1);

impl Viewers {
    pub(super) fn get_mut(&mut self, leg: LegId) -> Option<&mut Viewer> {
        self.by_leg.get_mut(&leg)
    }

    pub(super) fn entry(&mut self, leg: LegId) -> &mut Viewer {
        self.by_leg.entry(leg).or_default()
    }

    pub(super) fn remove(&mut self, leg: LegId) -> Option<Viewer> {
        self.by_leg.remove(&leg)
    }
}

impl Viewer {
    /// What can be sent to the viewer; `None` where nobody knows, since his side gives no feedback.
    pub(super) fn budget(&self) -> Option<Bitrate> {
        self.estimate.into_iter().chain(self.limit).min()
    }

    pub(super) const fn set_estimate(&mut self, estimate: Bitrate) {
        self.estimate = Some(estimate);
    }

    /// What was measured counts no more, nor what went wrong before. So much is assumed instead, where
    /// the viewer's side gives feedback at all.
    pub(super) fn forget(&mut self, estimate: Bitrate) {
        self.estimate = self.estimate.and(Some(estimate));
        self.allocator = Allocator::new();
    }

    pub(super) const fn set_limit(&mut self, limit: Option<Bitrate>) {
        self.limit = limit;
    }

    /// When its bandwidth may be shared out anew.
    pub(super) fn due(&self, now: Instant) -> Instant {
        self.shared_out_at.map_or(now, |at| now.max(at + PAUSE))
    }

    /// Notes that it is shared out now. Returns what to tell the connection, if that is news.
    pub(super) fn shared_out(&mut self, now: Instant, allocation: &Allocation) -> Option<Egress> {
        self.shared_out_at = Some(now);
        let Allocation { used, minimum, desired, .. } = *allocation;
        // The connection is not filled up with what the limit forbids.
        let minimum = if self.limit.is_none_or(|limit| minimum <= limit) { minimum } else { Bitrate::default() };
        let desired = self.limit.map_or(desired, |limit| desired.min(limit));
        let wide = self.budget().is_none_or(|budget| budget.bps() >= used.bps().saturating_mul(WIDE));
        let egress = Egress { minimum, desired, pacing: if wide { Pacing::AtOnce } else { Pacing::Spread } };
        (self.told.replace(egress) != Some(egress)).then_some(egress)
    }
}
