//! What good calls ask of the rooms, and what they answer.

use std::collections::BTreeMap;

use livekit_protocol as proto;
use moim_room::{Kind, Participant, ParticipantState, Permissions, Recipients, Room, Track, TrackDescription, Version};
use moim_types::{Id, MediaKind, Resolution, Source, TrackId};
use prost::Message;
use serde::de::{DeserializeOwned, Deserializer, Visitor};
use serde_json::json;

use super::*;
use crate::api::json::{camel_case, complete};
use crate::api::schema::{self, Answer, Field};
use crate::token::VideoGrant;

fn room(options: RoomOptions) -> Arc<Room> {
    Arc::new(Room {
        id: Id::from_random([0; 12]),
        name: "hall".into(),
        options,
        created: Duration::from_millis(1_800_000_000_250),
        participants: 0,
        publishers: 0,
        being_recorded: false,
    })
}

fn participant() -> Arc<Participant> {
    Arc::new(Participant {
        id: Id::from_random([0; 12]),
        identity: "ann".into(),
        name: "Ann".into(),
        metadata: String::new(),
        attributes: BTreeMap::from([("a".to_owned(), "1".to_owned())]),
        kind: Kind::Standard,
        permissions: Permissions::default(),
        state: ParticipantState::Active,
        joined: Duration::from_secs(1_800_000_000),
        data_tracks: Vec::new(),
        tracks: vec![track()],
        publisher: true,
        version: Version { at: Duration::from_secs(1), counter: 3 },
        door_data: Arc::from([]),
    })
}

fn track() -> Arc<Track> {
    let description = TrackDescription {
        kind: MediaKind::Video,
        source: Source::Camera,
        name: "camera".into(),
        muted: true,
        resolution: Resolution { width: 1280, height: 720 },
        encodings: Vec::new(),
        codecs: Vec::new(),
        door_data: Arc::from([]),
    };
    Arc::new(Track { id: TrackId::from_random([0; 10]), description, mid: "0".into(), version: Version::default() })
}

fn creator() -> Grants {
    let video = VideoGrant { room_create: true, room_list: true, ..VideoGrant::default() };
    Grants { video: Some(video), ..Grants::default() }
}

#[tokio::test]
async fn a_room_is_made_with_what_is_given_and_usual_otherwise() {
    let stage = Stage::new([Ok(Reply::Rooms(vec![])), Ok(Reply::Room(room(RoomOptions::default())))]);
    let body = json!({ "name": "hall", "empty_timeout": 5, "maxParticipants": 3, "tags": { "b": "2", "a": "1" } });
    let heard = stage.call("livekit.RoomService/CreateRoom", &creator(), &body).await;
    assert_eq!((heard.status, heard.content_type.as_str()), (StatusCode::OK, "application/json"));
    let [ApiCommand::ListRooms(_), ApiCommand::CreateRoom(name, options)] = &stage.asked()[..] else { panic!() };
    assert_eq!((&**name, options.empty_timeout.as_secs(), options.departure_timeout.as_secs()), ("hall", 5, 20));
    assert_eq!(options.tags, [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())]);
    assert_eq!(options.max_participants, 3);
}

#[tokio::test]
async fn an_open_room_keeps_what_is_not_given() {
    let before = RoomOptions {
        empty_timeout: Duration::from_secs(7),
        metadata: "old".into(),
        max_participants: 9,
        ..RoomOptions::default()
    };
    let open = room(before.clone());
    let stage = Stage::new([Ok(Reply::Rooms(vec![open.clone()])), Ok(Reply::Room(open))]);
    stage.call("livekit.RoomService/CreateRoom", &creator(), &json!({ "name": "hall", "metadata": "new" })).await;
    let [_, ApiCommand::CreateRoom(_, options)] = &stage.asked()[..] else { panic!() };
    assert_eq!(*options, RoomOptions { metadata: "new".into(), ..before });
}

#[tokio::test]
async fn nothing_is_left_out_of_an_answer_because_it_is_zero() {
    let stage = Stage::new([Ok(Reply::Rooms(vec![room(RoomOptions::default())]))]);
    let heard = stage.call("livekit.RoomService/ListRooms", &creator(), &json!({})).await.json();
    let first = &heard["rooms"][0];
    assert_eq!(first["num_participants"], 0);
    assert_eq!((&first["sid"], &first["creation_time"]), (&json!("RM_AAAAAAAAAAAA"), &json!("1800000000")));
    assert_eq!((&first["creation_time_ms"], &first["metadata"]), (&json!("1800000000250"), &json!("")));
    assert_eq!((&first["active_recording"], &first["version"]), (&json!(false), &Value::Null));
    assert_eq!(first["enabled_codecs"][0], json!({ "mime": "video/VP8", "fmtp_line": "" }));
    let stage = Stage::new([Ok(Reply::Rooms(vec![]))]);
    let heard = stage.call("livekit.RoomService/ListRooms", &creator(), &json!({ "names": ["x"] })).await.json();
    assert_eq!(heard, json!({ "rooms": [] }));
}

#[tokio::test]
async fn both_formats_say_the_same() {
    let body = proto::RoomParticipantIdentity { room: "hall".into(), identity: "ann".into(), ..Default::default() };
    let stage = Stage::new([Ok(Reply::Participant(participant())), Ok(Reply::Participant(participant()))]);
    let method = "livekit.RoomService/GetParticipant";
    let token = stage.token(&admin_of("hall"));
    let heard = stage.post(method, Some(&token), "application/protobuf", body.encode_to_vec()).await;
    assert_eq!(heard.content_type, "application/protobuf");
    let binary = proto::ParticipantInfo::decode(&heard.body[..]).unwrap();
    let text = serde_json::to_string(&body).unwrap();
    let heard = stage.post(method, Some(&token), "application/json;charset=UTF-8", text).await;
    let json: proto::ParticipantInfo = serde_json::from_value(heard.json()).unwrap();
    assert_eq!(json, binary);
    assert_eq!((json.identity.as_str(), json.tracks[0].sid.as_str()), ("ann", "TR_VCAAAAAAAAAA"));
    assert_eq!(heard.json()["state"], "ACTIVE");
    assert_eq!(heard.json()["tracks"][0]["simulcast"], false);
}

#[tokio::test]
async fn nobody_is_in_a_room_that_is_not_there() {
    let stage = Stage::new([Err(Refusal::NoSuchRoom)]);
    let heard = stage.call("livekit.RoomService/ListParticipants", &admin_of("hall"), &json!({ "room": "hall" })).await;
    assert_eq!((heard.status, heard.json()), (StatusCode::OK, json!({ "participants": [] })));
}

#[tokio::test]
async fn empty_text_changes_nothing_and_permissions_replace_all() {
    let stage = Stage::new([Ok(Reply::Participant(participant()))]);
    let body = json!({
        "room": "hall", "identity": "ann", "metadata": "", "name": "Anna", "attributes": { "a": "" },
        "permission": { "canSubscribe": true, "canPublishSources": ["MICROPHONE"] },
    });
    stage.call("livekit.RoomService/UpdateParticipant", &admin_of("hall"), &body).await;
    let [ApiCommand::UpdateParticipant(_, _, change)] = &stage.asked()[..] else { panic!() };
    assert_eq!((change.metadata.as_deref(), change.name.as_deref()), (None, Some("Anna")));
    assert_eq!(change.attributes["a"], "");
    let permissions = change.permissions.as_ref().unwrap();
    assert!(permissions.subscribe && !permissions.publish && !permissions.publish_data);
    assert_eq!(permissions.publish_sources, [Source::Microphone]);
}

#[tokio::test]
async fn somebody_who_is_sent_away_needs_a_new_token() {
    let stage = Stage::new([Ok(Reply::Participant(participant())), Ok(Reply::Done)]);
    let join = VideoGrant { room_join: true, room: "hall".into(), ..VideoGrant::default() };
    let his = stage.token(&Grants { identity: "ann".into(), video: Some(join), ..Grants::default() });
    let body = json!({ "room": "hall", "identity": "ann" });
    let heard = stage.call("livekit.RoomService/RemoveParticipant", &admin_of("hall"), &body).await;
    assert_eq!(heard.json(), json!({}));
    assert!(stage.authority.admit(&his, unix_now()).is_err());
}

#[tokio::test]
async fn nobody_is_shut_out_by_a_call_that_found_nobody() {
    let stage = Stage::new([Err(Refusal::NoSuchParticipant)]);
    let join = VideoGrant { room_join: true, room: "hall".into(), ..VideoGrant::default() };
    let his = stage.token(&Grants { identity: "ann".into(), video: Some(join), ..Grants::default() });
    let body = json!({ "room": "hall", "identity": "ann" });
    let heard = stage.call("livekit.RoomService/RemoveParticipant", &admin_of("hall"), &body).await;
    assert_eq!(heard.json()["code"], "not_found");
    assert!(stage.authority.admit(&his, unix_now()).is_ok());
}

#[tokio::test]
async fn data_goes_to_those_named_and_comes_from_nobody() {
    for (named, expected) in [
        (json!({}), Recipients::Everybody),
        (json!({ "destinationIdentities": ["bob"] }), Recipients::Identities(vec!["bob".into()])),
        (json!({ "destinationSids": ["PA_AAAAAAAAAAAA"] }), Recipients::Participants(vec![Id::from_random([0; 12])])),
    ] {
        let stage = Stage::new([Ok(Reply::Done)]);
        let mut body = json!({ "room": "hall", "data": "aGk=", "kind": "LOSSY", "topic": "greeting" });
        body.as_object_mut().unwrap().extend(named.as_object().unwrap().clone());
        let heard = stage.call("livekit.RoomService/SendData", &admin_of("hall"), &body).await;
        assert_eq!(heard.status, StatusCode::OK);
        let [ApiCommand::Send { to, reliable, body, .. }] = &stage.asked()[..] else { panic!() };
        assert_eq!((to, *reliable), (&expected, false));
        let packet = proto::DataPacket::decode(body.wire.clone()).unwrap();
        let Some(proto::data_packet::Value::User(user)) = packet.value else { panic!() };
        assert_eq!((user.payload.as_slice(), user.topic.as_deref()), (&b"hi"[..], Some("greeting")));
        assert!(packet.participant_identity.is_empty() && packet.participant_sid.is_empty());
        assert_eq!(body.plain.as_ref().unwrap().payload, "hi");
    }
}

#[tokio::test]
async fn tracks_are_muted_and_subscribed_by_their_sids() {
    let stage = Stage::new([Ok(Reply::Track(track())), Ok(Reply::Done)]);
    let body = json!({ "room": "hall", "identity": "ann", "trackSid": "TR_VCAAAAAAAAAA", "muted": true });
    let heard = stage.call("livekit.RoomService/MutePublishedTrack", &admin_of("hall"), &body).await.json();
    assert_eq!((&heard["track"]["muted"], &heard["track"]["type"]), (&json!(true), &json!("VIDEO")));
    let body = json!({
        "room": "hall", "identity": "ann", "trackSids": ["TR_VCAAAAAAAAAA"], "subscribe": true,
        "participantTracks": [{ "participantSid": "PA_x", "trackSids": ["TR_AMBBBBBBBBBB"] }],
    });
    stage.call("livekit.RoomService/UpdateSubscriptions", &admin_of("hall"), &body).await;
    let [ApiCommand::MuteTrack { muted, .. }, ApiCommand::UpdateSubscriptions { tracks, wanted, .. }] =
        &stage.asked()[..]
    else {
        panic!()
    };
    assert!(*muted && *wanted);
    assert_eq!(tracks, &[Id::from_random([0; 10]), Id::from_random([1; 10])]);
}

/// Stops where a message would be read, and keeps the names of its fields.
struct FieldNames<'a>(&'a mut Vec<&'static str>);

impl<'de> Deserializer<'de> for FieldNames<'_> {
    type Error = serde::de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(serde::de::Error::custom("not a message"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Self::Error> {
        self.0.extend(fields);
        Err(serde::de::Error::custom("seen"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// The tables of fields have what the protocol crate knows, and the zeros in them are its zeros.
fn is_whole<M: DeserializeOwned + Default + PartialEq + std::fmt::Debug>(fields: &[Field]) {
    let mut known = Vec::new();
    let _ = M::deserialize(FieldNames(&mut known));
    let mut expected: Vec<_> =
        fields.iter().flat_map(|field| [field.name.to_owned(), camel_case(field.name)]).collect();
    let mut known: Vec<_> = known.into_iter().map(str::to_owned).collect();
    for names in [&mut expected, &mut known] {
        names.sort();
        names.dedup();
    }
    assert_eq!(expected, known, "{}", std::any::type_name::<M>());
    let empty = complete(json!({}), fields);
    assert_eq!(serde_json::from_value::<M>(empty).unwrap(), M::default());
}

#[test]
fn the_tables_of_fields_are_whole() {
    is_whole::<proto::Room>(schema::ROOM);
    is_whole::<proto::Codec>(schema::CODEC);
    is_whole::<proto::TimedVersion>(schema::VERSION);
    is_whole::<proto::ParticipantInfo>(schema::PARTICIPANT);
    is_whole::<proto::ParticipantPermission>(schema::PERMISSION);
    is_whole::<proto::TrackInfo>(schema::TRACK);
    is_whole::<proto::VideoLayer>(schema::LAYER);
    is_whole::<proto::SimulcastCodecInfo>(schema::TRACK_CODEC);
    is_whole::<proto::DataTrackInfo>(schema::DATA_TRACK);
    is_whole::<proto::ListRoomsResponse>(proto::ListRoomsResponse::FIELDS);
    is_whole::<proto::ListParticipantsResponse>(proto::ListParticipantsResponse::FIELDS);
    is_whole::<proto::MuteRoomTrackResponse>(proto::MuteRoomTrackResponse::FIELDS);
}
