//! A publisher on one shard, viewers on another.

use std::time::Duration;

use moim_types::MediaKind;

use crate::dual::{publisher_of_sound, speak, viewer};
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
