//! Who gets a message, and who does not.

mod stage;

use moim_room::{ApiCommand, Config, DropReason, Event, ParticipantCommand, Recipients, Reply};
use stage::{Guest, Outputs, ROOM, Stage, arrival, arrival_with, body, seconds};

fn sequences(outputs: &Outputs, guest: Guest) -> Vec<u32> {
    let heard = outputs.heard(guest.session).into_iter();
    heard.filter_map(|event| if let Event::Message(message) = event { Some(message.sequence) } else { None }).collect()
}

#[test]
fn a_message_goes_to_those_it_is_for() {
    let mut stage = Stage::new();
    let (ann, bob, cho) = (stage.guest("ann"), stage.guest("bob"), stage.guest("cho"));
    let all = stage.say(ann, 1, Recipients::Everybody);
    assert_eq!([ann, bob, cho].map(|guest| sequences(&all, guest).len()), [0, 1, 1]);
    let named = stage.say(ann, 2, Recipients::Identities(vec!["cho".into(), "cho".into(), "nobody".into()]));
    assert_eq!([ann, bob, cho].map(|guest| sequences(&named, guest).len()), [0, 0, 1]);
    let one = stage.say(ann, 3, Recipients::Participants(vec![bob.id, ann.id]));
    assert_eq!([ann, bob, cho].map(|guest| sequences(&one, guest).len()), [0, 1, 0]);
    let Event::Message(message) = &one.heard(bob.session)[0] else { panic!() };
    assert_eq!(message.from, Some((ann.id, "ann".into())));
}

#[test]
fn a_stay_in_another_room_is_nobody_here() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let (session, outputs) = stage.enter_room("other", arrival("bob"));
    let bob = Guest { session, id: outputs.joined(session).id, ingress: stage.leg(), egress: stage.leg() };
    stage.connect(bob);
    assert!(stage.say(ann, 1, Recipients::Participants(vec![bob.id])).0.is_empty());
}

#[test]
fn a_number_seen_before_is_dropped() {
    let mut stage = Stage::new();
    let (ann, bob) = (stage.guest("ann"), stage.guest("bob"));
    let heard: Vec<_> =
        [1, 2, 2, 1, 0, 5].iter().map(|n| sequences(&stage.say(ann, *n, Recipients::Everybody), bob).len()).collect();
    assert_eq!(heard, [1, 1, 0, 0, 1, 1]);
    assert_eq!(stage.rooms.stats().dropped(DropReason::Duplicate), 2);
}

#[test]
fn who_may_not_speak_is_not_heard() {
    let mut stage = Stage::new();
    let ann = stage.guest_as(arrival_with("ann", |may| may.publish_data = false));
    stage.guest("bob");
    assert!(stage.say(ann, 1, Recipients::Everybody).0.is_empty());
    assert_eq!(stage.rooms.stats().dropped(DropReason::NotPermitted), 1);
}

#[test]
fn too_long_a_message_is_dropped() {
    let mut stage = Stage::with(Config { message_bytes: 4, ..Config::default() });
    let ann = stage.guest("ann");
    stage.guest("bob");
    assert!(stage.say(ann, 1, Recipients::Everybody).0.is_empty());
    assert_eq!(stage.rooms.stats().dropped(DropReason::TooLarge), 1);
}

#[test]
fn what_was_just_said_reaches_who_is_just_connected() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    stage.say(ann, 1, Recipients::Everybody);
    stage.pass(seconds(1));
    let bob = stage.arrive(arrival("bob"));
    assert!(sequences(&stage.say(ann, 2, Recipients::Everybody), bob).is_empty(), "he has no channel yet");
    stage.say(ann, 3, Recipients::Identities(vec!["cho".into()]));
    stage.told(
        ann,
        ParticipantCommand::Send { to: Recipients::Everybody, reliable: false, sequence: 4, body: body("x") },
    );
    stage.pass(seconds(1));
    assert_eq!(sequences(&stage.connect(bob), bob), [2], "since he came, what is for him, what is reliable");
}

#[test]
fn what_was_said_long_ago_does_not() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let bob = stage.arrive(arrival("bob"));
    stage.say(ann, 1, Recipients::Everybody);
    stage.pass(std::time::Duration::from_millis(2_100));
    assert!(sequences(&stage.connect(bob), bob).is_empty());
}

#[test]
fn the_server_speaks_without_a_name() {
    let mut stage = Stage::new();
    let (ann, bob) = (stage.guest("ann"), stage.guest("bob"));
    let to = Recipients::Identities(vec!["bob".into()]);
    let command = ApiCommand::Send { room: ROOM.into(), to, reliable: true, body: body("news") };
    let (reply, outputs) = stage.api(command);
    assert_eq!(reply, Ok(Reply::Done));
    assert!(outputs.heard(ann.session).is_empty());
    assert!(matches!(&outputs.heard(bob.session)[..], [Event::Message(message)] if message.from.is_none()));
}
