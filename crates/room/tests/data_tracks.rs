//! Data tracks reach those who asked for them and may have them, and blobs are kept for others.

mod stage;

use std::sync::Arc;

use bytes::Bytes;
use moim_room::{ApiCommand, Change, DataTrackDescription, Event, Identity, ParticipantCommand, Permissions, Refusal};
use moim_types::DataTrackId;
use stage::{Guest, Outputs, ROOM, Stage, arrival, arrival_with};

fn publish(stage: &mut Stage, guest: Guest, handle: u16, name: &str) -> Outputs {
    let description = DataTrackDescription { handle, name: name.into(), door_data: Arc::from([]) };
    stage.told(guest, ParticipantCommand::PublishData(description))
}

fn published(stage: &mut Stage, guest: Guest, handle: u16, name: &str) -> DataTrackId {
    let heard = publish(stage, guest, handle, name).heard(guest.session);
    let added = heard.into_iter().find_map(|event| match event {
        Event::DataTrackAdded(track) => Some(track.id),
        _ => None,
    });
    added.expect("it was taken")
}

fn want(stage: &mut Stage, guest: Guest, track: DataTrackId, wanted: bool) -> Outputs {
    stage.told(guest, ParticipantCommand::SubscribeData { tracks: vec![track], wanted })
}

fn send(stage: &mut Stage, guest: Guest, handle: u16) -> Outputs {
    stage.told(guest, ParticipantCommand::SendFrame { handle, packet: Bytes::from_static(b"frame") })
}

fn frames(outputs: &Outputs, guest: Guest) -> usize {
    outputs.heard(guest.session).iter().filter(|event| matches!(event, Event::Frame { .. })).count()
}

fn set(stage: &mut Stage, who: &str, permissions: Permissions) -> Outputs {
    let change = Change { permissions: Some(permissions), ..Change::default() };
    stage.api(ApiCommand::UpdateParticipant(ROOM.into(), who.into(), change)).1
}

#[test]
fn frames_go_to_those_who_asked_and_to_nobody_else() {
    let mut stage = Stage::new();
    let [ann, bob, cat] = ["ann", "bob", "cat"].map(|name| stage.guest(name));
    let outputs = publish(&mut stage, ann, 7, "position");
    let seen = outputs.snapshot(bob.session, ann.id).unwrap();
    assert_eq!((seen.data_tracks.len(), seen.publisher), (1, true));
    let track = seen.data_tracks[0].id;
    let told = want(&mut stage, bob, track, true).heard(bob.session);
    let publisher = (ann.id, Identity::from("ann"));
    assert_eq!(told, [Event::DataSubscribed { publisher, track }]);
    let outputs = send(&mut stage, ann, 7);
    assert_eq!([ann, bob, cat].map(|guest| frames(&outputs, guest)), [0, 1, 0]);
    assert_eq!(want(&mut stage, bob, track, false).heard(bob.session), [Event::DataUnsubscribed(track)]);
    assert_eq!(frames(&send(&mut stage, ann, 7), bob), 0);
}

#[test]
fn a_track_ends_for_its_viewers_and_its_number_is_free_again() {
    let mut stage = Stage::new();
    let [ann, bob] = ["ann", "bob"].map(|name| stage.guest(name));
    let track = published(&mut stage, ann, 7, "position");
    want(&mut stage, bob, track, true);
    let outputs = stage.told(ann, ParticipantCommand::UnpublishData { handle: 7 });
    assert!(
        outputs.heard(ann.session).iter().any(|event| matches!(event, Event::DataTrackEnded(one) if one.id == track))
    );
    assert!(outputs.heard(bob.session).contains(&Event::DataUnsubscribed(track)));
    assert!(outputs.snapshot(bob.session, ann.id).unwrap().data_tracks.is_empty());
    assert_ne!(published(&mut stage, ann, 7, "position"), track);
}

#[test]
fn numbers_and_names_are_given_once_and_permission_is_needed() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let mute = stage.guest_as(arrival_with("mute", |may| may.publish_data = false));
    published(&mut stage, ann, 1, "one");
    let cases = [
        (ann, 1, "two", Refusal::HandleInUse),
        (ann, 2, "one", Refusal::NameInUse),
        (ann, 3, "", Refusal::Invalid),
        (mute, 1, "one", Refusal::NotPermitted),
    ];
    for (guest, handle, name, why) in cases {
        let heard = publish(&mut stage, guest, handle, name).heard(guest.session);
        assert_eq!(heard, [Event::DataTrackRefused { handle, why }], "{name}");
    }
}

#[test]
fn a_permission_that_goes_takes_its_tracks_and_subscriptions_along() {
    let mut stage = Stage::new();
    let [ann, bob] = ["ann", "bob"].map(|name| stage.guest(name));
    let track = published(&mut stage, ann, 1, "one");
    want(&mut stage, bob, track, true);
    let outputs = set(&mut stage, "bob", Permissions { subscribe: false, ..Permissions::default() });
    assert!(outputs.heard(bob.session).contains(&Event::DataUnsubscribed(track)));
    assert_eq!(want(&mut stage, bob, track, true).heard(bob.session), []);
    let outputs = set(&mut stage, "ann", Permissions { publish_data: false, ..Permissions::default() });
    assert!(outputs.heard(ann.session).iter().any(|event| matches!(event, Event::DataTrackEnded(_))));
}

#[test]
fn what_was_asked_for_comes_when_it_is_permitted_and_again_after_that() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    let bob = stage.guest_as(arrival_with("bob", |may| may.subscribe = false));
    let track = published(&mut stage, ann, 1, "one");
    assert_eq!(want(&mut stage, bob, track, true).heard(bob.session), [], "he may not have it yet");
    let begins = Event::DataSubscribed { publisher: (ann.id, Identity::from("ann")), track };
    for _ in 0..2 {
        let outputs = set(&mut stage, "bob", Permissions::default());
        assert!(outputs.heard(bob.session).contains(&begins));
        assert_eq!(frames(&send(&mut stage, ann, 1), bob), 1);
        set(&mut stage, "bob", Permissions { subscribe: false, ..Permissions::default() });
        assert_eq!(frames(&send(&mut stage, ann, 1), bob), 0);
    }
    want(&mut stage, bob, track, false);
    let outputs = set(&mut stage, "bob", Permissions::default());
    assert!(!outputs.heard(bob.session).contains(&begins), "he asks for it no longer");
}

#[test]
fn who_is_let_in_by_the_publisher_again_gets_what_he_asked_for() {
    let mut stage = Stage::new();
    let [ann, bob] = ["ann", "bob"].map(|name| stage.guest(name));
    let track = published(&mut stage, ann, 1, "one");
    let allow = |stage: &mut Stage, everybody| {
        stage.told(ann, ParticipantCommand::AllowSubscribers { everybody, only: Vec::new() })
    };
    allow(&mut stage, false);
    want(&mut stage, bob, track, true);
    assert_eq!(frames(&send(&mut stage, ann, 1), bob), 0);
    allow(&mut stage, true);
    assert_eq!(frames(&send(&mut stage, ann, 1), bob), 1);
}

#[test]
fn who_wants_everything_gets_what_is_there_and_what_comes() {
    let mut stage = Stage::new();
    let ann = stage.guest("ann");
    published(&mut stage, ann, 1, "one");
    let eager = moim_room::Arrival { auto_subscribe_data: true, ..arrival("eager") };
    let bob = stage.guest_as(eager);
    published(&mut stage, ann, 2, "two");
    assert_eq!(frames(&send(&mut stage, ann, 1), bob), 1);
    assert_eq!(frames(&send(&mut stage, ann, 2), bob), 1);
    let outputs = stage.leave(ann);
    let ended = outputs.heard(bob.session).iter().filter(|event| matches!(event, Event::DataUnsubscribed(_))).count();
    assert_eq!(ended, 2);
}

#[test]
fn a_blob_is_there_for_others_until_its_owner_goes() {
    let mut stage = Stage::new();
    let [ann, bob] = ["ann", "bob"].map(|name| stage.guest(name));
    let (key, contents) = (Bytes::from_static(b"key"), Bytes::from_static(b"contents"));
    let store = ParticipantCommand::StoreBlob { tag: "1".into(), key: key.clone(), contents: contents.clone() };
    assert_eq!(stage.told(ann, store).heard(ann.session), [Event::CommandDone { tag: "1".into() }]);
    let get = || ParticipantCommand::GetBlob { tag: "2".into(), owner: "ann".into(), key: key.clone() };
    assert_eq!(stage.told(bob, get()).heard(bob.session), [Event::Blob { tag: "2".into(), contents }]);
    let other = ParticipantCommand::GetBlob { tag: "3".into(), owner: "ann".into(), key: Bytes::from_static(b"no") };
    let refused = |tag: &str, why| Event::CommandRefused { tag: tag.into(), why };
    assert_eq!(stage.told(bob, other).heard(bob.session), [refused("3", Refusal::NoSuchBlob)]);
    stage.leave(ann);
    assert_eq!(stage.told(bob, get()).heard(bob.session), [refused("2", Refusal::NoSuchParticipant)]);
}
