//! Relay ports of both families, and the ones that are reserved for a client that will come back.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

use crate::address::Family;
use crate::allocations::ports::{PortPool, PortWish};

/// A port that was taken, and the token under which its neighbour waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TakenPort {
    pub(crate) family: Family,
    pub(crate) port: u16,
    pub(crate) reservation: Option<u64>,
}

#[derive(Debug)]
pub(crate) struct RelayPorts {
    v4: PortPool,
    v6: PortPool,
    reserved_by_token: HashMap<u64, (Family, u16)>,
    rng: ChaCha12Rng,
}

impl RelayPorts {
    pub(crate) fn new(range: &RangeInclusive<u16>, seed: [u8; 32]) -> Self {
        Self {
            v4: PortPool::new(range.clone()),
            v6: PortPool::new(range.clone()),
            reserved_by_token: HashMap::new(),
            rng: ChaCha12Rng::from_seed(seed),
        }
    }

    pub(crate) fn take(&mut self, family: Family, wish: PortWish) -> Option<TakenPort> {
        let pool = match family {
            Family::V4 => &mut self.v4,
            Family::V6 => &mut self.v6,
        };
        let port = pool.take(wish, &mut self.rng)?;
        let reservation = (wish == PortWish::EvenAndNext).then(|| self.rng.next_u64());
        if let Some(token) = reservation {
            self.reserved_by_token.insert(token, (family, port + 1));
        }
        Some(TakenPort { family, port, reservation })
    }

    /// Takes the port that waits under this token.
    pub(crate) fn claim(&mut self, token: u64) -> Option<TakenPort> {
        let (family, port) = self.reserved_by_token.remove(&token)?;
        Some(TakenPort { family, port, reservation: None })
    }

    /// Frees a reserved port that nobody claimed.
    pub(crate) fn forget_reservation(&mut self, token: u64) {
        if let Some((family, port)) = self.reserved_by_token.remove(&token) {
            self.give_back(family, port);
        }
    }

    pub(crate) fn give_back(&mut self, family: Family, port: u16) {
        match family {
            Family::V4 => self.v4.give_back(port),
            Family::V6 => self.v6.give_back(port),
        }
    }

    /// Twelve bytes that nobody can guess, for the transaction id of an indication (RFC 8489 §5).
    pub(crate) fn transaction_id(&mut self) -> [u8; 12] {
        let mut id = [0; 12];
        self.rng.fill_bytes(&mut id);
        id
    }
}
