//! How a shard is set up.

use std::net::SocketAddr;

use crate::{ShardId, Transport};

/// One shard of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardConfig {
    /// Which one.
    pub id: ShardId,
    /// Addresses at which remote sides reach it, the preferred first: what goes into SDP as host
    /// candidates. Behind a NAT they are the NAT's; the shell translates. A datagram's local address
    /// is always one of them. A TCP candidate is passive (RFC 6544 §4.5).
    ///
    /// All shards share one TCP port. A connection says by its first frame, a STUN request, whom it
    /// wants; the shell asks each shard `Shard::knows_ufrag(&str) -> bool` with the local part of
    /// the USERNAME (RFC 8445 §7.2.2).
    pub candidates: Vec<(Transport, SocketAddr)>,
}
