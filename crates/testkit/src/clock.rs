//! Time that stands still until a test moves it.

use std::time::{Duration, Instant};

use moim_types::Now;

/// The moment at which every virtual world begins, on the wall clock: 2026-01-01T00:00:00Z.
const BEGINNING_UNIX: Duration = Duration::from_secs(1_767_225_600);

/// A clock for one test.
#[derive(Debug, Clone)]
pub struct VirtualClock {
    beginning: Instant,
    now: Now,
}

impl VirtualClock {
    /// A clock at the beginning.
    #[must_use]
    pub fn new() -> Self {
        let beginning = Instant::now();
        Self { beginning, now: Now { instant: beginning, unix: BEGINNING_UNIX } }
    }

    /// This moment.
    #[must_use]
    pub const fn now(&self) -> Now {
        self.now
    }

    /// Time since the beginning.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.now.instant.saturating_duration_since(self.beginning)
    }

    /// Moves both clocks forward.
    pub fn advance(&mut self, by: Duration) {
        self.now = self.now.after(by);
    }

    /// Moves both clocks forward to an instant; never backwards.
    pub fn advance_to(&mut self, instant: Instant) {
        self.advance(instant.saturating_duration_since(self.now.instant));
    }
}

impl Default for VirtualClock {
    fn default() -> Self {
        Self::new()
    }
}
