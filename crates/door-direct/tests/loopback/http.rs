//! Joining, ICE servers and the list of peers, over HTTP.

use axum::body::{Body, to_bytes};
use http::{Request, StatusCode, header};
use moim_door_direct::token::{Claims, sign};
use moim_door_direct::{Bounds, DirectConfig, DirectDoor, IceConfig};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::side::{Side, Transport};
use super::{TOKEN, config, serve};

async fn ask(door: &DirectDoor, request: Request<Body>) -> (StatusCode, Value) {
    let answer = door.router().oneshot(request).await.unwrap();
    let status = answer.status();
    let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

async fn join(door: &DirectDoor, body: &Value) -> (StatusCode, Value) {
    ask(door, Request::post("/direct/join").body(Body::from(body.to_string())).unwrap()).await
}

async fn get(door: &DirectDoor, path: &str, headers: &[(header::HeaderName, &str)]) -> (StatusCode, Value) {
    let request = headers.iter().fold(Request::get(path), |request, (name, value)| request.header(name, *value));
    ask(door, request.body(Body::empty()).unwrap()).await
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

#[tokio::test]
async fn the_shared_token_gets_a_place_and_an_invite_and_the_invite_gets_a_place() {
    let door = DirectDoor::new(config());
    let (status, place) = join(&door, &json!({ "room": "r", "key": TOKEN })).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(place["room"], "r");
    let invite = place["invite"].as_str().unwrap();
    let (status, guest) = join(&door, &json!({ "room": "r", "key": invite })).await;
    assert_eq!(status, StatusCode::OK);
    assert_ne!(guest["peerId"], place["peerId"]);
    assert_eq!(guest["invite"], place["invite"], "an invite does not grow longer by being used");
    let fields: Vec<&String> = guest.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["room", "peerId", "token", "invite", "expiresAt"]);
    assert_eq!(door.stats().joins_total, 2);
}

#[tokio::test]
async fn keys_that_do_not_fit_are_told_apart() {
    let door = DirectDoor::new(config());
    let signed = |claims: &Claims| sign(&config().signing_key, claims).unwrap().reveal().clone();
    let place = join(&door, &json!({ "room": "r", "key": TOKEN })).await.1;
    let keys = [
        (json!(null), "keyNeeded"),
        (json!(""), "keyNeeded"),
        (json!("wrong"), "keyWrong"),
        (json!(signed(&Claims::for_room("other", 9_999_999_999))), "keyWrong"),
        (json!(signed(&Claims::for_room("r", 1000))), "keyExpired"),
        (place["token"].clone(), "keyWrong"),
    ];
    for (key, error) in keys {
        let (status, answer) = join(&door, &json!({ "room": "r", "key": key })).await;
        assert_eq!((status, answer["error"].as_str()), (StatusCode::UNAUTHORIZED, Some(error)), "{key}");
    }
}

#[tokio::test]
async fn requests_that_make_no_sense_are_told_apart() {
    let door = DirectDoor::new(config());
    let requests = [
        (json!({ "room": "", "key": TOKEN }), "badRoom"),
        (json!({ "room": "x".repeat(129), "key": TOKEN }), "badRoom"),
        (json!({ "room": "a\nb", "key": TOKEN }), "badRoom"),
        (json!({ "room": "r", "key": TOKEN, "peerId": "" }), "badPeerId"),
        (json!({ "room": "r", "key": TOKEN, "peerId": "all" }), "badPeerId"),
        (json!({ "key": TOKEN }), "badRequest"),
        (json!({ "room": 7 }), "badRequest"),
        (json!([]), "badRequest"),
        (json!({ "room": "r", "key": "x".repeat(20_000) }), "badRequest"),
    ];
    for (body, error) in requests {
        let (status, answer) = join(&door, &body).await;
        assert_eq!((status, answer["error"].as_str()), (StatusCode::BAD_REQUEST, Some(error)), "{body:.60}");
        assert!(answer["message"].is_string());
    }
}

#[tokio::test]
async fn an_open_door_needs_no_key_and_gives_no_invite() {
    let door = DirectDoor::new(DirectConfig { open_join: true, token: None, ..config() });
    let (status, place) = join(&door, &json!({ "room": "r", "peerId": "ann" })).await;
    assert_eq!((status, &place["invite"], &place["peerId"]), (StatusCode::OK, &json!(""), &json!("ann")));
}

#[tokio::test]
async fn joining_is_refused_when_draining_and_when_too_many_come() {
    let bounds = Bounds { arrival_burst: 1, arrivals_per_second: 1, ..Bounds::default() };
    let door = DirectDoor::new(DirectConfig { bounds, ..config() });
    let body = json!({ "room": "r", "key": TOKEN });
    let mut last = join(&door, &body).await;
    for _ in 0..200 {
        if last.0 != StatusCode::OK {
            break;
        }
        last = join(&door, &body).await;
    }
    assert_eq!((last.0, last.1["error"].as_str()), (StatusCode::TOO_MANY_REQUESTS, Some("tooMany")));
    assert!(last.1["message"].is_string());
    door.drain();
    let (status, answer) = join(&door, &body).await;
    assert_eq!((status, answer), (StatusCode::SERVICE_UNAVAILABLE, json!({ "error": "draining" })));
}

#[tokio::test]
async fn a_guest_cannot_push_out_a_peer_by_knowing_its_name() {
    let served = serve(config()).await;
    let (_, ann) = join(&served.door, &json!({ "room": "r", "key": TOKEN })).await;
    let name = ann["peerId"].as_str().unwrap();
    let mut first = Side::enter(Transport::WebSocket, served.address, ann["token"].as_str().unwrap(), "r").await;
    first.ready(name).await;
    first.next().await;

    let wish = json!({ "room": "r", "key": ann["invite"], "peerId": name });
    let (_, guest) = join(&served.door, &wish).await;
    let mut intruder = Side::enter(Transport::WebSocket, served.address, guest["token"].as_str().unwrap(), "r").await;
    intruder.ready(name).await;
    assert_eq!(intruder.next().await.0, "uniquenessError");

    let wish = json!({ "room": "r", "key": ann["invite"], "peerId": name, "token": guest["token"] });
    let (_, again) = join(&served.door, &wish).await;
    let mut intruder = Side::enter(Transport::WebSocket, served.address, again["token"].as_str().unwrap(), "r").await;
    intruder.ready(name).await;
    assert_eq!(intruder.next().await.0, "uniquenessError", "a meek token does not beget a strong one");

    let wish = json!({ "room": "r", "key": ann["invite"], "peerId": name, "token": ann["token"] });
    let (_, renewed) = join(&served.door, &wish).await;
    let mut owner = Side::enter(Transport::WebSocket, served.address, renewed["token"].as_str().unwrap(), "r").await;
    owner.ready(name).await;
    assert_eq!(owner.next().await.0, "message", "who shows the old token is the owner");
}

#[tokio::test]
async fn ice_servers_name_the_host_of_the_request() {
    let door = DirectDoor::new(config());
    let path = format!("/direct/ice-servers?token={}", TOKEN.replace(' ', "%20"));
    let (status, servers) = get(&door, &path, &[(header::HOST, "meet.example:4443")]).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(servers[0]["urls"], json!(["stun:meet.example:3478"]));
    let turn = [
        "turn:meet.example:3478?transport=udp",
        "turn:meet.example:3478?transport=tcp",
        "turns:meet.example:4443?transport=tcp",
    ];
    assert_eq!(servers[1]["urls"], json!(turn));
    assert!(servers[1]["credential"].is_string());
    let (_, servers) = get(&door, &path, &[(header::HOST, "[2001:db8::7]:4443")]).await;
    assert_eq!(servers[0]["urls"], json!(["stun:[2001:db8::7]:3478"]));
    for junk in ["a b", "x\"y", "user@host", "[::1", ""] {
        assert_eq!(get(&door, &path, &[(header::HOST, junk)]).await.1, json!([]), "{junk}");
    }
    let ice = IceConfig { public_host: Some("turn.example".to_owned()), ..config().ice };
    let door = DirectDoor::new(DirectConfig { ice, ..config() });
    let (_, servers) = get(&door, &path, &[(header::HOST, "meet.example")]).await;
    assert_eq!(servers[0]["urls"], json!(["stun:turn.example:3478"]));
}

#[tokio::test]
async fn ice_servers_need_a_token_and_a_peer_keeps_its_turn_name() {
    let door = DirectDoor::new(config());
    for headers in [vec![], vec![(header::AUTHORIZATION, "Bearer wrong")], vec![(header::AUTHORIZATION, "Basic eDp5")]]
    {
        assert_eq!(get(&door, "/direct/ice-servers", &headers).await.0, StatusCode::UNAUTHORIZED);
    }
    let claims = Claims::for_room("r", 9_999_999_999).for_peer("ann");
    let token = bearer(sign(&config().signing_key, &claims).unwrap().reveal());
    let headers = [(header::AUTHORIZATION, token.as_str()), (header::HOST, "h")];
    let name = |servers: &Value| servers[1]["username"].as_str().unwrap().split_once(':').unwrap().1.to_owned();
    let first = get(&door, "/direct/ice-servers", &headers).await.1;
    let second = get(&door, "/direct/ice-servers", &headers).await.1;
    assert_eq!(name(&first), name(&second));
    assert!(name(&first).starts_with("ann-"));
}

#[tokio::test]
async fn a_signed_token_sees_the_peers_of_its_own_room() {
    let served = serve(config()).await;
    let _ann = Side::registered(Transport::WebSocket, served.address, "r", "ann").await;
    let _bob = Side::registered(Transport::SocketIo, served.address, "other", "bob").await;
    let shared = bearer(TOKEN);
    let listed = |path: &'static str, token: String| {
        let door = served.door.clone();
        async move { get(&door, path, &[(header::AUTHORIZATION, token.as_str())]).await }
    };
    let count = |(status, peers): (StatusCode, Value)| (status, peers.as_array().map(Vec::len));
    assert_eq!(count(listed("/connections", shared.clone()).await), (StatusCode::OK, Some(2)));
    assert_eq!(count(listed("/connections?room=r", shared).await), (StatusCode::OK, Some(1)));
    let own = bearer(sign(&config().signing_key, &Claims::for_room("r", 9_999_999_999)).unwrap().reveal());
    let (_, peers) = listed("/connections", own.clone()).await;
    assert_eq!((peers.as_array().unwrap().len(), &peers[0]["peerId"]), (1, &json!("ann")));
    assert_eq!(listed("/connections?room=other", own).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(get(&served.door, "/connections", &[]).await.0, StatusCode::UNAUTHORIZED);
    let dev = DirectDoor::new(DirectConfig { dev: true, ..config() });
    assert_eq!(get(&dev, "/connections", &[]).await, (StatusCode::OK, json!([])));
}

#[tokio::test]
async fn preflights_are_answered_even_within_a_server_that_has_its_own_answer_to_methods() {
    let router = DirectDoor::new(config()).router().method_not_allowed_fallback(|| async { StatusCode::IM_A_TEAPOT });
    for path in ["/direct/join", "/direct/ice-servers", "/connections", "/socket.io/"] {
        let request = Request::options(path)
            .header(header::ORIGIN, "https://a.example")
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "GET")
            .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization");
        let answer = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(answer.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert_eq!(answer.headers()[header::ACCESS_CONTROL_ALLOW_HEADERS], "authorization");
    }
}

#[test]
fn every_counter_has_a_name_of_its_own() {
    let stats = moim_door_direct::DirectStats::default();
    let mut names: Vec<_> = stats.named().map(|(counter, label, _)| (counter, label)).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(names.contains(&("refused_total", "authentication")));
}
