//! Who gets in, who does not, and how little it costs the server to say so.

use std::time::Duration;

use moim_testkit::turn::{PASSWORD, SERVER, SHARED_SECRET, World, config};
use moim_turn::client::{Denied, Event, Granted, Request};
use moim_turn::{Credentials, ErrorAnswer, Family, FiveTuple, Input, Transport, issue_credential};
use moim_types::Redacted;

fn code(denied: Result<Granted, Denied>) -> u16 {
    match denied {
        Err(Denied::Error { code, .. }) => code,
        other => panic!("not denied: {other:?}"),
    }
}

fn time_limited(world: &mut World, seconds: u64) -> moim_testkit::turn::ClientId {
    let expiry = world.clock.now().unix.as_secs() + seconds;
    let issued = issue_credential(&Redacted::new(SHARED_SECRET.to_owned()), "caller", expiry);
    world.client_with(&issued.username, issued.password.reveal(), Transport::Udp)
}

#[test]
fn a_wrong_password_and_an_unknown_user_get_the_same_401() {
    let mut world = World::new(config());
    let wrong = world.client_with("ann", "wrong", Transport::Udp);
    let unknown = world.client("nobody");
    assert_eq!(code(world.ask(wrong, Request::Allocate(Family::V4))), 401);
    assert_eq!(code(world.ask(unknown, Request::Allocate(Family::V4))), 401);
    assert_eq!(world.stats().allocations, 0);
}

#[test]
fn a_time_limited_credential_opens_until_it_expires() {
    let mut world = World::new(config());
    let early = time_limited(&mut world, 60);
    let late = time_limited(&mut world, 60);
    world.allocate(early);
    world.pass(Duration::from_secs(60));
    assert_eq!(code(world.ask(late, Request::Allocate(Family::V4))), 401);
}

#[test]
fn a_call_outlives_the_credential_it_began_with() {
    let mut world = World::new(config());
    let client = time_limited(&mut world, 60);
    world.allocate(client);
    world.pass(Duration::from_secs(300));
    let granted = world.ask(client, Request::Refresh(Duration::from_secs(600)));
    assert_eq!(granted, Ok(Granted::Refreshed(Duration::from_secs(600))));
}

#[test]
fn replaced_credentials_cut_nobody_off_but_let_nobody_new_in() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    world.allocate(ann);
    world.tell(Input::Credentials(Credentials::default()));
    assert!(world.ask(ann, Request::Refresh(Duration::from_secs(600))).is_ok());
    let bob = world.client("bob");
    assert_eq!(code(world.ask(bob, Request::Allocate(Family::V4))), 401);
}

#[test]
fn a_stale_nonce_costs_one_more_round_trip() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    world.allocate(ann);
    for _ in 0..5 {
        world.pass(Duration::from_secs(500));
        assert!(world.ask(ann, Request::Refresh(Duration::from_secs(600))).is_ok());
    }
    assert!(world.stats().answered(ErrorAnswer::StaleNonce) >= 2);
}

#[test]
fn a_nonce_does_not_travel_to_another_address() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    world.allocate(ann);
    // The very bytes that would refresh, from another port.
    let stolen = world.request(ann, Request::Refresh(Duration::ZERO));
    let thief = FiveTuple { client: "6.6.6.6:6".parse().unwrap(), local: SERVER, transport: Transport::Udp };
    world.send_from(thief, &stolen);
    assert_eq!(world.stats().answered(ErrorAnswer::StaleNonce), 1);
    assert_eq!(world.stats().allocations, 1);
}

#[test]
fn another_user_cannot_take_over_an_allocation() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    world.allocate(ann);
    // Bob, with a good password, on Ann's five-tuple.
    let mut bob = moim_turn::client::Client::new("bob".to_owned(), Redacted::new(PASSWORD.to_owned()), [9; 32]);
    let first = bob.request(Request::Refresh(Duration::ZERO));
    world.send(ann, &first);
    let Event::Retry(signed) = bob.handle(&world.received(ann).unwrap()) else { panic!("no challenge") };
    world.send(ann, &signed);
    let answer = bob.handle(&world.received(ann).unwrap());
    assert!(matches!(answer, Event::Answer(Err(Denied::Error { code: 441, .. }))), "{answer:?}");
    assert_eq!(world.stats().allocations, 1);
}

#[test]
fn a_challenge_is_small() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    let request = world.request(ann, Request::Allocate(Family::V4));
    world.send(ann, &request);
    let challenge = world.received(ann).unwrap();
    assert!(challenge.len() <= 72, "{} bytes", challenge.len());
    let binding = world.request(ann, Request::Binding);
    world.send(ann, &binding);
    assert_eq!(world.received(ann).unwrap().len(), 32);
}

#[test]
fn strangers_leave_nothing_behind() {
    let mut world = World::new(config());
    let ann = world.client("ann");
    let request = world.request(ann, Request::Allocate(Family::V4));
    let trace_before = world.trace().len();
    for number in 0..20_000_u32 {
        let address = std::net::Ipv4Addr::from(0x0B00_0000 + number);
        let client = std::net::SocketAddr::new(address.into(), 5000);
        world.send_from(FiveTuple { client, local: SERVER, transport: Transport::Udp }, &request);
    }
    assert_eq!(world.trace().len() - trace_before, 20_000, "each was challenged");
    assert_eq!((world.stats().allocations, world.open_relays()), (0, 0));
}

#[test]
fn a_request_without_username_is_400() {
    use stun_types::message::{Message, MessageWrite as _, MessageWriteExt as _, MessageWriteVec};
    let mut world = World::new(config());
    let ann = world.client("ann");
    let mut request = Message::builder_request(turn_types::message::ALLOCATE, MessageWriteVec::new());
    let key = stun_types::message::ShortTermCredentials::new("x".to_owned()).make_key();
    request.add_message_integrity_with_key(&key, stun_types::message::IntegrityAlgorithm::Sha1).unwrap();
    world.send(ann, &request.finish());
    let answer = world.received(ann).unwrap();
    let answer = Message::from_bytes(&answer).unwrap();
    assert_eq!(answer.attribute::<stun_types::attribute::ErrorCode>().unwrap().code(), 400);
}
