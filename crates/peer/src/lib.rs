//! A native WebRTC client in the words of the W3C: connections, tracks, channels, statistics.
//!
//! It never depends on a crate of the server: it is what programs use to talk to one.
