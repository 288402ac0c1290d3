//! A newcomer hears who is there, and the others hear of him.

mod stage;

use moim_room::{Event, JournalEvent, ParticipantState};
use stage::{ROOM, Stage, arrival, audio};

#[test]
fn a_newcomer_hears_of_everybody_and_everybody_of_him() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let (mic, _) = stage.publish(ann, "mic", audio());
    let (session, outputs) = stage.enter(arrival("bob"));
    let Some(Event::Joined(joined)) = outputs.heard(session).into_iter().next() else { panic!("{outputs:#?}") };
    assert_eq!(&*joined.room.name, ROOM);
    assert_eq!(joined.room.participants, 2);
    assert_eq!(joined.you.state, ParticipantState::Joined);
    assert_eq!(joined.others.iter().map(|other| other.id).collect::<Vec<_>>(), [ann.id]);
    assert_eq!(stage::track_names(&joined.others[0].tracks), [mic]);
    let seen = outputs.snapshot(ann.session, joined.you.id).unwrap();
    assert_eq!((&*seen.identity, seen.state), ("bob", ParticipantState::Joined));
}

#[test]
fn being_connected_is_seen_by_all_and_journaled() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let bob = stage.arrive(arrival("bob"));
    let outputs = stage.connect(bob);
    for session in [ann.session, bob.session] {
        assert_eq!(outputs.snapshot(session, bob.id).unwrap().state, ParticipantState::Active);
    }
    assert!(matches!(&outputs.journal()[..], [JournalEvent::ParticipantJoined(who)] if who.id == bob.id));
}

#[test]
fn the_same_identity_takes_the_place_of_the_one_before() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let bob = stage.guest("bob");
    let (session, outputs) = stage.enter(arrival("bob"));
    let again = outputs.joined(session);
    assert_ne!(again.id, bob.id);
    let reason = moim_room::DisconnectReason::DuplicateIdentity;
    assert_eq!(outputs.heard(bob.session), [Event::Disconnected(reason)]);
    assert_eq!(outputs.snapshot(ann.session, bob.id).unwrap().state, ParticipantState::Disconnected(reason));
    assert_eq!(outputs.snapshot(ann.session, again.id).unwrap().state, ParticipantState::Joined);
    let others = outputs.heard(session).into_iter().find_map(|event| match event {
        Event::Joined(joined) => Some(joined.others.len()),
        _ => None,
    });
    assert_eq!(others, Some(1), "the one before is not seen any more");
}
