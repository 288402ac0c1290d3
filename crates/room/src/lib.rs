//! Rooms: who is in them, what they publish, who may see it, and who does.
//!
//! [`Rooms`] is a machine. It is fed with the time and a [`Command`], drained of [`Output`]s until
//! there are none, and says when it wants to be woken. It is the one place that decides who may see
//! what; doors translate a protocol into commands and events back into the protocol.
//!
//! It never sees SDP, JSON or a packet, opens a socket, or reads a clock.

mod command;
mod event;
mod journal;
mod message;
mod order;
mod output;
mod participant;
mod refusal;
mod room_state;
mod track;

pub use command::{ApiCommand, Arrival, Change, Command, Join, ParticipantCommand, RequestId, TrackAccess};
pub use event::{DisconnectReason, Event, Joined, SpeakerLevel};
pub use journal::{JournalEntry, JournalEvent};
pub use message::{Body, Message, Plain, Recipients};
pub use order::MediaOrder;
pub use output::{Output, Reply};
pub use participant::{Identity, Kind, Participant, ParticipantState, Permissions, Version};
pub use refusal::Refusal;
pub use room_state::{Room, RoomName, RoomOptions};
pub use track::{Demand, Encoding, Track, TrackDescription};
