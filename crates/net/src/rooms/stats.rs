//! What the rooms and their task have counted.

use moim_room::Stats;

/// Figures of all rooms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoomsStats {
    /// What the machine counted.
    pub core: Stats,
    /// Sessions open now.
    pub(super) sessions: u64,
    /// Sessions that ended because they read too slowly.
    pub(super) sessions_too_slow: u64,
    /// Sessions that ended because their door dropped them.
    pub(super) sessions_abandoned: u64,
}

impl RoomsStats {
    /// Every figure as (name, label value or "", count), in a fixed order. `rooms`, `participants`,
    /// `publications`, `subscriptions` and `sessions` are gauges, the rest are counters.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        let shell = [
            ("sessions", self.sessions),
            ("sessions_too_slow", self.sessions_too_slow),
            ("sessions_abandoned", self.sessions_abandoned),
        ];
        self.core.named().chain(shell.into_iter().map(|(name, count)| (name, "", count)))
    }
}
