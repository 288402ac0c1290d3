//! One calendar for all timers of the machine.
//!
//! Deadlines are rounded up to whole seconds and kept in a map from second to names, so setting one
//! costs the same whether ten or a hundred thousand are set. A deadline that moves is not searched
//! for: when the old one comes up, its owner says where the true one lies now.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::allocations::allocation::RelayId;

/// What a deadline is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// An allocation's lifetime may be over (RFC 8656 §3.2).
    AllocationExpiry(RelayId),
    /// A reserved port was not claimed (RFC 8656 §7.2, RESERVATION-TOKEN).
    ReservationExpiry(u64),
}

#[derive(Debug)]
pub(crate) struct Timers {
    epoch: Instant,
    due: BTreeMap<u64, Vec<Wake>>,
}

impl Timers {
    pub(crate) const fn new(epoch: Instant) -> Self {
        Self { epoch, due: BTreeMap::new() }
    }

    pub(crate) fn set(&mut self, at: Instant, wake: Wake) {
        let since = at.saturating_duration_since(self.epoch);
        let second = since.as_secs() + u64::from(since.subsec_nanos() > 0);
        self.due.entry(second).or_default().push(wake);
    }

    /// The earliest deadline and one of its names.
    pub(crate) fn next(&self) -> Option<(Instant, Wake)> {
        let (&second, wakes) = self.due.first_key_value()?;
        Some((self.epoch + Duration::from_secs(second), *wakes.first()?))
    }

    /// Takes one deadline that has passed.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<Wake> {
        let mut entry = self.due.first_entry()?;
        if self.epoch + Duration::from_secs(*entry.key()) > now {
            return None;
        }
        let wake = entry.get_mut().pop();
        if entry.get().is_empty() {
            entry.remove();
        }
        wake
    }
}

#[cfg(test)]
mod tests {
    use moim_testkit::VirtualClock;

    use super::*;

    #[test]
    fn deadlines_come_up_in_order_and_never_early() {
        let epoch = VirtualClock::new().now().instant;
        let mut timers = Timers::new(epoch);
        timers.set(epoch + Duration::from_millis(1_500), Wake::ReservationExpiry(2));
        timers.set(epoch + Duration::from_secs(1), Wake::ReservationExpiry(1));
        assert_eq!(timers.pop(epoch + Duration::from_millis(999)), None);
        assert_eq!(timers.pop(epoch + Duration::from_secs(2)), Some(Wake::ReservationExpiry(1)));
        assert_eq!(timers.next(), Some((epoch + Duration::from_secs(2), Wake::ReservationExpiry(2))));
        assert_eq!(timers.pop(epoch + Duration::from_secs(2)), Some(Wake::ReservationExpiry(2)));
        assert_eq!(timers.next(), None);
    }
}
