//! A lost session goes on with another: as himself, with what he missed.

mod stage;

use moim_room::{Command, Event, ParticipantState, Recipients, Refusal};
use moim_types::Quality;
use stage::{Guest, Outputs, Stage, audio, seconds, video};

fn lose(stage: &mut Stage, guest: Guest) {
    stage.give(Command::SessionLost(guest.session));
}

fn refusal(outputs: &Outputs) -> Option<Refusal> {
    outputs.0.iter().find_map(|output| match output {
        moim_room::Output::Tell(_, Event::Refused(why)) => Some(*why),
        _ => None,
    })
}

#[test]
fn he_stays_who_he_was_and_nobody_notices() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let bob = stage.guest("bob");
    stage.publish(bob, "mic", audio());
    lose(&mut stage, bob);
    assert!(stage.pass(seconds(29)).snapshot(ann.session, bob.id).is_none());
    let (bob, outputs) = stage.resume(bob, "bob");
    let Event::Resumed { now, left, last_sequence, legs } = &outputs.heard(bob.session)[0] else {
        panic!("{outputs:#?}")
    };
    assert_eq!((now.you.id, now.you.state, now.you.tracks.len()), (bob.id, ParticipantState::Active, 1));
    assert_eq!(now.others.iter().map(|other| other.id).collect::<Vec<_>>(), [ann.id]);
    assert!(left.is_empty());
    assert_eq!(*last_sequence, 0);
    assert_eq!(legs[..], [bob.ingress, bob.egress]);
    assert!(outputs.heard(ann.session).is_empty());
    assert!(outputs.orders().is_empty());
    stage.pass(seconds(3600));
    assert_eq!(stage.rooms.stats().participants, 2);
}

#[test]
fn he_hears_who_has_left_and_what_was_said() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let bob = stage.guest("bob");
    let cho = stage.guest("cho");
    let dan = stage.guest("dan");
    stage.say(bob, 41, Recipients::Everybody);
    lose(&mut stage, bob);
    stage.say(ann, 1, Recipients::Everybody);
    stage.pass(seconds(10));
    stage.say(ann, 2, Recipients::Identities(vec!["bob".into()]));
    stage.say(ann, 3, Recipients::Participants(vec![cho.id]));
    stage.leave(cho);
    stage.leave(dan);
    stage.guest("dan");
    let (bob, outputs) = stage.resume(bob, "bob");
    let heard = outputs.heard(bob.session);
    let Event::Resumed { left, last_sequence, .. } = &heard[0] else { panic!("{heard:?}") };
    assert_eq!(left.iter().map(|who| who.id).collect::<Vec<_>>(), [cho.id], "dan is here again");
    assert!(matches!(left[0].state, ParticipantState::Disconnected(_)));
    assert_eq!(*last_sequence, 41);
    let said = heard.iter().filter_map(|event| match event {
        Event::Message(message) => Some(message.sequence),
        _ => None,
    });
    assert_eq!(said.collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn the_old_session_hears_that_it_was_replaced() {
    let mut stage = Stage::new();
    let old = stage.guest("bob");
    let (new, outputs) = stage.resume(old, "bob");
    assert_eq!(outputs.heard(old.session), [Event::Superseded(new.session)]);
    // The end of the old connection is no loss any more.
    stage.give(Command::SessionLost(old.session));
    stage.pass(seconds(60));
    assert_eq!(stage.rooms.stats().participants, 1);
}

#[test]
fn only_he_himself_can_resume() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let bob = stage.guest("bob");
    assert_eq!(refusal(&stage.resume(bob, "ann").1), Some(Refusal::NoSuchParticipant));
    assert_eq!(refusal(&stage.resume(bob, "nobody").1), Some(Refusal::NoSuchParticipant));
    let session = stage.session();
    let resume = Command::Resume { session, room: "other".into(), identity: "ann".into(), participant: ann.id };
    assert_eq!(refusal(&stage.give(resume)), Some(Refusal::NoSuchRoom));
    stage.leave(ann);
    assert_eq!(refusal(&stage.resume(ann, "ann").1), Some(Refusal::NoSuchParticipant));
}

#[test]
fn a_session_that_comes_back_without_legs_has_time_for_new_ones() {
    let mut stage = Stage::new();
    let bob = stage.guest("bob");
    lose(&mut stage, bob);
    stage.give(Command::LegClosed(bob.egress));
    stage.pass(seconds(4));
    let (bob, outputs) = stage.resume(bob, "bob");
    let Event::Resumed { legs, .. } = &outputs.heard(bob.session)[0] else { panic!() };
    assert_eq!(legs[..], [bob.ingress]);
    stage.pass(seconds(20));
    let egress = stage.leg();
    let bob = Guest { egress, ingress: stage.leg(), ..bob };
    stage.connect(bob);
    stage.pass(seconds(3600));
    assert_eq!(stage.rooms.stats().participants, 1);
}

#[test]
fn a_publisher_hears_again_what_is_wanted_of_him() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    stage.guest("bob");
    let (cam, _) = stage.publish(ann, "camera", video());
    lose(&mut stage, ann);
    let (ann, outputs) = stage.resume(ann, "ann");
    let demand = Event::Demand(cam, moim_room::Demand::UpTo(Quality::High));
    assert!(outputs.heard(ann.session).contains(&demand));
}

#[test]
fn a_resume_is_not_a_join() {
    let mut stage = Stage::new();
    let bob = stage.guest("bob");
    lose(&mut stage, bob);
    let (_, outputs) = stage.resume(bob, "bob");
    assert!(outputs.journal().is_empty());
    assert_eq!(stage.rooms.stats().participants_joined, 1);
    assert_eq!(stage.rooms.stats().sessions_resumed, 1);
}
