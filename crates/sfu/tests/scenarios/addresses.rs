//! Datagrams of strangers, and peers whose address changes.

use std::net::SocketAddr;
use std::time::Duration;

use moim_sfu::{DropReason, LegEvent};
use moim_types::MediaKind;

use crate::dual::{publisher_of_sound, speak, viewer};
use crate::world::{World, track};

fn stranger() -> SocketAddr {
    SocketAddr::from(([203, 0, 113, 66], 666))
}

#[test]
fn datagrams_of_strangers_are_dropped_and_counted() {
    let mut world = World::new(1);
    let (publisher, mid) = publisher_of_sound(&mut world, 0);
    let viewer = viewer(&mut world, 0);
    world.subscribe(viewer, track(1), 0, MediaKind::Audio);
    world.run(Duration::from_millis(100));
    let before = world.shards[0].stats().dropped(DropReason::UnknownSender);
    let kinds: [&[u8]; 6] = [&[], &[0], &[22; 100], &[0x80; 100], &[0xc8; 1200], &[0; 30]];
    for datagram in kinds {
        world.datagram(0, stranger(), datagram);
    }
    assert_eq!(world.shards[0].stats().dropped(DropReason::UnknownSender), before + 6);
    assert!(!world.sent.contains(&stranger()), "they get no answer");
    speak(&mut world, publisher, mid, 0..5);
    world.run(Duration::from_millis(50));
    assert_eq!(world.clients[viewer].received(track(1)).len(), 5);
}

#[test]
fn a_check_with_the_right_name_and_the_wrong_password_moves_nothing() {
    let mut world = World::new(1);
    let (publisher, _) = publisher_of_sound(&mut world, 0);
    let sdp = world.clients[publisher].last_sdp.clone();
    let fragment = sdp.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:")).unwrap();
    assert!(world.shards[0].knows_ufrag(fragment));
    let username = format!("{fragment}:xxxx");
    let mut check = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    check.extend([5; 12]);
    check.extend([0, 6, 0, username.len() as u8]);
    check.extend(username.bytes());
    check.resize(check.len().next_multiple_of(4), 0);
    check.extend([0, 8, 0, 20]);
    check.extend([1; 20]);
    let length = (check.len() - 20) as u16;
    check[2..4].copy_from_slice(&length.to_be_bytes());
    let before = world.shards[0].stats().dropped(DropReason::UnknownSender);
    world.datagram(0, stranger(), &check);
    assert_eq!(world.shards[0].stats().dropped(DropReason::UnknownSender), before + 1);
    assert!(!world.sent.contains(&stranger()));
}

#[test]
fn junk_from_a_known_address_does_not_end_the_leg() {
    let mut world = World::new(1);
    let (publisher, mid) = publisher_of_sound(&mut world, 0);
    let viewer = viewer(&mut world, 0);
    world.subscribe(viewer, track(1), 0, MediaKind::Audio);
    world.run(Duration::from_millis(100));
    let address = world.clients[publisher].address;
    for first in 0..=255u8 {
        for length in [1, 2, 13, 20, 60, 1200] {
            let junk: Vec<u8> = (0..length).map(|at| first.wrapping_add((at * 31) as u8)).collect();
            world.datagram(0, address, &junk);
        }
    }
    world.run(Duration::from_millis(50));
    assert!(!world.has(publisher, |event| matches!(event, LegEvent::Closed(_))));
    speak(&mut world, publisher, mid, 0..10);
    world.run(Duration::from_millis(50));
    assert_eq!(world.clients[viewer].received(track(1)).len(), 10);
}

#[test]
fn a_peer_may_move_to_another_address() {
    let mut world = World::new(1);
    let (publisher, mid) = publisher_of_sound(&mut world, 0);
    let viewer = viewer(&mut world, 0);
    world.subscribe(viewer, track(1), 0, MediaKind::Audio);
    world.run(Duration::from_millis(100));
    speak(&mut world, publisher, mid, 0..10);
    let moved = SocketAddr::from(([198, 51, 100, 77], 40_000));
    world.translate(publisher, moved);
    world.run(Duration::from_secs(6));
    speak(&mut world, publisher, mid, 10..30);
    world.run(Duration::from_millis(50));
    let last = world.clients[viewer].received(track(1)).last().map(|packet| packet.payload.clone());
    assert_eq!(last, Some(29u32.to_be_bytes().to_vec()), "media flows from the new address");
    assert!(!world.has(publisher, |event| matches!(event, LegEvent::Closed(_))));
}
