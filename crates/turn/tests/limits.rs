//! Nobody takes more than his share, and hostile bytes change nothing.
#![expect(clippy::unwrap_used, reason = "a failed step ends the test")]

use std::net::SocketAddr;
use std::time::Duration;

use moim_testkit::turn::{World, config};
use moim_turn::client::{Client, Denied, Granted, Request};
use moim_turn::{DropReason, Family};
use proptest::prelude::*;

fn code(denied: Result<Granted, Denied>) -> u16 {
    match denied {
        Err(Denied::Error { code, .. }) => code,
        other => panic!("not denied: {other:?}"),
    }
}

#[test]
fn a_user_holds_at_most_his_quota() {
    let mut world = World::new(config());
    for _ in 0..10 {
        let client = world.client("ann");
        world.allocate(client);
    }
    let eleventh = world.client("ann");
    assert_eq!(code(world.ask(eleventh, Request::Allocate(Family::V4))), 486);
    let bob = world.client("bob");
    world.allocate(bob);
    world.pass(Duration::from_secs(600));
    world.allocate(eleventh);
}

#[test]
fn all_users_together_hold_at_most_the_total() {
    let mut config = config();
    config.total_quota = 1;
    let mut world = World::new(config);
    let (ann, bob) = (world.client("ann"), world.client("bob"));
    world.allocate(ann);
    assert_eq!(code(world.ask(bob, Request::Allocate(Family::V4))), 486);
}

#[test]
fn bandwidth_is_limited_in_both_directions_together() {
    let mut config = config();
    config.max_bps_per_user = 1_000_000;
    let mut world = World::new(config);
    let ann = world.client("ann");
    let relayed = world.allocate(ann);
    let peer: SocketAddr = "8.8.8.8:9".parse().unwrap();
    world.ask(ann, Request::ChannelBind(0x4000, peer)).unwrap();
    // 4 Mbit/s up and 4 Mbit/s down are offered for twenty seconds.
    let payload = [0; 1000];
    for _ in 0..10_000 {
        world.send(ann, &Client::channel_data(0x4000, &payload));
        world.peer_sends(peer, relayed, &payload);
        world.pass(Duration::from_millis(2));
    }
    let passed_bits = world.stats().relayed_bytes * 8;
    let allowed = 20_000_000 + 1_000_000;
    assert!((allowed - 200_000..=allowed).contains(&passed_bits), "{passed_bits}");
    assert!(world.stats().dropped(DropReason::OverBandwidth) > 0);
}

#[test]
fn the_65th_peer_is_508() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    world.allocate(ann);
    for last in 1..=64 {
        world.ask(ann, Request::CreatePermission(vec![([8, 8, 8, last], 1).into()])).unwrap();
    }
    assert_eq!(code(world.ask(ann, Request::CreatePermission(vec![([8, 8, 8, 65], 1).into()]))), 508);
}

/// Valid messages of every kind, to be bent.
fn messages(world: &mut World, client: moim_testkit::turn::ClientId) -> Vec<Vec<u8>> {
    let peer: SocketAddr = "8.8.8.8:9".parse().unwrap();
    let requests = [
        Request::Binding,
        Request::Allocate(Family::V4),
        Request::Allocate(Family::V6),
        Request::Refresh(Duration::from_secs(700)),
        Request::CreatePermission(vec![peer, "[2600::1]:5".parse().unwrap()]),
        Request::ChannelBind(0x4000, peer),
    ];
    let mut messages: Vec<_> = requests.into_iter().map(|request| world.request(client, request)).collect();
    messages.push(Client::channel_data(0x4000, b"some data"));
    messages
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn bent_messages_neither_crash_nor_allocate(
        which in 0_usize..7,
        bends in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
        extra in prop::collection::vec(any::<u8>(), 0..30),
    ) {
        let mut world = World::new(config());
        let (ann, mallory) = (world.client("ann"), world.client("ann"));
        let relayed = world.allocate(ann);
        // Mallory knows realm and nonce, but not how to sign what is bent.
        let _ = world.ask(mallory, Request::Refresh(Duration::ZERO));
        let mut bytes = messages(&mut world, mallory)[which].clone();
        for (place, value) in bends {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        bytes.extend_from_slice(&extra);
        world.send(mallory, &bytes);
        world.peer_sends("8.8.8.8:9".parse().unwrap(), relayed, &bytes);
        prop_assert!(world.stats().allocations <= 2);
        prop_assert!(world.ask(ann, Request::Refresh(Duration::from_secs(600))).is_ok());
    }
}
