//! Quotas that hold over all shards together.
//!
//! A client's packets always reach one shard, but a user's clients reach several. Each shard counts
//! for itself; this ledger is asked once for each new allocation, and knows which relays stand.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::handover::OpenRelays;

#[derive(Debug)]
pub(super) struct Ledger {
    user_quota: u32,
    /// 0 means no limit.
    total_quota: u32,
    held: Mutex<Held>,
    open: Arc<OpenRelays>,
}

#[derive(Debug, Default)]
struct Held {
    total: u32,
    by_user: HashMap<Arc<str>, u32>,
}

/// One allocation's entry; dropping it gives it back.
#[derive(Debug)]
pub(super) struct Entry {
    ledger: Arc<Ledger>,
    user: Arc<str>,
    relay: Option<SocketAddr>,
}

impl Entry {
    /// Writes down that this shard's relay socket stands at this address.
    pub(super) fn open(&mut self, relay: SocketAddr, shard: usize) {
        self.ledger.open.open(relay, shard);
        self.relay = Some(relay);
    }
}

impl Ledger {
    pub(super) fn new(user_quota: u32, total_quota: u32, open: Arc<OpenRelays>) -> Arc<Self> {
        Arc::new(Self { user_quota, total_quota, held: Mutex::default(), open })
    }

    /// Counts one more allocation of this user, unless a quota is reached.
    pub(super) fn enter(self: &Arc<Self>, user: &Arc<str>) -> Option<Entry> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if self.total_quota != 0 && held.total >= self.total_quota {
            return None;
        }
        let of_user = held.by_user.entry(Arc::clone(user)).or_default();
        if *of_user >= self.user_quota {
            return None;
        }
        *of_user += 1;
        held.total += 1;
        Some(Entry { ledger: Arc::clone(self), user: Arc::clone(user), relay: None })
    }

    /// Whether one of the shards has a relay socket at this address.
    pub(super) fn is_open(&self, relay: SocketAddr) -> bool {
        self.open.shard(relay).is_some()
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if let Some(relay) = self.relay {
            self.ledger.open.close(relay);
        }
        let mut held = self.ledger.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.total -= 1;
        if let Some(of_user) = held.by_user.get_mut(&self.user) {
            *of_user -= 1;
            if *of_user == 0 {
                held.by_user.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_count_what_is_held_now() {
        let ledger = Ledger::new(2, 3, Arc::new(OpenRelays::none(&(1..=9))));
        let (ann, bob): (Arc<str>, Arc<str>) = ("ann".into(), "bob".into());
        let first = ledger.enter(&ann);
        let _second = ledger.enter(&ann);
        assert!(first.is_some() && ledger.enter(&ann).is_none());
        let _third = ledger.enter(&bob);
        assert!(ledger.enter(&bob).is_none(), "three are all");
        drop(first);
        assert!(ledger.enter(&bob).is_some());
    }
}
