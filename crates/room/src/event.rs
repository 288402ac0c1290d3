//! What a participant's session is told.

use std::sync::Arc;

use bytes::Bytes;
use moim_types::{DataTrackId, LegId, ParticipantId, PauseReason, SessionId, TrackId};

use crate::{DataTrack, Demand, Identity, Message, Participant, Refusal, Room, Track};

/// The first thing a session hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// The room.
    pub room: Arc<Room>,
    /// The participant himself.
    pub you: Arc<Participant>,
    /// The others whom he may see.
    pub others: Vec<Arc<Participant>>,
}

/// Something that a session is told. Events of one session come in the order in which they
/// happened; the event about a track always comes before the media order that carries it.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The participant is in.
    Joined(Box<Joined>),
    /// A lost session goes on here. What was missed is in it: all others, as they are now, and
    /// those who have left since.
    Resumed {
        /// The room, himself and all others as they are now.
        now: Box<Joined>,
        /// Those who left meanwhile.
        left: Vec<Arc<Participant>>,
        /// The highest sequence number of a reliable message that the room had from him.
        last_sequence: u32,
        /// His legs, which are still there.
        legs: Vec<LegId>,
    },
    /// He did not get in, or could not resume. The last event.
    Refused(Refusal),
    /// Somebody is new, or has changed, or has left. May be he himself. A door may collect these
    /// for a moment when `urgent` is false.
    Participant {
        /// Who, as he is now.
        who: Arc<Participant>,
        /// Publishers, and changes that people see.
        urgent: bool,
    },
    /// The room has changed.
    Room(Arc<Room>),
    /// Answer to `AddTrack`: the track's name.
    TrackAdded {
        /// As it came.
        tag: String,
        /// The track, which is not published yet.
        track: Arc<Track>,
    },
    /// Answer to `AddTrack` for a tag that is still in use: it waits until that track has ended.
    TrackQueued {
        /// As it came.
        tag: String,
    },
    /// Answer to a command of the participant that was not carried out.
    CommandRefused {
        /// As it came with the command; 0 without.
        tag: String,
        /// Why.
        why: Refusal,
    },
    /// Answer to a command that was.
    CommandDone {
        /// As it came with the command.
        tag: String,
    },
    /// A track of his is no longer published.
    TrackUnpublished(TrackId),
    /// A track of his has its first viewer.
    TrackSubscribed(TrackId),
    /// Somebody cannot decode a track of his in its first codec, and he has announced a second.
    BackupWanted(TrackId),
    /// Answer to `StartBackup`: what is demanded of the second codec is told under a name of its own.
    BackupStarted {
        /// The track.
        track: TrackId,
        /// The name.
        backup: TrackId,
    },
    /// What all viewers together want of a picture of his. A resumed session hears it again.
    Demand(TrackId, Demand),
    /// Somebody with the right to do so mutes a track of his, or lifts that.
    MuteAsked {
        /// Which.
        track: TrackId,
        /// Silent or not.
        muted: bool,
    },
    /// A track that he wanted cannot be had.
    SubscriptionRefused {
        /// Which.
        track: TrackId,
        /// Why: [`Refusal::NoSuchTrack`], or [`Refusal::Invalid`] when he cannot decode it.
        why: Refusal,
    },
    /// He gets a track in its second codec: media bears a name of its own, and stands for the track.
    StandsIn {
        /// The name.
        backup: TrackId,
        /// The track.
        track: TrackId,
    },
    /// A publisher has granted or withdrawn a track from him.
    SubscriptionAllowed {
        /// Whose.
        publisher: ParticipantId,
        /// Which.
        track: TrackId,
        /// Granted or withdrawn.
        allowed: bool,
    },
    /// A track that he shows is paused, or goes on.
    StreamState {
        /// Whose.
        publisher: ParticipantId,
        /// Which.
        track: TrackId,
        /// Why it is paused; `None` when it goes on.
        paused: Option<PauseReason>,
    },
    /// Who is heard: changes only.
    Speakers(Vec<SpeakerLevel>),
    /// How well the connections of people he sees work, from 0 (lost) to 100: changes only.
    ConnectionQuality(Vec<(ParticipantId, u8)>),
    /// A message for him, told from the moment his connection is up; what was said reliably just
    /// before, or while his session was lost, comes then. Its number says what he has had already.
    Message(Arc<Message>),
    /// Answer to `PublishData`.
    DataTrackAdded(Arc<DataTrack>),
    /// Answer to `PublishData` or `UnpublishData` that was not carried out.
    DataTrackRefused {
        /// His number for the track.
        handle: u16,
        /// Why.
        why: Refusal,
    },
    /// A data track of his has ended.
    DataTrackEnded(Arc<DataTrack>),
    /// He gets a data track from now on; told again when he asks again.
    DataSubscribed {
        /// Whose.
        publisher: (ParticipantId, Identity),
        /// Which.
        track: DataTrackId,
    },
    /// He gets a data track no longer.
    DataUnsubscribed(DataTrackId),
    /// A piece of a data track that he gets.
    Frame {
        /// Which.
        track: DataTrackId,
        /// As its publisher sent it.
        packet: Bytes,
    },
    /// Answer to `GetBlob`.
    Blob {
        /// As it came with the command.
        tag: String,
        /// What is kept.
        contents: Bytes,
    },
    /// His permissions, name, metadata or attributes have changed: tokens made earlier are out of
    /// date.
    GrantsChanged(Arc<Participant>),
    /// His place is gone. The last event.
    Disconnected(DisconnectReason),
    /// His session goes on elsewhere: this signaling connection has been replaced. The last event.
    Superseded(SessionId),
}

/// Somebody who is heard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpeakerLevel {
    /// Who.
    pub participant: ParticipantId,
    /// Loudness between 0 and 1.
    pub level: f32,
    /// Whether it counts as speech.
    pub active: bool,
}

/// Why a participant is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DisconnectReason {
    /// He left.
    ClientInitiated,
    /// Somebody came with the same identity.
    DuplicateIdentity,
    /// The server stops.
    ServerShutdown,
    /// He was sent away.
    ParticipantRemoved,
    /// The room was deleted.
    RoomDeleted,
    /// The room was closed because nobody was left.
    RoomClosed,
    /// His connection did not come up in time.
    JoinFailure,
    /// His media connection was lost and did not come back.
    ConnectionTimeout,
    /// His signaling connection was lost and did not come back.
    SignalClosed,
    /// He and the server disagree about what is published; he should join anew.
    StateMismatch,
    /// He read too slowly.
    TooSlow,
}
