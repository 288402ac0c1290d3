//! Rooms: who is in them, what they publish, who may see it, and who does.
//!
//! [`Rooms`] is a machine. It is fed with the time and a [`Command`] ([`Rooms::handle`]), or with the
//! time alone when it wanted to be woken ([`Rooms::next_wake`], [`Rooms::wake`]), and drained of
//! [`Output`]s until there are none ([`Rooms::poll`]) before it is fed again. It is the one place that
//! decides who may see what; doors translate a protocol into commands and events back into the
//! protocol.
//!
//! It never sees SDP, JSON or a packet, opens a socket, or reads a clock.

mod command;
mod config;
mod data_track;
mod desk;
mod directory;
mod event;
mod journal;
mod limits;
mod message;
mod names;
mod open;
mod order;
mod output;
mod participant;
mod refusal;
mod room_state;
mod rooms;
mod stats;
mod timers;
mod track;

pub use command::{ApiCommand, Arrival, Change, Command, Join, ParticipantCommand, RequestId, TrackAccess};
pub use config::Config;
pub use data_track::{DataTrack, DataTrackDescription};
pub use event::{DisconnectReason, Event, Joined, SpeakerLevel};
pub use journal::{JournalEntry, JournalEvent};
pub use message::{Body, Message, Plain, Recipients};
pub use order::MediaOrder;
pub use output::{Output, Reply};
pub use participant::{Identity, Kind, Participant, ParticipantState, Permissions, Version};
pub use refusal::Refusal;
pub use room_state::{Room, RoomName, RoomOptions};
pub use rooms::Rooms;
pub use stats::{DropReason, Stats};
pub use track::{Demand, Encoding, Track, TrackDescription};
