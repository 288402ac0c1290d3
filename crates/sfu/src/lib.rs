//! The selective forwarding unit: WebRTC connections in, WebRTC connections out, as a machine.
//!
//! A [`Shard`] owns some *legs* (one WebRTC connection each) and forwards what they publish to the
//! legs that subscribe, here or on another shard. It is fed with the time and an [`Input`], drained
//! of [`Output`]s until there are none, and says when it wants to be woken.
//!
//! It never opens a socket, reads a clock, knows who anybody is, or decides who may see what: it
//! forwards what it is told to forward, in the best quality that each viewer's connection carries.

mod certificate;
mod command;
mod config;
mod event;
pub mod forward;
mod io;
mod leg;
mod packet;
mod shard;
mod stats;

pub use certificate::{Certificate, NoCertificate};
pub use command::{
    ChannelConfig, CodecPreference, Command, Directions, IceMode, LegCommand, LegConfig, Msid, Naming, Offerer, Paths,
    PublicationConfig, Rid,
};
pub use config::{Bounds, Config, LocalCandidate};
pub use event::{
    ActiveSpeaker, CloseReason, Event, LegEvent, OfferedSection, PublicationEvent, SectionDirection, SubscriptionEvent,
    SubscriptionRefusal,
};
pub use io::{Input, Output, RelayInput, RelayOutput, ShardId, Transport};
pub use leg::Variant;
pub use packet::{Extensions, MediaPacket};
pub use shard::Shard;
pub use stats::{DropReason, Stats};
