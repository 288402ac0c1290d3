//! Who is heard, and how good connections are, is told to those whom it concerns.

mod stage;

use moim_room::{Command, Event, SpeakerLevel};
use moim_types::{PauseReason, TrackId};
use stage::{Guest, Outputs, Stage, audio, seconds, video};

fn speaks(stage: &mut Stage, track: TrackId, level: f32) -> Outputs {
    stage.give(Command::Speakers(vec![(track, level, level > 0.0)]))
}

fn heard(outputs: &Outputs, guest: Guest) -> Vec<SpeakerLevel> {
    let events = outputs.heard(guest.session).into_iter();
    events.filter_map(|event| if let Event::Speakers(levels) = event { Some(levels) } else { None }).flatten().collect()
}

fn qualities(outputs: &Outputs, guest: Guest) -> Vec<u8> {
    let events = outputs.heard(guest.session).into_iter();
    let lists = events.filter_map(|event| if let Event::ConnectionQuality(list) = event { Some(list) } else { None });
    lists.flatten().map(|(_, quality)| quality).collect()
}

#[test]
fn those_who_hear_a_speaker_are_told_and_he_himself() {
    let mut stage = Stage::new();
    let (ann, bob, cho) = (stage.guest("ann"), stage.guest("bob"), stage.guest("cho"));
    let (mic, _) = stage.publish(ann, "mic", audio());
    stage.subscribe(cho, mic, false);
    let outputs = speaks(&mut stage, mic, 0.5);
    let level = SpeakerLevel { participant: ann.id, level: 0.5, active: true };
    assert_eq!(heard(&outputs, ann), [level]);
    assert_eq!(heard(&outputs, bob), [level]);
    assert_eq!(heard(&outputs, cho), []);
    assert!(speaks(&mut stage, mic, 0.5).0.is_empty(), "only changes");
}

#[test]
fn who_begins_to_listen_is_told_and_who_ceases_too() {
    let mut stage = Stage::new();
    let (ann, bob) = (stage.guest("ann"), stage.guest("bob"));
    let (mic, _) = stage.publish(ann, "mic", audio());
    stage.subscribe(bob, mic, false);
    speaks(&mut stage, mic, 0.5);
    assert!(heard(&stage.subscribe(bob, mic, true), bob)[0].active);
    let quiet = SpeakerLevel { participant: ann.id, level: 0.0, active: false };
    assert_eq!(heard(&stage.subscribe(bob, mic, false), bob), [quiet]);
}

#[test]
fn the_end_of_a_track_is_silence() {
    let mut stage = Stage::new();
    let (ann, bob) = (stage.guest("ann"), stage.guest("bob"));
    let (mic, _) = stage.publish(ann, "mic", audio());
    speaks(&mut stage, mic, 0.5);
    let outputs = stage.told(ann, moim_room::ParticipantCommand::EndTrack(mic));
    assert!(!heard(&outputs, bob)[0].active);
    assert!(!heard(&outputs, ann)[0].active);
    assert!(speaks(&mut stage, mic, 0.5).0.is_empty(), "what has ended is not heard");
}

#[test]
fn the_worst_leg_tells_how_good_a_connection_is() {
    let mut stage = Stage::new();
    let (ann, bob, cho) = (stage.guest("ann"), stage.guest("bob"), stage.guest("cho"));
    let (cam, _) = stage.publish(ann, "camera", video());
    stage.subscribe(cho, cam, false);
    stage.give(Command::LegQuality(ann.ingress, 90));
    stage.give(Command::LegQuality(ann.egress, 50));
    let outputs = stage.pass(seconds(1));
    assert_eq!([ann, bob, cho].map(|guest| qualities(&outputs, guest)), [vec![50], vec![50], vec![]]);
    stage.give(Command::LegQuality(ann.ingress, 80));
    assert!(stage.pass(seconds(5)).0.is_empty(), "only changes");
    assert_eq!(qualities(&stage.subscribe(cho, cam, true), cho), [50]);
}

#[test]
fn who_is_cut_off_is_not_told_so_but_the_others_are() {
    let mut stage = Stage::new();
    let (ann, bob) = (stage.guest("ann"), stage.guest("bob"));
    stage.publish(ann, "mic", audio());
    stage.give(Command::LegDisconnected(ann.egress));
    let outputs = stage.pass(seconds(1));
    assert_eq!(qualities(&outputs, bob), [0]);
    assert!(qualities(&outputs, ann).is_empty());
}

#[test]
fn a_paused_stream_is_told_to_its_viewer() {
    let mut stage = Stage::new();
    let (ann, bob) = (stage.guest("ann"), stage.guest("bob"));
    let (cam, _) = stage.publish(ann, "camera", video());
    let paused = Some(PauseReason::NoBandwidth);
    let state = |leg| Command::StreamState { leg, track: cam, paused };
    let outputs = stage.give(state(bob.egress));
    assert_eq!(outputs.heard(bob.session), [Event::StreamState { publisher: ann.id, track: cam, paused }]);
    assert!(stage.give(state(ann.egress)).0.is_empty(), "he does not get it");
}
