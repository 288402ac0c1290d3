use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use moim_room::{Kind, Permissions, RoomOptions};
use moim_types::{Redacted, Source};
use serde_json::{Value, json};

use super::*;

const NOW: Duration = Duration::from_secs(1_800_000_000);
const SECRET: &str = "a secret that nobody else has, 32 bytes long";

fn keys() -> Keys {
    Keys::new([
        ("key".to_owned(), Redacted::new(SECRET.to_owned())),
        ("other".to_owned(), Redacted::new("another secret".to_owned())),
    ])
}

fn signed(claims: &Value, header: &Header, secret: &str) -> String {
    jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

fn token(claims: &Value) -> String {
    signed(claims, &Header::new(Algorithm::HS256), SECRET)
}

fn with(extra: Value) -> Value {
    let mut claims = json!({ "iss": "key", "sub": "ann", "exp": NOW.as_secs() + 60 });
    claims.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    claims
}

#[test]
fn a_good_token_says_who_and_what() {
    let claims = with(json!({
        "name": "Ann", "metadata": "m", "attributes": { "a": "1" }, "kind": "agent", "kindDetails": ["cloud_agent", "?"],
        "sha256": "x", "roomPreset": "p", "nbf": NOW.as_secs() - 5, "unknown": { "deep": [1] },
        "roomConfig": { "emptyTimeout": 7, "max_participants": 3, "metadata": "r", "tags": { "t": "1" }, "novel": 1 },
        "video": { "roomJoin": true, "room": "hall", "canPublishSources": ["CAMERA", "screen_share_audio"], "canSubscribe": false },
        "sip": { "admin": true }, "agent": { "admin": true }, "inference": { "perform": true },
    }));
    let grants = keys().verify(&token(&claims), NOW).unwrap();
    assert_eq!((grants.key.as_str(), grants.identity.as_str(), grants.name.as_str()), ("key", "ann", "Ann"));
    assert_eq!((grants.metadata.as_str(), grants.attributes["a"].as_str()), ("m", "1"));
    assert_eq!((grants.participant_kind(), grants.kind_detail_numbers()), (Kind::Agent, vec![0]));
    assert_eq!((grants.issued, grants.expires), (NOW - Duration::from_secs(5), NOW + Duration::from_secs(60)));
    assert_eq!((grants.room(), grants.sip.admin, grants.agent.admin), (Some("hall"), true, true));
    let options = grants.room_options(&RoomOptions { max_participants: 9, ..RoomOptions::default() });
    assert_eq!((options.empty_timeout.as_secs(), options.departure_timeout.as_secs()), (7, 20));
    assert_eq!((options.max_participants, options.metadata.as_str()), (3, "r"));
    assert_eq!(options.tags, [("t".to_owned(), "1".to_owned())]);
    let permissions = grants.video.unwrap().permissions();
    assert!(!permissions.subscribe && permissions.publish && permissions.publish_data);
    assert_eq!(permissions.publish_sources, [Source::Camera, Source::ScreenShareAudio]);
}

#[test]
fn the_id_stands_in_for_a_missing_subject() {
    let claims = json!({ "iss": "key", "jti": "bob", "exp": NOW.as_secs() });
    assert_eq!(keys().verify(&token(&claims), NOW).unwrap().identity, "bob");
}

#[test]
fn bad_tokens_are_refused() {
    let unsigned = |header: Value, claims: &Value| {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.", part(&header), part(claims))
    };
    let good = token(&with(json!({})));
    let cut = &good[..good.len() - 1];
    let other_signature = token(&with(json!({ "sub": "eve" })));
    let mixed = format!("{}.{}", good.rsplit_once('.').unwrap().0, other_signature.rsplit_once('.').unwrap().1);
    for (what, bad) in [
        ("nothing there", "..".to_owned()),
        ("no token at all", "hello".to_owned()),
        ("not ASCII", "ä.ö.ü".to_owned()),
        ("algorithm none", unsigned(json!({ "alg": "none" }), &with(json!({})))),
        ("no signature", unsigned(json!({ "alg": "HS256" }), &with(json!({})))),
        ("another algorithm of the family", signed(&with(json!({})), &Header::new(Algorithm::HS512), SECRET)),
        ("RS256 named, HMAC made", unsigned(json!({ "alg": "RS256" }), &with(json!({}))) + "c2ln"),
        ("another secret", signed(&with(json!({})), &Header::default(), "wrong")),
        ("another key's secret", signed(&with(json!({})), &Header::default(), "another secret")),
        ("the secret under another key", token(&with(json!({ "iss": "other" })))),
        ("an unknown key", token(&with(json!({ "iss": "nobody" })))),
        ("what unknown keys are checked with", {
            signed(&with(json!({ "iss": "nobody" })), &Header::default(), "no token is signed with this")
        }),
        ("no key", token(&json!({ "sub": "ann", "exp": NOW.as_secs() + 60 }))),
        ("several keys", token(&with(json!({ "iss": ["key"] })))),
        ("no expiry", token(&json!({ "iss": "key", "sub": "ann" }))),
        ("an expiry that is text", token(&with(json!({ "exp": "tomorrow" })))),
        ("an expiry before all time", token(&with(json!({ "exp": -1 })))),
        ("claims of the wrong type", token(&with(json!({ "video": "all" })))),
        ("permissions of the wrong type", token(&with(json!({ "video": { "roomAdmin": "yes" } })))),
        ("cut short", cut.to_owned()),
        ("another token's signature", mixed),
        ("a megabyte", token(&with(json!({ "metadata": "x".repeat(1 << 20) })))),
    ] {
        assert_eq!(keys().verify(&bad, NOW), Err(TokenError::Wrong), "{what}");
    }
    assert_eq!(keys().verify("", NOW), Err(TokenError::Missing));
}

#[test]
fn the_key_id_of_the_header_means_nothing() {
    let header = Header { kid: Some("../../dev/null".into()), ..Header::default() };
    assert!(keys().verify(&signed(&with(json!({})), &header, SECRET), NOW).is_ok());
}

#[test]
fn clocks_may_differ_by_a_minute() {
    let at = |field: &str, difference: i64| {
        let when = i64::try_from(NOW.as_secs()).unwrap() + difference;
        keys().verify(&token(&with(json!({ field: when }))), NOW).err()
    };
    assert_eq!([at("exp", -60), at("exp", -61)], [None, Some(TokenError::Expired)]);
    assert_eq!([at("nbf", 60), at("nbf", 61)], [None, Some(TokenError::TooEarly)]);
    assert_eq!(keys().verify(&token(&with(json!({ "exp": 1_800_000_000.5 }))), NOW).err(), None);
}

#[test]
fn what_is_signed_is_read_back() {
    let permissions =
        Permissions { publish_sources: vec![Source::Microphone], update_own_metadata: true, ..Permissions::default() };
    let video = VideoGrant { room_join: true, room: "hall".into(), ..VideoGrant::default() };
    let grants = Grants {
        identity: "ann".into(),
        name: "Ann".into(),
        attributes: [("a".to_owned(), "1".to_owned())].into(),
        video: Some(video.with_permissions(&permissions)),
        room_config: Some(livekit_protocol::RoomConfiguration { max_participants: 2, ..Default::default() }),
        ..Grants::default()
    };
    let token = keys().sign("key", &grants, NOW, Duration::from_secs(600)).unwrap();
    let read = keys().verify(token.reveal(), NOW).unwrap();
    assert_eq!(read.video.as_ref().map(VideoGrant::permissions), Some(permissions));
    let expected = Grants { key: "key".into(), issued: NOW, expires: NOW + Duration::from_secs(600), ..grants };
    assert_eq!(read, expected);
    assert!(matches!(keys().sign("nobody", &expected, NOW, Duration::ZERO), Err(SignError::UnknownKey)));
}

#[test]
fn a_token_for_a_room_lets_its_holder_join() {
    let token = access_token(&keys(), "key", "ann", "hall", NOW, Duration::from_secs(60)).unwrap();
    let video = keys().verify(token.reveal(), NOW).unwrap().video.unwrap();
    assert!(video.room_join && video.room == "hall" && !video.room_admin);
    assert_eq!(video.permissions(), Permissions::default());
}

#[test]
fn withholding_publishing_withholds_messages_too() {
    let video = VideoGrant { can_publish: Some(false), ..VideoGrant::default() };
    assert!(!video.permissions().publish_data);
    let video = VideoGrant { can_publish_data: Some(true), ..video };
    assert!(video.permissions().publish_data);
}

#[test]
fn one_who_was_sent_away_needs_a_new_token() {
    let authority = Authority::new(keys());
    let token = access_token(&keys(), "key", "ann", "hall", NOW, Duration::from_secs(60)).unwrap();
    assert!(authority.admit(token.reveal(), NOW).is_ok());
    authority.revoke("hall", "ann", NOW + Duration::from_secs(1));
    assert_eq!(authority.admit(token.reveal(), NOW), Err(TokenError::Revoked));
    let later = NOW + Duration::from_secs(1);
    let token = access_token(&keys(), "key", "ann", "hall", later, Duration::from_secs(60)).unwrap();
    assert!(authority.admit(token.reveal(), later).is_ok());
}

#[test]
fn secrets_are_not_printed() {
    let printed = format!("{:?} {:?}", keys(), Authority::new(keys()));
    assert!(!printed.contains("secret") && printed.contains("key"), "{printed}");
}
