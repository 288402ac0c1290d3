//! Clients who reach nothing but TURN, in the process of the media that they want.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use moim_turn::client::{Denied, Request};

use super::TICK;
use super::peer::Peer;
use super::stage::Stage;
use super::turn_client::{TurnClient, turn_options, turn_server};
use crate::turn::TurnServer;

fn count(turn: &TurnServer, name: &str) -> u64 {
    turn.handle().stats().named().filter(|(of, ..)| *of == name).map(|(.., count)| count).sum()
}

/// A request of a stranger that each media port answers.
fn bare_check() -> Vec<u8> {
    moim_testkit::wire::binding(7, &[(0x8022, b"longer than its answer")])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sound_is_published_and_viewed_through_turn() {
    let mut stage = Stage::new(2);
    let turn = turn_server(stage.media.handle(), 2);
    let media = stage.media.udp().to_vec();
    let client = || Peer::over_turn(TurnClient::with_channels(&turn, &media));
    let (publisher, mid) = stage.publisher(0, client(), 1).await;
    let (near, far) = (stage.viewer(0, client(), 1, 0).await, stage.viewer(1, client(), 1, 0).await);
    let direct = stage.viewer(1, Peer::over_udp(), 1, 0).await;
    stage.run(Duration::from_millis(200));
    stage.speak(publisher, &mid, 0..50, 100, TICK);
    for viewer in [near, far, direct] {
        stage.until("all has arrived", |stage| stage.peers[viewer].payloads.len() == 50);
        assert_eq!(stage.peers[viewer].numbers(), (0..50).collect::<Vec<_>>());
    }
    stage.until("hand-over is counted by media", |stage| {
        stage.stat("packets_from_turn") >= 50 && stage.stat("packets_to_turn") >= 100
    });
    stage.until("hand-over is counted by TURN", |_| {
        count(&turn, "packets_to_media") >= 50 && count(&turn, "packets_from_media") >= 100
    });
    assert_eq!(stage.stat("handovers_dropped") + count(&turn, "handovers_dropped"), 0);
    assert_eq!(count(&turn, "packets_to_peers"), count(&turn, "packets_to_media"), "no relay socket sent anything");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_relayed_viewers_each_get_everything() {
    let mut stage = Stage::new(2);
    let turn = turn_server(stage.media.handle(), 2);
    let media = stage.media.udp().to_vec();
    let (publisher, mid) = stage.publisher(0, Peer::over_udp(), 1).await;
    let mut viewers = Vec::new();
    for number in 0..24 {
        let client = Peer::over_turn(TurnClient::with_channels(&turn, &media));
        viewers.push(stage.viewer(number % 2, client, 1, 0).await);
    }
    stage.run(Duration::from_millis(300));
    stage.speak(publisher, &mid, 0..100, 900, Duration::from_millis(10));
    for viewer in viewers {
        stage.until("all has arrived", |stage| stage.peers[viewer].payloads.len() == 100);
        assert_eq!(stage.peers[viewer].numbers(), (0..100).collect::<Vec<_>>());
    }
}

/// The port beside a media port is another program's: whatever a permission for the address says, nothing reaches it,
/// and nothing that it sends comes in.
#[tokio::test]
async fn another_port_on_the_media_address_gets_and_gives_nothing() {
    let stage = Stage::new(1);
    let turn = turn_server(stage.media.handle(), 1);
    let media = stage.media.udp()[0];
    let other = UdpSocket::bind("127.0.0.1:0").unwrap();
    other.set_nonblocking(true).unwrap();
    let victim = other.local_addr().unwrap();
    let mut client = TurnClient::allocate(&turn);
    let refused = client.ask(Request::ChannelBind(0x4000, victim));
    assert!(matches!(refused, Err(Denied::Error { code: 403, .. })), "{refused:?}");
    client.ask(Request::CreatePermission(vec![media])).unwrap();
    client.send_to(victim, b"out");
    other.send_to(b"in", client.relayed).unwrap();
    // The answer to this comes after both were dealt with; it comes as Data, since no channel leads there.
    client.send_to(media, &bare_check());
    let (from, answer) = client.receive().unwrap();
    assert_eq!((from, &answer[..2]), (media, &[1, 1][..]));
    assert!(other.recv(&mut [0; 16]).is_err(), "a packet came through");
    let deadline = Instant::now() + Duration::from_secs(20);
    while turn.handle().stats().core.dropped(moim_turn::DropReason::OwnAddress) < 2 {
        assert!(Instant::now() < deadline, "the drops were not counted: {:?}", turn.handle().stats());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test]
async fn a_client_without_a_permission_gets_nothing() {
    let stage = Stage::new(1);
    let turn = turn_server(stage.media.handle(), 1);
    let media = stage.media.udp()[0];
    let (mut without, mut with) = (TurnClient::allocate(&turn), TurnClient::allocate(&turn));
    with.ask(Request::CreatePermission(vec![media])).unwrap();
    without.send_to(media, &bare_check());
    with.send_to(media, &bare_check());
    assert_eq!(with.receive().unwrap().0, media);
    assert!(without.ask(Request::Refresh(Duration::from_secs(600))).is_ok(), "its next message is an answer");
}

#[tokio::test]
async fn media_serves_one_turn_server() {
    let stage = Stage::new(1);
    let _turn = turn_server(stage.media.handle(), 1);
    let again = TurnServer::start(turn_options(stage.media.handle(), 1));
    assert!(again.unwrap_err().to_string().contains("already serves"));
}
