//! Shards and WebRTC peers in virtual time, one behaviour per file.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod addresses;
mod bandwidth;
mod bombs;
mod channels;
mod dark;
mod dual;
mod hostile;
mod pictures;
mod relay;
mod single;
mod world;
