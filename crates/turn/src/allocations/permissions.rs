//! Permissions of one allocation (RFC 8656 §9): addresses that may send to the client and be sent to.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use smallvec::SmallVec;

/// A permission lasts five minutes and is renewed by asking again (RFC 8656 §9).
pub(crate) const PERMISSION_LIFETIME: Duration = Duration::from_secs(300);

/// How many addresses one allocation may have open at a time.
const MOST: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct Permissions {
    entries: SmallVec<[(IpAddr, Instant); 2]>,
}

/// The table is full of permissions that are still in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

impl Permissions {
    /// Installs or renews.
    pub(crate) fn install(&mut self, peer: IpAddr, now: Instant) -> Result<(), Full> {
        let expires = now + PERMISSION_LIFETIME;
        if let Some(entry) = self.entries.iter_mut().find(|(address, _)| *address == peer) {
            entry.1 = expires;
            return Ok(());
        }
        if self.entries.len() >= MOST {
            self.entries.retain(|(_, expires)| *expires > now);
        }
        if self.entries.len() >= MOST {
            return Err(Full);
        }
        self.entries.push((peer, expires));
        Ok(())
    }

    pub(crate) fn allows(&self, peer: IpAddr, now: Instant) -> bool {
        self.entries.iter().any(|(address, expires)| *address == peer && *expires > now)
    }

    /// Takes back what a new policy forbids.
    pub(crate) fn retain(&mut self, allowed: impl Fn(IpAddr) -> bool) {
        self.entries.retain(|(address, _)| allowed(*address));
    }
}

#[cfg(test)]
mod tests {
    use moim_testkit::VirtualClock;

    use super::*;

    fn peer(last: u8) -> IpAddr {
        [198, 51, 100, last].into()
    }

    #[test]
    fn a_permission_lasts_five_minutes_unless_renewed() {
        let now = VirtualClock::new().now().instant;
        let mut permissions = Permissions::default();
        permissions.install(peer(1), now).unwrap();
        permissions.install(peer(2), now).unwrap();
        permissions.install(peer(1), now + Duration::from_secs(200)).unwrap();
        let later = now + PERMISSION_LIFETIME;
        assert!(permissions.allows(peer(1), later));
        assert!(!permissions.allows(peer(2), later));
    }

    #[test]
    fn a_full_table_takes_no_more_until_some_expire() {
        let now = VirtualClock::new().now().instant;
        let mut permissions = Permissions::default();
        for last in 0..64 {
            permissions.install(peer(last), now).unwrap();
        }
        assert_eq!(permissions.install(peer(64), now), Err(Full));
        assert_eq!(permissions.install(peer(64), now + PERMISSION_LIFETIME), Ok(()));
    }
}
