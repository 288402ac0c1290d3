//! How many connections may be open at once: in total, and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The bounds that a [`Gate`] keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections open at the same time.
    pub total: u32,
    /// Connections open at the same time from one IPv4 address or one IPv6 /64 network.
    pub per_address: u32,
}

/// Counts open connections and turns away what is too much. Clones share the count.
#[derive(Clone, Debug)]
pub struct Gate(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limits: Limits,
    seats: Arc<Semaphore>,
    by_address: Mutex<HashMap<IpAddr, u32, foldhash::fast::RandomState>>,
    accepted: AtomicU64,
    too_many_from_address: AtomicU64,
    accept_failures: AtomicU64,
    open: AtomicU64,
}

/// What has passed a gate since it was made, and how many are inside now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GateStats {
    /// Connections let in.
    pub accepted: u64,
    /// Connections closed at once: too many from their address.
    pub too_many_from_address: u64,
    /// Times the system could not hand us a connection, mostly for want of file descriptors.
    pub accept_failures: u64,
    /// Connections open now.
    pub open: u64,
}

/// One free place, reserved before a connection is accepted.
pub(super) type Seat = OwnedSemaphorePermit;

/// The right of one connection to be open. Dropping it gives the place back.
#[derive(Debug)]
pub struct Permit {
    gate: Gate,
    /// `None`: this address is not counted.
    counted: Option<IpAddr>,
    _seat: Seat,
}

impl Gate {
    /// A gate with nobody inside.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self(Arc::new(Shared {
            limits,
            seats: Arc::new(Semaphore::new(limits.total as usize)),
            by_address: Mutex::default(),
            accepted: AtomicU64::new(0),
            too_many_from_address: AtomicU64::new(0),
            accept_failures: AtomicU64::new(0),
            open: AtomicU64::new(0),
        }))
    }

    /// Waits until there is a free place. Waiting connections stay in the kernel's queue meanwhile.
    pub(super) async fn seat(&self) -> Option<Seat> {
        let seats = self.0.seats.clone();
        seats.acquire_owned().await.ok()
    }

    /// Lets a connection in, or `None` when its address has too many open.
    ///
    /// Loopback is not counted: a proxy on this machine brings everybody's connections from one address.
    pub(super) fn admit(&self, seat: Seat, from: IpAddr) -> Option<Permit> {
        let counted = (!from.is_loopback()).then(|| origin(from));
        if let Some(origin) = counted {
            let mut open = self.open_by_address();
            let count = open.entry(origin).or_insert(0);
            if *count >= self.0.limits.per_address {
                self.0.too_many_from_address.fetch_add(1, Ordering::Relaxed);
                return None;
            }
            *count += 1;
        }
        self.0.accepted.fetch_add(1, Ordering::Relaxed);
        self.0.open.fetch_add(1, Ordering::Relaxed);
        Some(Permit { gate: self.clone(), counted, _seat: seat })
    }

    pub(super) fn count_accept_failure(&self) {
        self.0.accept_failures.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits until every connection has ended.
    pub async fn wait_until_empty(&self) {
        let all = self.0.seats.acquire_many(self.0.limits.total).await;
        drop(all);
    }

    /// The counters.
    #[must_use]
    pub fn stats(&self) -> GateStats {
        GateStats {
            accepted: self.0.accepted.load(Ordering::Relaxed),
            too_many_from_address: self.0.too_many_from_address.load(Ordering::Relaxed),
            accept_failures: self.0.accept_failures.load(Ordering::Relaxed),
            open: self.0.open.load(Ordering::Relaxed),
        }
    }

    fn open_by_address(&self) -> MutexGuard<'_, HashMap<IpAddr, u32, foldhash::fast::RandomState>> {
        let map = &self.0.by_address;
        map.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.gate.0.open.fetch_sub(1, Ordering::Relaxed);
        let Some(origin) = self.counted else { return };
        let mut open = self.gate.open_by_address();
        if let Some(count) = open.get_mut(&origin) {
            *count -= 1;
            if *count == 0 {
                open.remove(&origin);
            }
        }
    }
}

/// What counts as one address: a host of IPv6 usually has a whole /64 to itself.
fn origin(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(v4) => v4.into(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            [a, b, c, d, 0, 0, 0, 0].into()
        }
    }
}
