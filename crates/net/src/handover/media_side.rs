//! Media, as TURN reaches it.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::ring::{Ring, Run, Unwoken};

/// The rings of all media shards, and the addresses that lead to each.
#[derive(Debug, Clone)]
pub(crate) struct MediaSide {
    rings: Arc<[Arc<Ring>]>,
    shards_by_address: Arc<HashMap<SocketAddr, usize, RandomState>>,
}

impl MediaSide {
    /// The addresses of each shard's socket, and its ring.
    pub(crate) fn new(shards: impl Iterator<Item = (Vec<SocketAddr>, Arc<Ring>)>) -> Self {
        let mut shards_by_address = HashMap::default();
        let mut rings = Vec::new();
        for (number, (addresses, ring)) in shards.enumerate() {
            shards_by_address.extend(addresses.into_iter().map(|address| (address, number)));
            rings.push(ring);
        }
        Self { rings: rings.into(), shards_by_address: Arc::new(shards_by_address) }
    }

    /// All addresses of media sockets: those that remote sides are told, and those of this machine behind them.
    pub(crate) fn addresses(&self) -> BTreeSet<SocketAddr> {
        self.shards_by_address.keys().copied().collect()
    }
}

/// A TURN shard's way to media.
#[derive(Debug)]
pub(crate) struct ToMedia {
    side: MediaSide,
    unwoken: Unwoken,
}

impl ToMedia {
    pub(crate) fn new(side: MediaSide) -> Self {
        Self { side, unwoken: Unwoken::default() }
    }

    /// Hands over a run; false where its shard has no room.
    pub(crate) fn push(&mut self, run: Run) -> bool {
        let Some(&shard) = self.side.shards_by_address.get(&run.to) else { return false };
        let is_kept = self.side.rings.get(shard).is_some_and(|ring| ring.push(run));
        if is_kept {
            self.unwoken.note(shard);
        }
        is_kept
    }

    /// Wakes those who got something.
    pub(crate) fn wake(&mut self) {
        self.unwoken.wake(&self.side.rings);
    }
}
