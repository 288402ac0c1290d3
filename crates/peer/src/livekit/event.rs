//! What happens in a room.

use bytes::Bytes;
use livekit_protocol::{ParticipantInfo, SpeakerInfo, signal_response};
use moim_types::MediaKind;

use crate::connection::{ConnectionState, TransceiverId};

/// Which of the two connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// What this side sends.
    Publisher,
    /// What this side receives.
    Subscriber,
}

/// Something that happened in a room.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum RoomEvent {
    /// One of the connections changed.
    Connection(Transport, ConnectionState),
    /// A participant joined or changed; also oneself.
    Participant(Box<ParticipantInfo>),
    /// A participant left.
    ParticipantLeft(Box<ParticipantInfo>),
    /// A track of somebody arrives here from now on.
    TrackSubscribed(SubscribedTrack),
    /// It arrives no more.
    TrackUnsubscribed(TransceiverId),
    /// Data from another participant, or from the server.
    Data(DataReceived),
    /// Who speaks, as far as it changed.
    Speakers(Vec<SpeakerInfo>),
    /// Anything else that the server says, as it says it.
    Signal(Box<signal_response::Message>),
    /// The session is over; the last event.
    Disconnected(Disconnected),
}

/// A track that arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscribedTrack {
    /// Whose it is: `PA_…`
    pub participant_sid: String,
    /// Which: `TR_…`
    pub track_sid: String,
    /// Sound or picture.
    pub kind: MediaKind,
    /// Where its packets arrive.
    pub transceiver: TransceiverId,
}

/// Data from another participant, or from the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataReceived {
    /// Who sent it; empty for the server.
    pub participant_identity: String,
    /// What it is about; empty for nothing in particular.
    pub topic: String,
    /// The bytes.
    pub payload: Bytes,
    /// Whether it came over the reliable channel.
    pub reliable: bool,
}

/// Why a session is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disconnected {
    /// This side left.
    Left,
    /// The server ended it, for the reason of this name.
    ByServer(String),
    /// The session broke.
    Lost(String),
}
