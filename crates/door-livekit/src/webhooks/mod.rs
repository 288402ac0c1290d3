//! Webhooks: what happens in rooms, told to the application's server by signed requests.
//!
//! Each configured URL has a queue of its own, kept in a file, so that it survives a restart; in it
//! each room has its order. An event is told at least once, or dropped when it has become too old.
//! Nothing here ever makes a room wait.

mod address;
mod courier;
mod event;
mod outbox;
mod queue;
mod start;
mod store;

pub use address::BadUrl;
pub use start::{WebhookConfig, WebhookStats, Webhooks, WebhooksError};

#[cfg(test)]
mod tests;
