//! How often one address, and all of them together, may knock.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Instant;

use crate::bucket::Bucket;
use crate::config::Bounds;

/// Addresses remembered at a time. When there are more, only the rate of all together counts for new ones.
const MAX_ADDRESSES: usize = 10_000;
/// All together may knock so many times as often as one.
const ALL_TO_ONE: u32 = 50;

#[derive(Debug)]
pub(crate) struct Arrivals {
    per_second: u32,
    burst: u32,
    all: Bucket,
    buckets_by_address: BTreeMap<IpAddr, Bucket>,
}

impl Arrivals {
    pub(crate) fn new(bounds: &Bounds, now: Instant) -> Self {
        let (per_second, burst) = (bounds.arrivals_per_second, bounds.arrival_burst);
        let all = Bucket::new(per_second.saturating_mul(ALL_TO_ONE), burst.saturating_mul(ALL_TO_ONE), now);
        Self { per_second, burst, all, buckets_by_address: BTreeMap::new() }
    }

    /// Counts a knock. Loopback is this machine or a proxy on it, so only the rate of all counts there; so it is when the
    /// server was not told the address.
    pub(crate) fn try_arrive(&mut self, address: Option<IpAddr>, now: Instant) -> bool {
        let address = address.map(household).filter(|address| !address.is_loopback());
        address.is_none_or(|address| self.try_one(address, now)) && self.all.try_take(1, now)
    }

    fn try_one(&mut self, address: IpAddr, now: Instant) -> bool {
        if self.buckets_by_address.len() >= MAX_ADDRESSES && !self.buckets_by_address.contains_key(&address) {
            self.buckets_by_address.retain(|_, bucket| !bucket.is_full(now));
            if self.buckets_by_address.len() >= MAX_ADDRESSES {
                return true;
            }
        }
        let (per_second, burst) = (self.per_second, self.burst);
        self.buckets_by_address.entry(address).or_insert_with(|| Bucket::new(per_second, burst, now)).try_take(1, now)
    }
}

/// Who has one IPv6 address has its /64.
fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) if !v6.is_loopback() => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn bounds() -> Bounds {
        Bounds { arrivals_per_second: 1, arrival_burst: 2, ..Bounds::default() }
    }

    #[test]
    fn one_address_does_not_use_up_anothers_turn() {
        let now = Instant::now();
        let mut arrivals = Arrivals::new(&bounds(), now);
        let one = Some("2001:db8::1".parse().unwrap());
        let same_household = Some("2001:db8::2".parse().unwrap());
        let other = Some("192.0.2.1".parse().unwrap());
        assert!(arrivals.try_arrive(one, now) && arrivals.try_arrive(same_household, now));
        assert!(!arrivals.try_arrive(one, now));
        assert!(arrivals.try_arrive(other, now));
        assert!(arrivals.try_arrive(one, now + Duration::from_secs(1)));
    }

    #[test]
    fn all_together_are_bounded_too() {
        let now = Instant::now();
        let mut arrivals = Arrivals::new(&bounds(), now);
        assert_eq!((0..1000).filter(|_| arrivals.try_arrive(None, now)).count(), 100);
    }

    #[test]
    fn the_memory_of_addresses_is_bounded() {
        let now = Instant::now();
        let mut arrivals = Arrivals::new(&Bounds::default(), now);
        for number in 0..20_000_u32 {
            arrivals.try_arrive(Some(IpAddr::V4((0x0a00_0000 + number).into())), now);
        }
        assert_eq!(arrivals.buckets_by_address.len(), MAX_ADDRESSES);
    }
}
