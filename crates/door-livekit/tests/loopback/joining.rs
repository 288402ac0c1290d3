//! Coming in over both paths, and the ends of a connection.

use futures_util::SinkExt as _;
use livekit_protocol as proto;
use moim_door_livekit::Bounds;
use proto::leave_request::Action;
use proto::signal_request::Message as Request;
use proto::signal_response::Message;
use tokio_tungstenite::tungstenite::Message as Frame;

use super::signal::{Signal, USUAL, join_request};
use super::{guest, serve};

#[tokio::test]
async fn the_older_path_lets_somebody_in_and_offers_at_once() {
    let served = serve(Bounds::default()).await;
    let (mut ann, join) = Signal::join(&served, "hall", "ann").await;
    assert_eq!(join.participant.unwrap().identity, "ann");
    assert_eq!(join.room.unwrap().name, "hall");
    let offer = ann.until(|message| if let Message::Offer(offer) = message { Some(offer) } else { None }).await;
    assert!(offer.sdp.contains("m=application") && offer.id > 0);
    assert_eq!((served.count("joins_total", ""), served.count("connections", "")), (1, 1));
}

#[tokio::test]
async fn the_newer_path_lets_somebody_in_and_waits_for_an_offer() {
    let served = serve(Bounds::default()).await;
    let token = served.token(&guest("hall", "ann"));
    let request = proto::JoinRequest {
        client_info: Some(proto::ClientInfo { protocol: 17, ..Default::default() }),
        connection_settings: Some(proto::ConnectionSettings { auto_subscribe: true, ..Default::default() }),
        ..Default::default()
    };
    let path = format!("/rtc/v1?{}", join_request(&request));
    let mut ann = Signal::open(served.address, &path, &token).await.unwrap();
    let Message::Join(join) = ann.next().await else { panic!("a join comes first") };
    assert_eq!(join.participant.unwrap().identity, "ann");
    assert!(!join.subscriber_primary);
    ann.send(Request::Ping(1)).await;
    loop {
        match ann.next().await {
            Message::Offer(_) => panic!("on this path the client offers"),
            Message::Pong(_) => break,
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_ping_is_answered_in_the_form_in_which_it_came() {
    let served = serve(Bounds::default()).await;
    let (mut ann, _) = Signal::join(&served, "hall", "ann").await;
    ann.send(Request::PingReq(proto::Ping { timestamp: 77, rtt: 0 })).await;
    let pong = ann.until(|message| if let Message::PongResp(pong) = message { Some(pong) } else { None }).await;
    assert_eq!(pong.last_ping_timestamp, 77);
    ann.socket.send(Frame::text(r#"{"ping":"5"}"#)).await.unwrap();
    loop {
        if let Frame::Text(text) = ann.frame().await
            && text.contains("pong")
        {
            break;
        }
    }
}

#[tokio::test]
async fn who_leaves_is_gone_for_the_others_and_his_connection_ends() {
    let served = serve(Bounds::default()).await;
    let (mut ann, _) = Signal::join(&served, "hall", "ann").await;
    let (mut bob, join) = Signal::join(&served, "hall", "bob").await;
    assert_eq!(join.other_participants.len(), 1);
    ann.send(Request::Leave(proto::LeaveRequest::default())).await;
    assert_eq!(ann.closed().await, Some(1000));
    bob.until(|message| {
        let Message::Update(update) = message else { return None };
        let gone = |who: &proto::ParticipantInfo| {
            who.identity == "ann" && who.state() == proto::participant_info::State::Disconnected
        };
        update.participants.iter().any(gone).then_some(())
    })
    .await;
    served.until("closed_total", "left", 1).await;
}

#[tokio::test]
async fn the_same_person_again_takes_the_place_of_the_first() {
    let served = serve(Bounds::default()).await;
    let (mut first, _) = Signal::join(&served, "hall", "ann").await;
    let (mut second, join) = Signal::join(&served, "hall", "ann").await;
    assert!(join.other_participants.is_empty(), "one is not beside oneself");
    let leave = first.until(|message| if let Message::Leave(leave) = message { Some(leave) } else { None }).await;
    assert_eq!(leave.reason(), proto::DisconnectReason::DuplicateIdentity);
    assert_eq!(first.closed().await, Some(1000));
    second.ping().await;
}

#[tokio::test]
async fn a_stay_that_is_not_there_cannot_go_on() {
    let served = serve(Bounds::default()).await;
    let (_bob, join) = Signal::join(&served, "hall", "bob").await;
    let theirs = join.participant.unwrap().sid;
    let token = served.token(&guest("hall", "ann"));
    for sid in ["PA_AAAAAAAAAAAA", "", "nonsense", &theirs] {
        let path = format!("/rtc?{USUAL}&reconnect=1&sid={sid}");
        let mut ann = Signal::open(served.address, &path, &token).await.unwrap();
        let Message::Leave(leave) = ann.next().await else { panic!("it says so first: {sid}") };
        assert_eq!(leave.action(), Action::Reconnect, "{sid}");
        assert_eq!(ann.closed().await, Some(1000), "{sid}");
    }
    served.until("refused_total", "resume", 4).await;
}

#[tokio::test]
async fn what_is_no_message_is_passed_over() {
    let served = serve(Bounds::default()).await;
    let (mut ann, _) = Signal::join(&served, "hall", "ann").await;
    let junk = [
        Frame::Binary(vec![0xff; 64].into()),
        Frame::Binary(Vec::new().into()),
        Frame::text(""),
        Frame::text("hello"),
        Frame::text(r#"{"offer":7}"#),
        Frame::Ping(vec![1, 2, 3].into()),
    ];
    for frame in junk {
        ann.socket.send(frame).await.unwrap();
    }
    ann.ping().await;
    assert_eq!(served.count("messages_received_total", ""), 1, "only the ping counts");
}

#[tokio::test]
async fn a_draining_door_lets_nobody_in_and_sends_nobody_away() {
    let served = serve(Bounds::default()).await;
    let (mut ann, _) = Signal::join(&served, "hall", "ann").await;
    served.door.drain();
    let token = served.token(&guest("hall", "bob"));
    let refused = Signal::open(served.address, &format!("/rtc?{USUAL}"), &token).await.err().unwrap();
    assert_eq!(refused.status, 503);
    assert!(refused.body.contains("being stopped"), "{}", refused.body);
    assert_eq!(served.count("refused_total", "draining"), 1);
    ann.ping().await;
}

#[tokio::test]
async fn when_the_rooms_end_everybody_is_told() {
    let served = serve(Bounds::default()).await;
    let (mut ann, _) = Signal::join(&served, "hall", "ann").await;
    served.rooms.tell(moim_room::Command::Shutdown).await.unwrap();
    let leave = ann.until(|message| if let Message::Leave(leave) = message { Some(leave) } else { None }).await;
    assert_eq!(leave.reason(), proto::DisconnectReason::ServerShutdown);
    assert_eq!(ann.closed().await, Some(1000));
}

#[tokio::test]
async fn a_full_door_says_so_and_opens_again() {
    let served = serve(Bounds { connections: 1, ..Bounds::default() }).await;
    let (mut ann, _) = Signal::join(&served, "hall", "ann").await;
    let token = served.token(&guest("hall", "bob"));
    let path = format!("/rtc?{USUAL}");
    assert_eq!(Signal::open(served.address, &path, &token).await.err().unwrap().status, 503);
    assert_eq!(served.count("refused_total", "connections"), 1);
    ann.send(Request::Leave(proto::LeaveRequest::default())).await;
    ann.closed().await;
    drop(ann);
    let again = async {
        while Signal::open(served.address, &path, &token).await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(super::PATIENCE, again).await.expect("the place is free again");
}
