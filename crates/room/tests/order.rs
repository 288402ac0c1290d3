//! What is said of a track comes before the media that carries it.

mod stage;

use moim_room::{Event, JournalEvent, MediaOrder, Output};
use stage::{Stage, arrival, audio, video};

fn announces(output: &Output, session: moim_types::SessionId, track: moim_types::TrackId) -> bool {
    matches!(output, Output::Tell(to, Event::Participant { who, .. })
        if *to == session && who.tracks.iter().any(|one| one.id == track))
}

#[test]
fn a_track_is_told_of_then_published_then_subscribed_to() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let bob = stage.guest("bob");
    let (track, outputs) = stage.publish(ann, "camera", video());
    let told = outputs.position(|output| announces(output, bob.session, track));
    let published =
        outputs.position(|o| matches!(o, Output::Media(MediaOrder::Publish { track: t, .. }) if *t == track));
    let subscribed = outputs
        .position(|o| matches!(o, Output::Media(MediaOrder::Subscribe { leg, track: t, .. }) if *t == track && *leg == bob.egress));
    assert!(told < published && published < subscribed);
}

#[test]
fn the_end_of_a_track_is_told_of_before_it_ends() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let bob = stage.guest("bob");
    let (track, _) = stage.publish(ann, "camera", video());
    let outputs = stage.told(ann, moim_room::ParticipantCommand::EndTrack(track));
    let told = outputs.position(|o| matches!(o, Output::Tell(to, Event::Participant { .. }) if *to == bob.session));
    let ended = outputs.position(|o| matches!(o, Output::Media(MediaOrder::Unpublish { .. })));
    assert!(told < ended);
    assert!(outputs.heard(ann.session).contains(&Event::TrackUnpublished(track)));
    assert!(outputs.snapshot(bob.session, ann.id).unwrap().tracks.is_empty());
}

#[test]
fn the_journal_tells_a_life_in_order() {
    let mut stage = Stage::new();
    let (session, mut all) = stage.enter(arrival("ann"));
    let id = all.joined(session).id;
    let ann = stage::Guest { session, id, ingress: stage.leg(), egress: stage.leg() };
    all.0.extend(stage.attach(ann).0);
    // Published before the connection is up: told to those outside only when he is.
    let track = stage.add_track(ann, "mic", audio()).added(ann);
    let early = stage.start(ann, track);
    assert!(early.journal().is_empty());
    all.0.extend(early.0);
    all.0.extend(stage.connect_primary(ann).0);
    all.0.extend(stage.leave(ann).0);
    all.0.extend(stage.pass(stage::seconds(21)).0);
    let names: Vec<_> = all
        .journal()
        .iter()
        .map(|event| match event {
            JournalEvent::RoomStarted => "room started",
            JournalEvent::RoomFinished => "room finished",
            JournalEvent::ParticipantJoined(_) => "joined",
            JournalEvent::ParticipantLeft(..) => "left",
            JournalEvent::ParticipantConnectionAborted(..) => "aborted",
            JournalEvent::TrackPublished(..) => "published",
            JournalEvent::TrackUnpublished(..) => "unpublished",
        })
        .collect();
    assert_eq!(names, ["room started", "joined", "published", "unpublished", "left", "room finished"]);
}

#[test]
fn who_never_was_connected_leaves_no_trace_but_that() {
    let mut stage = Stage::new();
    let ann = stage.arrive(arrival("ann"));
    stage.attach(ann);
    let track = stage.add_track(ann, "mic", audio()).added(ann);
    stage.start(ann, track);
    let outputs = stage.leave(ann);
    assert!(matches!(&outputs.journal()[..], [JournalEvent::ParticipantConnectionAborted(..)]));
}
