//! A client who reaches nothing but TURN reaches the media of the same process, and nothing else there.

use std::net::SocketAddr;
use std::time::Duration;

use moim_testkit::turn::{Delivered, MEDIA, PASSWORD, World, config};
use moim_turn::client::{Client, Denied, Event, Request};
use moim_turn::{DropReason, Family, Input, PeerPolicy, RelayAddress, Transport};

fn refused(answer: Result<moim_turn::client::Granted, Denied>) -> bool {
    matches!(answer, Err(Denied::Error { code: 403, .. }))
}

#[test]
fn packets_go_there_and_back_without_a_socket() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    let relayed = world.allocate(ann);
    world.ask(ann, Request::CreatePermission(vec![MEDIA])).unwrap();
    world.send_to(ann, MEDIA, b"check");
    world.media_sends(MEDIA, relayed, b"answer");
    assert_eq!(world.event(ann), Some(Event::Data { peer: MEDIA, payload: b"answer".to_vec() }));

    world.ask(ann, Request::ChannelBind(0x4000, MEDIA)).unwrap();
    world.send(ann, &Client::channel_data(0x4000, b"media"));
    world.media_sends(MEDIA, relayed, b"more");
    assert_eq!(world.event(ann), Some(Event::ChannelData { number: 0x4000, payload: b"more".to_vec() }));

    let packet = |payload: &[u8]| Delivered { from: relayed, to: MEDIA, payload: payload.to_vec() };
    assert_eq!(world.handed_over(), [packet(b"check"), packet(b"media")]);
    assert_eq!(world.delivered(), [], "no relay socket was used");
    let stats = world.stats();
    assert_eq!((stats.packets_to_media, stats.packets_from_media), (2, 2));
    assert_eq!((stats.packets_to_peers, stats.packets_to_clients), (2, 2));
}

#[test]
fn a_client_over_a_stream_gets_padded_messages() {
    let mut world = World::new(config());
    let ann = world.client_with("ann", PASSWORD, Transport::Tls);
    let relayed = world.allocate(ann);
    world.ask(ann, Request::ChannelBind(0x4000, MEDIA)).unwrap();
    world.media_sends(MEDIA, relayed, b"five!");
    assert_eq!(world.received(ann), Some(b"\x40\x00\x00\x05five!\0\0\0".to_vec()));
}

#[test]
fn behind_a_one_to_one_nat_media_sees_the_outer_relayed_address() {
    let mut config = config();
    config.relay.ipv4 = Some(RelayAddress { bind: [10, 9, 9, 9].into(), advertised: [9, 9, 9, 9].into() });
    let outer: SocketAddr = "9.9.9.9:7882".parse().unwrap();
    config.media.insert(outer);
    let mut world = World::new(config);
    let ann = world.client("ann");
    let relayed = world.allocate(ann);
    world.ask(ann, Request::ChannelBind(0x4000, outer)).unwrap();
    world.send(ann, &Client::channel_data(0x4000, b"hello"));
    assert_eq!(world.handed_over(), [Delivered { from: relayed, to: outer, payload: b"hello".to_vec() }]);
    assert_eq!(relayed.ip(), outer.ip());
}

#[test]
fn ipv6_media_is_reached_from_an_ipv6_allocation() {
    let mut config = config();
    let media: SocketAddr = "[fd00::9]:7882".parse().unwrap();
    config.media.insert(media);
    let mut world = World::new(config);
    let ann = world.client("ann");
    world.ask(ann, Request::Allocate(Family::V6)).unwrap();
    world.ask(ann, Request::ChannelBind(0x4000, media)).unwrap();
    world.send(ann, &Client::channel_data(0x4000, b"hello"));
    assert_eq!(world.handed_over().len(), 1);
    let mapped = "[::ffff:10.9.9.9]:7882".parse().unwrap();
    assert!(refused(world.ask(ann, Request::CreatePermission(vec![mapped]))), "the other family in disguise");
}

#[test]
fn another_port_of_that_address_gets_and_gives_nothing() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    let relayed = world.allocate(ann);
    world.ask(ann, Request::CreatePermission(vec![MEDIA])).unwrap();
    for port in [1, 22, 80, 3478, MEDIA.port() - 1, MEDIA.port() + 1, 50_001, 65_535] {
        let other = SocketAddr::new(MEDIA.ip(), port);
        assert!(refused(world.ask(ann, Request::ChannelBind(0x4000, other))), "{port}");
        world.send_to(ann, other, b"out");
        world.peer_sends(other, relayed, b"in");
    }
    assert_eq!((world.delivered(), world.handed_over(), world.event(ann)), (vec![], vec![], None));
    assert_eq!(world.stats().dropped(DropReason::OwnAddress), 16);
}

#[test]
fn an_address_beside_it_stays_closed() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    world.allocate(ann);
    for neighbour in ["10.9.9.8:7882", "10.9.9.10:7882", "127.0.0.1:7882"] {
        assert!(refused(world.ask(ann, Request::CreatePermission(vec![neighbour.parse().unwrap()]))), "{neighbour}");
    }
}

#[test]
fn without_a_permission_nothing_passes_in_either_direction() {
    let mut world = World::new(config());
    let (ann, bob) = (world.client("ann"), world.client("bob"));
    let (of_ann, of_bob) = (world.allocate(ann), world.allocate(bob));
    world.ask(ann, Request::CreatePermission(vec![MEDIA])).unwrap();
    world.send_to(bob, MEDIA, b"out");
    world.media_sends(MEDIA, of_bob, b"in");
    assert_eq!((world.handed_over(), world.event(bob)), (vec![], None));
    assert_eq!(world.stats().dropped(DropReason::NoPermission), 2);
    world.media_sends(MEDIA, of_ann, b"in");
    assert!(world.event(ann).is_some(), "ann has one");

    world.pass(Duration::from_secs(301));
    world.media_sends(MEDIA, of_ann, b"in");
    assert_eq!(world.event(ann), None, "a permission ends after five minutes");
}

#[test]
fn what_comes_for_an_allocation_that_is_gone_is_dropped() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    let relayed = world.allocate(ann);
    world.ask(ann, Request::CreatePermission(vec![MEDIA])).unwrap();
    world.ask(ann, Request::Refresh(Duration::ZERO)).unwrap();
    world.media_sends(MEDIA, relayed, b"late");
    assert_eq!(world.event(ann), None);
    assert_eq!(world.stats().dropped(DropReason::NoRelay), 1);
}

#[test]
fn media_is_open_although_the_operator_closed_its_address() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    world.allocate(ann);
    world.ask(ann, Request::ChannelBind(0x4000, MEDIA)).unwrap();
    world.tell(Input::Peers(PeerPolicy::new(vec![], vec!["10.0.0.0/8".parse().unwrap()])));
    world.ask(ann, Request::CreatePermission(vec![MEDIA])).unwrap();
    world.send(ann, &Client::channel_data(0x4000, b"out"));
    world.send_to(ann, SocketAddr::new(MEDIA.ip(), 80), b"out");
    assert_eq!((world.handed_over().len(), world.delivered()), (1, vec![]));
}

#[test]
fn the_bandwidth_of_a_user_counts_here_too() {
    let mut config = config();
    config.max_bps_per_user = 80_000;
    let mut world = World::new(config);
    let ann = world.client("ann");
    let relayed = world.allocate(ann);
    world.ask(ann, Request::ChannelBind(0x4000, MEDIA)).unwrap();
    for _ in 0..100 {
        world.send(ann, &Client::channel_data(0x4000, &[1; 1000]));
        world.media_sends(MEDIA, relayed, &[1; 1000]);
    }
    assert!(world.handed_over().len() < 100);
    assert!(world.stats().dropped(DropReason::OverBandwidth) > 0);
}
