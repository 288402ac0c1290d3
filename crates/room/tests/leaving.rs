//! Whoever is not there any more is gone after a while, and leaves nothing behind.

mod stage;

use std::time::Duration;

use moim_room::{ApiCommand, Command, DisconnectReason, Event, MediaOrder, ParticipantState, Reply};
use stage::{ROOM, Stage, arrival, audio, seconds};

fn ended(outputs: &stage::Outputs, guest: stage::Guest) -> Option<DisconnectReason> {
    match outputs.heard(guest.session).pop() {
        Some(Event::Disconnected(reason)) => Some(reason),
        _ => None,
    }
}

#[test]
fn leaving_closes_legs_and_ends_tracks() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let bob = stage.guest("bob");
    let (mic, _) = stage.publish(ann, "mic", audio());
    let outputs = stage.leave(ann);
    assert_eq!(ended(&outputs, ann), Some(DisconnectReason::ClientInitiated));
    let orders = [
        MediaOrder::Unpublish { leg: ann.ingress, track: mic },
        MediaOrder::CloseLeg(ann.ingress),
        MediaOrder::CloseLeg(ann.egress),
    ];
    assert_eq!(outputs.orders(), orders);
    let last = outputs.snapshot(bob.session, ann.id).unwrap();
    assert_eq!(last.state, ParticipantState::Disconnected(DisconnectReason::ClientInitiated));
    assert!(last.tracks.is_empty());
    let stats = stage.rooms.stats();
    assert_eq!((stats.participants, stats.publications, stats.subscriptions), (1, 0, 0));
    assert!(stage.leave(ann).0.is_empty(), "gone is gone");
}

#[test]
fn who_never_connects_is_gone_after_a_minute() {
    let mut stage = Stage::new();
    let ann = stage.arrive(arrival("ann"));
    stage.attach(ann);
    assert_eq!(ended(&stage.pass(seconds(59)), ann), None);
    assert_eq!(ended(&stage.pass(seconds(1)), ann), Some(DisconnectReason::JoinFailure));
}

#[test]
fn a_session_lost_before_the_connection_is_up_ends_at_once() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let bob = stage.arrive(arrival("bob"));
    let outputs = stage.give(Command::SessionLost(bob.session));
    let last = outputs.snapshot(ann.session, bob.id).unwrap();
    assert_eq!(last.state, ParticipantState::Disconnected(DisconnectReason::SignalClosed));
}

#[test]
fn a_lost_session_is_waited_for_while_media_goes_on() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let bob = stage.guest("bob");
    stage.give(Command::SessionLost(bob.session));
    assert!(stage.pass(Duration::from_millis(29_900)).snapshot(ann.session, bob.id).is_none());
    let outputs = stage.pass(Duration::from_millis(100));
    let last = outputs.snapshot(ann.session, bob.id).unwrap();
    assert_eq!(last.state, ParticipantState::Disconnected(DisconnectReason::SignalClosed));
    assert!(outputs.heard(bob.session).is_empty());
}

#[test]
fn a_closed_primary_leg_is_waited_for_five_seconds() {
    let mut stage = Stage::new();
    let bob = stage.guest("bob");
    stage.give(Command::LegClosed(bob.egress));
    assert_eq!(ended(&stage.pass(Duration::from_millis(4_900)), bob), None);
    let outputs = stage.pass(Duration::from_millis(100));
    assert_eq!(ended(&outputs, bob), Some(DisconnectReason::ConnectionTimeout));
    assert_eq!(outputs.orders(), [MediaOrder::CloseLeg(bob.ingress)]);
}

#[test]
fn a_secondary_leg_may_close() {
    let mut stage = Stage::new();
    let bob = stage.guest("bob");
    stage.give(Command::LegClosed(bob.ingress));
    assert_eq!(ended(&stage.pass(seconds(3600)), bob), None);
    assert_eq!(stage.rooms.stats().participants, 1);
}

#[test]
fn a_leg_that_closed_before_it_was_attached_counts_as_closed() {
    let mut stage = Stage::new();
    let ann = stage.arrive(arrival("ann"));
    stage.give(Command::LegClosed(ann.egress));
    assert!(stage.attach(ann).orders().is_empty());
    assert_eq!(ended(&stage.pass(seconds(5)), ann), Some(DisconnectReason::JoinFailure));
}

#[test]
fn the_server_sends_somebody_away() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let (reply, outputs) = stage.api(ApiCommand::RemoveParticipant(ROOM.into(), "ann".into()));
    assert_eq!(reply, Ok(Reply::Done));
    assert_eq!(ended(&outputs, ann), Some(DisconnectReason::ParticipantRemoved));
}

#[test]
fn everybody_goes_when_the_server_stops_and_nobody_comes() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let outputs = stage.give(Command::Shutdown);
    assert_eq!(ended(&outputs, ann), Some(DisconnectReason::ServerShutdown));
    assert_eq!(stage.rooms.stats().rooms, 0);
    let (session, outputs) = stage.enter(arrival("bob"));
    assert_eq!(outputs.heard(session), [Event::Disconnected(DisconnectReason::ServerShutdown)]);
    assert_eq!(stage.rooms.next_wake(), None, "nothing is left to wait for");
}
