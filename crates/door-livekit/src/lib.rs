//! The livekit door: LiveKit's signaling protocol, server API and webhooks, translated into the
//! house's words.
//!
//! It never forwards a packet, looks into an SDP, or knows another door.

pub mod api;
pub mod token;
pub mod webhooks;
mod wire;
