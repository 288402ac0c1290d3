//! A token bucket: so much in the long run, so much at once.

use std::time::Instant;

/// Holds at most `burst` and refills at `per_second`.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    per_second: f64,
    burst: f64,
    level: f64,
    filled_at: Instant,
}

impl Bucket {
    /// A full bucket.
    pub(crate) fn new(per_second: u32, burst: u32, now: Instant) -> Self {
        let burst = f64::from(burst);
        Self { per_second: f64::from(per_second), burst, level: burst, filled_at: now }
    }

    /// Takes `amount` out if it is there. A clock that steps back refills nothing.
    pub(crate) fn try_take(&mut self, amount: u32, now: Instant) -> bool {
        self.refill(now);
        let amount = f64::from(amount);
        let enough = self.level >= amount;
        if enough {
            self.level -= amount;
        }
        enough
    }

    /// Whether nothing is missing, so that forgetting the bucket changes nothing.
    pub(crate) fn is_full(&mut self, now: Instant) -> bool {
        self.refill(now);
        self.level >= self.burst
    }

    fn refill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.filled_at);
        self.level = elapsed.as_secs_f64().mul_add(self.per_second, self.level).min(self.burst);
        self.filled_at = self.filled_at.max(now);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::new(2, 3, start);
        assert!((0..3).all(|_| bucket.try_take(1, start)));
        assert!(!bucket.try_take(1, start));
        assert!(bucket.try_take(1, start + Duration::from_millis(500)));
        assert!(!bucket.try_take(1, start + Duration::from_millis(900)));
        assert!(bucket.is_full(start + Duration::from_secs(60)));
    }
}
