//! The bounds that a client can pass, and what it is told.

use crate::config::Bounds;

/// A bound that a client passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// An event was too long.
    MessageBytes,
    /// Too many events.
    MessagesPerSecond,
    /// Too many bytes.
    BytesPerSecond,
    /// The room is full.
    PeersPerRoom,
    /// There are as many rooms as there may be.
    Rooms,
    /// A `peerId` that cannot be taken.
    PeerId,
    /// A `peerType` that is too long.
    PeerType,
    /// A connection is one peer, not two.
    PeerIdsPerConnection,
    /// An event that cannot be used.
    Unusable,
}

impl Limit {
    /// All of them, in the order of the counters.
    pub const ALL: [Self; 9] = [
        Self::MessageBytes,
        Self::MessagesPerSecond,
        Self::BytesPerSecond,
        Self::PeersPerRoom,
        Self::Rooms,
        Self::PeerId,
        Self::PeerType,
        Self::PeerIdsPerConnection,
        Self::Unusable,
    ];

    /// The word in `limitError`'s `limit`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MessageBytes => "messageBytes",
            Self::MessagesPerSecond => "messagesPerSecond",
            Self::BytesPerSecond => "bytesPerSecond",
            Self::PeersPerRoom => "peersPerRoom",
            Self::Rooms => "rooms",
            Self::PeerId => "peerId",
            Self::PeerType => "peerType",
            Self::PeerIdsPerConnection => "peerIdsPerConnection",
            Self::Unusable => "event",
        }
    }

    /// The label's value.
    #[must_use]
    pub const fn counter(self) -> &'static str {
        match self {
            Self::MessageBytes => "message_bytes",
            Self::MessagesPerSecond => "messages_per_second",
            Self::BytesPerSecond => "bytes_per_second",
            Self::PeersPerRoom => "peers_per_room",
            Self::Rooms => "rooms",
            Self::PeerId => "peer_id",
            Self::PeerType => "peer_type",
            Self::PeerIdsPerConnection => "peer_ids_per_connection",
            Self::Unusable => "event",
        }
    }

    pub(super) fn message(self, bounds: &Bounds) -> String {
        match self {
            Self::MessageBytes => {
                format!("a message may have {} bytes; send large data peer to peer", bounds.message_bytes)
            }
            Self::MessagesPerSecond => {
                format!("at most {} messages per second; slow down", bounds.messages_per_second)
            }
            Self::BytesPerSecond => format!("at most {} bytes per second; slow down", bounds.bytes_per_second),
            Self::PeersPerRoom => {
                format!("the room is full: it takes {} peers", bounds.peers_per_room)
            }
            Self::Rooms => "the server has no place for another room; try later".to_owned(),
            Self::PeerId => format!("peerId must be a string of 1 to {} bytes", bounds.peer_id_bytes),
            Self::PeerType => format!("peerType may have {} bytes of JSON", bounds.peer_type_bytes),
            Self::PeerIdsPerConnection => {
                "this connection is registered already; open another for another peerId".to_owned()
            }
            Self::Unusable => "the event cannot be used".to_owned(),
        }
    }
}
