//! How fast one client may talk. What comes faster is not read yet, so that it waits in the network; who goes on
//! like that is put out.

use std::time::{Duration, Instant};

use crate::config::Bounds;

/// Credit that comes back with time.
#[derive(Debug)]
pub(crate) struct Pace {
    per_second: f64,
    most: f64,
    /// May fall below zero: what a message costs is known once it has been read.
    credit: f64,
    at: Instant,
    /// Since when there has not been credit for a second.
    behind_since: Option<Instant>,
}

impl Pace {
    pub(crate) fn new(bounds: &Bounds, now: Instant) -> Self {
        let most = f64::from(bounds.message_burst.max(1));
        Self {
            per_second: f64::from(bounds.messages_per_second.max(1)),
            most,
            credit: most,
            at: now,
            behind_since: None,
        }
    }

    /// A message has been read.
    pub(crate) fn spend(&mut self, now: Instant, cost: u32) {
        self.refill(now);
        self.credit -= f64::from(cost);
        if self.credit <= 0.0 {
            self.behind_since.get_or_insert(now);
        }
    }

    /// When the next one may be read; `None` is now.
    pub(crate) fn pause(&mut self, now: Instant) -> Option<Instant> {
        self.refill(now);
        (self.credit <= 0.0).then(|| now + Duration::from_secs_f64((1.0 - self.credit) / self.per_second))
    }

    /// Whether it has been too much for so long that nobody means it well.
    pub(crate) fn is_flood(&mut self, now: Instant) -> bool {
        self.refill(now);
        self.behind_since.is_some_and(|since| now.saturating_duration_since(since) >= PATIENCE)
    }

    fn refill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = self.at.max(now);
        self.credit = (self.credit + passed * self.per_second).min(self.most);
        // Whoever floods spends all that comes back at once.
        if self.credit >= self.per_second.min(self.most / 2.0) {
            self.behind_since = None;
        }
    }
}

/// A client that comes back after a loss says much at once, but not for so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(now: Instant) -> Pace {
        Pace::new(&Bounds { messages_per_second: 10, message_burst: 20, ..Bounds::default() }, now)
    }

    #[test]
    fn a_burst_is_read_at_once_and_the_rest_in_its_time() {
        let now = Instant::now();
        let mut pace = pace(now);
        for _ in 0..20 {
            assert_eq!(pace.pause(now), None);
            pace.spend(now, 1);
        }
        let next = pace.pause(now).expect("the burst is over");
        assert_eq!(next, now + Duration::from_millis(100));
        assert_eq!(pace.pause(next), None);
    }

    #[test]
    fn what_costs_much_is_paid_for_afterwards() {
        let now = Instant::now();
        let mut pace = pace(now);
        pace.spend(now, 69);
        assert_eq!(pace.pause(now), Some(now + Duration::from_secs(5)));
    }

    #[test]
    fn who_never_rests_is_a_flood_and_who_rests_is_none() {
        let start = Instant::now();
        let (mut restless, mut resting) = (pace(start), pace(start));
        let mut now = start;
        while now < start + PATIENCE + Duration::from_secs(1) {
            for (pace, count) in [(&mut restless, 30), (&mut resting, 3)] {
                (0..count).for_each(|_| pace.spend(now, 1));
            }
            now += Duration::from_millis(500);
        }
        assert!(restless.is_flood(now) && !resting.is_flood(now));
    }

    #[test]
    fn once_is_not_always() {
        let start = Instant::now();
        let mut pace = pace(start);
        pace.spend(start, 25);
        assert!(!pace.is_flood(start + PATIENCE), "nothing came since");
        pace.spend(start + PATIENCE, 1);
        assert!(!pace.is_flood(start + PATIENCE));
    }
}
