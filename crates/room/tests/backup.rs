//! Who cannot decode the first codec of a track gets the second, once its publisher sends it.

mod stage;

use moim_room::{Command, Event, MediaOrder, ParticipantCommand, Refusal, TrackDescription};
use moim_types::{Codec, TrackId, View};
use stage::{Guest, Outputs, Stage, video};

fn two_codecs() -> TrackDescription {
    TrackDescription { codecs: vec![Codec::Av1, Codec::Vp8], ..video() }
}

fn undecodable(stage: &mut Stage, viewer: Guest, track: TrackId) -> Outputs {
    stage.give(Command::CodecUnsupported { leg: viewer.egress, track })
}

fn start(stage: &mut Stage, publisher: Guest, track: TrackId) -> (TrackId, Outputs) {
    let (leg, mid) = (publisher.ingress, "backup".into());
    let command = ParticipantCommand::StartBackup { track, leg, mid, codec: Codec::Vp8, encodings: Vec::new() };
    let outputs = stage.told(publisher, command);
    let started = outputs.heard(publisher.session).into_iter().find_map(|event| match event {
        Event::BackupStarted { backup, .. } => Some(backup),
        _ => None,
    });
    (started.expect("it was taken"), outputs)
}

/// What a viewer gets from now on, and as what.
fn subscribed(outputs: &Outputs, viewer: Guest) -> Vec<(TrackId, TrackId)> {
    let orders = outputs.orders().into_iter().filter_map(|order| match order {
        MediaOrder::Subscribe { leg, track, known_as, .. } if leg == viewer.egress => Some((track, known_as)),
        _ => None,
    });
    orders.collect()
}

#[test]
fn the_second_codec_comes_under_the_name_of_the_track() {
    let mut stage = Stage::new();
    let [ann, bob, cat] = ["ann", "bob", "cat"].map(|name| stage.guest(name));
    let (track, _) = stage.publish(ann, "camera", two_codecs());
    let outputs = undecodable(&mut stage, bob, track);
    assert!(outputs.heard(ann.session).contains(&Event::BackupWanted(track)));
    assert_eq!(outputs.heard(bob.session), [], "he is not refused");
    let (backup, outputs) = start(&mut stage, ann, track);
    assert_eq!(subscribed(&outputs, bob), [(backup, track)]);
    assert_eq!(subscribed(&outputs, cat), []);
    assert_eq!(outputs.heard(bob.session), [Event::StandsIn { backup, track }]);
    // Nobody is shown a second track.
    let late = stage.arrive(stage::arrival("late"));
    let outputs = stage.connect(late);
    assert_eq!(subscribed(&outputs, late), [(track, track)]);
}

#[test]
fn how_it_is_shown_counts_for_the_form_that_flows() {
    let mut stage = Stage::new();
    let [ann, bob] = ["ann", "bob"].map(|name| stage.guest(name));
    let (track, _) = stage.publish(ann, "camera", two_codecs());
    undecodable(&mut stage, bob, track);
    let (backup, _) = start(&mut stage, ann, track);
    let view = View { shown: false, ..View::default() };
    let outputs = stage.told(bob, ParticipantCommand::SetView { tracks: vec![track], view });
    assert_eq!(outputs.orders(), [MediaOrder::SetView { leg: bob.egress, track: backup, view }]);
    assert_eq!(stage.subscribe(bob, track, false).unsubscribed(bob.egress), [backup]);
}

#[test]
fn who_can_decode_neither_is_refused() {
    let mut stage = Stage::new();
    let [ann, bob] = ["ann", "bob"].map(|name| stage.guest(name));
    let (track, _) = stage.publish(ann, "camera", two_codecs());
    undecodable(&mut stage, bob, track);
    let (backup, _) = start(&mut stage, ann, track);
    let refused = Event::SubscriptionRefused { track, why: Refusal::Invalid };
    assert_eq!(undecodable(&mut stage, bob, backup).heard(bob.session), std::slice::from_ref(&refused));
    let (alone, _) = stage.publish(ann, "screen", TrackDescription { codecs: vec![Codec::Av1], ..video() });
    let why = Refusal::Invalid;
    let outputs = undecodable(&mut stage, bob, alone);
    assert_eq!(outputs.heard(bob.session), [Event::SubscriptionRefused { track: alone, why }]);
}

#[test]
fn it_ends_by_itself_or_with_its_track() {
    let mut stage = Stage::new();
    let [ann, bob] = ["ann", "bob"].map(|name| stage.guest(name));
    let (track, _) = stage.publish(ann, "camera", two_codecs());
    undecodable(&mut stage, bob, track);
    let (first, _) = start(&mut stage, ann, track);
    let unpublished = |outputs: &Outputs| {
        let orders = outputs.orders().into_iter().filter_map(|order| match order {
            MediaOrder::Unpublish { track, .. } => Some(track),
            _ => None,
        });
        orders.collect::<Vec<_>>()
    };
    assert_eq!(unpublished(&stage.told(ann, ParticipantCommand::EndBackup(track))), [first]);
    let (second, _) = start(&mut stage, ann, track);
    assert_eq!(unpublished(&stage.told(ann, ParticipantCommand::EndTrack(track))), [track, second]);
    let stats = stage.rooms.stats();
    assert_eq!((stats.publications, stats.subscriptions), (0, 0));
}
