//! The life of an allocation: made, refreshed, ended, forgotten.

use std::time::Duration;

use moim_testkit::turn::{World, config};
use moim_turn::client::{Denied, Granted, Request};
use moim_turn::{Family, Input, Transport};

const TEN_MINUTES: Duration = Duration::from_secs(600);

fn code(denied: Result<Granted, Denied>) -> u16 {
    match denied {
        Err(Denied::Error { code, .. }) => code,
        other => panic!("not denied: {other:?}"),
    }
}

#[test]
fn an_allocation_has_an_address_and_ten_minutes() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    let Granted::Allocated { relayed, mapped, lifetime } = world.ask(ann, Request::Allocate(Family::V4)).unwrap()
    else {
        panic!("not allocated");
    };
    assert_eq!(relayed.ip(), moim_testkit::turn::SERVER.ip());
    assert!((50_000..=50_099).contains(&relayed.port()));
    assert_eq!(mapped, world.address(ann));
    assert_eq!(lifetime, TEN_MINUTES);
    assert_eq!(world.open_relays(), 1);
}

#[test]
fn an_ipv6_allocation_is_made_on_request() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    let Ok(Granted::Allocated { relayed, .. }) = world.ask(ann, Request::Allocate(Family::V6)) else {
        panic!("not allocated");
    };
    assert!(relayed.is_ipv6());
}

#[test]
fn a_family_that_is_not_offered_is_440() {
    let mut config = config();
    config.relay.ipv6 = None;
    let mut world = World::new(config);
    let ann = world.client("ann");
    assert_eq!(code(world.ask(ann, Request::Allocate(Family::V6))), 440);
}

#[test]
fn allocation_expires_when_not_refreshed() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    world.allocate(ann);
    world.pass(TEN_MINUTES - Duration::from_secs(1));
    assert_eq!(world.stats().allocations, 1);
    world.pass(Duration::from_secs(1));
    assert_eq!((world.stats().allocations, world.open_relays()), (0, 0));
    assert_eq!(code(world.ask(ann, Request::Refresh(TEN_MINUTES))), 437);
}

#[test]
fn a_refreshed_allocation_lives_for_an_hour_at_most() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    world.allocate(ann);
    world.pass(Duration::from_secs(500));
    let granted = world.ask(ann, Request::Refresh(Duration::from_secs(100_000)));
    assert_eq!(granted, Ok(Granted::Refreshed(Duration::from_secs(3600))));
    world.pass(Duration::from_secs(3599));
    assert_eq!(world.stats().allocations, 1);
    world.pass(Duration::from_secs(1));
    assert_eq!(world.stats().allocations, 0);
}

#[test]
fn a_refresh_may_shorten_but_not_below_ten_minutes() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    world.allocate(ann);
    world.ask(ann, Request::Refresh(Duration::from_secs(3600))).unwrap();
    assert_eq!(world.ask(ann, Request::Refresh(Duration::from_secs(1))), Ok(Granted::Refreshed(TEN_MINUTES)));
    world.pass(TEN_MINUTES);
    assert_eq!(world.stats().allocations, 0);
}

#[test]
fn a_lifetime_of_zero_ends_it_at_once() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    world.allocate(ann);
    assert_eq!(world.ask(ann, Request::Refresh(Duration::ZERO)), Ok(Granted::Refreshed(Duration::ZERO)));
    assert_eq!((world.stats().allocations, world.open_relays()), (0, 0));
    world.allocate(ann);
}

#[test]
fn the_same_request_again_gets_the_same_answer() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    let first = world.request(ann, Request::Allocate(Family::V4));
    world.send(ann, &first);
    let moim_turn::client::Event::Retry(signed) = world.event(ann).unwrap() else { panic!("no challenge") };
    world.send(ann, &signed);
    world.send(ann, &signed);
    let answers = (world.received(ann).unwrap(), world.received(ann).unwrap());
    assert_eq!(answers.0, answers.1);
    assert_eq!(world.stats().allocations_created, 1);
}

#[test]
fn a_second_allocation_on_one_five_tuple_is_437() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    world.allocate(ann);
    assert_eq!(code(world.ask(ann, Request::Allocate(Family::V4))), 437);
}

#[test]
fn a_port_that_another_program_holds_is_passed_over() {
    let mut config = config();
    config.relay.ports = 50_000..=50_001;
    let mut world = World::new(config);
    world.hold_port(50_000);
    let ann = world.client("ann");
    assert_eq!(world.allocate(ann).port(), 50_001);
}

#[test]
fn without_a_port_to_bind_the_client_is_told_508_and_nothing_is_left() {
    let mut config = config();
    config.relay.ports = 50_000..=50_003;
    config.user_quota = 1;
    let mut world = World::new(config);
    for port in 50_000..=50_003 {
        world.hold_port(port);
    }
    let ann = world.client("ann");
    assert_eq!(code(world.ask(ann, Request::Allocate(Family::V4))), 508);
    assert_eq!(code(world.ask(ann, Request::Allocate(Family::V4))), 508, "not 437, not 486");
    assert_eq!(world.stats().allocations, 0);
}

#[test]
fn when_all_ports_are_taken_the_next_client_is_told_508() {
    let mut config = config();
    config.relay.ports = 50_000..=50_001;
    let mut world = World::new(config);
    for _ in 0..2 {
        let client = world.client("ann");
        world.allocate(client);
    }
    let late = world.client("bob");
    assert_eq!(code(world.ask(late, Request::Allocate(Family::V4))), 508);
}

#[test]
fn a_connection_takes_its_allocation_with_it() {
    let mut world = World::new(config());
    let ann = world.client_with("ann", moim_testkit::turn::PASSWORD, Transport::Tcp);
    world.allocate(ann);
    world.disconnect(ann);
    assert_eq!((world.stats().allocations, world.open_relays()), (0, 0));
}

#[test]
fn a_draining_server_keeps_what_it_has_and_takes_nothing_new() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    world.allocate(ann);
    world.tell(Input::Drain);
    assert_eq!(world.ask(ann, Request::Refresh(TEN_MINUTES)), Ok(Granted::Refreshed(TEN_MINUTES)));
    let bob = world.client("bob");
    assert_eq!(code(world.ask(bob, Request::Allocate(Family::V4))), 508);
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    let story = || {
        let mut world = World::new(config());
        for name in ["ann", "bob", "ann"] {
            let client = world.client(name);
            let relayed = world.allocate(client);
            world.ask(client, Request::CreatePermission(vec!["8.8.8.8:9".parse().unwrap()])).unwrap();
            world.peer_sends("8.8.8.8:9".parse().unwrap(), relayed, b"hello");
            world.pass(Duration::from_secs(250));
        }
        world.pass(Duration::from_secs(2000));
        world.trace().to_vec()
    };
    assert_eq!(story(), story());
}
