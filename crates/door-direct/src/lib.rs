//! The direct door: Socket.IO and WebSocket signaling for peer-to-peer calls.
//!
//! It speaks the protocol of the widely copied simple WebRTC signaling server over Socket.IO 4, and the same over plain
//! WebSocket, and lets peers of both meet in one room. It hands out ICE servers with credentials for TURN.
//! It never looks into what peers send each other beyond `from` and `target`, never sees media, and keeps nothing when a
//! connection is over. It reads no configuration file, opens no listener and names no metric: the server does.
//!
//! * [`DirectDoor`] is what a server holds: [`DirectDoor::router`], [`DirectDoor::stats`], [`DirectDoor::drain`].
//! * [`exchange`] is the logic, a machine without I/O; its [`exchange::Event`]s are the protocol's messages.
//! * [`token`] is who may come in: the shared token, and signed ones.
//!
//! # Client to server
//! | event | data | effect |
//! |---|---|---|
//! | `ready` | `peerId`, `peerType`; over WebSocket `{peerId, peerType}` | registers the peer |
//! | `message` | any JSON | goes to everybody else in the room as `message` |
//! | `messageOne` | an object with `target` | goes to that peer as `message` |
//! | `ping` (WebSocket) | any JSON | comes back as `pong` |
//!
//! # Server to client
//! `message`, `uniquenessError`, and, beyond the original, `iceServers`, `targetError`, `limitError`, `replaced`:
//! see [`exchange::Event`].

pub mod exchange;
pub mod token;

mod bucket;
mod config;
mod door;
mod hub;
mod ice;
mod names;
mod outbox;
mod random;
mod shell;
mod stats;

pub use config::{AllowedOrigins, Bounds, DirectConfig, IceConfig};
pub use door::DirectDoor;
pub use names::{NameError, PeerId, RoomName};
pub use stats::{DirectStats, Refusal};
