//! The real binary on free ports of loopback.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod commands;
mod documents;
mod lifecycle;
mod refusals;
mod secrets;
mod sniffing;
mod support;
mod web;
