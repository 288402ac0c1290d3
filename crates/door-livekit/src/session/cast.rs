//! People, tracks and a room for sessions without a house around them: what unit tests and the fuzzer play with.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use moim_room::{
    Joined, Kind, Participant, ParticipantState, Permissions, Room, RoomOptions, Track, TrackDescription, Version,
};
use moim_sfu::{OfferedSection, SectionDirection};
use moim_types::{Codec, MediaKind, ParticipantId, Resolution, RoomId, Source, TrackId};

use super::{Server, Welcome};

pub(crate) fn participant(number: u8, tracks: Vec<Arc<Track>>) -> Arc<Participant> {
    Arc::new(Participant {
        id: ParticipantId::from_random([number; 12]),
        identity: format!("user{number}").into(),
        name: String::new(),
        metadata: String::new(),
        attributes: BTreeMap::new(),
        kind: Kind::Standard,
        permissions: Permissions::default(),
        state: ParticipantState::Active,
        joined: Duration::from_secs(900),
        publisher: !tracks.is_empty(),
        tracks,
        data_tracks: Vec::new(),
        version: Version::default(),
        door_data: Arc::new([]),
    })
}

pub(crate) fn description(kind: MediaKind, source: Source) -> TrackDescription {
    TrackDescription {
        kind,
        source,
        name: String::new(),
        muted: false,
        resolution: Resolution::default(),
        encodings: Vec::new(),
        codecs: Vec::new(),
        door_data: Arc::new([]),
    }
}

pub(crate) fn track(number: u8, description: TrackDescription) -> Arc<Track> {
    let id = TrackId::from_random([number; 10]);
    Arc::new(Track { id, description, mid: String::new(), version: Version::default() })
}

pub(crate) fn room_now() -> Arc<Room> {
    Arc::new(Room {
        id: RoomId::from_random([9; 12]),
        name: "room".into(),
        options: RoomOptions::default(),
        created: Duration::from_secs(900),
        participants: 1,
        publishers: 0,
        being_recorded: false,
    })
}

pub(crate) fn joined(you: &Arc<Participant>, others: Vec<Arc<Participant>>) -> Joined {
    Joined { room: room_now(), you: you.clone(), others }
}

pub(crate) fn welcome() -> Welcome {
    let enabled_codecs = vec![Codec::Vp8, Codec::H264, Codec::Vp9, Codec::Opus, Codec::Red];
    Welcome {
        server: Arc::new(Server { node_id: "ND_x".into(), enabled_codecs, data_blobs: true }),
        ice_servers: Vec::new(),
    }
}

pub(crate) fn section(mid: &str, kind: MediaKind, track: &str) -> OfferedSection {
    OfferedSection {
        mid: mid.into(),
        kind,
        direction: SectionDirection::Sends,
        stream: None,
        track: Some(track.into()),
        rids: Vec::new(),
        codecs: vec![if kind == MediaKind::Audio { Codec::Opus } else { Codec::Vp8 }],
    }
}
