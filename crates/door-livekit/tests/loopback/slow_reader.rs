//! A client that does not read is put out; the others get everything, and in time.

use livekit_protocol as proto;
use moim_door_livekit::Bounds;
use moim_door_livekit::token::{Grants, VideoGrant};
use proto::signal_request::Message as Request;
use proto::signal_response::Message;

use super::signal::{Signal, USUAL};
use super::{guest, serve};

const TIMES: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_read_is_put_out_and_the_others_get_everything() {
    // The talker is not what is looked at here.
    let bounds = Bounds { messages_per_second: 1_000_000, message_burst: 1_000_000, ..Bounds::default() };
    let served = serve(bounds).await;
    let may_change = |identity: &str| {
        let grants = guest("hall", identity);
        let video = VideoGrant { can_update_own_metadata: Some(true), ..grants.video.unwrap() };
        served.token(&Grants { video: Some(video), ..guest("hall", identity) })
    };
    let (mut ann, _) = Signal::join_as(&served, &may_change("ann")).await;
    let (mut bob, _) = Signal::join(&served, "hall", "bob").await;
    let stream = Signal::narrow(served.address).await;
    let token = served.token(&guest("hall", "slow"));
    let slow = Signal::open_over(stream, served.address, &format!("/rtc?{USUAL}"), &token).await.unwrap();

    let talking = tokio::spawn(async move {
        for number in 0..TIMES {
            let metadata = format!("{number} {}", "x".repeat(100_000));
            ann.send(Request::UpdateMetadata(proto::UpdateParticipantMetadata { metadata, ..Default::default() }))
                .await;
            // What comes back is read as well.
            ann.until(|message| matches!(message, Message::RequestResponse(_)).then_some(())).await;
        }
        ann
    });
    let last = format!("{} ", TIMES - 1);
    let mut heard_of_slow = false;
    let mut heard_last = false;
    while !(heard_last && heard_of_slow) {
        let Message::Update(update) = bob.next().await else { continue };
        for who in update.participants {
            heard_last |= who.identity == "ann" && who.metadata.starts_with(&last);
            heard_of_slow |= who.identity == "slow" && who.state() == proto::participant_info::State::Disconnected;
        }
    }
    served.until("closed_total", "slow_reader", 1).await;
    let mut ann = talking.await.unwrap();
    ann.ping().await;
    bob.ping().await;
    drop(slow);
}

#[tokio::test]
async fn who_asks_and_never_reads_the_answers_is_not_read_either() {
    let bounds = Bounds { messages_per_second: 1_000_000, message_burst: 1_000_000, ..Bounds::default() };
    let served = serve(bounds).await;
    let stream = Signal::narrow(served.address).await;
    let token = served.token(&guest("hall", "ann"));
    let mut ann = Signal::open_over(stream, served.address, &format!("/rtc?{USUAL}"), &token).await.unwrap();
    // The refusal repeats the request: 100 kB for 100 kB.
    let request = proto::UpdateParticipantMetadata { metadata: "x".repeat(100_000), ..Default::default() };
    let mut asked = 0_u64;
    let asking = async {
        while asked < 1_000 && ann.try_send(Request::UpdateMetadata(request.clone())).await.is_ok() {
            asked += 1;
        }
    };
    // Either it is held up, or it is over.
    let _ = tokio::time::timeout(std::time::Duration::from_secs(3), asking).await;
    assert!(served.count("messages_received_total", "") < 500, "somebody who reads nothing is listened to");
    served.until("closed_total", "slow_reader", 1).await;
}
