//! What viewers show decides what a publisher is asked to send.

mod stage;

use moim_room::{Demand, Event, ParticipantCommand};
use moim_types::{Quality, Resolution, TrackId, View, Wanted};
use stage::{Guest, Outputs, Stage, arrival, audio, seconds, video};

fn demands(outputs: &Outputs, publisher: Guest) -> Vec<Demand> {
    let heard = outputs.heard(publisher.session).into_iter();
    heard.filter_map(|event| if let Event::Demand(_, demand) = event { Some(demand) } else { None }).collect()
}

fn show(stage: &mut Stage, guest: Guest, track: TrackId, view: View) -> Outputs {
    stage.told(guest, ParticipantCommand::SetView { tracks: vec![track], view })
}

fn at_most(quality: Quality) -> View {
    View { wanted: Wanted::Quality(quality), ..View::default() }
}

#[test]
fn more_is_asked_for_at_once_and_less_after_five_seconds() {
    let mut stage = Stage::new();
    let (ann, bob) = (stage.guest("ann"), stage.guest("bob"));
    let (cam, outputs) = stage.publish(ann, "camera", video());
    assert_eq!(demands(&outputs, ann), [Demand::UpTo(Quality::High)]);
    assert!(demands(&show(&mut stage, bob, cam, at_most(Quality::Low)), ann).is_empty());
    assert!(demands(&stage.pass(seconds(4)), ann).is_empty());
    assert_eq!(demands(&stage.pass(seconds(1)), ann), [Demand::UpTo(Quality::Low)]);
    let size = Wanted::Size(Resolution { width: 600, height: 300 });
    let outputs = show(&mut stage, bob, cam, View { wanted: size, ..View::default() });
    assert_eq!(demands(&outputs, ann), [Demand::UpTo(Quality::Medium)]);
}

#[test]
fn the_most_wanted_quality_counts() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let mut small = arrival("bob");
    small.adaptive_stream = true;
    stage.guest_as(small);
    let (_, outputs) = stage.publish(ann, "camera", video());
    assert_eq!(demands(&outputs, ann), [Demand::UpTo(Quality::Low)]);
    let cho = stage.arrive(arrival("cho"));
    assert_eq!(demands(&stage.connect(cho), ann), [Demand::UpTo(Quality::High)]);
    assert!(demands(&stage.leave(cho), ann).is_empty());
    assert_eq!(demands(&stage.pass(seconds(5)), ann), [Demand::UpTo(Quality::Low)]);
}

#[test]
fn nobody_watching_is_told_within_ten_seconds() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let (_, outputs) = stage.publish(ann, "camera", video());
    assert!(demands(&outputs, ann).is_empty());
    assert_eq!(demands(&stage.pass(seconds(10)), ann), [Demand::Nothing]);
}

#[test]
fn what_is_not_shown_is_not_asked_for() {
    let mut stage = Stage::new();
    let (ann, bob) = (stage.guest("ann"), stage.guest("bob"));
    let (cam, _) = stage.publish(ann, "camera", video());
    let outputs = show(&mut stage, bob, cam, View { shown: false, ..View::default() });
    assert_eq!(outputs.orders().len(), 1);
    assert_eq!(demands(&stage.pass(seconds(5)), ann), [Demand::Nothing]);
    assert_eq!(demands(&show(&mut stage, bob, cam, View::default()), ann), [Demand::UpTo(Quality::High)]);
}

#[test]
fn a_view_may_be_set_before_the_track_is_there() {
    let mut stage = Stage::new();
    let (ann, bob) = (stage.guest("ann"), stage.guest("bob"));
    let track = stage.add_track(ann, "camera", video()).added(ann);
    show(&mut stage, bob, track, at_most(Quality::Low));
    assert_eq!(demands(&stage.start(ann, track), ann), [Demand::UpTo(Quality::Low)]);
}

#[test]
fn sound_is_not_asked_for_in_steps() {
    let mut stage = Stage::new();
    let (ann, _bob) = (stage.guest("ann"), stage.guest("bob"));
    let (_, mut outputs) = stage.publish(ann, "mic", audio());
    outputs.0.extend(stage.pass(seconds(20)).0);
    assert!(demands(&outputs, ann).is_empty());
}
