//! Tokens that are not good, at every door that takes one.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use livekit_protocol as proto;
use moim_door_livekit::Bounds;
use proto::signal_response::Message;
use serde_json::{Value, json};

use super::api::{get, post};
use super::signal::{Signal, USUAL};
use super::{KEY, SECRET, Served, admin, guest, serve, unix_now};

fn claims(extra: Value) -> Value {
    let now = unix_now().as_secs();
    let video = json!({ "roomJoin": true, "roomAdmin": true, "room": "hall" });
    let mut claims = json!({ "iss": KEY, "sub": "ann", "nbf": now, "exp": now + 600, "video": video });
    claims.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    claims
}

fn signed(claims: &Value, header: &Header, secret: &str) -> String {
    jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

fn unsigned(algorithm: &str, signature: &str) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(&json!({ "alg": algorithm, "typ": "JWT" })), part(&claims(json!({}))))
}

/// With how a token fares: `true` is in.
fn table() -> Vec<(&'static str, String, bool)> {
    let now = unix_now().as_secs();
    let usual = Header::new(Algorithm::HS256);
    let with = |extra: Value| signed(&claims(extra), &usual, SECRET);
    let kid = |kid: &str| Header { kid: Some(kid.into()), ..usual.clone() };
    vec![
        ("a good one", with(json!({})), true),
        ("expired half a minute ago", with(json!({ "exp": now - 30 })), true),
        ("expired two minutes ago", with(json!({ "exp": now - 120 })), false),
        ("good in half a minute", with(json!({ "nbf": now + 30 })), true),
        ("good in two minutes", with(json!({ "nbf": now + 120 })), false),
        ("algorithm none", unsigned("none", ""), false),
        ("algorithm nOnE", unsigned("nOnE", ""), false),
        ("no signature", unsigned("HS256", ""), false),
        ("RS256 named", unsigned("RS256", "c2lnbmF0dXJl"), false),
        ("HS512", signed(&claims(json!({})), &Header::new(Algorithm::HS512), SECRET), false),
        ("another secret", signed(&claims(json!({})), &usual, "wrong"), false),
        ("an empty secret", signed(&claims(json!({})), &usual, ""), false),
        ("the key's name as secret", signed(&claims(json!({})), &usual, KEY), false),
        ("another application's key", with(json!({ "iss": "theirs" })), false),
        ("no key", with(json!({ "iss": "" })), false),
        (
            "a key id that leads elsewhere, signed by what is there",
            signed(&claims(json!({})), &kid("/dev/null"), ""),
            false,
        ),
        ("no expiry", with(json!({ "exp": Value::Null })), false),
        ("half a token", with(json!({})).split_at(40).0.to_owned(), false),
        ("a megabyte", with(json!({ "metadata": "x".repeat(1 << 20) })), false),
    ]
}

#[tokio::test]
async fn a_token_that_is_not_good_opens_nothing() {
    let served = serve(Bounds::default()).await;
    for (what, token, good) in table() {
        let joining = get(&served, &format!("/rtc/validate?{USUAL}"), Some(&token)).await;
        assert_eq!(joining.status, if good { 200 } else { 401 }, "{what}: {joining:?}");
        // A longer URL cannot be made; over a socket the HTTP server refuses it unread.
        if token.len() < 60_000 {
            let in_url = get(&served, &format!("/rtc/validate?{USUAL}&access_token={token}"), None).await;
            assert_eq!(in_url.status, if good { 200 } else { 401 }, "{what}");
        }
        let managing = post(&served, "livekit.RoomService/ListParticipants", Some(&token), r#"{"room":"hall"}"#.into());
        let managing = managing.await;
        assert_eq!(managing.status, if good { 200 } else { 401 }, "{what}: {managing:?}");
        assert!(!managing.body.contains(SECRET) && !joining.body.contains(SECRET), "{what}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_good_opens_no_connection() {
    let served = serve(Bounds::default()).await;
    for (what, token, good) in table() {
        let opened = Signal::open(served.address, &format!("/rtc?{USUAL}"), &token).await;
        match opened {
            Ok(_) => assert!(good, "{what}"),
            Err(refused) if token.len() < 60_000 => assert!(!good && refused.status == 401, "{what}: {refused:?}"),
            // More than the HTTP server reads of a head: 431, if this side still hears it.
            Err(refused) => assert!(matches!(refused.status, 401 | 431 | 0), "{what}: {refused:?}"),
        }
    }
}

#[tokio::test]
async fn who_was_sent_away_comes_back_with_none_of_his_tokens() {
    let served = serve(Bounds::default()).await;
    let token = served.token(&guest("hall", "ann"));
    let (mut ann, _) = Signal::join_as(&served, &token).await;
    let (mut bob, _) = Signal::join(&served, "hall", "bob").await;
    let renewed =
        ann.until(|message| if let Message::RefreshToken(token) = message { Some(token) } else { None }).await;
    send_away(&served, "ann").await;
    let leave = ann.until(|message| if let Message::Leave(leave) = message { Some(leave) } else { None }).await;
    assert_eq!(leave.reason(), proto::DisconnectReason::ParticipantRemoved);
    assert_eq!(ann.closed().await, Some(1000));
    for (what, token) in [("the old token", &token), ("the renewed one", &renewed)] {
        let refused = Signal::open(served.address, &format!("/rtc?{USUAL}"), token).await.err().unwrap();
        assert_eq!(refused.status, 401, "{what}");
        let sid = "PA_AAAAAAAAAAAA";
        let path = format!("/rtc?{USUAL}&reconnect=1&sid={sid}");
        assert_eq!(Signal::open(served.address, &path, token).await.err().unwrap().status, 401, "{what}, resuming");
    }
    bob.ping().await;
    let (_, _) = Signal::join(&served, "yard", "ann").await;
}

async fn send_away(served: &Served, identity: &str) {
    let token = served.token(&admin("hall"));
    let body = json!({ "room": "hall", "identity": identity }).to_string();
    let answer = post(served, "livekit.RoomService/RemoveParticipant", Some(&token), body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}
