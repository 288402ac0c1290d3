//! What each user holds: a count of allocations and a budget of bits.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use foldhash::quality::RandomState;
use slab::Slab;

/// One user with at least one allocation.
#[derive(Debug)]
struct User {
    name: Arc<str>,
    allocations: u32,
    budget: Budget,
}

/// Where a user stands in [`Users`], for as long as he has an allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UserSlot(usize);

#[derive(Debug)]
pub(crate) struct Users {
    slots_by_name: HashMap<Arc<str>, usize, RandomState>,
    users: Slab<User>,
    quota: u32,
    /// Bit/s; 0 means no limit.
    rate_bps: u64,
}

impl Users {
    pub(crate) fn new(quota: u32, rate_bps: u64, hasher: RandomState) -> Self {
        Self { slots_by_name: HashMap::with_hasher(hasher), users: Slab::new(), quota, rate_bps }
    }

    /// Counts one more allocation, or refuses because the quota is reached (error 486).
    pub(crate) fn take(&mut self, name: &str, now: Instant) -> Option<UserSlot> {
        if let Some(&slot) = self.slots_by_name.get(name) {
            let user = self.users.get_mut(slot)?;
            if user.allocations >= self.quota {
                return None;
            }
            user.allocations += 1;
            return Some(UserSlot(slot));
        }
        if self.quota == 0 {
            return None;
        }
        let name: Arc<str> = name.into();
        let budget = Budget::full(self.rate_bps, now);
        let slot = self.users.insert(User { name: Arc::clone(&name), allocations: 1, budget });
        self.slots_by_name.insert(name, slot);
        Some(UserSlot(slot))
    }

    /// Counts one allocation less, and forgets a user who holds none.
    pub(crate) fn give_back(&mut self, slot: UserSlot) {
        let Some(user) = self.users.get_mut(slot.0) else { return };
        user.allocations -= 1;
        if user.allocations == 0 {
            let user = self.users.remove(slot.0);
            self.slots_by_name.remove(&user.name);
        }
    }

    pub(crate) fn name(&self, slot: UserSlot) -> Option<&Arc<str>> {
        self.users.get(slot.0).map(|user| &user.name)
    }

    /// Spends the bytes of one packet, or refuses because the user's rate is used up.
    pub(crate) fn spend(&mut self, slot: UserSlot, bytes: usize, now: Instant) -> bool {
        if self.rate_bps == 0 {
            return true;
        }
        let rate = self.rate_bps;
        self.users.get_mut(slot.0).is_some_and(|user| user.budget.spend(bytes, rate, now))
    }
}

/// A token bucket of bits that holds one second of the rate, but never less than one large datagram.
#[derive(Debug)]
struct Budget {
    bits: u64,
    filled: Instant,
}

impl Budget {
    const LARGEST_DATAGRAM_BITS: u64 = 65_535 * 8;

    fn full(rate_bps: u64, now: Instant) -> Self {
        Self { bits: Self::capacity(rate_bps), filled: now }
    }

    fn capacity(rate_bps: u64) -> u64 {
        rate_bps.max(Self::LARGEST_DATAGRAM_BITS)
    }

    fn spend(&mut self, bytes: usize, rate_bps: u64, now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(self.filled);
        let earned = u128::from(rate_bps) * elapsed.as_micros() / 1_000_000;
        if earned > 0 {
            let earned = u64::try_from(earned).unwrap_or(u64::MAX);
            self.bits = self.bits.saturating_add(earned).min(Self::capacity(rate_bps));
            self.filled = now;
        }
        let cost = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_mul(8);
        let enough = self.bits >= cost;
        if enough {
            self.bits -= cost;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use moim_testkit::VirtualClock;

    use super::*;
    use std::time::Duration;

    fn users(quota: u32, rate_bps: u64) -> Users {
        Users::new(quota, rate_bps, RandomState::default())
    }

    #[test]
    fn a_quota_counts_allocations_of_one_user() {
        let now = VirtualClock::new().now().instant;
        let mut users = users(2, 0);
        let first = users.take("ann", now).unwrap();
        users.take("ann", now).unwrap();
        assert_eq!(users.take("ann", now), None);
        assert!(users.take("bob", now).is_some());
        users.give_back(first);
        assert!(users.take("ann", now).is_some());
    }

    #[test]
    fn a_user_without_allocations_leaves_no_trace() {
        let mut users = users(1, 0);
        let slot = users.take("ann", VirtualClock::new().now().instant).unwrap();
        users.give_back(slot);
        assert!(users.users.is_empty() && users.slots_by_name.is_empty());
    }

    #[test]
    fn a_rate_holds_over_seconds() {
        let start = VirtualClock::new().now().instant;
        let mut users = users(1, 8_000_000);
        let slot = users.take("ann", start).unwrap();
        // 1 MB/s offered as 2 000 packets of 1 000 bytes each second, for ten seconds.
        let passed = (0..20_000_u32)
            .filter(|packet| users.spend(slot, 1_000, start + Duration::from_micros(500) * *packet))
            .count();
        // One second of burst and ten of rate: 11 000 packets, less what the last half millisecond earns.
        assert!((10_990..=11_001).contains(&passed), "{passed}");
    }
}
