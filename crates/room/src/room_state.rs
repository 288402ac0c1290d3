//! A room as others see it.

use std::sync::Arc;
use std::time::Duration;

use moim_types::RoomId;

/// What people call a room.
pub type RoomName = Arc<str>;

/// How a room is set up. Fixed when it is opened; metadata and limits may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomOptions {
    /// How long it stays when nobody has ever come.
    pub empty_timeout: Duration,
    /// How long it stays when the last has left.
    pub departure_timeout: Duration,
    /// How many may be in it; 0 is no limit. Recorders and agents do not count.
    pub max_participants: u32,
    /// Whatever the application keeps here.
    pub metadata: String,
    /// For applications that sort their rooms.
    pub tags: Vec<(String, String)>,
}

impl Default for RoomOptions {
    fn default() -> Self {
        Self {
            empty_timeout: Duration::from_secs(300),
            departure_timeout: Duration::from_secs(20),
            max_participants: 0,
            metadata: String::new(),
            tags: Vec::new(),
        }
    }
}

/// A snapshot of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// This opening of it.
    pub id: RoomId,
    /// Its name.
    pub name: RoomName,
    /// How it is set up.
    pub options: RoomOptions,
    /// When it was opened, since 1970.
    pub created: Duration,
    /// How many are in it, without hidden ones, recorders and agents.
    pub participants: u32,
    /// How many of them publish.
    pub publishers: u32,
    /// Whether a recorder is there.
    pub being_recorded: bool,
}
