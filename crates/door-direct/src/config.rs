//! What the door is told when it is made. No defaults hide in code paths: [`Bounds::default`] is all of them.

use moim_turn::IceConfig;
use moim_types::Redacted;

/// Everything the door is told.
#[derive(Clone, Debug)]
pub struct DirectConfig {
    /// The shared token. `None`: nobody is let in by a shared token (but see `dev` and signed tokens).
    pub token: Option<Redacted<String>>,
    /// Signs and checks the tokens of [`crate::token`]: the shared token's bytes, or random ones.
    pub signing_key: Redacted<Vec<u8>>,
    /// For local work: `/connections` needs no token, and without a shared token everybody is let in.
    pub dev: bool,
    /// `POST /direct/join` gives out tokens without a key.
    pub open_join: bool,
    /// What goes into the ICE servers given to clients.
    pub ice: IceConfig,
    /// How much of everything.
    pub bounds: Bounds,
    /// Which web pages may use the door.
    pub allowed_origins: AllowedOrigins,
}

/// Which `Origin`s a browser may come from. A client that sends none is no browser and is let through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AllowedOrigins {
    /// Every page, as in the protocol's original.
    #[default]
    Any,
    /// These alone, each as `scheme://host[:port]`.
    Only(Vec<String>),
}

/// How much of everything. Passing a bound of a connection earns it a `limitError`; who goes on is disconnected.
#[derive(Clone, Debug, PartialEq)]
pub struct Bounds {
    /// Bytes of JSON in one event. Four times as much ends the connection at the transport.
    pub message_bytes: usize,
    /// Events per second from one connection, in the long run.
    pub messages_per_second: u32,
    /// Events at once from one connection that was quiet.
    pub message_burst: u32,
    /// Bytes per second from one connection, in the long run.
    pub bytes_per_second: u32,
    /// Bytes at once from one connection that was quiet.
    pub byte_burst: u32,
    /// `limitError`s in a row until a connection is closed; it earns one back per second.
    pub strikes: u32,
    /// Registered peers in one room. Connections in it: twice as many, so that everybody can reconnect.
    pub peers_per_room: usize,
    /// Rooms at a time.
    pub rooms: usize,
    /// Connections at a time, over both transports.
    pub connections: usize,
    /// WebSockets that have not sent their token yet.
    pub unauthenticated: usize,
    /// Bytes of a room's name.
    pub room_name_bytes: usize,
    /// Bytes of a `peerId`.
    pub peer_id_bytes: usize,
    /// Bytes of JSON of a `peerType`, which is repeated to everybody who comes.
    pub peer_type_bytes: usize,
    /// Events waiting for one slow reader, who is disconnected when there are more.
    pub queue_events: usize,
    /// Bytes waiting for one slow reader, who is disconnected when there are more.
    pub queue_bytes: usize,
    /// `POST /direct/join` and new Socket.IO sessions per second from one address, in the long run.
    pub arrivals_per_second: u32,
    /// `POST /direct/join` and new Socket.IO sessions at once from one address.
    pub arrival_burst: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            message_bytes: 64 * 1024,
            messages_per_second: 100,
            message_burst: 400,
            bytes_per_second: 256 * 1024,
            byte_burst: 2 * 1024 * 1024,
            strikes: 20,
            peers_per_room: 64,
            rooms: 10_000,
            connections: 20_000,
            unauthenticated: 1_000,
            room_name_bytes: 128,
            peer_id_bytes: 128,
            peer_type_bytes: 1024,
            queue_events: 1024,
            queue_bytes: 4 * 1024 * 1024,
            arrivals_per_second: 10,
            arrival_burst: 100,
        }
    }
}
