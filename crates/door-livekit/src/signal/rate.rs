//! How many messages one client may send.

use std::time::{Duration, Instant};

/// Counts the messages of each second.
#[derive(Debug)]
pub(crate) struct Rate {
    most: u32,
    since: Instant,
    count: u32,
}

impl Rate {
    pub(crate) const fn new(most: u32, now: Instant) -> Self {
        Self { most, since: now, count: 0 }
    }

    /// Counts one; `false` when it is one too many.
    pub(crate) fn count(&mut self, now: Instant) -> bool {
        if now.saturating_duration_since(self.since) >= Duration::from_secs(1) {
            (self.since, self.count) = (now, 0);
        }
        self.count = self.count.saturating_add(1);
        self.count <= self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_second_has_its_own_count() {
        let now = Instant::now();
        let mut rate = Rate::new(2, now);
        assert!(rate.count(now) && rate.count(now) && !rate.count(now));
        assert!(rate.count(now + Duration::from_secs(1)));
    }
}
