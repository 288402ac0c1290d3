//! Webhooks with receivers of every temper, over loopback.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::any;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use livekit_protocol as proto;
use moim_room::{
    DisconnectReason, JournalEntry, JournalEvent, Kind, Participant, ParticipantState, Permissions, Room, RoomOptions,
    Version,
};
use moim_types::{Id, Redacted};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::sync::broadcast;

use super::*;
use crate::token::{Keys, unix_now};

fn keys() -> Keys {
    Keys::new([("key".to_owned(), Redacted::new("secret".to_owned()))])
}

/// How a receiver takes an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Temper {
    Good,
    Broken,
    Busy,
    Refusing,
    Redirecting,
    Hanging,
}

#[derive(Clone)]
struct Receiver {
    state: Arc<Mutex<(Temper, Vec<proto::WebhookEvent>, u32)>>,
    address: SocketAddr,
}

impl Receiver {
    async fn start(temper: Temper) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let receiver = Self { state: Arc::new(Mutex::new((temper, Vec::new(), 0))), address };
        let router = Router::new().fallback(any(receive)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    fn become_now(&self, temper: Temper) {
        self.state.lock().unwrap().0 = temper;
    }

    fn events(&self) -> Vec<proto::WebhookEvent> {
        self.state.lock().unwrap().1.clone()
    }

    fn names(&self) -> Vec<String> {
        self.events().into_iter().map(|event| event.event).collect()
    }

    fn attempts(&self) -> u32 {
        self.state.lock().unwrap().2
    }
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> Response {
    let temper = {
        let mut state = receiver.state.lock().unwrap();
        state.2 += 1;
        state.0
    };
    match temper {
        Temper::Good => {}
        Temper::Broken => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Temper::Busy => return StatusCode::TOO_MANY_REQUESTS.into_response(),
        Temper::Refusing => return StatusCode::BAD_REQUEST.into_response(),
        Temper::Redirecting => return Redirect::temporary("/elsewhere").into_response(),
        Temper::Hanging => return std::future::pending().await,
    }
    // As the server SDKs do: the token alone, whose digest is that of the body.
    let grants = keys().verify(headers["authorization"].to_str().unwrap(), unix_now()).unwrap();
    assert_eq!(grants.sha256, STANDARD.encode(Sha256::digest(&body)));
    assert_eq!(headers["content-type"], "application/webhook+json");
    receiver.state.lock().unwrap().1.push(serde_json::from_slice(&body).unwrap());
    StatusCode::OK.into_response()
}

fn room(name: &str) -> Arc<Room> {
    Arc::new(Room {
        id: Id::from_random([0; 12]),
        name: name.into(),
        options: RoomOptions::default(),
        created: unix_now(),
        participants: 1,
        publishers: 0,
        being_recorded: false,
    })
}

fn participant(identity: &str) -> Arc<Participant> {
    Arc::new(Participant {
        id: Id::from_random([1; 12]),
        identity: identity.into(),
        name: String::new(),
        metadata: String::new(),
        attributes: std::collections::BTreeMap::new(),
        kind: Kind::Standard,
        permissions: Permissions::default(),
        state: ParticipantState::Active,
        joined: unix_now(),
        tracks: Vec::new(),
        data_tracks: Vec::new(),
        publisher: false,
        version: Version::default(),
        door_data: Arc::from([]),
    })
}

/// A room's short life, as the rooms write it down.
fn life(name: &str) -> Vec<JournalEntry> {
    [
        JournalEvent::RoomStarted,
        JournalEvent::ParticipantJoined(participant("ann")),
        JournalEvent::ParticipantLeft(participant("ann"), DisconnectReason::ParticipantRemoved),
        JournalEvent::RoomFinished,
    ]
    .map(|event| JournalEntry { at: unix_now(), room: room(name), event })
    .to_vec()
}

const LIFE: [&str; 4] = ["room_started", "participant_joined", "participant_left", "room_finished"];

struct Stage {
    folder: tempfile::TempDir,
    journal: broadcast::Sender<JournalEntry>,
}

impl Stage {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), journal: broadcast::channel(10_000).0 }
    }

    fn config(&self, urls: Vec<String>) -> WebhookConfig {
        // Not there yet: the first start makes it.
        let folder = self.folder.path().join("webhooks");
        let time_out = Duration::from_millis(300);
        WebhookConfig { time_out, ..WebhookConfig::new(urls, "key".into(), keys(), folder) }
    }

    fn start(&self, receiver: &Receiver) -> Webhooks {
        Webhooks::start(&self.config(vec![receiver.url()]), &self.journal.subscribe()).unwrap()
    }

    fn tell(&self, entries: Vec<JournalEntry>) {
        for entry in entries {
            self.journal.send(entry).unwrap();
        }
    }
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let late = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < late, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_good_receiver_hears_everything_once_in_order_and_signed() {
    let (stage, receiver) = (Stage::new(), Receiver::start(Temper::Good).await);
    let webhooks = stage.start(&receiver);
    stage.tell(life("hall"));
    until("all is told", || receiver.events().len() == 4).await;
    assert_eq!(receiver.names(), LIFE);
    let left = &receiver.events()[2];
    assert!(left.id.starts_with("EV_") && left.created_at > 1_700_000_000);
    assert_eq!(left.room.as_ref().unwrap().sid, "RM_AAAAAAAAAAAA");
    let who = left.participant.as_ref().unwrap();
    assert_eq!((who.identity.as_str(), who.state()), ("ann", proto::participant_info::State::Disconnected));
    assert_eq!(who.disconnect_reason(), proto::DisconnectReason::ParticipantRemoved);
    until("it is counted", || webhooks.stats().told == 4).await;
    webhooks.drain(Duration::from_secs(5)).await;
    assert_eq!(receiver.attempts(), 4);
}

#[tokio::test]
async fn a_receiver_that_recovers_has_missed_nothing() {
    for temper in [Temper::Broken, Temper::Busy, Temper::Redirecting, Temper::Hanging] {
        let (stage, receiver) = (Stage::new(), Receiver::start(temper).await);
        let webhooks = stage.start(&receiver);
        stage.tell(life("hall"));
        until("it was tried", || webhooks.stats().failed_attempts >= 1).await;
        assert_eq!((webhooks.stats().waiting, webhooks.stats().told), (4, 0), "{temper:?}");
        receiver.become_now(Temper::Good);
        until("all is told", || receiver.events().len() == 4).await;
        assert_eq!(receiver.names(), LIFE, "{temper:?}");
        webhooks.drain(Duration::from_secs(5)).await;
    }
}

#[tokio::test]
async fn a_refused_event_is_not_repeated() {
    let (stage, receiver) = (Stage::new(), Receiver::start(Temper::Refusing).await);
    let webhooks = stage.start(&receiver);
    stage.tell(life("hall"));
    until("all are refused", || webhooks.stats().refused == 4).await;
    assert_eq!((receiver.attempts(), webhooks.stats().waiting), (4, 0));
}

#[tokio::test]
async fn what_a_killed_server_had_not_told_is_told_by_the_next_one() {
    let (stage, receiver) = (Stage::new(), Receiver::start(Temper::Broken).await);
    let webhooks = stage.start(&receiver);
    stage.tell(life("hall"));
    stage.tell(life("yard"));
    until("it was tried", || webhooks.stats().failed_attempts >= 1 && webhooks.stats().waiting == 8).await;
    webhooks.kill().await;
    receiver.become_now(Temper::Good);
    let webhooks = stage.start(&receiver);
    stage.tell(life("hall"));
    until("all is told", || receiver.events().len() == 12).await;
    for (name, lives) in [("hall", 2), ("yard", 1)] {
        let of_room = |event: &proto::WebhookEvent| event.room.as_ref().unwrap().name == name;
        let names: Vec<_> = receiver.events().into_iter().filter(of_room).map(|event| event.event).collect();
        assert_eq!(names, LIFE.repeat(lives), "{name}");
    }
    webhooks.drain(Duration::from_secs(5)).await;
    // The next start has nothing to say.
    let webhooks = stage.start(&receiver);
    webhooks.drain(Duration::from_secs(1)).await;
    assert_eq!(receiver.events().len(), 12);
}

#[tokio::test]
async fn stopping_tells_what_is_in_the_journal_and_does_not_wait_for_the_dead() {
    let (stage, receiver) = (Stage::new(), Receiver::start(Temper::Good).await);
    let webhooks = stage.start(&receiver);
    stage.tell(life("hall"));
    webhooks.drain(Duration::from_secs(10)).await;
    assert_eq!(receiver.names(), LIFE);

    receiver.become_now(Temper::Hanging);
    let webhooks = stage.start(&receiver);
    stage.tell(life("hall"));
    let begun = Instant::now();
    webhooks.drain(Duration::from_millis(500)).await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    receiver.become_now(Temper::Good);
    let webhooks = stage.start(&receiver);
    until("the rest is told", || receiver.events().len() == 8).await;
    webhooks.drain(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_dead_receiver_does_not_hold_up_a_good_one() {
    let (stage, good, dead) =
        (Stage::new(), Receiver::start(Temper::Good).await, Receiver::start(Temper::Hanging).await);
    let config = stage.config(vec![dead.url(), good.url()]);
    let webhooks = Webhooks::start(&config, &stage.journal.subscribe()).unwrap();
    for number in 0..50 {
        stage.tell(life(&number.to_string()));
    }
    until("the good one has all", || good.events().len() == 200).await;
    assert!(dead.events().is_empty());
    drop(webhooks);
}

#[tokio::test]
async fn nobody_but_the_configured_receiver_is_asked() {
    let elsewhere = Receiver::start(Temper::Good).await;
    let target = elsewhere.url();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let router = Router::new().fallback(any(move || async move { Redirect::permanent(&target) }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let stage = Stage::new();
    let webhooks = Webhooks::start(&stage.config(vec![url]), &stage.journal.subscribe()).unwrap();
    stage.tell(life("hall"));
    until("it was tried", || webhooks.stats().failed_attempts >= 2).await;
    assert_eq!(elsewhere.attempts(), 0, "a redirect was followed");
}

#[tokio::test]
async fn what_is_wrong_is_said_at_the_start() {
    let stage = Stage::new();
    let start = |config: WebhookConfig| Webhooks::start(&config, &stage.journal.subscribe());
    let good = stage.config(vec!["http://127.0.0.1:1/".into()]);
    let unknown = WebhookConfig { key: "nobody".into(), ..good.clone() };
    assert!(matches!(start(unknown), Err(WebhooksError::UnknownKey(_))));
    assert!(matches!(start(stage.config(vec!["ftp://host/".into()])), Err(WebhooksError::Url(BadUrl::Scheme(_)))));
    let nowhere = WebhookConfig { data_dir: "/dev/null/below".into(), ..good };
    assert!(matches!(start(nowhere), Err(WebhooksError::Queue { .. })));
    let none = start(stage.config(vec![])).unwrap();
    none.drain(Duration::from_secs(1)).await;
}
