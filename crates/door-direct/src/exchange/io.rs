//! What goes into the machine and what comes out of it.

use serde_json::Value;

use crate::names::{PeerId, RoomName};
use crate::token::Grant;

use super::event::Event;

/// A connection's number, chosen by the shell and never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// What a client sends, parsed but not believed.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Register as a peer.
    Ready {
        /// What should be a string.
        peer_id: Value,
        /// Anything, repeated to the others.
        peer_type: Option<Value>,
    },
    /// To everybody else.
    Message(Value),
    /// To the peer named in `target`.
    MessageOne(Value),
    /// An event that the protocol does not know, or data that cannot be passed on.
    Unusable {
        /// What is wrong, for the sender.
        message: String,
    },
    /// A sign of life that the shell answers itself.
    Ping,
}

/// What happens to the machine.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A connection is there, its token checked.
    Attach {
        /// Its number.
        connection: ConnectionId,
        /// The name that others see in `socketId`.
        socket_id: String,
        /// What it may do.
        grant: Grant,
    },
    /// It sent something.
    Command {
        /// From whom.
        connection: ConnectionId,
        /// What.
        command: Command,
        /// How long it was on the wire.
        bytes: usize,
    },
    /// It is gone, or can no longer be written to.
    Detach {
        /// Who.
        connection: ConnectionId,
    },
}

/// What the shell must do.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Send an event.
    Send {
        /// To whom.
        to: ConnectionId,
        /// What.
        event: Event,
    },
    /// A peer was registered: it needs its ICE servers.
    Registered {
        /// Where.
        connection: ConnectionId,
        /// In which room.
        room: RoomName,
        /// As whom.
        peer_id: PeerId,
    },
    /// Close the connection after what was sent to it before. The machine has forgotten it already.
    Disconnect {
        /// Whom.
        connection: ConnectionId,
        /// Why.
        reason: DisconnectReason,
    },
}

/// Why the server closed a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisconnectReason {
    /// The `peerId` was taken.
    PeerIdTaken,
    /// The peer came in again elsewhere.
    Replaced,
    /// It went on after `limitError`.
    Limit,
    /// The room or the list of rooms was full.
    NoRoom,
    /// It did not read what was sent to it.
    SlowReader,
}

impl DisconnectReason {
    /// All of them, in the order of the counters.
    pub const ALL: [Self; 5] = [Self::PeerIdTaken, Self::Replaced, Self::Limit, Self::NoRoom, Self::SlowReader];

    /// The label's value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PeerIdTaken => "peer_id_taken",
            Self::Replaced => "replaced",
            Self::Limit => "limit",
            Self::NoRoom => "no_room",
            Self::SlowReader => "slow_reader",
        }
    }
}
