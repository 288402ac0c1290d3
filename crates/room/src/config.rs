//! How the rooms are set up.

use std::time::Duration;

/// Bounds and times. Every list that somebody from outside can lengthen has its bound here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Most rooms open at a time.
    pub rooms: usize,
    /// Most participants in a room, of whatever sort.
    pub participants_per_room: usize,
    /// Most tracks of one participant, published or on their way.
    pub tracks_per_participant: usize,
    /// Most tracks of one participant that are announced and not yet sent.
    pub pending_tracks: usize,
    /// Most tracks that one participant has an opinion about, or gets.
    pub subscriptions_per_participant: usize,
    /// Most of them that are not known yet.
    pub unknown_tracks_per_participant: usize,
    /// Most viewers that a publisher may name when he says who may see him.
    pub named_viewers: usize,
    /// Most attributes of one participant.
    pub attributes: usize,
    /// Longest message, in bytes.
    pub message_bytes: usize,
    /// How much of reliable messages a room remembers, in bytes.
    pub remembered_bytes: usize,
    /// How long a room remembers reliable messages for those whose channels open late.
    pub remembered_for: Duration,
    /// How long a participant stays whose session was lost while his media goes on.
    pub resume_grace: Duration,
    /// How long a participant stays whose primary leg has closed.
    pub leg_grace: Duration,
    /// How long a participant may take until his primary leg is up.
    pub join_timeout: Duration,
    /// How long a wish for a track that nobody knows is kept.
    pub unknown_track_timeout: Duration,
    /// Whether the application's server may switch somebody's microphone or camera on.
    pub remote_unmute: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            rooms: 20_000,
            participants_per_room: 10_000,
            tracks_per_participant: 100,
            pending_tracks: 20,
            subscriptions_per_participant: 2_000,
            unknown_tracks_per_participant: 100,
            named_viewers: 1_000,
            attributes: 256,
            message_bytes: 64 * 1024,
            remembered_bytes: 512 * 1024,
            remembered_for: Duration::from_secs(2),
            resume_grace: Duration::from_secs(30),
            leg_grace: Duration::from_secs(5),
            join_timeout: Duration::from_secs(60),
            unknown_track_timeout: Duration::from_secs(60),
            remote_unmute: false,
        }
    }
}
