//! A track is announced, published, described anew, and ends.

mod stage;

use moim_room::{ApiCommand, Change, Command, Config, Event, MediaOrder, ParticipantCommand, Permissions, Refusal};
use moim_types::{Codec, Quality, Source};
use stage::{ROOM, Stage, arrival_with, audio, track_names, video};

fn refused(tag: &str, why: Refusal) -> Event {
    Event::CommandRefused { tag: tag.into(), why }
}

#[test]
fn who_may_not_publish_is_told_so() {
    let mut stage = Stage::new();
    let mute = stage.guest_as(arrival_with("mute", |may| may.publish = false));
    assert_eq!(stage.add_track(mute, "mic", audio()).heard(mute.session), [refused("mic", Refusal::NotPermitted)]);
    let seen = stage.guest_as(arrival_with("seen", |may| may.publish_sources = vec![Source::Camera]));
    assert_eq!(stage.add_track(seen, "mic", audio()).heard(seen.session), [refused("mic", Refusal::NotPermitted)]);
    stage.publish(seen, "camera", video());
}

#[test]
fn the_forwarding_unit_learns_the_steps_of_quality() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let (track, outputs) = stage.publish(ann, "camera", video());
    let orders = outputs.orders();
    let MediaOrder::Publish { leg, track: published, encodings, resolutions, .. } = &orders[0] else {
        panic!("{orders:?}")
    };
    assert_eq!((*leg, *published), (ann.ingress, track));
    let names: Vec<_> = encodings.iter().map(|(rid, quality)| (rid.as_str(), *quality)).collect();
    assert_eq!(names, [("q", Quality::Low), ("h", Quality::Medium), ("f", Quality::High)]);
    assert_eq!(resolutions.len(), 3);
}

#[test]
fn a_tag_in_use_waits_for_its_track_to_end() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let (first, _) = stage.publish(ann, "mic", audio());
    let queued = stage.add_track(ann, "mic", audio());
    assert_eq!(queued.heard(ann.session), [Event::TrackQueued { tag: "mic".into() }]);
    let second = stage.told(ann, ParticipantCommand::EndTrack(first)).added(ann);
    assert_ne!(first, second);
    stage.start(ann, second);
}

#[test]
fn announcements_are_bounded() {
    let mut stage = Stage::with(Config { tracks_per_participant: 21, ..Config::default() });
    let ann = stage.guest("ann");
    for n in 0..20 {
        stage.add_track(ann, &n.to_string(), audio()).added(ann);
    }
    assert_eq!(stage.add_track(ann, "more", audio()).heard(ann.session), [refused("more", Refusal::TooManyPending)]);
    let bob = stage.guest("bob");
    for n in 0..21 {
        stage.publish(bob, &n.to_string(), audio());
    }
    assert_eq!(stage.add_track(bob, "more", audio()).heard(bob.session), [refused("more", Refusal::TooLarge)]);
}

#[test]
fn nonsense_is_refused() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let bob = stage.guest("bob");
    let mut odd = audio();
    odd.codecs = vec![Codec::Vp8];
    assert_eq!(stage.add_track(ann, "mic", odd).heard(ann.session), [refused("mic", Refusal::Invalid)]);
    let track = stage.add_track(ann, "mic", audio()).added(ann);
    // Over somebody else's leg, by somebody else, of another kind.
    let start = |leg, codecs| ParticipantCommand::StartTrack { track, leg, mid: "0".into(), codecs };
    let answer = |outputs: stage::Outputs, guest: stage::Guest| outputs.heard(guest.session);
    assert_eq!(answer(stage.told(ann, start(bob.ingress, vec![])), ann), [refused("", Refusal::Invalid)]);
    assert_eq!(answer(stage.told(ann, start(ann.egress, vec![])), ann), [refused("", Refusal::Invalid)]);
    assert_eq!(answer(stage.told(bob, start(bob.ingress, vec![])), bob), [refused("", Refusal::NoSuchTrack)]);
    assert_eq!(answer(stage.told(ann, start(ann.ingress, vec![Codec::Vp8])), ann), [refused("", Refusal::Invalid)]);
    assert!(matches!(
        answer(stage.told(ann, start(ann.ingress, vec![Codec::Opus])), ann)[0],
        Event::Participant { .. }
    ));
    assert_eq!(answer(stage.told(ann, start(ann.ingress, vec![])), ann), [refused("", Refusal::Invalid)]);
    assert_eq!(answer(stage.told(bob, ParticipantCommand::EndTrack(track)), bob), [refused("", Refusal::NoSuchTrack)]);
}

#[test]
fn tracks_are_listed_in_the_order_of_publication() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let names: Vec<_> = (0..5).map(|n| stage.publish(ann, &n.to_string(), audio()).0).collect();
    let bob = stage.arrive(stage::arrival("bob"));
    let outputs = stage.connect(bob);
    assert_eq!(outputs.subscribed(bob.egress).len(), 5);
    let (reply, _) = stage.api(ApiCommand::GetParticipant(ROOM.into(), "ann".into()));
    let Ok(moim_room::Reply::Participant(ann)) = reply else { panic!("{reply:?}") };
    assert_eq!(track_names(&ann.tracks), names);
}

#[test]
fn a_description_changes_but_for_what_the_track_is() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let bob = stage.guest("bob");
    let (track, _) = stage.publish(ann, "camera", video());
    let mut new = video();
    new.name = "other".into();
    new.source = Source::ScreenShare;
    new.muted = true;
    new.encodings.pop();
    let outputs = stage.told(ann, ParticipantCommand::DescribeTrack { track, description: new });
    let seen = outputs.snapshot(bob.session, ann.id).unwrap();
    let now = &seen.tracks[0].description;
    assert_eq!((now.name.as_str(), now.source, now.muted), ("camera", Source::Camera, false));
    assert_eq!(now.encodings.len(), 2);
}

#[test]
fn withdrawing_the_permission_ends_tracks_at_once() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let bob = stage.guest("bob");
    let (mic, _) = stage.publish(ann, "mic", audio());
    let (cam, _) = stage.publish(ann, "camera", video());
    let pending = stage.add_track(ann, "mic2", audio()).added(ann);
    let permissions = Some(Permissions { publish_sources: vec![Source::Camera], ..Permissions::default() });
    let change = Change { permissions, ..Change::default() };
    let (_, outputs) = stage.api(ApiCommand::UpdateParticipant(ROOM.into(), "ann".into(), change));
    assert!(outputs.heard(ann.session).contains(&Event::TrackUnpublished(mic)));
    assert!(outputs.heard(ann.session).contains(&refused("mic2", Refusal::NotPermitted)));
    assert_eq!(outputs.orders(), [MediaOrder::Unpublish { leg: ann.ingress, track: mic }]);
    assert_eq!(track_names(&outputs.snapshot(bob.session, ann.id).unwrap().tracks), [cam]);
    assert_eq!(stage.start(ann, pending).heard(ann.session), [refused("", Refusal::NoSuchTrack)]);
}

#[test]
fn a_closed_leg_ends_what_went_over_it_and_gets_no_orders() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let bob = stage.guest("bob");
    let (mic, _) = stage.publish(ann, "mic", audio());
    let outputs = stage.give(Command::LegClosed(ann.ingress));
    assert!(outputs.heard(ann.session).contains(&Event::TrackUnpublished(mic)));
    assert_eq!(outputs.orders(), [MediaOrder::Unsubscribe { leg: bob.egress, track: mic }]);
}
