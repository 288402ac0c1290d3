//! What comes out of the rooms.

use std::sync::Arc;

use moim_types::SessionId;

use crate::{Event, JournalEntry, MediaOrder, Participant, Refusal, RequestId, Room, Track};

/// Something the rooms want done.
#[derive(Debug, Clone)]
pub enum Output {
    /// Tell a session.
    Tell(SessionId, Event),
    /// Order the forwarding unit.
    Media(MediaOrder),
    /// Write it down for those outside.
    Journal(JournalEntry),
    /// Answer the application's server.
    Reply(RequestId, Result<Reply, Refusal>),
}

/// An answer to the application's server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// It is done.
    Done,
    /// A room.
    Room(Arc<Room>),
    /// Rooms, by name.
    Rooms(Vec<Arc<Room>>),
    /// A participant.
    Participant(Arc<Participant>),
    /// Participants, in the order of arrival.
    Participants(Vec<Arc<Participant>>),
    /// A track.
    Track(Arc<Track>),
}
