//! Who gets a track: those who want it, may have it, and can.

mod stage;

use moim_room::{ApiCommand, Command, Event, MediaOrder, ParticipantCommand, Permissions, Refusal, TrackAccess};
use moim_types::TrackId;
use stage::{ROOM, Stage, arrival, arrival_with, audio, seconds, video};

#[test]
fn a_late_comer_gets_what_is_there_with_his_first_leg() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let (mic, _) = stage.publish(ann, "mic", audio());
    let bob = stage.arrive(arrival("bob"));
    let outputs = stage.attach(bob);
    assert_eq!(outputs.subscribed(bob.egress), [mic]);
    assert!(outputs.heard(ann.session).contains(&Event::TrackSubscribed(mic)));
    assert!(stage.connect_primary(bob).subscribed(bob.egress).is_empty(), "he has it");
}

#[test]
fn nobody_gets_his_own_tracks() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let (mic, outputs) = stage.publish(ann, "mic", audio());
    assert!(outputs.subscribed(ann.egress).is_empty());
    assert!(stage.subscribe(ann, mic, true).orders().is_empty());
}

#[test]
fn who_does_not_subscribe_by_himself_gets_what_he_asks_for() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let mut quiet = arrival("bob");
    quiet.auto_subscribe = false;
    let bob = stage.guest_as(quiet);
    let (mic, outputs) = stage.publish(ann, "mic", audio());
    assert!(outputs.subscribed(bob.egress).is_empty());
    assert_eq!(stage.subscribe(bob, mic, true).subscribed(bob.egress), [mic]);
    assert!(stage.subscribe(bob, mic, true).orders().is_empty(), "asked for twice, had once");
    assert_eq!(stage.subscribe(bob, mic, false).unsubscribed(bob.egress), [mic]);
}

#[test]
fn a_wish_may_come_before_its_track() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let mut quiet = arrival("bob");
    quiet.auto_subscribe = false;
    let bob = stage.guest_as(quiet);
    let track = stage.add_track(ann, "mic", audio()).added(ann);
    assert!(stage.subscribe(bob, track, true).0.is_empty());
    stage.pass(seconds(50));
    assert_eq!(stage.start(ann, track).subscribed(bob.egress), [track]);
    assert!(stage.pass(seconds(50)).heard(bob.session).iter().all(|e| !matches!(e, Event::SubscriptionRefused { .. })));
}

#[test]
fn a_wish_for_a_track_that_never_comes_is_refused_after_a_minute() {
    let mut stage = Stage::new();
    let bob = stage.guest("bob");
    let track = TrackId::from_random([9; 10]);
    stage.subscribe(bob, track, true);
    assert!(stage.pass(seconds(59)).heard(bob.session).iter().all(|e| !matches!(e, Event::SubscriptionRefused { .. })));
    let heard = stage.pass(seconds(1)).heard(bob.session);
    assert_eq!(heard, [Event::SubscriptionRefused { track, why: Refusal::NoSuchTrack }]);
}

#[test]
fn wishes_for_unknown_tracks_are_bounded() {
    let mut stage = Stage::new();
    let bob = stage.guest("bob");
    let tracks = (0..101).map(|n| TrackId::from_random([n % 60, n / 60, 0, 0, 0, 0, 0, 0, 0, 0])).collect();
    let heard = stage.told(bob, ParticipantCommand::Subscribe { tracks, wanted: true }).heard(bob.session);
    assert_eq!(heard.len(), 1);
    assert!(matches!(heard[0], Event::SubscriptionRefused { why: Refusal::NoSuchTrack, .. }));
    let tracks = vec![TrackId::from_random([1; 10]); 2001];
    let heard = stage.told(bob, ParticipantCommand::Subscribe { tracks, wanted: true }).heard(bob.session);
    assert_eq!(heard, [Event::CommandRefused { tag: String::new(), why: Refusal::TooLarge }]);
}

#[test]
fn a_publisher_chooses_his_viewers_and_a_wish_outlives_his_refusal() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let bob = stage.guest("bob");
    let cho = stage.guest("cho");
    let (mic, _) = stage.publish(ann, "mic", audio());
    let only = |viewer, all_tracks, tracks| TrackAccess { viewer, all_tracks, tracks };
    let allow = |everybody, only| ParticipantCommand::AllowSubscribers { everybody, only };

    let outputs = stage.told(ann, allow(false, vec![only(Ok("cho".into()), true, Vec::new())]));
    assert_eq!(outputs.unsubscribed(bob.egress), [mic]);
    assert!(outputs.unsubscribed(cho.egress).is_empty());
    let withdrawn = Event::SubscriptionAllowed { publisher: ann.id, track: mic, allowed: false };
    assert_eq!(outputs.heard(bob.session), [withdrawn]);

    let (cam, outputs) = stage.publish(ann, "camera", video());
    assert_eq!(outputs.subscribed(cho.egress), [cam]);
    assert!(outputs.subscribed(bob.egress).is_empty());

    let outputs = stage.told(ann, allow(false, vec![only(Err(bob.id), false, vec![mic])]));
    assert_eq!(outputs.subscribed(bob.egress), [mic]);
    let granted = Event::SubscriptionAllowed { publisher: ann.id, track: mic, allowed: true };
    assert!(outputs.heard(bob.session).contains(&granted));
    assert_eq!(outputs.unsubscribed(cho.egress).len(), 2);

    let outputs = stage.told(ann, allow(true, Vec::new()));
    assert_eq!(outputs.subscribed(bob.egress), [cam]);
    assert_eq!(outputs.subscribed(cho.egress).len(), 2);
}

#[test]
fn a_recorder_is_not_asked_for_permission() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    stage.told(ann, ParticipantCommand::AllowSubscribers { everybody: false, only: Vec::new() });
    let recorder = stage.guest_as(arrival_with("rec", |may| (may.recorder, may.hidden) = (true, true)));
    let bob = stage.guest("bob");
    let (mic, outputs) = stage.publish(ann, "mic", audio());
    assert_eq!(outputs.subscribed(recorder.egress), [mic]);
    assert!(outputs.subscribed(bob.egress).is_empty());
}

#[test]
fn the_permission_to_view_comes_and_goes() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let bob = stage.guest_as(arrival_with("bob", |may| may.subscribe = false));
    let (mic, outputs) = stage.publish(ann, "mic", audio());
    assert!(outputs.subscribed(bob.egress).is_empty());
    let mut may = |subscribe| {
        let permissions = Some(Permissions { subscribe, ..Permissions::default() });
        let change = moim_room::Change { permissions, ..Default::default() };
        stage.api(ApiCommand::UpdateParticipant(ROOM.into(), "bob".into(), change)).1
    };
    assert_eq!(may(true).subscribed(bob.egress), [mic]);
    assert_eq!(may(false).unsubscribed(bob.egress), [mic]);
}

#[test]
fn what_cannot_be_decoded_is_refused_until_he_asks_again() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let bob = stage.guest("bob");
    let (cam, _) = stage.publish(ann, "camera", video());
    let outputs = stage.give(Command::CodecUnsupported { leg: bob.egress, track: cam });
    assert_eq!(outputs.heard(bob.session), [Event::SubscriptionRefused { track: cam, why: Refusal::Invalid }]);
    assert!(outputs.orders().is_empty(), "the forwarding unit has ended it already");
    assert_eq!(stage.subscribe(bob, cam, true).subscribed(bob.egress), [cam]);
}

#[test]
fn the_server_subscribes_somebody() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let bob = stage.guest("bob");
    let (mic, _) = stage.publish(ann, "mic", audio());
    let command =
        ApiCommand::UpdateSubscriptions { room: ROOM.into(), identity: "bob".into(), tracks: vec![mic], wanted: false };
    assert_eq!(stage.api(command).1.unsubscribed(bob.egress), [mic]);
}

#[test]
fn a_new_leg_takes_over_what_the_old_one_carried() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let bob = stage.guest("bob");
    let (mic, _) = stage.publish(ann, "mic", audio());
    let leg = stage.leg();
    let outputs = stage.told(bob, ParticipantCommand::AttachLeg { leg, ingress: false, egress: true, primary: true });
    assert!(outputs.orders().contains(&MediaOrder::CloseLeg(bob.egress)));
    assert_eq!(outputs.subscribed(leg), [mic]);
}

#[test]
fn a_leg_for_somebody_who_has_gone_is_closed() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    stage.leave(ann);
    let leg = stage.leg();
    let outputs = stage.told(ann, ParticipantCommand::AttachLeg { leg, ingress: true, egress: true, primary: true });
    assert_eq!(outputs.orders(), [MediaOrder::CloseLeg(leg)]);
}

#[test]
fn subscriptions_are_bounded() {
    let config = moim_room::Config { subscriptions_per_participant: 2, ..Default::default() };
    let mut stage = Stage::with(config);
    let ann = stage.guest("ann");
    let bob = stage.guest("bob");
    for tag in ["a", "b", "c"] {
        stage.publish(ann, tag, audio());
    }
    assert_eq!(stage.rooms.stats().subscriptions, 2);
    stage.leave(bob);
    assert_eq!(stage.rooms.stats().subscriptions, 0);
}
