//! Small things that would become large, and deep things that would become deeper: all are answered at once.

use std::io::Write as _;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use futures_util::SinkExt as _;
use livekit_protocol as proto;
use moim_door_livekit::Bounds;
use prost::Message as _;
use tokio_tungstenite::tungstenite::Message as Frame;

use super::api::{Answer, post};
use super::signal::Signal;
use super::{admin, guest, serve};

/// Not a measurement: a busy machine is slow, a bomb is slower.
const SOON: Duration = Duration::from_secs(5);

fn bombs(most: usize) -> Vec<(&'static str, String)> {
    let keys = |count: usize| (0..count).map(|n| format!("\"k{n}\":\"{n}\"")).collect::<Vec<_>>().join(",");
    let fits = |text: String| if text.len() <= most { text } else { String::new() };
    [
        ("a hundred thousand brackets", "[".repeat(100_000)),
        ("a hundred thousand objects", "{\"offer\":".repeat(100_000)),
        ("many unknown keys", fits(format!("{{{}}}", keys(100_000)))),
        ("a million unknown keys", fits(format!("{{{}}}", keys(500_000)))),
        ("many keys where keys are kept", format!("{{\"updateMetadata\":{{\"attributes\":{{{}}}}}}}", keys(90_000))),
        ("a number of a hundred thousand digits", format!("{{\"ping\":{}}}", "9".repeat(100_000))),
        ("a number with a large exponent", "{\"ping\":1e999999999}".to_owned()),
        ("half a character", "{\"mute\":{\"sid\":\"\\ud800\"}}".to_owned()),
        ("the same key again", format!("{{{}}}", vec!["\"ping\":\"1\""; 50_000].join(","))),
        ("a text without an end", format!("{{\"mute\":{{\"sid\":\"{}", "x".repeat(1_000_000))),
        ("a list of nothing", format!("[{}]", vec!["null"; 200_000].join(","))),
    ]
    .into_iter()
    .filter(|(_, text)| !text.is_empty())
    .collect()
}

#[tokio::test]
async fn a_bomb_of_json_is_passed_over_at_once() {
    let served = serve(Bounds { messages_per_second: 1_000_000, message_burst: 1_000_000, ..Bounds::default() }).await;
    let (mut ann, _) = Signal::join(&served, "hall", "ann").await;
    for (what, text) in bombs(2 * 1024 * 1024) {
        let began = Instant::now();
        ann.socket.send(Frame::text(text)).await.unwrap();
        ann.ping().await;
        assert!(began.elapsed() < SOON, "{what} took {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn a_bomb_of_json_is_refused_by_the_server_api_at_once() {
    let served = serve(Bounds::default()).await;
    let token = served.token(&admin("hall"));
    for (what, text) in bombs(10 << 20) {
        let began = Instant::now();
        let answer = post(&served, "livekit.RoomService/UpdateRoomMetadata", Some(&token), text).await;
        assert!((400..500).contains(&answer.status), "{what}: {answer:?}");
        assert!(began.elapsed() < SOON, "{what} took {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn a_bomb_in_the_url_is_refused_at_once() {
    let served = serve(Bounds::default()).await;
    let token = served.token(&guest("hall", "ann"));
    let mut zeros = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    zeros.write_all(&vec![0; 32 << 20]).unwrap();
    let compression = proto::wrapped_join_request::Compression::Gzip.into();
    let bomb = proto::WrappedJoinRequest { compression, join_request: zeros.finish().unwrap() };
    let text = BASE64_URL_SAFE_NO_PAD.encode(bomb.encode_to_vec());
    assert!(text.len() < 60_000, "it fits into a URL");
    let began = Instant::now();
    let refused = Signal::open(served.address, &format!("/rtc/v1?join_request={text}"), &token).await.err().unwrap();
    assert_eq!((refused.status, refused.body.as_str()), (400, "join_request is longer than 1 MiB"));
    assert!(began.elapsed() < SOON);
}

#[tokio::test]
async fn more_than_a_request_may_be_is_not_read() {
    let served = serve(Bounds::default()).await;
    let token = served.token(&admin("hall"));
    let method = "livekit.RoomService/UpdateRoomMetadata";
    let Answer { status, .. } = post(&served, method, Some(&token), " ".repeat((10 << 20) + 1)).await;
    assert_eq!(status, 413);
}
