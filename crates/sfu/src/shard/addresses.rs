//! A shard's own addresses, as its socket knows them and as the world does.

use std::net::SocketAddr;

use crate::{LocalCandidate, Transport};

/// A shard's own addresses. The WebRTC library knows only the public ones.
#[derive(Debug)]
pub(super) struct Addresses(Vec<LocalCandidate>);

impl Addresses {
    pub(super) const fn new(candidates: Vec<LocalCandidate>) -> Self {
        Self(candidates)
    }

    /// What the world calls the socket that a datagram came to.
    pub(super) fn public(&self, transport: Transport, local: SocketAddr) -> Option<SocketAddr> {
        let own = self.0.iter().find(|own| own.transport == transport && own.local == local)?;
        Some(own.public)
    }

    /// The socket behind a public address.
    pub(super) fn local(&self, transport: Transport, public: SocketAddr) -> Option<SocketAddr> {
        let own = self.0.iter().find(|own| own.transport == transport && own.public == public)?;
        Some(own.local)
    }
}
