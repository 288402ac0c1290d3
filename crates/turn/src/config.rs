//! What the machine is told at start-up. No defaults, no parsing: the caller decides.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

use crate::address::Family;
use crate::authentication::credentials::Credentials;
use crate::peers::policy::PeerPolicy;

/// Everything a [`Server`](crate::Server) needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// The realm of the long-term credential mechanism (RFC 8489 §9.2).
    pub realm: String,
    /// Where allocations get their relayed transport addresses.
    pub relay: RelayConfig,
    /// Who may allocate.
    pub credentials: Credentials,
    /// Who may be relayed to.
    pub peers: PeerPolicy,
    /// The media sockets of this very process, under every address that stands for them. They are always open, since
    /// what is for them comes back as [`Forward::ToMedia`](crate::Forward::ToMedia); other ports of their addresses are not.
    pub media: BTreeSet<SocketAddr>,
    /// Allocations that one user may hold at a time.
    pub user_quota: u32,
    /// Allocations in total; 0 means as many as there are ports.
    pub total_quota: u32,
    /// Bit/s that one user may relay, both directions together; 0 means no limit.
    pub max_bps_per_user: u64,
}

/// Relayed transport addresses.
#[derive(Debug, Clone)]
pub struct RelayConfig {
    /// For IPv4 allocations; `None` refuses them with error 440.
    pub ipv4: Option<RelayAddress>,
    /// For IPv6 allocations; `None` refuses them with error 440.
    pub ipv6: Option<RelayAddress>,
    /// The UDP ports to take.
    pub ports: RangeInclusive<u16>,
}

impl RelayConfig {
    /// The address for a family, if there is one.
    #[must_use]
    pub const fn address(&self, family: Family) -> Option<RelayAddress> {
        match family {
            Family::V4 => self.ipv4,
            Family::V6 => self.ipv6,
        }
    }

    /// Whether `address` is one of this server's own relay addresses, in either form.
    #[must_use]
    pub fn is_own(&self, address: IpAddr) -> bool {
        [self.ipv4, self.ipv6].into_iter().flatten().any(|own| own.bind == address || own.advertised == address)
    }
}

/// One relay address: what the socket binds, and what clients and peers are told.
///
/// The two differ where the server stands behind a one-to-one NAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelayAddress {
    /// The local address of relay sockets.
    pub bind: IpAddr,
    /// The address in XOR-RELAYED-ADDRESS.
    pub advertised: IpAddr,
}
