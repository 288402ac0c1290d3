//! What was measured of a way is worth nothing once the way was dark.
//!
//! A viewer who heard nothing for a while reports, when he is back, all that was sent meanwhile as
//! lost. Taken for congestion it would keep pictures from him for most of a minute, while his way
//! may be as good as before. So the measuring begins anew with the first sign of life, and what the
//! next reports say of the dark does not count.

use std::time::{Duration, Instant};

/// A way on which nothing came for so long was dark. While pictures flow a viewer reports several times
/// a second. Where nothing flows only checks come, from some browsers every 2.5 s, from others every 4 to
/// 6 s (RFC 7675 §5.1): such a way is measured anew now and then, which costs little since nobody uses it.
const DARK: Duration = Duration::from_secs(3);
/// For so long reports may speak of what was sent into the dark: on a new path checks are heard about a
/// second before media reaches the viewer.
const SETTLES: Duration = Duration::from_secs(2);
/// How often the measuring begins anew in that time. It begins with probes, which cost bandwidth.
const EVERY: Duration = Duration::from_millis(400);

/// Knows when a way was dark.
#[derive(Debug, Default)]
pub(super) struct Comeback {
    heard: Option<Instant>,
    settling: Option<Settling>,
}

#[derive(Debug)]
struct Settling {
    until: Instant,
    anew: Instant,
}

/// What a sign of life means for the measuring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// Nothing new.
    Usual,
    /// The first after the dark: measure anew.
    Back,
    /// What it may have said was about the dark: measure anew once more.
    Settling,
}

impl Comeback {
    /// Something came that only the remote side can have sent.
    pub(super) fn heard(&mut self, now: Instant) -> Sign {
        let before = self.heard.replace(now);
        if before.is_some_and(|before| now.saturating_duration_since(before) >= DARK) {
            self.settling = Some(Settling { until: now + SETTLES, anew: now + EVERY });
            return Sign::Back;
        }
        match &mut self.settling {
            Some(Settling { until, .. }) if now >= *until => {
                self.settling = None;
                Sign::Settling
            }
            Some(Settling { anew, .. }) if now >= *anew => {
                *anew = now + EVERY;
                Sign::Settling
            }
            _ => Sign::Usual,
        }
    }

    /// Whether estimates may be about the dark.
    pub(super) const fn is_settling(&self) -> bool {
        self.settling.is_some()
    }
}

#[cfg(test)]
mod tests {
    use moim_testkit::VirtualClock;

    use super::*;

    #[test]
    fn after_the_dark_reports_do_not_count_for_two_seconds() {
        let start = VirtualClock::new().now().instant;
        let at = |ms: u64| start + Duration::from_millis(ms);
        let mut comeback = Comeback::default();
        for ms in [0, 100, 2600, 5599] {
            assert_eq!(comeback.heard(at(ms)), Sign::Usual, "{ms}");
        }
        assert_eq!(comeback.heard(at(8599)), Sign::Back);
        assert_eq!(comeback.heard(at(8700)), Sign::Usual, "it began anew a moment ago");
        assert_eq!(comeback.heard(at(9000)), Sign::Settling);
        assert!(comeback.is_settling());
        assert_eq!(comeback.heard(at(10_600)), Sign::Settling, "what it says began before");
        assert!(!comeback.is_settling());
        assert_eq!(comeback.heard(at(10_700)), Sign::Usual);
    }
}
