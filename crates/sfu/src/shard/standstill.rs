//! Whether the process stood still, as it does while its virtual machine is moved.
//!
//! Media that piled up meanwhile is too old to be of use, and all of it would go out at once.

use std::time::{Duration, Instant};

/// No thread that runs is so late.
const LATE: Duration = Duration::from_secs(1);
/// By then what piled up has been read.
const READ_WITHIN: Duration = Duration::from_millis(250);

/// Knows when the process stood still.
#[derive(Debug)]
pub(super) struct Standstill {
    heard: Instant,
    over_by: Option<Instant>,
}

impl Standstill {
    pub(super) const fn new(now: Instant) -> Self {
        Self { heard: now, over_by: None }
    }

    /// Something is fed. `wake` says when a time-out was wanted.
    pub(super) fn note(&mut self, now: Instant, wake: impl FnOnce() -> Option<Instant>) {
        let since = now.saturating_duration_since(self.heard);
        self.heard = now;
        if since >= LATE && wake().is_some_and(|wake| now.saturating_duration_since(wake) >= LATE) {
            self.over_by = Some(now + READ_WITHIN);
        }
    }

    /// Whether this datagram is media from before.
    pub(super) fn outdated(&self, now: Instant, datagram: &[u8]) -> bool {
        self.over_by.is_some_and(|over| now < over) && is_media(datagram)
    }
}

/// RFC 7983 §7, RFC 5761 §4.
const fn is_media(datagram: &[u8]) -> bool {
    matches!(datagram, [128..=191, second, ..] if !matches!(*second, 192..=223))
}

#[cfg(test)]
mod tests {
    use moim_testkit::VirtualClock;

    use super::*;

    const MEDIA: [u8; 2] = [0x80, 96];

    #[test]
    fn media_from_before_a_standstill_is_outdated_and_nothing_else() {
        let start = VirtualClock::new().now().instant;
        let at = |ms: u64| start + Duration::from_millis(ms);
        let mut standstill = Standstill::new(start);
        standstill.note(at(900), || Some(at(20)));
        assert!(!standstill.outdated(at(900), &MEDIA), "a busy moment");
        standstill.note(at(5900), || Some(at(920)));
        for (datagram, outdated) in [(&MEDIA[..], true), (&[0x80, 201], false), (&[0, 1], false), (&[], false)] {
            assert_eq!(standstill.outdated(at(5901), datagram), outdated, "{datagram:?}");
        }
        assert!(!standstill.outdated(at(6150), &MEDIA), "by now it is new");
    }

    #[test]
    fn who_had_nothing_to_do_did_not_stand_still() {
        let start = VirtualClock::new().now().instant;
        let later = start + Duration::from_secs(60);
        let mut standstill = Standstill::new(start);
        standstill.note(later, || None);
        standstill.note(later + Duration::from_secs(60), || Some(later + Duration::from_secs(60)));
        assert!(!standstill.outdated(later + Duration::from_secs(60), &MEDIA));
    }
}
