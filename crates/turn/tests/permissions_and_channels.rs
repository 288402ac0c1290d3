//! Data in both directions: who may send, by what name, and for how long.
#![expect(clippy::unwrap_used, reason = "a failed step ends the test")]

use std::net::SocketAddr;
use std::time::Duration;

use moim_testkit::turn::{Delivered, PASSWORD, World, config};
use moim_turn::client::{Client, Denied, Event, Granted, Request};
use moim_turn::{DropReason, Transport};

const PEER: &str = "8.8.8.8:5000";
const NEIGHBOUR: &str = "8.8.8.8:6000";
const STRANGER: &str = "8.8.4.4:5000";

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn code(denied: Result<Granted, Denied>) -> u16 {
    match denied {
        Err(Denied::Error { code, .. }) => code,
        other => panic!("not denied: {other:?}"),
    }
}

#[test]
fn without_permission_nothing_passes_in_either_direction() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    let relayed = world.allocate(ann);
    world.send_to(ann, address(PEER), b"out");
    world.peer_sends(address(PEER), relayed, b"in");
    assert_eq!(world.delivered(), vec![]);
    assert_eq!(world.received(ann), None);
    assert_eq!(world.stats().dropped(DropReason::NoPermission), 2);
}

#[test]
fn a_permission_is_for_an_address_with_all_its_ports() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    let relayed = world.allocate(ann);
    world.ask(ann, Request::CreatePermission(vec![address(PEER)])).unwrap();
    for peer in [PEER, NEIGHBOUR] {
        world.send_to(ann, address(peer), b"out");
        let sent = Delivered { from: relayed, to: address(peer), payload: b"out".to_vec() };
        assert_eq!(world.delivered(), vec![sent]);
        world.peer_sends(address(peer), relayed, b"in");
        assert_eq!(world.event(ann), Some(Event::Data { peer: address(peer), payload: b"in".to_vec() }));
    }
    world.peer_sends(address(STRANGER), relayed, b"in");
    assert_eq!(world.event(ann), None);
}

#[test]
fn a_permission_ends_after_five_minutes() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    let relayed = world.allocate(ann);
    world.ask(ann, Request::CreatePermission(vec![address(PEER)])).unwrap();
    world.pass(Duration::from_secs(299));
    world.peer_sends(address(PEER), relayed, b"in");
    assert!(world.event(ann).is_some());
    world.pass(Duration::from_secs(1));
    world.peer_sends(address(PEER), relayed, b"in");
    assert_eq!(world.event(ann), None);
}

#[test]
fn one_forbidden_peer_among_several_refuses_all() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    world.allocate(ann);
    let peers = vec![address(PEER), address("10.0.0.1:1")];
    assert_eq!(code(world.ask(ann, Request::CreatePermission(peers))), 403);
    world.send_to(ann, address(PEER), b"out");
    assert_eq!(world.delivered(), vec![]);
}

#[test]
fn permission_without_peer_is_400_and_without_allocation_437() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    assert_eq!(code(world.ask(ann, Request::CreatePermission(vec![address(PEER)]))), 437);
    world.allocate(ann);
    assert_eq!(code(world.ask(ann, Request::CreatePermission(vec![]))), 400);
}

#[test]
fn a_peer_of_the_other_family_is_443() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    world.allocate(ann);
    assert_eq!(code(world.ask(ann, Request::CreatePermission(vec![address("[2600::1]:1")]))), 443);
    assert_eq!(code(world.ask(ann, Request::ChannelBind(0x4000, address("[2600::1]:1")))), 443);
}

#[test]
fn a_channel_carries_data_with_four_bytes_of_header() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    let relayed = world.allocate(ann);
    world.ask(ann, Request::ChannelBind(0x4FFF, address(PEER))).unwrap();
    world.send(ann, &Client::channel_data(0x4FFF, b"out"));
    assert_eq!(world.delivered(), vec![Delivered { from: relayed, to: address(PEER), payload: b"out".to_vec() }]);
    world.peer_sends(address(PEER), relayed, b"in");
    assert_eq!(world.received(ann).unwrap(), b"\x4F\xFF\x00\x02in");
    // Another port of the same host has permission, but no channel.
    world.peer_sends(address(NEIGHBOUR), relayed, b"in");
    assert!(matches!(world.event(ann), Some(Event::Data { .. })));
}

#[test]
fn over_a_stream_channel_data_is_padded_with_zeros() {
    let mut world = World::new(config());
    let ann = world.client_with("ann", PASSWORD, Transport::Tls);
    let relayed = world.allocate(ann);
    world.ask(ann, Request::ChannelBind(0x4000, address(PEER))).unwrap();
    world.peer_sends(address(PEER), relayed, b"hello");
    assert_eq!(world.received(ann).unwrap(), b"\x40\x00\x00\x05hello\x00\x00\x00");
}

#[test]
fn a_channel_ends_after_ten_minutes_and_its_permission_after_five() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    world.allocate(ann);
    world.ask(ann, Request::Refresh(Duration::from_secs(3600))).unwrap();
    world.ask(ann, Request::ChannelBind(0x4000, address(PEER))).unwrap();
    world.pass(Duration::from_secs(300));
    world.send(ann, &Client::channel_data(0x4000, b"out"));
    assert_eq!(world.stats().dropped(DropReason::NoPermission), 1);
    world.ask(ann, Request::CreatePermission(vec![address(PEER)])).unwrap();
    world.send(ann, &Client::channel_data(0x4000, b"out"));
    assert_eq!(world.delivered().len(), 1);
    world.pass(Duration::from_secs(300));
    world.send(ann, &Client::channel_data(0x4000, b"out"));
    assert_eq!(world.stats().dropped(DropReason::NoChannel), 1);
}

#[test]
fn channel_numbers_outside_the_range_and_taken_ones_are_400() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    world.allocate(ann);
    for number in [0x0000, 0x3FFF, 0x7FFF, 0x8000, 0xFFFF] {
        assert_eq!(code(world.ask(ann, Request::ChannelBind(number, address(PEER)))), 400, "{number:#x}");
    }
    world.ask(ann, Request::ChannelBind(0x4000, address(PEER))).unwrap();
    world.ask(ann, Request::ChannelBind(0x4000, address(PEER))).unwrap();
    assert_eq!(code(world.ask(ann, Request::ChannelBind(0x4000, address(STRANGER)))), 400);
    assert_eq!(code(world.ask(ann, Request::ChannelBind(0x4001, address(PEER)))), 400);
}

#[test]
fn channel_data_that_lies_about_its_length_is_dropped() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    world.allocate(ann);
    world.ask(ann, Request::ChannelBind(0x4000, address(PEER))).unwrap();
    for lie in [&b"\x40\x00\x00\x06hello"[..], b"\x40\x00\xFF\xFFhello", b"\x40\x00\x00", b"\x40"] {
        world.send(ann, lie);
    }
    assert_eq!(world.delivered(), vec![]);
    assert_eq!(world.stats().dropped(DropReason::Malformed), 4);
    // Bytes after the data are padding, which a datagram may carry.
    world.send(ann, b"\x40\x00\x00\x05hello\x00\x00\x00");
    assert_eq!(world.delivered()[0].payload, b"hello");
}

#[test]
fn an_ipv6_peer_is_served_on_an_ipv6_allocation() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    let Ok(Granted::Allocated { relayed, .. }) = world.ask(ann, Request::Allocate(moim_turn::Family::V6)) else {
        panic!("not allocated");
    };
    let peer = address("[2600::1]:9");
    world.ask(ann, Request::CreatePermission(vec![peer])).unwrap();
    world.peer_sends(peer, relayed, b"in");
    assert_eq!(world.event(ann), Some(Event::Data { peer, payload: b"in".to_vec() }));
    world.send_to(ann, peer, b"out");
    assert_eq!(world.delivered(), vec![Delivered { from: relayed, to: peer, payload: b"out".to_vec() }]);
}
