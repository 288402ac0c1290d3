//! The livekit door: LiveKit's signaling protocol, server API and webhooks, translated into the
//! house's words.
//!
//! It never forwards a packet, looks into an SDP, or knows another door.

pub mod api;
mod calls;
mod config;
mod door;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
mod session;
mod signal;
mod stats;
pub mod token;
pub mod webhooks;
mod wire;

pub use config::{Bounds, LivekitConfig};
pub use door::LivekitDoor;
pub use signal::NoFault;
pub use stats::{Closing, LivekitStats, Refusal};
