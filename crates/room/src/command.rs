//! What a room is told to do.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use moim_types::{Codec, DataTrackId, LegId, ParticipantId, PauseReason, SessionId, TrackId, View};

use crate::{
    Body, DataTrackDescription, DisconnectReason, Encoding, Identity, Kind, Permissions, Recipients, RoomName,
    RoomOptions, TrackDescription,
};

/// Something for the rooms.
#[derive(Debug, Clone)]
pub enum Command {
    /// Somebody comes.
    Join(Box<Join>),
    /// Somebody whose session was lost comes back with another. Everything he had goes on.
    Resume {
        /// The new session.
        session: SessionId,
        /// The room, as his token says.
        room: RoomName,
        /// His identity, as his token says.
        identity: Identity,
        /// Which stay.
        participant: ParticipantId,
    },
    /// A signaling connection has ended without a word.
    SessionLost(SessionId),
    /// A participant wants something.
    Participant(ParticipantId, ParticipantCommand),
    /// A leg is up.
    LegConnected(LegId),
    /// Nothing is heard of a leg.
    LegDisconnected(LegId),
    /// A leg is gone.
    LegClosed(LegId),
    /// Somebody is heard, or no longer: track, level, speech.
    Speakers(Vec<(TrackId, f32, bool)>),
    /// How well a leg works, from 0 to 100.
    LegQuality(LegId, u8),
    /// The forwarding unit paused or resumed what a leg gets of a track.
    StreamState {
        /// The viewer's leg.
        leg: LegId,
        /// Which track.
        track: TrackId,
        /// Why it is paused; `None` when it goes on.
        paused: Option<PauseReason>,
    },
    /// The forwarding unit cannot send a track to a leg: the viewer cannot decode it.
    CodecUnsupported {
        /// The viewer's leg.
        leg: LegId,
        /// Which track.
        track: TrackId,
    },
    /// The application's server wants something; it is answered by [`Output::Reply`](crate::Output::Reply).
    Api(RequestId, ApiCommand),
    /// The server stops: everybody is told to go.
    Shutdown,
}

/// Pairs an answer with its question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// Somebody comes.
#[derive(Debug, Clone)]
pub struct Join {
    /// Where events go.
    pub session: SessionId,
    /// The room.
    pub room: RoomName,
    /// How the room is set up if this opens it; `None` where joining may not open rooms.
    pub open_as: Option<RoomOptions>,
    /// Who.
    pub arrival: Arrival,
}

/// Who comes, and what he may do.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The application's name for him.
    pub identity: Identity,
    /// What others read.
    pub name: String,
    /// Whatever the application keeps.
    pub metadata: String,
    /// The same, by key.
    pub attributes: BTreeMap<String, String>,
    /// What sort.
    pub kind: Kind,
    /// What he may do.
    pub permissions: Permissions,
    /// Whether he gets everything that he may see without asking.
    pub auto_subscribe: bool,
    /// Whether he gets every data track that he may have without asking.
    pub auto_subscribe_data: bool,
    /// Whether he starts with the lowest quality until he says what he shows.
    pub adaptive_stream: bool,
    /// Opaque here: see [`Participant::door_data`](crate::Participant::door_data).
    pub door_data: Arc<[u8]>,
}

/// What a participant wants. `tag` is returned with the answer.
#[derive(Debug, Clone)]
pub enum ParticipantCommand {
    /// A leg was made for him: what he publishes comes over it, or what he views goes over it.
    /// Another leg of his for the same use is closed. If he is gone, this one is.
    AttachLeg {
        /// Which.
        leg: LegId,
        /// He publishes over it.
        ingress: bool,
        /// He views over it.
        egress: bool,
        /// His connection counts as up when this one is.
        primary: bool,
    },
    /// He is going to publish a track.
    AddTrack {
        /// His own name for it.
        tag: String,
        /// What it is.
        description: TrackDescription,
    },
    /// A track that he added is on its way.
    StartTrack {
        /// Which.
        track: TrackId,
        /// Over which leg.
        leg: LegId,
        /// In which section.
        mid: String,
        /// What was agreed on, the main one first.
        codecs: Vec<Codec>,
    },
    /// A track of his comes in a second codec as well, for those who cannot decode the first.
    StartBackup {
        /// Which.
        track: TrackId,
        /// Over which leg.
        leg: LegId,
        /// In which section.
        mid: String,
        /// The second codec.
        codec: Codec,
        /// The steps of quality that it comes in, lowest first.
        encodings: Vec<Encoding>,
    },
    /// It comes in the first codec alone again.
    EndBackup(TrackId),
    /// A track of his has ended.
    EndTrack(TrackId),
    /// A track of his is silent or dark, or no longer.
    SetMuted {
        /// Which.
        track: TrackId,
        /// Silent or not.
        muted: bool,
    },
    /// A track of his is described anew: name, source and kind stay as they were.
    DescribeTrack {
        /// Which.
        track: TrackId,
        /// As it is now.
        description: TrackDescription,
    },
    /// He wants tracks, or no longer. What nobody knows for a minute is refused.
    Subscribe {
        /// Which. They need not be known yet.
        tracks: Vec<TrackId>,
        /// Wanted or not.
        wanted: bool,
    },
    /// He shows tracks differently.
    SetView {
        /// Which.
        tracks: Vec<TrackId>,
        /// How from now on.
        view: View,
    },
    /// Who may see what he publishes. Replaces everything said before.
    AllowSubscribers {
        /// Everybody.
        everybody: bool,
        /// Or these.
        only: Vec<TrackAccess>,
    },
    /// He changes what others read of him.
    UpdateOwn {
        /// Returned with the answer.
        tag: String,
        /// What.
        change: Change,
    },
    /// He says something.
    Send {
        /// To whom.
        to: Recipients,
        /// Whether it must arrive.
        reliable: bool,
        /// His number for it, from 1; 0 without. Numbers seen before are dropped.
        sequence: u32,
        /// What.
        body: Body,
    },
    /// He is going to send a data track.
    PublishData(DataTrackDescription),
    /// He sends one no longer.
    UnpublishData {
        /// His number for it.
        handle: u16,
    },
    /// He wants data tracks, or no longer.
    SubscribeData {
        /// Which.
        tracks: Vec<DataTrackId>,
        /// Wanted or not.
        wanted: bool,
    },
    /// A piece of a data track. It may get lost.
    SendFrame {
        /// His number for the track.
        handle: u16,
        /// In the door's own wire form.
        packet: Bytes,
    },
    /// He keeps something in the room for others, as long as he stays.
    StoreBlob {
        /// Returned with the answer.
        tag: String,
        /// Under which key; it replaces what was there.
        key: Bytes,
        /// What.
        contents: Bytes,
    },
    /// He asks for what somebody keeps here.
    GetBlob {
        /// Returned with the answer.
        tag: String,
        /// Whose it is.
        owner: Identity,
        /// Under which key.
        key: Bytes,
    },
    /// He leaves, or his door gives him up.
    Leave(DisconnectReason),
}

/// What one viewer may see of a publisher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackAccess {
    /// The viewer, by identity or by stay.
    pub viewer: Result<Identity, ParticipantId>,
    /// Everything of the publisher.
    pub all_tracks: bool,
    /// Or these.
    pub tracks: Vec<TrackId>,
}

/// A change of what others read of a participant. `None` leaves a thing as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// His name.
    pub name: Option<String>,
    /// His metadata.
    pub metadata: Option<String>,
    /// Attributes to set; an empty value deletes.
    pub attributes: BTreeMap<String, String>,
    /// What he may do; only the application's server changes this.
    pub permissions: Option<Permissions>,
}

/// What the application's server wants.
#[derive(Debug, Clone)]
pub enum ApiCommand {
    /// Open a room, or change an open one: then what is as by default, or empty, stays as it was.
    CreateRoom(RoomName, RoomOptions),
    /// All rooms, or these.
    ListRooms(Vec<RoomName>),
    /// Close a room and send everybody away.
    DeleteRoom(RoomName),
    /// Everybody in a room, hidden ones too.
    ListParticipants(RoomName),
    /// One of them.
    GetParticipant(RoomName, Identity),
    /// Send somebody away.
    RemoveParticipant(RoomName, Identity),
    /// Mute somebody's track, or lift that. What is muted so is forwarded to nobody until this or
    /// the publisher lifts it.
    MuteTrack {
        /// Where.
        room: RoomName,
        /// Whose.
        identity: Identity,
        /// Which.
        track: TrackId,
        /// Silent or not.
        muted: bool,
    },
    /// Change somebody.
    UpdateParticipant(RoomName, Identity, Change),
    /// Subscribe somebody to tracks, or end that.
    UpdateSubscriptions {
        /// Where.
        room: RoomName,
        /// Who.
        identity: Identity,
        /// To what.
        tracks: Vec<TrackId>,
        /// Wanted or not.
        wanted: bool,
    },
    /// Say something to a room.
    Send {
        /// Where.
        room: RoomName,
        /// To whom.
        to: Recipients,
        /// Whether it must arrive.
        reliable: bool,
        /// What.
        body: Body,
    },
    /// Change a room's metadata.
    UpdateRoomMetadata(RoomName, String),
}
