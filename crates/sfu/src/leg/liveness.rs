//! Whether the remote side is there.

use std::time::{Duration, Instant};

/// How long a leg may take to connect.
const CONNECTS_WITHIN: Duration = Duration::from_secs(60);
/// Browsers send a check every 2.5 to 5 seconds even when nothing else flows (RFC 7675 §5.1).
const SILENCE: Duration = Duration::from_secs(8);
/// How long a leg that fell silent is kept.
const KEPT_FOR: Duration = Duration::from_secs(15);

/// Whether the remote side is there.
#[derive(Debug)]
pub(super) enum Liveness {
    /// Never connected yet.
    Connecting { until: Instant },
    /// Heard of lately.
    Up { heard: Instant },
    /// Silent.
    Down { until: Instant },
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// It is there, for the first time or again.
    Connected,
    /// It fell silent.
    Disconnected,
    /// It did not come, or not come back.
    TimedOut,
}

impl Liveness {
    pub(super) fn new(now: Instant) -> Self {
        Self::Connecting { until: now + CONNECTS_WITHIN }
    }

    pub(super) const fn is_up(&self) -> bool {
        matches!(self, Self::Up { .. })
    }

    pub(super) const fn is_down(&self) -> bool {
        matches!(self, Self::Down { .. })
    }

    /// ICE and DTLS are up.
    pub(super) fn connected(&mut self, now: Instant) -> Option<Change> {
        let was_up = self.is_up();
        *self = Self::Up { heard: now };
        (!was_up).then_some(Change::Connected)
    }

    /// Something came that only the remote side can have sent.
    pub(super) fn heard(&mut self, now: Instant) -> Option<Change> {
        match self {
            Self::Connecting { .. } => None,
            Self::Up { heard } => {
                *heard = now;
                None
            }
            Self::Down { .. } => self.connected(now),
        }
    }

    /// ICE says that no path works.
    pub(super) fn lost(&mut self, now: Instant) -> Option<Change> {
        if !self.is_up() {
            return None;
        }
        *self = Self::Down { until: now + KEPT_FOR };
        Some(Change::Disconnected)
    }

    pub(super) fn next_wake(&self) -> Instant {
        match self {
            Self::Connecting { until } | Self::Down { until } => *until,
            Self::Up { heard } => *heard + SILENCE,
        }
    }

    pub(super) fn tick(&mut self, now: Instant) -> Option<Change> {
        if now < self.next_wake() {
            return None;
        }
        match self {
            Self::Connecting { .. } | Self::Down { .. } => Some(Change::TimedOut),
            Self::Up { .. } => self.lost(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use moim_testkit::VirtualClock;

    use super::*;

    #[test]
    fn a_leg_that_never_connects_times_out_after_a_minute() {
        let start = VirtualClock::new().now().instant;
        let mut liveness = Liveness::new(start);
        assert_eq!(liveness.heard(start + Duration::from_secs(30)), None);
        assert_eq!(liveness.tick(start + Duration::from_secs(59)), None);
        assert_eq!(liveness.tick(start + Duration::from_secs(60)), Some(Change::TimedOut));
    }

    #[test]
    fn a_silent_leg_is_kept_for_a_while_and_may_come_back() {
        let start = VirtualClock::new().now().instant;
        let mut liveness = Liveness::new(start);
        assert_eq!(liveness.connected(start), Some(Change::Connected));
        assert_eq!(liveness.tick(start + SILENCE), Some(Change::Disconnected));
        assert_eq!(liveness.heard(start + SILENCE + Duration::from_secs(1)), Some(Change::Connected));
        let again = start + SILENCE + Duration::from_secs(1) + SILENCE;
        assert_eq!(liveness.tick(again), Some(Change::Disconnected));
        assert_eq!(liveness.tick(again + KEPT_FOR), Some(Change::TimedOut));
    }
}
