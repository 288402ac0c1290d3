//! Bounds, and input that is wrong on purpose.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use moim_door_direct::{Bounds, DirectConfig};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use super::side::{BOTH, Side, Transport};
use super::{TOKEN, config, serve};

fn with(bounds: Bounds) -> DirectConfig {
    DirectConfig { bounds, ..config() }
}

#[tokio::test]
async fn a_flood_is_told_and_then_closed() {
    let served =
        serve(with(Bounds { message_burst: 20, messages_per_second: 1, strikes: 3, ..Bounds::default() })).await;
    for transport in BOTH {
        let room = format!("{transport:?}");
        let mut bob = Side::registered(Transport::WebSocket, served.address, &room, "bob").await;
        let mut ann = Side::registered(transport, served.address, &room, "ann").await;
        for number in 0..200 {
            if ann.try_send("message", json!(number)).await.is_err() {
                break;
            }
        }
        let (events, code) = ann.drain().await;
        assert_eq!(events.iter().filter(|event| event.contains("limitError")).count(), 4, "{events:?}");
        assert!(transport == Transport::SocketIo || code == Some(4429), "{code:?}");
        let mut last = json!(null);
        while last["payload"]["action"] != "close" {
            last = bob.next().await.1;
        }
    }
    assert_eq!(served.count("disconnected_total", "limit"), 2);
    assert_eq!(served.count("limit_hits_total", "messages_per_second"), 8);
}

#[tokio::test]
async fn a_full_server_refuses_more_and_takes_them_later() {
    let served = serve(with(Bounds { connections: 1, ..Bounds::default() })).await;
    for transport in BOTH {
        let ann = Side::enter(transport, served.address, TOKEN, "r").await;
        for other in BOTH {
            let mut side = Side::open(other, served.address, "r").await.unwrap();
            let (event, error) = side.authenticate(TOKEN, "r").await;
            assert_eq!(event, "connect_error");
            assert!(error["message"].as_str().unwrap().contains("no place"), "{error}");
        }
        drop(ann);
        served.until("connections", "", 0).await;
    }
}

#[tokio::test]
async fn a_full_room_says_so_and_closes() {
    let served = serve(with(Bounds { peers_per_room: 1, ..Bounds::default() })).await;
    let _first = Side::enter(Transport::WebSocket, served.address, TOKEN, "r").await;
    let _second = Side::enter(Transport::SocketIo, served.address, TOKEN, "r").await;
    for transport in BOTH {
        let mut third = Side::enter(transport, served.address, TOKEN, "r").await;
        let (event, error) = third.next().await;
        assert_eq!((event.as_str(), error["limit"].as_str()), ("limitError", Some("peersPerRoom")));
        third.drain().await;
    }
}

#[tokio::test]
async fn those_who_never_authenticate_are_bounded() {
    let served = serve(with(Bounds { unauthenticated: 2, ..Bounds::default() })).await;
    let one = Side::open(Transport::WebSocket, served.address, "r").await.unwrap();
    let _two = Side::open(Transport::WebSocket, served.address, "r").await.unwrap();
    let refused = Side::open(Transport::WebSocket, served.address, "r").await.err().unwrap().to_string();
    assert!(refused.contains("503"), "{refused}");
    drop(one);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(Side::open(Transport::WebSocket, served.address, "r").await.is_ok());
}

#[tokio::test]
async fn frames_of_all_kinds_do_no_harm() {
    let served = serve(config()).await;
    let mut witness = Side::registered(Transport::SocketIo, served.address, "r", "witness").await;
    let deep = "[".repeat(2000);
    let frames = [
        "",
        "4",
        "40",
        "41",
        "42",
        "42[",
        "42[]",
        "42{}",
        "42[7]",
        "42[\"message\"",
        "42[\"ready\"]",
        "43[]",
        "45",
        "5",
        "6",
        "2probe",
        "99",
        "42[\"message\",1e999]",
        "451-[\"message\",{\"_placeholder\":true,\"num\":0}]",
        "{}",
        "[]",
        "{\"event\":null}",
        "{\"event\":\"ready\",\"data\":[]}",
        "42/other,[\"message\"]",
        "\u{0}",
        &format!("42[\"message\",{deep}"),
        &deep,
    ];
    for transport in BOTH {
        for frame in &frames {
            let mut side = Side::enter(transport, served.address, TOKEN, "r").await;
            // The server may hang up at any of them.
            let _ = side.socket.send(Message::text(*frame)).await;
            let _ = side.socket.send(Message::binary(frame.as_bytes().to_vec())).await;
            let _ = side.socket.close(None).await;
        }
    }
    served.until("connections", "", 1).await;
    witness.send("messageOne", json!({ "target": "witness", "still": "here" })).await;
    loop {
        let (_, data) = witness.next().await;
        if data["still"] == "here" {
            break;
        }
    }
}

#[tokio::test]
async fn binary_data_is_refused_by_name() {
    let served = serve(config()).await;
    let mut side = Side::registered(Transport::SocketIo, served.address, "r", "ann").await;
    side.socket.send(Message::text("451-[\"message\",{\"_placeholder\":true,\"num\":0}]")).await.unwrap();
    side.socket.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    let (event, error) = side.next().await;
    assert_eq!((event.as_str(), error["limit"].as_str()), ("limitError", Some("event")));
    assert!(error["message"].as_str().unwrap().contains("binary"), "{error}");
}

#[tokio::test]
async fn http_that_is_half_or_too_long_is_left_alone() {
    let served = serve(config()).await;
    let requests = [
        "GET /direct HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
        "GET /socket.io/?EIO=4&transport=carrier-pigeon HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
        "GET /socket.io/?EIO=3&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
        "POST /socket.io/?EIO=4&transport=polling&sid=nobody HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n4"
            .to_owned(),
        "POST /direct/join HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{\"room\":1".to_owned(),
        format!("POST /direct/join HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{}", "x".repeat(100_000)),
    ];
    for request in requests {
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = [0; 64];
        let read = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut answer)).await.unwrap().unwrap();
        let answer = String::from_utf8_lossy(&answer[..read]);
        assert!(answer.starts_with("HTTP/1.1 4"), "{:.60}: {answer}", request);
    }
    let half = TcpStream::connect(served.address).await.unwrap();
    Side::registered(Transport::WebSocket, served.address, "r", "ann").await.socket.close(None).await.unwrap();
    drop(half);
}

#[tokio::test]
async fn a_client_of_the_plain_transport_is_pinged() {
    let served = serve(config()).await;
    let mut ann = Side::registered(Transport::WebSocket, served.address, "r", "ann").await;
    let ping = tokio::time::timeout(Duration::from_secs(12), ann.socket.next()).await.expect("within ten seconds");
    assert!(matches!(ping, Some(Ok(Message::Ping(_)))), "{ping:?}");
}
