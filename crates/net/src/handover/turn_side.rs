//! TURN, as media reaches it.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use moim_turn::RelayConfig;

use super::relays::OpenRelays;
use super::ring::{Ring, Run, Unwoken};

/// The rings of all TURN shards, and which relay is whose.
#[derive(Debug)]
pub(crate) struct TurnSide {
    pub(crate) relay: RelayConfig,
    pub(crate) open: Arc<OpenRelays>,
    pub(crate) rings: Vec<Arc<Ring>>,
}

impl TurnSide {
    fn shard(&self, relayed: SocketAddr) -> Option<usize> {
        if self.relay.is_own(relayed.ip()) { self.open.shard(relayed) } else { None }
    }
}

/// What became of a run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum HandedOver {
    Yes,
    /// The TURN shard has no room.
    Full,
}

/// A media shard's way to TURN, from when TURN has started.
#[derive(Debug)]
pub(crate) struct ToTurn {
    side: Arc<OnceLock<TurnSide>>,
    unwoken: Unwoken,
}

impl ToTurn {
    pub(crate) fn new(side: Arc<OnceLock<TurnSide>>) -> Self {
        Self { side, unwoken: Unwoken::default() }
    }

    /// Hands over what `run` makes, where `to` is a relayed transport address of this process. `None`: it is not.
    pub(crate) fn push(&mut self, to: SocketAddr, run: impl FnOnce() -> Run) -> Option<HandedOver> {
        let side = self.side.get()?;
        let shard = side.shard(to)?;
        let ring = side.rings.get(shard)?;
        if !ring.push(run()) {
            return Some(HandedOver::Full);
        }
        self.unwoken.note(shard);
        Some(HandedOver::Yes)
    }

    /// Wakes those who got something.
    pub(crate) fn wake(&mut self) {
        if let Some(side) = self.side.get() {
            self.unwoken.wake(&side.rings);
        }
    }
}
