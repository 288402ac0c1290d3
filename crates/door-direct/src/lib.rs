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
//! # Data
//! A *room* has a name ([`RoomName`]; the empty one is the room of clients that name none). A *connection* is one Socket.IO
//! or WebSocket connection in one room. A *peer* is a connection that was registered under a name ([`PeerId`]) unique in
//! its room; others see it as `{socketId, peerId, peerType}`. What peers send each other is JSON; binary data is refused.
//! Messages of one sender arrive in the order in which they were sent.
//!
//! # Messages, client to server
//! | event | data | effect |
//! |---|---|---|
//! | `ready` | `peerId`, `peerType`; over WebSocket `{peerId, peerType}` | registers the peer |
//! | `message` | any JSON | goes to everybody else in the room as `message` |
//! | `messageOne` | an object with `target` | goes to that peer as `message` |
//! | `ping` (WebSocket) | any JSON | comes back as `pong` |
//!
//! A `from` that is not the sender's own `peerId` is replaced by it; before `ready` it is replaced by `""`. Who is not
//! registered hears the room, as in the original, but is not listed.
//!
//! # Messages, server to client
//! | event | data |
//! |---|---|
//! | `message` | what another peer sent; or the server's `open` (after `ready`, and for each newcomer) and `close` |
//! | `iceServers` | an array for `RTCPeerConnection`; once after `ready` |
//! | `uniquenessError` | `{message, error}`, then the end: the `peerId` is taken |
//! | `replaced` | `{message}`, then the end: the same peer came in again with a token that lets it |
//! | `targetError` | `{target, message}`: nobody has that name here |
//! | `limitError` | `{limit, message}`; [`exchange::Limit::name`] lists the words; the end, if it goes on |
//!
//! # Errors before that
//! Over Socket.IO a refused connection gets a connect error, `Authentication error` for a token that is wrong, missing,
//! expired or for another room. Over WebSocket the same comes as a frame and a close code.
//! Over HTTP a refusal is `{error, message}`: 400 `badRequest`, `badRoom`, `badPeerId`; 401 `keyNeeded`, `keyWrong`,
//! `keyExpired` (join), `tokenNeeded`, `tokenWrong`, `tokenExpired` (the lists); 403 `originRefused`; 429 `tooMany`;
//! 503 `draining`, `full`.
//!
//! # HTTP
//! * `POST /direct/join` `{room, peerId?, key?, token?}` gives `{room, peerId, token, invite, expiresAt}` (Unix seconds).
//!   `key` is the shared token or an invite. `token` is an earlier token for the wished-for `peerId`: only with it does the
//!   new one take over a registration that somebody else may hold.
//! * `GET /direct/ice-servers` gives what `iceServers` gives.
//! * `GET /connections` lists `{socketId, peerId, peerType}`; `?room=` narrows it.

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

pub use config::{AllowedOrigins, Bounds, DirectConfig};
pub use door::DirectDoor;
pub use moim_turn::IceConfig;
pub use names::{NameError, PeerId, RoomName};
pub use stats::{DirectStats, Refusal};
