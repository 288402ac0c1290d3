//! Clients that send too much, too long, or what is no WebSocket: they lose their connection, and the others notice
//! nothing.

use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use livekit_protocol as proto;
use moim_door_livekit::Bounds;
use prost::Message as _;
use proto::signal_request::Message as Request;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message as Frame;

use super::signal::{Signal, USUAL};
use super::{PATIENCE, Served, guest, serve};

/// What is between 2 MiB and too much.
const LONGEST: usize = 2 * 1024 * 1024;

#[tokio::test]
async fn the_longest_message_is_read_and_one_byte_more_ends_the_connection() {
    let served = serve(Bounds::default()).await;
    let (mut ann, _) = Signal::join(&served, "hall", "ann").await;
    let (mut bob, _) = Signal::join(&served, "hall", "bob").await;
    ann.socket.send(Frame::Binary(vec![0xff; LONGEST].into())).await.unwrap();
    ann.ping().await;
    // The server may close before it was all sent.
    let _ = ann.socket.send(Frame::Binary(vec![0xff; LONGEST + 1].into())).await;
    assert!(matches!(ann.closed().await, Some(1008) | None));
    served.until("closed_total", "misuse", 1).await;
    bob.ping().await;
}

#[tokio::test]
async fn a_message_in_endless_pieces_is_as_long_as_all_of_them() {
    let served = serve(Bounds::default()).await;
    let token = served.token(&guest("hall", "ann"));
    let mut socket = upgraded(&served, &token, "").await;
    // A text message, then continuations, each of 1 MB, none of them the last (RFC 6455 §5.4).
    let piece =
        |opcode: u8| [&[opcode, 0xff][..], &(1_u64 << 20).to_be_bytes(), &[0; 4], &vec![b' '; 1 << 20]].concat();
    let mut sent = 0;
    while sent < 64 && socket.write_all(&piece(if sent == 0 { 1 } else { 0 })).await.is_ok() {
        sent += 1;
    }
    assert!(sent < 64, "64 MB of one message were taken");
    served.until("closed_total", "misuse", 1).await;
}

#[tokio::test]
async fn compression_is_not_agreed_on_and_what_claims_it_ends_the_connection() {
    let served = serve(Bounds::default()).await;
    let token = served.token(&guest("hall", "ann"));
    let mut socket = upgraded(&served, &token, "Sec-WebSocket-Extensions: permessage-deflate\r\n").await;
    // RSV1 says: this is deflated (RFC 7692 §6). Here it is four bytes that would become many more.
    socket.write_all(&[0xc2, 0x84, 0, 0, 0, 0, 0x4b, 0x4c, 0x04, 0x02]).await.unwrap();
    served.until("closed_total", "misuse", 1).await;
}

#[tokio::test]
async fn frames_that_break_the_protocol_end_the_connection() {
    let served = serve(Bounds::default()).await;
    let broken: [(&str, &[u8]); 5] = [
        ("without a mask", &[0x82, 0x01, 0]),
        ("of an unknown kind", &[0x83, 0x80, 0, 0, 0, 0]),
        ("a ping in pieces", &[0x09, 0x80, 0, 0, 0, 0]),
        ("text that is none", &[0x81, 0x81, 0, 0, 0, 0, 0xff]),
        ("a length of all ones", &[0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
    ];
    for (number, (what, bytes)) in (1..).zip(broken) {
        let token = served.token(&guest("hall", &format!("ann{number}")));
        let mut socket = upgraded(&served, &token, "").await;
        socket.write_all(bytes).await.unwrap();
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut rest)).await;
        assert!(ended.is_ok(), "{what} was taken");
        served.until("closed_total", "misuse", number).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_is_read_slowly_and_then_ended() {
    let bounds = Bounds { messages_per_second: 100, message_burst: 200, ..Bounds::default() };
    let served = serve(bounds).await;
    let (ann, _) = Signal::join(&served, "hall", "ann").await;
    let (mut bob, _) = Signal::join(&served, "hall", "bob").await;
    let began = Instant::now();
    let (mut sending, mut reading) = ann.socket.split();
    let flood = tokio::spawn(async move {
        let ping = proto::SignalRequest { message: Some(Request::Ping(1)) }.encode_to_vec();
        let mut sent = 0_u64;
        while sending.send(Frame::Binary(ping.clone().into())).await.is_ok() {
            sent += 1;
        }
        sent
    });
    let ending = tokio::spawn(async move {
        while let Some(Ok(frame)) = reading.next().await {
            if let Frame::Close(frame) = frame {
                return frame.map(|frame| u16::from(frame.code));
            }
        }
        None
    });
    let mut slowest = Duration::ZERO;
    let mut pings = 0;
    while served.count("closed_total", "misuse") == 0 {
        let asked = Instant::now();
        bob.ping().await;
        slowest = slowest.max(asked.elapsed());
        pings += 1;
        assert!(began.elapsed() < PATIENCE, "a flood goes on for ever");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let lasted = began.elapsed().as_secs() + 1;
    let read = served.count("messages_received_total", "") - pings;
    assert!(read <= 200 + 100 * lasted, "{read} messages were read in {lasted} s");
    assert!(slowest < Duration::from_secs(5), "the other waited {slowest:?} for a pong");
    let code = tokio::time::timeout(PATIENCE, ending).await.unwrap().unwrap();
    assert!(matches!(code, Some(1008) | None), "{code:?}");
    let sent = tokio::time::timeout(PATIENCE, flood).await.unwrap().unwrap();
    assert!(sent > read, "{sent} sent, {read} read: nothing was held back");
    bob.ping().await;
}

#[tokio::test]
async fn offers_cost_more_than_their_share() {
    let bounds = Bounds { messages_per_second: 40, message_burst: 400, ..Bounds::default() };
    let served = serve(bounds).await;
    let (mut ann, _) = Signal::join(&served, "hall", "ann").await;
    let (mut bob, _) = Signal::join(&served, "hall", "bob").await;
    // Late answers to an offer that nobody made: they are dropped, and cost all the same.
    let answer =
        proto::SessionDescription { r#type: "answer".into(), sdp: "v=0".into(), id: 100_000, ..Default::default() };
    for _ in 0..400 {
        if ann.try_send(Request::Answer(answer.clone())).await.is_err() {
            break;
        }
    }
    assert!(matches!(ann.closed().await, Some(1008) | None));
    served.until("closed_total", "misuse", 1).await;
    assert!(served.count("messages_received_total", "") < 50, "ten at once and one a second");
    bob.ping().await;
}

#[tokio::test]
async fn a_track_that_is_described_at_length_is_refused() {
    let served = serve(Bounds::default()).await;
    let (mut ann, _) = Signal::join(&served, "hall", "ann").await;
    let layer = proto::VideoLayer { width: 1, height: 1, ..Default::default() };
    let request = proto::AddTrackRequest {
        cid: "endless".into(),
        r#type: proto::TrackType::Video.into(),
        layers: vec![layer; 8_000],
        ..Default::default()
    };
    ann.send(Request::AddTrack(request)).await;
    let refused = ann
        .until(|message| match message {
            proto::signal_response::Message::RequestResponse(response) => Some(response),
            proto::signal_response::Message::TrackPublished(_) => panic!("it was taken"),
            _ => None,
        })
        .await;
    assert_eq!(refused.reason(), proto::request_response::Reason::LimitExceeded);
    assert!(refused.encoded_len() < 1024, "it is not sent back");
    ann.send(super::signal::add_track("short")).await;
    ann.until(|message| matches!(message, proto::signal_response::Message::TrackPublished(_)).then_some(())).await;
}

/// A connection that has just become a WebSocket, for bytes written by hand. No extension was agreed on.
async fn upgraded(served: &Served, token: &str, extra: &str) -> TcpStream {
    let mut socket = TcpStream::connect(served.address).await.unwrap();
    let request = format!(
        "GET /rtc?{USUAL} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{extra}\r\n",
        served.address
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 101"), "{head}");
    assert!(!head.contains("sec-websocket-extensions"), "{head}");
    socket
}
