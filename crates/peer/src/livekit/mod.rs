//! A client of LiveKit's protocol, with two connections: one to publish, one to view.
//!
//! [`Room::connect`] joins. What happens comes as [`RoomEvent`]s; media arrives at and leaves from
//! the [`Media`](crate::Media) sides given in [`RoomOptions`], or the queue of packets. A session
//! that is lost is not resumed: the program joins again.

mod data;
mod error;
mod event;
mod options;
mod publishing;
mod room;
mod session;
mod signal;
mod turn;

pub use error::RoomError;
pub use event::{DataReceived, Disconnected, RoomEvent, SubscribedTrack, Transport};
pub use livekit_protocol as protocol;
pub use options::{PublishOptions, RoomOptions};
pub use publishing::Published;
pub use room::{Room, RoomEvents};
