//! Load on rooms of any LiveKit server.

mod crowd;
mod figures;
mod floor;
pub(crate) mod load;
mod member;
mod packetizer;
mod pattern;
mod publisher;
pub(crate) mod table;
pub(crate) mod token;
mod viewer;
