//! The fields of the messages that the API answers with, and what each is when it was left out.
//!
//! A test compares these tables with what the protocol crate can read.

use livekit_protocol as proto;
use prost::Message;
use serde::Serialize;

/// A field of a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
}

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    /// At most 32 bits, or a fraction.
    Number,
    /// 64 bits.
    Long,
    Flag,
    /// One of an enumeration; the name is that of zero.
    Name(&'static str),
    Message(&'static [Field]),
    Messages(&'static [Field]),
    /// Of anything but messages.
    List,
    /// A message that is passed on as the protocol crate writes it.
    AsItIs,
    Map,
}

/// An answer of the API.
pub(super) trait Answer: Message + Serialize {
    /// Its fields.
    const FIELDS: &'static [Field];
}

macro_rules! fields {
    ($($name:ident: $kind:expr),* $(,)?) => {
        &[$(Field { name: field_name(stringify!($name)), kind: $kind }),*]
    };
}

/// `type` is a word of Rust; the macro sees `r#type`.
const fn field_name(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

macro_rules! answers {
    ($($message:ident: $fields:expr),* $(,)?) => {
        $(impl Answer for proto::$message {
            const FIELDS: &'static [Field] = $fields;
        })*
    };
}

answers! {
    Room: ROOM,
    ListRoomsResponse: fields! { rooms: Kind::Messages(ROOM) },
    DeleteRoomResponse: &[],
    ListParticipantsResponse: fields! { participants: Kind::Messages(PARTICIPANT) },
    ParticipantInfo: PARTICIPANT,
    RemoveParticipantResponse: &[],
    MuteRoomTrackResponse: fields! { track: Kind::Message(TRACK) },
    UpdateSubscriptionsResponse: &[],
    SendDataResponse: &[],
    PerformRpcResponse: fields! { payload: Kind::Text },
}

pub(super) const ROOM: &[Field] = fields! {
    sid: Kind::Text,
    name: Kind::Text,
    empty_timeout: Kind::Number,
    departure_timeout: Kind::Number,
    max_participants: Kind::Number,
    creation_time: Kind::Long,
    creation_time_ms: Kind::Long,
    turn_password: Kind::Text,
    enabled_codecs: Kind::Messages(CODEC),
    metadata: Kind::Text,
    num_participants: Kind::Number,
    num_publishers: Kind::Number,
    active_recording: Kind::Flag,
    version: Kind::Message(VERSION),
};

pub(super) const CODEC: &[Field] = fields! { mime: Kind::Text, fmtp_line: Kind::Text };

pub(super) const VERSION: &[Field] = fields! { unix_micro: Kind::Long, ticks: Kind::Number };

pub(super) const PARTICIPANT: &[Field] = fields! {
    sid: Kind::Text,
    identity: Kind::Text,
    state: Kind::Name("JOINING"),
    tracks: Kind::Messages(TRACK),
    metadata: Kind::Text,
    joined_at: Kind::Long,
    joined_at_ms: Kind::Long,
    name: Kind::Text,
    version: Kind::Number,
    permission: Kind::Message(PERMISSION),
    region: Kind::Text,
    is_publisher: Kind::Flag,
    kind: Kind::Name("STANDARD"),
    attributes: Kind::Map,
    disconnect_reason: Kind::Name("UNKNOWN_REASON"),
    kind_details: Kind::List,
    data_tracks: Kind::Messages(DATA_TRACK),
    client_protocol: Kind::Number,
    capabilities: Kind::List,
};

pub(super) const PERMISSION: &[Field] = fields! {
    can_subscribe: Kind::Flag,
    can_publish: Kind::Flag,
    can_publish_data: Kind::Flag,
    can_publish_sources: Kind::List,
    hidden: Kind::Flag,
    recorder: Kind::Flag,
    can_update_metadata: Kind::Flag,
    agent: Kind::Flag,
    can_subscribe_metrics: Kind::Flag,
    can_manage_agent_session: Kind::Flag,
};

pub(super) const TRACK: &[Field] = fields! {
    sid: Kind::Text,
    r#type: Kind::Name("AUDIO"),
    name: Kind::Text,
    muted: Kind::Flag,
    width: Kind::Number,
    height: Kind::Number,
    simulcast: Kind::Flag,
    disable_dtx: Kind::Flag,
    source: Kind::Name("UNKNOWN"),
    layers: Kind::Messages(LAYER),
    mime_type: Kind::Text,
    mid: Kind::Text,
    codecs: Kind::Messages(TRACK_CODEC),
    stereo: Kind::Flag,
    disable_red: Kind::Flag,
    encryption: Kind::Name("NONE"),
    stream: Kind::Text,
    version: Kind::Message(VERSION),
    audio_features: Kind::List,
    backup_codec_policy: Kind::Name("PREFER_REGRESSION"),
    packet_trailer_features: Kind::List,
};

pub(super) const LAYER: &[Field] = fields! {
    quality: Kind::Name("LOW"),
    width: Kind::Number,
    height: Kind::Number,
    bitrate: Kind::Number,
    ssrc: Kind::Number,
    spatial_layer: Kind::Number,
    rid: Kind::Text,
    repair_ssrc: Kind::Number,
};

pub(super) const TRACK_CODEC: &[Field] = fields! {
    mime_type: Kind::Text,
    mid: Kind::Text,
    cid: Kind::Text,
    layers: Kind::Messages(LAYER),
    video_layer_mode: Kind::Name("MODE_UNUSED"),
    sdp_cid: Kind::Text,
};

pub(super) const DATA_TRACK: &[Field] = fields! {
    pub_handle: Kind::Number,
    sid: Kind::Text,
    name: Kind::Text,
    encryption: Kind::Name("NONE"),
    frame_encoding: Kind::AsItIs,
    schema: Kind::AsItIs,
};
