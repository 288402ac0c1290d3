//! The task with real media shards and without a door: what doors can count on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use moim_room::{
    ApiCommand, Arrival, Change, Command, DisconnectReason, Event, Join, Joined, Kind, Participant, ParticipantCommand,
    ParticipantState, Permissions, Refusal, Reply, RoomOptions,
};
use moim_sfu::{Directions, Offerer};
use moim_types::LegId;
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::handle::RoomsHandle;
use super::task::Task;
use super::{ASKS, JOURNAL, LegOptions, RoomsOptions, SessionEvent, SessionEvents};
use crate::media::Media;
use crate::media::tests::stage::{leg_config, options};

const PATIENCE: Duration = Duration::from_secs(20);

struct House {
    rooms: RoomsHandle,
    task: JoinHandle<()>,
    _media: Media,
}

fn house() -> House {
    let (sender, events) = mpsc::channel(1000);
    let media = Media::start(options(1), sender).unwrap();
    let (rooms, task) = super::start(RoomsOptions::default(), media.handle(), events).unwrap();
    House { rooms, task, _media: media }
}

/// Somebody in the room `hall`.
struct Guest {
    me: Arc<Participant>,
    session: moim_types::SessionId,
    events: SessionEvents,
}

impl Guest {
    async fn join(rooms: &RoomsHandle, identity: &str) -> Self {
        let (session, mut events) = rooms.open_session().await.unwrap();
        let arrival = Arrival {
            identity: identity.into(),
            name: String::new(),
            metadata: String::new(),
            attributes: BTreeMap::new(),
            kind: Kind::Standard,
            permissions: Permissions { update_own_metadata: true, ..Permissions::default() },
            auto_subscribe: true,
            auto_subscribe_data: true,
            adaptive_stream: false,
            door_data: Arc::new([]),
        };
        let join = Join { session, room: "hall".into(), open_as: Some(RoomOptions::default()), arrival };
        rooms.tell(Command::Join(Box::new(join))).await.unwrap();
        let Some(SessionEvent::Room(Event::Joined(joined))) = next(&mut events).await else { panic!("a place") };
        let Joined { you, .. } = *joined;
        Self { me: you, session, events }
    }

    fn does(&self, command: ParticipantCommand) -> Command {
        Command::Participant(self.me.id, command)
    }

    /// The next event that is looked for; others are passed over.
    async fn until<T>(&mut self, look: impl Fn(SessionEvent) -> Option<T>) -> T {
        loop {
            let event = next(&mut self.events).await.expect("the session goes on");
            if let Some(found) = look(event) {
                return found;
            }
        }
    }
}

async fn next(events: &mut SessionEvents) -> Option<SessionEvent> {
    timeout(PATIENCE, events.recv()).await.expect("an event, or the end")
}

fn metadata(number: usize) -> ParticipantCommand {
    let change = Change { metadata: Some(number.to_string()), ..Change::default() };
    ParticipantCommand::UpdateOwn { tag: String::new(), change }
}

fn is_gone(who: &Participant, identity: &str) -> bool {
    &*who.identity == identity && matches!(who.state, ParticipantState::Disconnected(_))
}

async fn hears_of_the_end_of(bob: &mut Guest, identity: &str) -> ParticipantState {
    bob.until(|event| match event {
        SessionEvent::Room(Event::Participant { who, .. }) if is_gone(&who, identity) => Some(who.state),
        _ => None,
    })
    .await
}

async fn figure(rooms: &RoomsHandle, name: &str, value: u64) {
    let found = || rooms.stats().named().find(|(known, ..)| *known == name).map(|(.., count)| count);
    let arrived = async {
        while found() != Some(value) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(timeout(PATIENCE, arrived).await.is_ok(), "{name} is {:?}, not {value}", found());
}

#[tokio::test]
async fn who_asks_more_than_the_task_can_take_waits() {
    let (sender, events) = mpsc::channel(1000);
    let media = Media::start(options(1), sender).unwrap();
    let (asks, waiting) = mpsc::channel(ASKS);
    let (journal, _) = broadcast::channel(JOURNAL);
    let task = Task::new(RoomsOptions::default(), media.handle(), journal.clone()).unwrap();
    let rooms = RoomsHandle::new(asks, journal, task.published());
    // Nobody reads yet.
    for _ in 0..ASKS {
        timeout(PATIENCE, rooms.tell(Command::LegConnected(LegId(1)))).await.expect("it is queued").unwrap();
    }
    let mut one_more = std::pin::pin!(rooms.tell(Command::LegConnected(LegId(1))));
    assert!(timeout(Duration::from_millis(50), &mut one_more).await.is_err(), "the queue has no bound");
    tokio::spawn(task.run(waiting, events));
    timeout(PATIENCE, one_more).await.expect("there is room again").unwrap();
}

#[tokio::test]
async fn a_session_whose_door_does_not_read_ends_and_the_others_hear_everything() {
    let house = house();
    let ann = Guest::join(&house.rooms, "ann").await;
    let mut bob = Guest::join(&house.rooms, "bob").await;
    let cem = Guest::join(&house.rooms, "cem").await;
    let mut cem_reads = cem.events;
    let draining = tokio::spawn(async move { while cem_reads.recv().await.is_some() {} });
    let telling = {
        let rooms = house.rooms.clone();
        let id = cem.me.id;
        tokio::spawn(async move {
            for number in 1..=1_500 {
                rooms.tell(Command::Participant(id, metadata(number))).await.unwrap();
                // A reader of one thread gets his turn.
                tokio::task::yield_now().await;
            }
        })
    };
    let (mut last, mut ann_left) = (0, false);
    while last < 1_500 || !ann_left {
        let Some(SessionEvent::Room(event)) = next(&mut bob.events).await else { panic!("bob's session ended") };
        let Event::Participant { who, .. } = event else { continue };
        if *who.identity == *"cem" {
            let number: usize = who.metadata.parse().unwrap_or(0);
            assert!(number >= last, "{number} after {last}");
            last = number;
        }
        ann_left |= is_gone(&who, "ann");
    }
    telling.await.unwrap();
    figure(&house.rooms, "sessions_too_slow", 1).await;
    // What waited is still there, and then it ends.
    let mut events = ann.events;
    let mut waited = 0;
    while next(&mut events).await.is_some() {
        waited += 1;
    }
    assert!((500..=1_000).contains(&waited), "{waited} events had waited");
    draining.abort();
}

#[tokio::test]
async fn a_session_whose_door_is_gone_is_noticed() {
    let house = house();
    let ann = Guest::join(&house.rooms, "ann").await;
    let mut bob = Guest::join(&house.rooms, "bob").await;
    drop(ann.events);
    let state = hears_of_the_end_of(&mut bob, "ann").await;
    assert_eq!(state, ParticipantState::Disconnected(DisconnectReason::SignalClosed));
    figure(&house.rooms, "sessions_abandoned", 1).await;
    figure(&house.rooms, "sessions", 1).await;
}

#[tokio::test]
async fn what_one_asks_is_done_in_its_order() {
    let house = house();
    let mut ann = Guest::join(&house.rooms, "ann").await;
    for number in 1..200 {
        house.rooms.tell(ann.does(metadata(number))).await.unwrap();
        let asked = house.rooms.api(ApiCommand::GetParticipant("hall".into(), "ann".into())).await.unwrap();
        let Ok(Reply::Participant(seen)) = asked else { panic!("{asked:?}") };
        assert_eq!(seen.metadata, number.to_string());
    }
    house.rooms.api(ApiCommand::RemoveParticipant("hall".into(), "ann".into())).await.unwrap().unwrap();
    let again = house.rooms.api(ApiCommand::GetParticipant("hall".into(), "ann".into())).await.unwrap();
    assert_eq!(again.err(), Some(Refusal::NoSuchParticipant));
    let reason = ann.until(|event| match event {
        SessionEvent::Room(Event::Disconnected(reason)) => Some(reason),
        _ => None,
    });
    assert_eq!(reason.await, DisconnectReason::ParticipantRemoved);
    assert!(next(&mut ann.events).await.is_none(), "nothing comes after the last event");
}

#[tokio::test]
async fn when_the_server_stops_everybody_hears_it_and_the_task_ends() {
    let house = house();
    let mut ann = Guest::join(&house.rooms, "ann").await;
    let config = leg_config(Directions::Egress, Offerer::Local);
    house.rooms.open_leg(LegOptions { session: ann.session, config }).await.unwrap();
    // One does not read, which holds up nobody.
    let _deaf = Guest::join(&house.rooms, "bob").await;
    house.rooms.tell(Command::Shutdown).await.unwrap();
    let reason = ann.until(|event| match event {
        SessionEvent::Room(Event::Disconnected(reason)) => Some(reason),
        _ => None,
    });
    assert_eq!(reason.await, DisconnectReason::ServerShutdown);
    timeout(PATIENCE, house.task).await.expect("the task ends").unwrap();
    assert!(house.rooms.tell(Command::LegConnected(LegId(1))).await.is_err());
    assert!(house.rooms.api(ApiCommand::ListRooms(Vec::new())).await.is_err());
    match house.rooms.open_session().await {
        Err(_) => {}
        Ok((_, mut events)) => assert!(next(&mut events).await.is_none(), "nobody comes in any more"),
    }
}

#[tokio::test]
async fn a_task_that_nobody_can_reach_any_more_ends() {
    let House { rooms, task, _media } = house();
    drop(rooms);
    timeout(PATIENCE, task).await.expect("the task ends").unwrap();
}

#[tokio::test]
async fn a_reader_of_the_journal_that_falls_behind_holds_up_nobody() {
    let house = house();
    let mut journal = house.rooms.journal();
    for number in 0..=JOURNAL {
        let room = format!("room{}", number % 10);
        house.rooms.api(ApiCommand::CreateRoom(room.as_str().into(), RoomOptions::default())).await.unwrap().unwrap();
        house.rooms.api(ApiCommand::DeleteRoom(room.as_str().into())).await.unwrap().unwrap();
    }
    assert!(matches!(journal.recv().await, Err(broadcast::error::RecvError::Lagged(missed)) if missed > 1_000));
    assert!(journal.recv().await.is_ok(), "it goes on with what is left");
}

#[tokio::test]
async fn legs_that_no_room_knows_end_with_their_session() {
    let house = house();
    let ann = Guest::join(&house.rooms, "ann").await;
    let config = leg_config(Directions::Egress, Offerer::Local);
    house.rooms.open_leg(LegOptions { session: ann.session, config }).await.unwrap();
    let legs = || house._media.handle().stats().named().find(|(name, ..)| *name == "legs").map(|(.., count)| count);
    let until = |value: u64| async move {
        let arrived = async {
            while legs() != Some(value) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        assert!(timeout(PATIENCE, arrived).await.is_ok(), "{:?} legs, not {value}", legs());
    };
    until(1).await;
    drop(ann.events);
    until(0).await;
}
