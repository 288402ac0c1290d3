//! Rooms are opened, bounded, changed, and closed.

mod stage;

use moim_room::{
    ApiCommand, Command, Config, DisconnectReason, Event, Join, JournalEvent, Refusal, Reply, RoomOptions,
};
use stage::{ROOM, Stage, arrival, arrival_with, seconds};

fn create(stage: &mut Stage, name: &str, options: RoomOptions) -> Result<Reply, Refusal> {
    stage.api(ApiCommand::CreateRoom(name.into(), options)).0
}

#[test]
fn an_empty_room_waits_for_its_first_participant_and_closes() {
    let mut stage = Stage::new();
    create(&mut stage, ROOM, RoomOptions::default()).unwrap();
    assert!(stage.pass(seconds(299)).journal().is_empty());
    assert_eq!(stage.pass(seconds(1)).journal(), [JournalEvent::RoomFinished]);
    assert_eq!(stage.rooms.next_wake(), None);
}

#[test]
fn a_left_room_stays_for_those_who_come_back() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    stage.leave(ann);
    stage.pass(seconds(19));
    let ann = stage.guest("ann");
    stage.pass(seconds(100));
    stage.leave(ann);
    assert_eq!(stage.pass(seconds(20)).journal(), [JournalEvent::RoomFinished]);
    let (session, outputs) = stage.enter(arrival("ann"));
    assert_eq!(outputs.journal()[0], JournalEvent::RoomStarted);
    outputs.joined(session);
}

#[test]
fn a_room_that_may_not_be_opened_is_not() {
    let mut stage = Stage::new();
    let join = |stage: &mut Stage| {
        let session = stage.session();
        let join = Join { session, room: ROOM.into(), open_as: None, arrival: arrival("ann") };
        stage.give(Command::Join(Box::new(join))).heard(session)
    };
    assert_eq!(join(&mut stage), [Event::Refused(Refusal::NoSuchRoom)]);
    create(&mut stage, ROOM, RoomOptions::default()).unwrap();
    assert!(matches!(join(&mut stage)[0], Event::Joined(_)));
    stage.api(ApiCommand::DeleteRoom(ROOM.into())).0.unwrap();
    assert_eq!(join(&mut stage), [Event::Refused(Refusal::NoSuchRoom)]);
}

#[test]
fn a_deleted_room_sends_everybody_away_and_may_be_opened_again() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let before = stage.api(ApiCommand::ListRooms(Vec::new())).0;
    let (_, outputs) = stage.api(ApiCommand::DeleteRoom(ROOM.into()));
    assert_eq!(outputs.heard(ann.session), [Event::Disconnected(DisconnectReason::RoomDeleted)]);
    assert_eq!(outputs.journal().last(), Some(&JournalEvent::RoomFinished));
    assert_eq!(stage.api(ApiCommand::DeleteRoom(ROOM.into())).0, Err(Refusal::NoSuchRoom));
    stage.guest("ann");
    assert_ne!(stage.api(ApiCommand::ListRooms(Vec::new())).0, before, "it has another name in the house");
}

#[test]
fn a_full_room_lets_in_recorders_and_those_who_replace_themselves() {
    let mut stage = Stage::new();
    create(&mut stage, ROOM, RoomOptions { max_participants: 1, ..RoomOptions::default() }).unwrap();
    stage.guest("ann");
    let (session, outputs) = stage.enter(arrival("bob"));
    assert_eq!(outputs.heard(session), [Event::Refused(Refusal::RoomFull)]);
    stage.guest("ann");
    stage.guest_as(arrival_with("rec", |may| may.recorder = true));
    assert_eq!(stage.rooms.stats().participants, 2);
}

#[test]
fn rooms_and_participants_are_bounded() {
    let mut stage = Stage::with(Config { rooms: 1, participants_per_room: 1, ..Config::default() });
    stage.guest("ann");
    let (session, outputs) = stage.enter_room("other", arrival("bob"));
    assert_eq!(outputs.heard(session), [Event::Refused(Refusal::TooLarge)]);
    let (session, outputs) = stage.enter(arrival("bob"));
    assert_eq!(outputs.heard(session), [Event::Refused(Refusal::RoomFull)]);
    assert_eq!(create(&mut stage, "other", RoomOptions::default()), Err(Refusal::TooLarge));
}

#[test]
fn names_and_metadata_are_bounded() {
    let mut stage = Stage::new();
    let mut refused = |room: &str, arrival| {
        let (session, outputs) = stage.enter_room(room, arrival);
        match outputs.heard(session).pop() {
            Some(Event::Refused(why)) => Some(why),
            _ => None,
        }
    };
    assert_eq!(refused("", arrival("ann")), Some(Refusal::Invalid));
    assert_eq!(refused(ROOM, arrival("")), Some(Refusal::Invalid));
    assert_eq!(refused(&"r".repeat(257), arrival("ann")), Some(Refusal::TooLarge));
    assert_eq!(refused(ROOM, arrival(&"a".repeat(257))), Some(Refusal::TooLarge));
    let mut long = arrival("ann");
    long.metadata = "m".repeat(512 * 1024 + 1);
    assert_eq!(refused(ROOM, long), Some(Refusal::TooLarge));
    let mut many = arrival("ann");
    many.attributes = [("k".into(), "v".repeat(64 * 1024))].into();
    assert_eq!(refused(ROOM, many), Some(Refusal::TooLarge));
    assert_eq!(refused(&"r".repeat(256), arrival(&"a".repeat(256))), None);
}

#[test]
fn counts_are_told_at_most_every_five_seconds() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    stage.pass(seconds(10));
    let mut told = Vec::new();
    for n in 0..40 {
        stage.guest(&format!("guest {n}"));
        told.extend(stage.pass(std::time::Duration::from_millis(250)).heard(ann.session));
    }
    let rooms: Vec<_> = told.iter().filter(|event| matches!(event, Event::Room(_))).collect();
    assert!((2..=3).contains(&rooms.len()), "{} in ten seconds", rooms.len());
}

#[test]
fn metadata_is_told_at_once_even_by_creating_again() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let (reply, outputs) = stage.api(ApiCommand::UpdateRoomMetadata(ROOM.into(), "new".into()));
    assert!(matches!(reply, Ok(Reply::Room(room)) if room.options.metadata == "new"));
    assert!(matches!(&outputs.heard(ann.session)[..], [Event::Room(room)] if room.options.metadata == "new"));
    let options = RoomOptions { max_participants: 5, ..RoomOptions::default() };
    let Ok(Reply::Room(room)) = create(&mut stage, ROOM, options) else { panic!() };
    assert_eq!((room.options.max_participants, room.options.metadata.as_str()), (5, "new"));
    let long = "m".repeat(512 * 1024 + 1);
    assert_eq!(stage.api(ApiCommand::UpdateRoomMetadata(ROOM.into(), long)).0, Err(Refusal::TooLarge));
}

#[test]
fn rooms_are_listed_by_name() {
    let mut stage = Stage::new();
    for name in ["b", "c", "a"] {
        create(&mut stage, name, RoomOptions::default()).unwrap();
    }
    let mut names = |wanted: &[&str]| {
        let wanted = wanted.iter().map(|name| (*name).into()).collect();
        let Ok(Reply::Rooms(rooms)) = stage.api(ApiCommand::ListRooms(wanted)).0 else { panic!() };
        rooms.iter().map(|room| room.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names(&[]), ["a", "b", "c"]);
    assert_eq!(names(&["c", "nothing"]), ["c"]);
}
