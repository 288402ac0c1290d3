//! A publisher on one shard, viewers on another.

use std::time::Duration;

use moim_types::MediaKind;

use crate::dual::{publisher_of_sound, speak, viewer};
use crate::pictures::camera;
use crate::world::client::Wanted;
use crate::world::{World, track};

#[test]
fn packets_reach_viewers_of_another_shard() {
    let mut world = World::new(2);
    let (publisher, mid) = publisher_of_sound(&mut world, 0);
    let far = viewer(&mut world, 1);
    let near = viewer(&mut world, 0);
    for client in [far, near] {
        world.subscribe(client, track(1), 0, MediaKind::Audio);
    }
    world.run(Duration::from_millis(100));
    speak(&mut world, publisher, mid, 0..20);
    world.run(Duration::from_millis(50));
    for client in [far, near] {
        assert_eq!(world.clients[client].received(track(1)).len(), 20);
    }
    assert_eq!(world.shards[0].stats().packets_relayed, 20);
    world.unsubscribe(far, track(1));
    speak(&mut world, publisher, mid, 20..30);
    assert_eq!(world.shards[0].stats().packets_relayed, 20, "no longer wanted");
    assert_eq!(world.shards[1].stats().publications, 0);
}

#[test]
fn a_profile_of_h264_arrives_as_the_same_one_on_every_shard() {
    let mut world = World::new(2);
    let (publisher, mid) = camera(&mut world, Wanted::Send(str0m::media::MediaKind::Video, "cam"));
    let viewers = [0, 1].map(|shard| viewer(&mut world, shard));
    for client in viewers {
        world.subscribe(client, track(1), 0, MediaKind::Video);
    }
    world.run(Duration::from_millis(100));
    let profiles = world.clients[publisher].h264(mid);
    assert!(profiles.len() > 2, "{profiles:?}");
    for (sequence, (number, profile, mode)) in (1_u32..).zip(profiles) {
        world.clients[publisher].sends_as = Some(number);
        let now = world.now.instant;
        // IDR: whoever begins here gets it.
        world.clients[publisher].send(now, mid, None, sequence.into(), sequence * 3000, vec![0x65, 0x88, 0, 0]);
        world.run(Duration::from_millis(33));
        for client in viewers {
            let client = &world.clients[client];
            let packet = *client.received(track(1)).last().expect("it arrived");
            let as_what = client.h264(packet.mid).into_iter().find(|(offered, ..)| *offered == packet.number);
            assert_eq!(as_what.map(|(_, profile, mode)| (profile, mode)), Some((profile, mode)));
        }
    }
}

#[test]
fn what_is_wanted_before_it_is_published_comes_later() {
    let mut world = World::new(2);
    let far = viewer(&mut world, 1);
    world.subscribe(far, track(1), 0, MediaKind::Audio);
    let (publisher, mid) = publisher_of_sound(&mut world, 0);
    world.run(Duration::from_millis(100));
    speak(&mut world, publisher, mid, 0..10);
    world.run(Duration::from_millis(50));
    assert_eq!(world.clients[far].received(track(1)).len(), 10);
}

#[test]
fn the_end_of_a_publication_is_told() {
    let mut world = World::new(2);
    let (..) = publisher_of_sound(&mut world, 0);
    let far = viewer(&mut world, 1);
    world.subscribe(far, track(1), 0, MediaKind::Audio);
    world.run(Duration::from_millis(100));
    assert_eq!(world.shards[1].stats().subscriptions, 1);
    world.command(0, moim_sfu::Command::Unpublish(track(1)));
    world.run(Duration::from_millis(100));
    assert_eq!(world.shards[1].stats().subscriptions, 0);
    assert!(world.clients[far].subscriptions.is_empty());
}
