//! Media shards over loopback, with real sockets.

#![expect(clippy::large_futures, reason = "a test holds its connections itself")]

mod attack;
pub(crate) mod peer;
mod relayed;
pub(crate) mod stage;
mod turn_client;

use std::io::{Read as _, Write as _};
use std::net::{TcpStream, UdpSocket};
use std::time::Duration;

use moim_sfu::{CloseReason, Event, LegEvent};

use self::peer::Peer;
use self::stage::Stage;
use super::driver::Command;

const TICK: Duration = Duration::from_millis(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sound_is_forwarded_over_udp() {
    let mut stage = Stage::new(1);
    let (publisher, mid) = stage.publisher(0, Peer::over_udp(), 1).await;
    let viewer = stage.viewer(0, Peer::over_udp(), 1, 0).await;
    stage.run(Duration::from_millis(200));
    stage.speak(publisher, &mid, 0..50, 100, TICK);
    stage.until("all has arrived", |stage| stage.peers[viewer].payloads.len() == 50);
    assert_eq!(stage.peers[viewer].numbers(), (0..50).collect::<Vec<_>>());
    stage.until("it is counted", |stage| stage.stat("packets_forwarded") >= 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sound_crosses_from_shard_to_shard() {
    let mut stage = Stage::new(2);
    let (publisher, mid) = stage.publisher(0, Peer::over_udp(), 1).await;
    let viewer = stage.viewer(1, Peer::over_udp(), 1, 0).await;
    stage.run(Duration::from_millis(200));
    stage.speak(publisher, &mid, 0..50, 100, TICK);
    stage.until("all has arrived", |stage| stage.peers[viewer].payloads.len() == 50);
    assert_eq!(stage.peers[viewer].numbers(), (0..50).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sound_is_published_and_viewed_over_tcp() {
    let mut stage = Stage::new(2);
    let server = stage.media.tcp().unwrap();
    let (publisher, mid) = stage.publisher(1, Peer::over_tcp(server), 1).await;
    let viewer = stage.viewer(1, Peer::over_tcp(server), 1, 1).await;
    stage.run(Duration::from_millis(200));
    stage.speak(publisher, &mid, 0..50, 100, TICK);
    stage.until("all has arrived", |stage| stage.peers[viewer].payloads.len() == 50);
    assert_eq!(stage.stat("tcp_opened"), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_over_tcp_who_does_not_read_disturbs_nobody() {
    let mut stage = Stage::new(1);
    let server = stage.media.tcp().unwrap();
    let (publisher, mid) = stage.publisher(0, Peer::over_udp(), 1).await;
    let stalled = stage.viewer(0, Peer::over_tcp(server), 1, 0).await;
    let viewer = stage.viewer(0, Peer::over_udp(), 1, 0).await;
    stage.run(Duration::from_millis(200));
    stage.peers[stalled].is_deaf = true;
    stage.speak(publisher, &mid, 0..2000, 1100, Duration::from_millis(1));
    stage.until("all has arrived", |stage| stage.peers[viewer].payloads.len() == 2000);
    assert_eq!(stage.peers[viewer].numbers(), (0..2000).collect::<Vec<_>>());
    stage.until("something was dropped for the stalled one", |stage| stage.stat("tcp_dropped") > 0);
    assert_eq!(stage.peers[stalled].payloads.len(), 0);

    stage.peers[stalled].is_deaf = false;
    stage.run(Duration::from_millis(300));
    stage.speak(publisher, &mid, 2000..2020, 100, TICK);
    stage.until("the stalled one is up to date", |stage| stage.peers[stalled].numbers().contains(&2019));
    assert!(stage.peers[stalled].payloads.len() < 1500, "most of what was too old never came");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shard_that_breaks_begins_anew() {
    let mut stage = Stage::new(1);
    stage.publisher(0, Peer::over_udp(), 1).await;
    let leg = stage.leg(0);
    assert!(stage.media.handle().shards[0].mailbox.try_send(Command::Panic));
    let is_closed =
        move |event: &Event| matches!(event, Event::Leg(of, LegEvent::Closed(CloseReason::Fault)) if *of == leg);
    stage.until("the leg is reported", |stage| stage.heard.iter().any(is_closed));
    stage.until("it is counted", |stage| stage.stat("restarts") == 1);

    let (publisher, mid) = stage.publisher(0, Peer::over_udp(), 2).await;
    let viewer = stage.viewer(0, Peer::over_udp(), 2, 0).await;
    stage.run(Duration::from_millis(200));
    stage.speak(publisher, &mid, 0..10, 100, TICK);
    stage.until("the new shard works", |stage| stage.peers[viewer].payloads.len() == 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_of_nobody_is_closed_and_counted() {
    let stage = Stage::new(1);
    let server = stage.media.tcp().unwrap();
    let mut lie = TcpStream::connect(server).unwrap();
    lie.write_all(&[0xff, 0xff]).unwrap();
    let mut check = [0; 22];
    check[..10].copy_from_slice(&[0, 20, 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42]);
    let mut nameless = TcpStream::connect(server).unwrap();
    nameless.write_all(&check).unwrap();
    let mut text = TcpStream::connect(server).unwrap();
    text.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    for stream in [&mut lie, &mut nameless, &mut text] {
        stream.set_read_timeout(Some(Duration::from_secs(8))).unwrap();
        assert!(matches!(stream.read(&mut [0; 1]), Ok(0) | Err(_)), "it is closed without an answer");
    }
    assert_eq!(stage.stat("tcp_refused"), 3);
    assert_eq!(stage.stat("tcp_opened"), 0);
}

#[tokio::test]
async fn the_ports_can_be_tried_from_outside() {
    let stage = Stage::new(1);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(8))).unwrap();
    let mut request = [9; 32];
    request[..8].copy_from_slice(&[0, 1, 0, 12, 0x21, 0x12, 0xa4, 0x42]);
    request[20..24].copy_from_slice(&[0x80, 0x22, 0, 8]);
    socket.send_to(&request, stage.media.udp()[0]).unwrap();
    let mut answer = [0; 64];
    let (length, from) = socket.recv_from(&mut answer).unwrap();
    assert!(length <= request.len(), "never more than was asked");
    assert_eq!(from, stage.media.udp()[0]);
    assert_eq!((&answer[..2], &answer[8..20]), (&[1, 1][..], &[9; 12][..]));
}
