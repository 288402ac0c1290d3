//! What the tests of the cores stand on: a clock that only moves when told, and a world of fake
//! clients and peers around a machine. No sockets, no threads, no sleeping; the same seed gives the
//! same trace.
//!
//! This crate is a development dependency and is never part of a program that ships; `moim-bench` borrows the bad
//! network ([`impair`]) for links that are real.

mod clock;
pub mod fuzz;
pub mod impair;
pub mod malformed;
pub mod turn;
pub mod wire;

pub use clock::VirtualClock;
