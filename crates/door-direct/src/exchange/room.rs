//! One room: its connections in the order of their coming, and the peers among them.

use std::collections::{BTreeMap, BTreeSet};

use crate::names::PeerId;

use super::ConnectionId;
use super::event::Peer;

#[derive(Debug, Default)]
pub(super) struct Room {
    members: BTreeSet<ConnectionId>,
    peers_by_id: BTreeMap<PeerId, (ConnectionId, Peer)>,
}

impl Room {
    pub(super) fn enter(&mut self, connection: ConnectionId) {
        self.members.insert(connection);
    }

    /// Takes a connection out, and the name with it, unless another connection has that name by now.
    pub(super) fn leave(&mut self, connection: ConnectionId, peer_id: Option<&PeerId>) {
        self.members.remove(&connection);
        if let Some(peer_id) = peer_id
            && self.connection_of(peer_id) == Some(connection)
        {
            self.peers_by_id.remove(peer_id);
        }
    }

    pub(super) fn register(&mut self, connection: ConnectionId, peer: Peer) {
        self.peers_by_id.insert(peer.peer_id.clone(), (connection, peer));
    }

    pub(super) fn connection_of(&self, peer_id: &PeerId) -> Option<ConnectionId> {
        self.peers_by_id.get(peer_id).map(|(connection, _)| *connection)
    }

    pub(super) fn peers(&self) -> impl Iterator<Item = &Peer> {
        self.peers_by_id.values().map(|(_, peer)| peer)
    }

    pub(super) fn peer_count(&self) -> usize {
        self.peers_by_id.len()
    }

    pub(super) fn members(&self) -> Vec<ConnectionId> {
        self.members.iter().copied().collect()
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }
}
