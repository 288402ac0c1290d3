//! Nobody reaches the network behind the server: every form of every address, by every way of sending.

use std::net::{IpAddr, SocketAddr};

use moim_testkit::turn::{SERVER, World, config};
use moim_turn::client::{Client, Denied, Granted, Request};
use moim_turn::{Family, Input, PeerPolicy};

const FORBIDDEN: [&str; 34] = [
    "0.0.0.0",
    "0.0.0.1",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.1.2.3",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::10.0.0.1",
    "2002:7f00:1::",
    "2001:0:1:2:3:4:80ff:fffe",
    "2001:db8::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "ff02::1",
];

fn code(denied: Result<Granted, Denied>) -> u16 {
    match denied {
        Err(Denied::Error { code, .. }) => code,
        other => panic!("not denied: {other:?}"),
    }
}

#[test]
fn every_form_is_refused_by_every_way_of_sending() {
    for forbidden in FORBIDDEN {
        let ip: IpAddr = forbidden.parse().unwrap();
        let peer = SocketAddr::new(ip, 80);
        let mut world = World::new(config());
        let ann = world.client("ann");
        world.ask(ann, Request::Allocate(if ip.is_ipv4() { Family::V4 } else { Family::V6 })).unwrap();
        assert_eq!(code(world.ask(ann, Request::CreatePermission(vec![peer]))), 403, "{forbidden}");
        assert_eq!(code(world.ask(ann, Request::ChannelBind(0x4000, peer))), 403, "{forbidden}");
        world.send_to(ann, peer, b"out");
        world.send(ann, &Client::channel_data(0x4000, b"out"));
        assert_eq!(world.delivered(), vec![], "{forbidden}");
    }
}

#[test]
fn of_the_server_itself_only_relays_are_reached() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    world.allocate(ann);
    assert_eq!(code(world.ask(ann, Request::ChannelBind(0x4000, SERVER))), 403);
    // The address may be named, since relays live on it; the port decides.
    world.ask(ann, Request::CreatePermission(vec![SERVER])).unwrap();
    for port in [22, 80, 3478, 5349, 49_999, 50_100] {
        world.send_to(ann, SocketAddr::new(SERVER.ip(), port), b"out");
    }
    assert_eq!(world.delivered(), vec![]);
}

#[test]
fn a_peer_with_port_zero_is_refused() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    world.allocate(ann);
    let nowhere = "8.8.8.8:0".parse().unwrap();
    assert_eq!(code(world.ask(ann, Request::ChannelBind(0x4000, nowhere))), 403);
    world.ask(ann, Request::CreatePermission(vec![nowhere])).unwrap();
    world.send_to(ann, nowhere, b"out");
    assert_eq!(world.delivered(), vec![]);
}

#[test]
fn a_policy_that_is_tightened_cuts_what_stands() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    let relayed = world.allocate(ann);
    let (kept, cut) = ("8.8.8.8:9".parse().unwrap(), "8.8.4.4:9".parse().unwrap());
    world.ask(ann, Request::CreatePermission(vec![kept, cut])).unwrap();
    world.ask(ann, Request::ChannelBind(0x4000, cut)).unwrap();
    world.tell(Input::Peers(PeerPolicy::new(vec![], vec!["8.8.4.0/24".parse().unwrap()])));
    world.send(ann, &Client::channel_data(0x4000, b"out"));
    world.send_to(ann, cut, b"out");
    world.peer_sends(cut, relayed, b"in");
    assert_eq!((world.delivered(), world.event(ann)), (vec![], None));
    world.send_to(ann, kept, b"out");
    assert_eq!(world.delivered().len(), 1);
}
