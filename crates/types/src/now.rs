//! Time, as the shells hand it to the cores.

use std::time::{Duration, Instant};

/// One reading of both clocks, taken by a shell and passed down as an argument.
///
/// `instant` drives every timer. `unix` is only for what carries a date on the wire, such as the
/// expiry inside a time-limited credential, and may jump in either direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Now {
    /// The monotonic clock.
    pub instant: Instant,
    /// The wall clock, as time since 1970-01-01T00:00:00Z.
    pub unix: Duration,
}

impl Now {
    /// This moment, moved forward on both clocks.
    #[must_use]
    pub fn after(self, elapsed: Duration) -> Self {
        Self { instant: self.instant + elapsed, unix: self.unix + elapsed }
    }
}
