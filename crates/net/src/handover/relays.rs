//! Which relay ports are open, and whose they are.
//!
//! Asked for each run of packets, by all threads: one atomic read.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU16, Ordering};

/// The open relay ports of all TURN shards.
#[derive(Debug)]
pub(crate) struct OpenRelays {
    first_port: u16,
    v4: Box<[AtomicU16]>,
    v6: Box<[AtomicU16]>,
}

/// Nobody's port.
const CLOSED: u16 = 0;

impl OpenRelays {
    /// None of these ports is open.
    pub(crate) fn none(ports: &RangeInclusive<u16>) -> Self {
        let closed = || ports.clone().map(|_| AtomicU16::new(CLOSED)).collect();
        Self { first_port: *ports.start(), v4: closed(), v6: closed() }
    }

    /// The shard whose relay stands at this port, of this family.
    pub(crate) fn shard(&self, relay: SocketAddr) -> Option<usize> {
        self.place(relay)?.load(Ordering::Relaxed).checked_sub(1).map(usize::from)
    }

    pub(crate) fn open(&self, relay: SocketAddr, shard: usize) {
        // There are fewer shards than ports.
        if let (Some(place), Ok(shard)) = (self.place(relay), u16::try_from(shard + 1)) {
            place.store(shard, Ordering::Relaxed);
        }
    }

    pub(crate) fn close(&self, relay: SocketAddr) {
        if let Some(place) = self.place(relay) {
            place.store(CLOSED, Ordering::Relaxed);
        }
    }

    fn place(&self, relay: SocketAddr) -> Option<&AtomicU16> {
        let places = if relay.is_ipv4() { &self.v4 } else { &self.v6 };
        places.get(usize::from(relay.port().checked_sub(self.first_port)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_belongs_to_its_shard_while_it_is_open() {
        let relays = OpenRelays::none(&(50_000..=50_009));
        let at = |address: &str| -> SocketAddr { address.parse().unwrap() };
        relays.open(at("10.0.0.5:50009"), 3);
        assert_eq!(relays.shard(at("10.0.0.5:50009")), Some(3));
        assert_eq!(relays.shard(at("[fd00::5]:50009")), None, "the other family has ports of its own");
        for other in ["10.0.0.5:50008", "10.0.0.5:50010", "10.0.0.5:49999", "10.0.0.5:0", "10.0.0.5:65535"] {
            assert_eq!(relays.shard(at(other)), None, "{other}");
        }
        relays.close(at("10.0.0.5:50009"));
        assert_eq!(relays.shard(at("10.0.0.5:50009")), None);
    }
}
