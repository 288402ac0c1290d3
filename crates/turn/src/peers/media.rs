//! The media sockets of this process: peers that are reached without a network.

use std::collections::{BTreeSet, HashSet};
use std::net::{IpAddr, SocketAddr};

use foldhash::fast::RandomState;

/// Looked at for each packet that a client sends.
#[derive(Debug)]
pub(crate) struct MediaSockets {
    sockets: HashSet<SocketAddr, RandomState>,
    addresses: HashSet<IpAddr, RandomState>,
}

impl MediaSockets {
    pub(crate) fn new(sockets: BTreeSet<SocketAddr>) -> Self {
        Self { addresses: sockets.iter().map(SocketAddr::ip).collect(), sockets: sockets.into_iter().collect() }
    }

    /// Whether this is one of them.
    pub(crate) fn has(&self, socket: SocketAddr) -> bool {
        self.sockets.contains(&socket)
    }

    /// Whether one of them has this address, on whatever port.
    pub(crate) fn are_on(&self, address: IpAddr) -> bool {
        self.addresses.contains(&address)
    }
}
