//! One allocation (RFC 8656 §3.2) and the table of them all.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::time::Instant;

use foldhash::fast::RandomState;
use slab::Slab;
use stun_types::message::TransactionId;

use crate::address::{Family, FiveTuple};
use crate::allocations::channels::Channels;
use crate::allocations::permissions::Permissions;
use crate::allocations::users::UserSlot;
use crate::authentication::credentials::Key;

/// The name of an allocation's relay socket, for as long as the allocation lives.
///
/// A place in the table and a count of how often the place was used, so that a datagram which
/// arrives late for a dead allocation cannot reach its successor.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelayId {
    index: u32,
    generation: u32,
}

impl RelayId {
    /// The id as one number, for event loops that label sockets with a number.
    #[must_use]
    pub const fn to_u64(self) -> u64 {
        (self.generation as u64) << 32 | self.index as u64
    }

    /// The reverse of [`RelayId::to_u64`].
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "each half is taken on purpose")]
    pub const fn from_u64(number: u64) -> Self {
        Self { index: number as u32, generation: (number >> 32) as u32 }
    }
}

impl fmt::Debug for RelayId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "relay {}.{}", self.index, self.generation)
    }
}

/// Whether the relay socket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RelayState {
    /// The shell was asked to open it; the client waits for its answer.
    Opening {
        /// Ports that were tried before this one and could not be bound.
        failures: u8,
    },
    /// It stands, and the client knows.
    Open,
}

/// The relayed transport address of an allocation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Relay {
    pub(crate) state: RelayState,
    pub(crate) family: Family,
    pub(crate) port: u16,
    /// The token that reserves the next higher port, if the client asked for one.
    pub(crate) reservation: Option<u64>,
}

#[derive(Debug)]
pub(crate) struct Allocation {
    pub(crate) id: RelayId,
    pub(crate) five_tuple: FiveTuple,
    pub(crate) user: UserSlot,
    pub(crate) key: Key,
    pub(crate) relay: Relay,
    pub(crate) expires: Instant,
    /// The Allocate that made it: the same request again is answered again (RFC 8656 §7.2).
    pub(crate) transaction: TransactionId,
    pub(crate) permissions: Permissions,
    pub(crate) channels: Channels,
}

/// All allocations, found by client, by relay socket or by relay port without a search.
#[derive(Debug)]
pub(crate) struct Allocations {
    slots: Slab<Allocation>,
    generation: u32,
    by_five_tuple: HashMap<FiveTuple, u32, RandomState>,
    by_family_and_port: HashMap<(Family, u16), u32, RandomState>,
}

impl Allocations {
    pub(crate) fn new(hasher: RandomState) -> Self {
        Self {
            slots: Slab::new(),
            generation: 0,
            by_five_tuple: HashMap::with_hasher(hasher.clone()),
            by_family_and_port: HashMap::with_hasher(hasher),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Makes a place and puts in it what `found` makes for its id.
    pub(crate) fn insert(&mut self, found: impl FnOnce(RelayId) -> Allocation) -> &mut Allocation {
        let entry = self.slots.vacant_entry();
        let index = u32::try_from(entry.key()).expect("there are fewer allocations than ports");
        self.generation = self.generation.wrapping_add(1);
        let allocation = found(RelayId { index, generation: self.generation });
        self.by_five_tuple.insert(allocation.five_tuple, index);
        self.by_family_and_port.insert((allocation.relay.family, allocation.relay.port), index);
        entry.insert(allocation)
    }

    pub(crate) fn remove(&mut self, id: RelayId) -> Option<Allocation> {
        self.by_id(id)?;
        let allocation = self.slots.try_remove(id.index as usize)?;
        self.by_five_tuple.remove(&allocation.five_tuple);
        self.by_family_and_port.remove(&(allocation.relay.family, allocation.relay.port));
        Some(allocation)
    }

    /// Gives an allocation whose port could not be bound another one.
    pub(crate) fn move_to_port(&mut self, id: RelayId, port: u16) {
        let Some(allocation) = self.by_id_mut(id) else { return };
        let (family, old) = (allocation.relay.family, allocation.relay.port);
        allocation.relay.port = port;
        self.by_family_and_port.remove(&(family, old));
        self.by_family_and_port.insert((family, port), id.index);
    }

    pub(crate) fn by_id(&self, id: RelayId) -> Option<&Allocation> {
        self.slots.get(id.index as usize).filter(|allocation| allocation.id == id)
    }

    pub(crate) fn by_id_mut(&mut self, id: RelayId) -> Option<&mut Allocation> {
        self.slots.get_mut(id.index as usize).filter(|allocation| allocation.id == id)
    }

    pub(crate) fn by_client(&self, five_tuple: &FiveTuple) -> Option<&Allocation> {
        self.slots.get(*self.by_five_tuple.get(five_tuple)? as usize)
    }

    pub(crate) fn by_client_mut(&mut self, five_tuple: &FiveTuple) -> Option<&mut Allocation> {
        self.slots.get_mut(*self.by_five_tuple.get(five_tuple)? as usize)
    }

    /// The allocation whose relayed transport address has this port.
    pub(crate) fn by_relayed(&self, relayed: SocketAddr) -> Option<&Allocation> {
        let index = self.by_family_and_port.get(&(Family::of(relayed.ip()), relayed.port()))?;
        self.slots.get(*index as usize)
    }

    /// Every allocation, in the order of the table.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Allocation> {
        self.slots.iter_mut().map(|(_, allocation)| allocation)
    }
}
