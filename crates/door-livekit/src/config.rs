//! What the door is told when it is made. No defaults hide in code paths: [`Bounds::default`] is all of them.

use std::collections::BTreeMap;

use moim_net::rooms::RoomsHandle;
use moim_room::RoomOptions;
use moim_turn::IceConfig;
use moim_types::Redacted;

/// Everything the door is told.
#[derive(Debug, Clone)]
pub struct LivekitConfig {
    /// API keys and their secrets. None: nobody is let in.
    pub keys: BTreeMap<String, Redacted<String>>,
    /// The rooms.
    pub rooms: RoomsHandle,
    /// What goes into the ICE servers given to clients.
    pub ice: IceConfig,
    /// Joining opens a room that is not there. Otherwise only the server API does.
    pub auto_create: bool,
    /// Participants may keep data blobs in a room for each other.
    pub data_blobs: bool,
    /// How a room is set up where neither a token nor the server API says.
    pub room_defaults: RoomOptions,
    /// How much of everything.
    pub bounds: Bounds,
}

/// How much of everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// Signaling connections at a time.
    pub connections: usize,
    /// Bytes of one message from a client. More ends the connection.
    pub message_bytes: usize,
    /// Messages per second from one client that are read; each kilobyte counts as one, an offer as many. More waits
    /// in the network, and more for five seconds ends the connection.
    pub messages_per_second: u32,
    /// So many are read at once.
    pub message_burst: u32,
    /// Messages waiting for one slow reader, who is disconnected when there are more. While half of them wait,
    /// nothing is read from him, and what happens waits in the rooms' queue.
    pub queue_messages: usize,
    /// Bytes that may wait for one slow reader until the same holds.
    pub queue_bytes: usize,
    /// Characters of the name of a room and of an identity.
    pub name_chars: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 20_000,
            message_bytes: 2 * 1024 * 1024,
            messages_per_second: 500,
            message_burst: 4_000,
            queue_messages: 1_000,
            queue_bytes: 256 * 1024,
            name_chars: 256,
        }
    }
}
