//! What others read of a participant changes; tracks are muted.

mod stage;

use moim_room::{ApiCommand, Change, Config, Event, MediaOrder, ParticipantCommand, Refusal, Reply};
use stage::{ROOM, Stage, arrival, arrival_with, audio, video};

fn attributes(pairs: &[(&str, &str)]) -> Change {
    let attributes = pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
    Change { attributes, ..Change::default() }
}

fn update(change: Change) -> ApiCommand {
    ApiCommand::UpdateParticipant(ROOM.into(), "ann".into(), change)
}

#[test]
fn attributes_are_merged_and_an_empty_one_is_deleted() {
    let mut stage = Stage::new();
    let mut ann = arrival("ann");
    ann.attributes = [("a".into(), "0".into()), ("b".into(), "1".into())].into();
    let ann = stage.guest_as(ann);
    let bob = stage.guest("bob");
    let (reply, outputs) = stage.api(update(attributes(&[("b", ""), ("c", "3")])));
    let Ok(Reply::Participant(now)) = reply else { panic!("{reply:?}") };
    assert_eq!(now.attributes, [("a".into(), "0".into()), ("c".into(), "3".into())].into());
    assert_eq!(outputs.snapshot(bob.session, ann.id), Some(now.clone()));
    assert!(outputs.heard(ann.session).contains(&Event::GrantsChanged(now)));
    assert!(stage.api(update(attributes(&[("c", "3")]))).1.0.is_empty(), "nothing has changed");
}

#[test]
fn too_much_is_refused_and_changes_nothing() {
    let mut stage = Stage::new();
    stage.guest("ann");
    let long = Change { name: Some("n".repeat(257)), ..Change::default() };
    assert_eq!(stage.api(update(long)).0, Err(Refusal::TooLarge));
    let long = Change { metadata: Some("m".repeat(512 * 1024 + 1)), ..Change::default() };
    assert_eq!(stage.api(update(long)).0, Err(Refusal::TooLarge));
    let half = "v".repeat(40 * 1024);
    stage.api(update(attributes(&[("a", &half)]))).0.unwrap();
    assert_eq!(stage.api(update(attributes(&[("b", &half)]))).0, Err(Refusal::TooLarge));
    assert!(stage.api(update(attributes(&[("a", ""), ("b", &half)]))).0.is_ok());
}

#[test]
fn one_changes_himself_only_where_he_may() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let bob = stage.guest_as(arrival_with("bob", |may| may.update_own_metadata = true));
    let rename = |tag: &str| ParticipantCommand::UpdateOwn {
        tag: tag.into(),
        change: Change { name: Some("new".into()), ..Change::default() },
    };
    let refused = Event::CommandRefused { tag: "1".into(), why: Refusal::NotPermitted };
    assert_eq!(stage.told(ann, rename("1")).heard(ann.session), [refused]);
    let outputs = stage.told(bob, rename("2"));
    assert!(outputs.heard(bob.session).contains(&Event::CommandDone { tag: "2".into() }));
    assert_eq!(outputs.snapshot(ann.session, bob.id).unwrap().name, "new");
    let greedy = Change { permissions: Some(moim_room::Permissions::default()), ..Change::default() };
    let outputs = stage.told(bob, ParticipantCommand::UpdateOwn { tag: "3".into(), change: greedy });
    let refused = Event::CommandRefused { tag: "3".into(), why: Refusal::NotPermitted };
    assert_eq!(outputs.heard(bob.session), [refused]);
}

#[test]
fn a_muted_track_stays_published() {
    let mut stage = Stage::new();
    let (ann, bob) = (stage.guest("ann"), stage.guest("bob"));
    let (mic, _) = stage.publish(ann, "mic", audio());
    let outputs = stage.told(ann, ParticipantCommand::SetMuted { track: mic, muted: true });
    assert!(outputs.snapshot(bob.session, ann.id).unwrap().tracks[0].description.muted);
    assert!(outputs.orders().is_empty());
    let outputs = stage.told(bob, ParticipantCommand::SetMuted { track: mic, muted: false });
    let refused = Event::CommandRefused { tag: String::new(), why: Refusal::NoSuchTrack };
    assert_eq!(outputs.heard(bob.session), [refused]);
}

#[test]
fn what_the_server_mutes_is_not_forwarded_until_the_publisher_lifts_it() {
    let mut stage = Stage::new();
    let (ann, bob) = (stage.guest("ann"), stage.guest("bob"));
    let (mic, _) = stage.publish(ann, "mic", audio());
    let mute = |muted| ApiCommand::MuteTrack { room: ROOM.into(), identity: "ann".into(), track: mic, muted };
    let (reply, outputs) = stage.api(mute(true));
    assert!(matches!(reply, Ok(Reply::Track(track)) if track.description.muted));
    assert!(outputs.heard(ann.session).contains(&Event::MuteAsked { track: mic, muted: true }));
    assert!(
        matches!(outputs.orders()[..], [MediaOrder::SetView { leg, view, .. }] if leg == bob.egress && !view.shown)
    );
    let cho = stage.arrive(arrival("cho"));
    let orders = stage.connect(cho).orders();
    assert!(matches!(orders[..], [MediaOrder::Subscribe { view, .. }] if !view.shown), "{orders:?}");
    assert_eq!(stage.api(mute(false)).0, Err(Refusal::RemoteUnmute));
    let orders = stage.told(ann, ParticipantCommand::SetMuted { track: mic, muted: false }).orders();
    assert!(orders.iter().all(|order| matches!(order, MediaOrder::SetView { view, .. } if view.shown)));
    assert_eq!(orders.len(), 2);
}

#[test]
fn the_server_lifts_a_mute_where_it_may() {
    let mut stage = Stage::with(Config { remote_unmute: true, ..Config::default() });
    let ann = stage.guest("ann");
    let mut dark = video();
    dark.muted = true;
    let (cam, _) = stage.publish(ann, "camera", dark);
    let command = ApiCommand::MuteTrack { room: ROOM.into(), identity: "ann".into(), track: cam, muted: false };
    let (reply, outputs) = stage.api(command);
    assert!(matches!(reply, Ok(Reply::Track(track)) if !track.description.muted));
    assert!(outputs.heard(ann.session).contains(&Event::MuteAsked { track: cam, muted: false }));
}

#[test]
fn snapshots_grow_newer_even_when_the_clock_is_set_back() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let bob = stage.guest("bob");
    let (mic, outputs) = stage.publish(ann, "mic", audio());
    let mut last = outputs.snapshot(bob.session, ann.id).unwrap();
    for muted in [true, false, true] {
        stage.now.unix -= stage::seconds(100);
        let outputs = stage.told(ann, ParticipantCommand::SetMuted { track: mic, muted });
        let next = outputs.snapshot(bob.session, ann.id).unwrap();
        assert!(next.version > last.version && next.tracks[0].version > last.tracks[0].version);
        last = next;
    }
}
