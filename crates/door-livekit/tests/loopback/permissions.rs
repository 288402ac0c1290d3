//! Permissions that are taken away while they are used, and what is done without having them. Media flows over real
//! connections.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use livekit_protocol as proto;
use moim_door_livekit::Bounds;
use moim_door_livekit::token::{Grants, VideoGrant};
use moim_peer::livekit::{PublishOptions, Published, Room, RoomEvent, RoomEvents, RoomOptions};
use moim_peer::{Event, Fleet, Media, MediaInput, MediaOutput, OutgoingPacket, Packets, TransceiverId};
use moim_types::{Codec, Redacted};
use proto::request_response::Reason;
use proto::signal_request::Message as Request;
use proto::signal_response::Message;
use serde_json::{Value, json};

use super::api::post;
use super::signal::{Signal, add_track};
use super::{PATIENCE, Served, admin, guest, serve};

/// What the revoking is given to take effect.
const SOON: Duration = Duration::from_millis(500);

/// A voice: a packet each 20 ms, from when it may be sent.
#[derive(Default)]
struct Voice {
    transceiver: Option<TransceiverId>,
    next: Option<Instant>,
    count: u32,
    outputs: VecDeque<MediaOutput>,
}

impl Media for Voice {
    fn handle(&mut self, now: Instant, input: MediaInput<'_>) {
        match input {
            MediaInput::Event(Event::SenderReady { transceiver, .. }) => {
                self.transceiver = Some(*transceiver);
                self.next.get_or_insert(now);
            }
            MediaInput::Timeout => {
                let Some(transceiver) = self.transceiver else { return };
                self.next = Some(now + Duration::from_millis(20));
                self.count += 1;
                self.outputs.push_back(MediaOutput::Write(OutgoingPacket {
                    transceiver,
                    rid: String::new(),
                    codec: Codec::Opus,
                    timestamp: self.count * 960,
                    marker: self.count == 1,
                    audio_level: Some(30),
                    payload: Arc::from([0x78; 60]),
                }));
            }
            MediaInput::Event(_) | MediaInput::Packet(_) => {}
        }
    }

    fn poll(&mut self) -> Option<MediaOutput> {
        self.outputs.pop_front()
    }

    fn next_wake(&self) -> Option<Instant> {
        self.next
    }
}

struct Person {
    room: Room,
    packets: Packets,
    /// Read all the time: who does not read his events loses his session.
    _events: tokio::task::JoinHandle<()>,
}

impl Person {
    async fn join(served: &Served, grants: &Grants) -> Self {
        let fleet = Arc::new(Fleet::start_on(1, IpAddr::V4(Ipv4Addr::LOCALHOST)).unwrap());
        let options = RoomOptions { publisher_media: Some(Box::new(Voice::default())), ..RoomOptions::new(fleet) };
        let token = Redacted::new(served.token(grants));
        let (room, mut events) = Room::connect(&format!("ws://{}", served.address), &token, options).await.unwrap();
        let packets = events.take_packets().unwrap();
        Self { room, packets, _events: tokio::spawn(read(events)) }
    }

    async fn speak(&self) -> Published {
        let published = self.room.publish(PublishOptions::microphone());
        tokio::time::timeout(PATIENCE, published).await.expect("an answer").unwrap()
    }

    /// Waits until sound goes on arriving.
    async fn listens(&mut self) {
        let heard = async {
            for _ in 0..20 {
                self.packets.next().await.expect("the connection lives");
            }
        };
        tokio::time::timeout(PATIENCE, heard).await.expect("sound arrives");
    }

    /// Reads until a second has been silent; when the last packet came.
    async fn last_packet(&mut self) -> Option<Instant> {
        let mut last = None;
        while let Ok(Some(packet)) = tokio::time::timeout(Duration::from_secs(1), self.packets.next()).await {
            last = Some(packet.received);
            assert!(packet.received.elapsed() < PATIENCE, "it goes on for ever");
        }
        last
    }
}

async fn read(mut events: RoomEvents) {
    while events.next().await.is_some_and(|event| !matches!(event, RoomEvent::Disconnected(_))) {}
}

async fn permit(served: &Served, identity: &str, permission: Value) {
    let token = served.token(&admin("hall"));
    let body = json!({ "room": "hall", "identity": identity, "permission": permission }).to_string();
    let answer = post(served, "livekit.RoomService/UpdateParticipant", Some(&token), body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

async fn two(served: &Served) -> (Person, Person) {
    let ann = Person::join(served, &guest("hall", "ann")).await;
    let mut bob = Person::join(served, &guest("hall", "bob")).await;
    ann.speak().await;
    bob.listens().await;
    (ann, bob)
}

/// Takes a right away from one of two between whom sound flows. For how long it flows on.
async fn flows_on_without_the_right(identity: &str, permission: &Value) -> Duration {
    let served = serve(Bounds::default()).await;
    let (ann, mut bob) = two(&served).await;
    let began = Instant::now();
    permit(&served, identity, permission.clone()).await;
    // Ann's program does not care, and sends on.
    let last = bob.last_packet().await;
    if identity == "ann" {
        let again = tokio::time::timeout(PATIENCE, ann.room.publish(PublishOptions::microphone())).await.unwrap();
        assert!(again.is_err(), "she published again");
    }
    last.and_then(|last| last.checked_duration_since(began)).unwrap_or_default()
}

/// A busy machine is late now and then; a fault is late each time.
async fn stops_soon(identity: &str, permission: Value) {
    let mut took = Vec::new();
    for _ in 0..3 {
        took.push(flows_on_without_the_right(identity, &permission).await);
        if took.last().is_some_and(|took| *took < SOON) {
            return;
        }
    }
    panic!("media went on for {took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn media_stops_when_its_publisher_may_not_publish_any_more() {
    stops_soon("ann", json!({ "canPublish": false, "canSubscribe": true, "canPublishData": true })).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn media_stops_when_its_viewer_may_not_view_any_more() {
    stops_soon("bob", json!({ "canPublish": true, "canSubscribe": false, "canPublishData": true })).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_hidden_participant_publishes_cannot_be_had_by_name() {
    let served = serve(Bounds::default()).await;
    let video = VideoGrant { hidden: true, ..guest("hall", "spy").video.unwrap() };
    let spy = Person::join(&served, &Grants { video: Some(video), ..guest("hall", "spy") }).await;
    let mut bob = Person::join(&served, &guest("hall", "bob")).await;
    let track = spy.speak().await;
    bob.room.subscribe(vec![track.info.sid], true).await.unwrap();
    let heard = tokio::time::timeout(Duration::from_secs(3), bob.packets.next()).await;
    assert!(heard.is_err(), "he hears who is not there");
}

#[tokio::test]
async fn one_changes_publishes_and_announces_nothing_without_the_right_to() {
    let served = serve(Bounds::default()).await;
    let video = VideoGrant { can_publish: Some(false), ..guest("hall", "ann").video.unwrap() };
    let token = served.token(&Grants { video: Some(video), ..guest("hall", "ann") });
    let (mut ann, _) = Signal::join_as(&served, &token).await;
    let change = proto::UpdateParticipantMetadata { metadata: "mine".into(), request_id: 7, ..Default::default() };
    for (request, number) in [(Request::UpdateMetadata(change), 7), (add_track("mic"), 0)] {
        ann.send(request).await;
        let answer = ann
            .until(|message| match message {
                Message::RequestResponse(response) => Some(response),
                Message::TrackPublished(_) => panic!("it was taken"),
                _ => None,
            })
            .await;
        assert_eq!((answer.reason(), answer.request_id), (Reason::NotAllowed, number));
    }
    let body = json!({ "room": "hall", "identity": "ann" }).to_string();
    let manager = served.token(&admin("hall"));
    let seen = post(&served, "livekit.RoomService/GetParticipant", Some(&manager), body).await;
    assert!(!seen.body.contains("mine"), "{seen:?}");
}

#[tokio::test]
async fn a_request_to_join_does_not_raise_what_the_token_says() {
    let served = serve(Bounds::default()).await;
    let token = served.token(&guest("hall", "ann"));
    let request = proto::JoinRequest { metadata: "mine".into(), ..Default::default() };
    let path = format!("/rtc/v1?{}", super::signal::join_request(&request));
    let refused = Signal::open(served.address, &path, &token).await.err().unwrap();
    assert_eq!(refused.status, 401, "{refused:?}");
}
