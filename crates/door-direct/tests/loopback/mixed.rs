//! Peers of both transports in one room.

use std::time::Duration;

use moim_door_direct::AllowedOrigins;
use moim_door_direct::token::{Claims, sign};
use serde_json::json;

use super::side::{BOTH, Side, Transport};
use super::{TOKEN, config, serve};

fn soon() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    (now + Duration::from_secs(600)).as_secs()
}

#[tokio::test]
async fn peers_of_both_transports_meet() {
    let served = serve(config()).await;
    for (one, other) in [(BOTH[0], BOTH[1]), (BOTH[1], BOTH[0]), (BOTH[0], BOTH[0])] {
        let room = format!("{one:?}{other:?}");
        let mut ann = Side::registered(one, served.address, &room, "ann").await;
        let mut bob = Side::registered(other, served.address, &room, "bob").await;
        let (_, opened) = ann.next().await;
        assert_eq!(opened["payload"]["connections"][0]["peerId"], "bob");
        let body = json!({ "from": "ann", "target": "bob", "payload": { "sdp": "v=0" } });
        ann.send("messageOne", body.clone()).await;
        assert_eq!(bob.next().await, ("message".to_owned(), body.clone()));
        bob.send("message", json!({ "from": "ann" })).await;
        assert_eq!(ann.next().await.1, json!({ "from": "bob" }));
        drop(bob);
        assert_eq!(ann.next().await.1["payload"]["action"], "close");
    }
    served.until("peers", "", 0).await;
    served.until("connections", "", 0).await;
    served.until("rooms", "", 0).await;
}

#[tokio::test]
async fn events_of_one_sender_arrive_in_their_order() {
    let served = serve(config()).await;
    let mut ann = Side::registered(Transport::SocketIo, served.address, "r", "ann").await;
    let mut bob = Side::registered(Transport::WebSocket, served.address, "r", "bob").await;
    ann.next().await;
    for number in 0..300 {
        ann.send("message", json!(number)).await;
    }
    for number in 0..300 {
        assert_eq!(bob.next().await.1, json!(number));
    }
}

#[tokio::test]
async fn a_wrong_token_is_refused_and_counted() {
    let served = serve(config()).await;
    for transport in BOTH {
        let mut side = Side::open(transport, served.address, "r").await.unwrap();
        let refused = side.authenticate("wrong", "r").await;
        assert_eq!(refused, ("connect_error".to_owned(), json!({ "message": "Authentication error" })));
        if transport == Transport::WebSocket {
            assert_eq!(side.drain().await.1, Some(4401));
        }
    }
    assert_eq!(served.count("refused_total", "authentication"), 2);
    assert_eq!(served.count("connections_total", ""), 0);
}

#[tokio::test]
async fn a_peer_that_comes_back_takes_its_place_over() {
    let served = serve(config()).await;
    for (transport, old) in [(BOTH[0], BOTH[1]), (BOTH[1], BOTH[0])] {
        let room = format!("{transport:?}");
        let claims = Claims::for_room(room.as_str(), soon()).for_peer("ann");
        let token = sign(&config().signing_key, &claims).unwrap();
        let mut bob = Side::registered(Transport::WebSocket, served.address, &room, "bob").await;
        let mut first = Side::enter(old, served.address, token.reveal(), &room).await;
        first.ready("ann").await;
        bob.next().await;
        let mut second = Side::enter(transport, served.address, token.reveal(), &room).await;
        second.ready("ann").await;
        let (events, code) = first.drain().await;
        assert!(events.last().unwrap().contains("replaced"), "{events:?}");
        assert!(old == Transport::SocketIo || code == Some(4410));
        let (_, reopened) = bob.next().await;
        assert_eq!(reopened["payload"]["action"], "open");
        bob.send("messageOne", json!({ "from": "bob", "target": "ann" })).await;
        let mut names = Vec::new();
        for _ in 0..3 {
            names.push(second.next().await.0);
        }
        assert_eq!(names, ["message", "iceServers", "message"]);
    }
    assert_eq!(served.count("replacements_total", ""), 2);
}

#[tokio::test]
async fn a_draining_door_keeps_those_inside() {
    let served = serve(config()).await;
    let mut ann = Side::registered(Transport::SocketIo, served.address, "r", "ann").await;
    let mut bob = Side::registered(Transport::WebSocket, served.address, "r", "bob").await;
    let mut waiting = Side::open(Transport::SocketIo, served.address, "r").await.unwrap();
    ann.next().await;
    served.door.drain();
    for transport in BOTH {
        let refused = Side::open(transport, served.address, "r").await.err().unwrap().to_string();
        assert!(refused.contains("503"), "{refused}");
    }
    let (event, error) = waiting.authenticate(TOKEN, "r").await;
    assert_eq!(event, "connect_error");
    assert!(error["message"].as_str().unwrap().contains("stopped"), "{error}");
    ann.send("message", json!("still here")).await;
    assert_eq!(bob.next().await.1, json!("still here"));
}

#[tokio::test]
async fn pages_of_other_origins_are_refused_where_a_list_is_set() {
    let allowed_origins = AllowedOrigins::Only(vec!["https://app.example".to_owned()]);
    let served = serve(moim_door_direct::DirectConfig { allowed_origins, ..config() }).await;
    for transport in BOTH {
        let from = |origin| Side::open_from(transport, served.address, "r", origin);
        assert!(from(Some("https://evil.example")).await.is_err());
        assert!(from(Some("null")).await.is_err());
        assert!(from(Some("https://app.example")).await.is_ok());
        assert!(from(None).await.is_ok(), "who sends no origin is no page");
    }
    assert_eq!(served.count("refused_total", "origin"), 4);
}
