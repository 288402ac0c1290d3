//! The rooms' task: it owns the room machine, ties it to the media shards, and is what doors talk to.
//!
//! Everything that a session hears, from the room and from its legs, passes through this one task
//! and one bounded queue, so a door sees events in the order in which they happened: a track is
//! announced before the offer that carries it.

mod handle;

pub use handle::{Gone, LegOptions, RoomsHandle, SessionEvent, SessionEvents};
