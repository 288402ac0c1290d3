//! Two clients that both need a relay meet on the server, with no socket between them.

use std::net::SocketAddr;

use moim_testkit::turn::{ClientId, World, config};
use moim_turn::client::{Client, Event, Request};
use moim_turn::{DropReason, RelayAddress};

fn two(world: &mut World) -> ((ClientId, SocketAddr), (ClientId, SocketAddr)) {
    let (ann, bob) = (world.client("ann"), world.client("bob"));
    let (of_ann, of_bob) = (world.allocate(ann), world.allocate(bob));
    ((ann, of_ann), (bob, of_bob))
}

#[test]
fn each_sees_the_other_under_his_relayed_address() {
    let mut world = World::new(config());
    let ((ann, of_ann), (bob, of_bob)) = two(&mut world);
    world.ask(ann, Request::CreatePermission(vec![of_bob])).unwrap();
    world.ask(bob, Request::ChannelBind(0x4000, of_ann)).unwrap();
    world.send_to(ann, of_bob, b"from ann");
    assert_eq!(world.event(bob), Some(Event::ChannelData { number: 0x4000, payload: b"from ann".to_vec() }));
    world.send(bob, &Client::channel_data(0x4000, b"from bob"));
    assert_eq!(world.event(ann), Some(Event::Data { peer: of_bob, payload: b"from bob".to_vec() }));
    assert_eq!(world.delivered(), vec![], "no relay socket was used");
    assert_eq!(world.stats().packets_handed_over, 2);
}

#[test]
fn the_receivers_permission_holds_here_too() {
    let mut world = World::new(config());
    let ((ann, _), (bob, of_bob)) = two(&mut world);
    world.ask(ann, Request::CreatePermission(vec![of_bob])).unwrap();
    world.send_to(ann, of_bob, b"uninvited");
    assert_eq!(world.event(bob), None);
    assert_eq!(world.stats().dropped(DropReason::NoPermission), 1);
}

#[test]
fn behind_a_one_to_one_nat_clients_know_the_outer_address() {
    let mut config = config();
    config.relay.ipv4 = Some(RelayAddress { bind: [10, 0, 0, 5].into(), advertised: [9, 9, 9, 9].into() });
    let mut world = World::new(config);
    let ((ann, of_ann), (bob, of_bob)) = two(&mut world);
    assert_eq!(of_ann.ip(), of_bob.ip());
    world.ask(ann, Request::CreatePermission(vec![of_bob])).unwrap();
    world.ask(bob, Request::CreatePermission(vec![of_ann])).unwrap();
    world.send_to(ann, of_bob, b"hello");
    assert_eq!(world.event(bob), Some(Event::Data { peer: of_ann, payload: b"hello".to_vec() }));
}

#[test]
fn a_client_may_talk_to_itself_and_nothing_goes_round() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    let of_ann = world.allocate(ann);
    world.ask(ann, Request::CreatePermission(vec![of_ann])).unwrap();
    world.send_to(ann, of_ann, b"echo");
    assert_eq!(world.event(ann), Some(Event::Data { peer: of_ann, payload: b"echo".to_vec() }));
    assert_eq!(world.event(ann), None);
}

#[test]
fn a_relay_port_of_another_machine_is_reached_through_its_socket() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    let of_ann = world.allocate(ann);
    let port = if of_ann.port() == 50_050 { 50_051 } else { 50_050 };
    let sibling = SocketAddr::new(of_ann.ip(), port);
    world.ask(ann, Request::CreatePermission(vec![sibling])).unwrap();
    world.send_to(ann, sibling, b"hello");
    assert_eq!(world.delivered()[0].to, sibling);
}
