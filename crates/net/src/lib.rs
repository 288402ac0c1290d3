//! The shells: sockets, driver loops, TLS and TCP listeners, the real clock.
//!
//! This crate moves bytes between the system and the cores. It decides nothing about a protocol.

pub mod clock;
mod egress;
mod handover;
pub mod interfaces;
pub mod listen;
mod mailbox;
pub mod media;
pub mod rooms;
pub mod sniff;
pub mod tls;
pub mod turn;
pub mod udp;
