//! What happened, for those who were not in the room: webhooks and records of calls.

use std::sync::Arc;
use std::time::Duration;

use crate::{DisconnectReason, Participant, Room, Track};

/// One event of a room's life. Entries of one room come in the order in which they happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// When, since 1970.
    pub at: Duration,
    /// Where.
    pub room: Arc<Room>,
    /// What.
    pub event: JournalEvent,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JournalEvent {
    /// The room was opened.
    RoomStarted,
    /// The room was closed.
    RoomFinished,
    /// A participant's connection is up.
    ParticipantJoined(Arc<Participant>),
    /// A participant who had been connected is gone.
    ParticipantLeft(Arc<Participant>, DisconnectReason),
    /// A participant is gone whose connection never came up.
    ParticipantConnectionAborted(Arc<Participant>, DisconnectReason),
    /// A track was published.
    TrackPublished(Arc<Participant>, Arc<Track>),
    /// A track is no longer published.
    TrackUnpublished(Arc<Participant>, Arc<Track>),
}
