//! Hidden participants are seen by themselves only; recorders and agents do not hold a room.

mod stage;

use moim_room::{ApiCommand, Change, Event, Kind, ParticipantState, Permissions, Recipients, Reply};
use stage::{ROOM, Stage, arrival, arrival_with, audio, seconds};

fn hidden(identity: &str) -> moim_room::Arrival {
    arrival_with(identity, |may| may.hidden = true)
}

#[test]
fn a_hidden_participant_is_seen_by_himself_and_the_server_only() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let spy = stage.arrive(hidden("spy"));
    let outputs = stage.connect(spy);
    assert!(outputs.heard(ann.session).is_empty());
    assert_eq!(outputs.snapshot(spy.session, spy.id).unwrap().state, ParticipantState::Active);
    let (session, outputs) = stage.enter(arrival("bob"));
    let Event::Joined(joined) = &outputs.heard(session)[0] else { panic!() };
    assert_eq!(joined.others.len(), 1);
    assert_eq!(joined.room.participants, 2);
    let Ok(Reply::Participants(all)) = stage.api(ApiCommand::ListParticipants(ROOM.into())).0 else { panic!() };
    assert_eq!(all.len(), 3);
    assert!(stage.leave(spy).heard(ann.session).is_empty());
}

#[test]
fn a_hidden_participant_sees_but_shows_nothing() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let spy = stage.guest_as(hidden("spy"));
    let (mic, outputs) = stage.publish(ann, "mic", audio());
    assert_eq!(outputs.subscribed(spy.egress), [mic]);
    let (_, outputs) = stage.publish(spy, "mic", audio());
    assert!(outputs.subscribed(ann.egress).is_empty());
    assert!(outputs.heard(ann.session).is_empty());
}

#[test]
fn what_a_hidden_participant_says_has_no_name() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let spy = stage.guest_as(hidden("spy"));
    let heard = stage.say(spy, 1, Recipients::Everybody).heard(ann.session);
    assert!(matches!(&heard[..], [Event::Message(message)] if message.from.is_none()));
}

#[test]
fn hiding_looks_like_leaving_and_showing_like_coming() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let bob = stage.guest("bob");
    let (mic, _) = stage.publish(bob, "mic", audio());
    let mut hide = |hidden| {
        let permissions = Some(Permissions { hidden, ..Permissions::default() });
        let change = Change { permissions, ..Change::default() };
        stage.api(ApiCommand::UpdateParticipant(ROOM.into(), "bob".into(), change)).1
    };
    let outputs = hide(true);
    let last = outputs.snapshot(ann.session, bob.id).unwrap();
    assert!(matches!(last.state, ParticipantState::Disconnected(_)));
    assert_eq!(outputs.unsubscribed(ann.egress), [mic]);
    let outputs = hide(false);
    let back = outputs.snapshot(ann.session, bob.id).unwrap();
    assert_eq!(back.state, ParticipantState::Active);
    assert!(back.version > last.version);
    assert_eq!(outputs.subscribed(ann.egress), [mic]);
}

#[test]
fn recorders_and_agents_neither_count_nor_hold_the_room() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let outputs = {
        let rec = stage.arrive(arrival_with("rec", |may| may.recorder = true));
        stage.connect(rec)
    };
    drop(outputs);
    let mut agent = arrival("agent");
    agent.kind = Kind::Agent;
    let agent = stage.guest_as(agent);
    let Ok(Reply::Rooms(rooms)) = stage.api(ApiCommand::ListRooms(Vec::new())).0 else { panic!() };
    assert_eq!((rooms[0].participants, rooms[0].being_recorded), (1, true));
    stage.leave(ann);
    let outputs = stage.pass(seconds(20));
    let reason = moim_room::DisconnectReason::RoomClosed;
    assert_eq!(outputs.heard(agent.session).last(), Some(&Event::Disconnected(reason)));
    assert_eq!(stage.rooms.stats().rooms, 0);
}

#[test]
fn a_recorder_shows_at_once() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let (_, outputs) = stage.enter(arrival_with("rec", |may| (may.recorder, may.hidden) = (true, true)));
    let heard = outputs.heard(ann.session);
    assert!(matches!(&heard[..], [Event::Room(room)] if room.being_recorded), "{heard:?}");
}
