//! How much media a remote side may send.

use std::time::Instant;

use moim_types::Bitrate;

/// A bucket of bytes that fills at the permitted rate.
#[derive(Debug)]
pub(super) struct Share {
    rate: Bitrate,
    bytes: u64,
    since: Instant,
}

/// A key frame of a large picture comes at once.
const BURST_MS: u64 = 500;

impl Share {
    pub(super) const fn new(now: Instant, rate: Bitrate) -> Self {
        Self { rate, bytes: in_time(rate, BURST_MS), since: now }
    }

    /// Whether a packet of this size is not one too many.
    pub(super) fn takes(&mut self, now: Instant, bytes: usize) -> bool {
        let passed = now.saturating_duration_since(self.since).as_millis();
        if passed > 0 {
            let filled = in_time(self.rate, u64::try_from(passed).unwrap_or(u64::MAX).min(BURST_MS));
            self.bytes = (self.bytes + filled).min(in_time(self.rate, BURST_MS));
            self.since = now;
        }
        let left = self.bytes.checked_sub(bytes as u64);
        self.bytes = left.unwrap_or(self.bytes);
        left.is_some()
    }
}

const fn in_time(rate: Bitrate, milliseconds: u64) -> u64 {
    rate.bps() / 8 * milliseconds / 1000
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use moim_testkit::VirtualClock;

    use super::*;

    #[test]
    fn no_more_is_taken_than_the_rate_in_the_long_run() {
        let start = VirtualClock::new().now().instant;
        let mut share = Share::new(start, Bitrate::from_kbps(8000));
        let mut taken = 0;
        for step in 0..100_000u32 {
            let now = start + Duration::from_micros(100) * step;
            taken += if share.takes(now, 1000) { 1000 } else { 0 };
        }
        // Ten seconds at a million bytes each, and what may come at once.
        assert!((10_000_000..=10_501_000).contains(&taken), "{taken}");
    }

    #[test]
    fn a_burst_is_taken_and_what_stays_below_the_rate_always() {
        let start = VirtualClock::new().now().instant;
        let mut share = Share::new(start, Bitrate::from_kbps(8000));
        assert_eq!((0..1000).filter(|_| share.takes(start, 1000)).count(), 500);
        let later = |seconds: u64| start + Duration::from_secs(seconds);
        assert!((1..100).all(|second| (0..400).all(|_| share.takes(later(second), 1000))));
    }
}
