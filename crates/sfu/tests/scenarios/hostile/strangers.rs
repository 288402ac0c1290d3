//! Who is not let in: nothing that he sends is believed, answered or remembered.

use std::net::SocketAddr;
use std::time::Duration;

use moim_sfu::{Directions, DropReason, LegEvent, Offerer};

use moim_testkit::wire::{alert, binding, check, harmful_control, null_hello};

use super::{Innocents, dropped, stranger};
use crate::pictures::{camera, check_pictures, film};
use crate::world::client::Wanted;
use crate::world::{World, leg_config};

const MILLISECOND: Duration = Duration::from_millis(1);

/// A publisher joins while something happens every millisecond. Returns how long it took.
fn join_under(world: &mut World, mut attack: impl FnMut(&mut World, usize, u64)) -> Duration {
    let client = world.client(0, leg_config(Directions::Ingress, Offerer::Remote));
    world.clients[client].wants.push(Wanted::Send(str0m::media::MediaKind::Audio, "mic"));
    world.offer(client, Vec::new());
    let begun = world.now.instant;
    for step in 0..5000 {
        attack(world, client, step);
        world.run(MILLISECOND);
        if world.take(client, |event| matches!(event, LegEvent::Connected)).is_some() {
            return world.now.instant - begun;
        }
    }
    panic!("it never connected: {:?} {:?}", world.events, world.shards[0].stats());
}

#[test]
fn a_client_hello_of_a_stranger_delays_no_join() {
    let mut world = World::new(1);
    let mut innocents = Innocents::new(&mut world);
    let undisturbed = join_under(&mut world, |_, _, _| {});
    for _ in 0..20 {
        let disturbed = join_under(&mut world, |world, _, step| {
            for record in 0..5 {
                world.datagram(0, stranger(), &null_hello(5 * step + record));
            }
        });
        assert!(disturbed <= undisturbed + Duration::from_millis(50), "{disturbed:?} instead of {undisturbed:?}");
    }
    assert!(!world.sent.contains(&stranger()), "no alert, no answer");
    innocents.check(&mut world);
}

#[test]
fn a_client_hello_under_the_peers_own_address_does_not_stop_the_join() {
    let mut world = World::new(1);
    let mut innocents = Innocents::new(&mut world);
    for _ in 0..10 {
        let took = join_under(&mut world, |world, client, step| {
            for record in 0..5 {
                world.forge(client, &null_hello(5 * step + record));
            }
        });
        assert!(took <= Duration::from_secs(2), "{took:?}");
    }
    innocents.check(&mut world);
}

#[test]
fn an_alert_under_the_peers_own_address_ends_no_connection() {
    let mut world = World::new(1);
    let mut innocents = Innocents::new(&mut world);
    for record in 0..500 {
        for client in [innocents.publisher, innocents.viewer] {
            world.forge(client, &alert(record));
            world.forge(client, &null_hello(record));
        }
    }
    innocents.talk(&mut world, 50);
    innocents.check(&mut world);
}

#[test]
fn nobody_who_has_not_proven_himself_is_answered() {
    let mut world = World::new(1);
    let mut innocents = Innocents::new(&mut world);
    let sdp = world.clients[innocents.publisher].last_sdp.clone();
    let fragment = sdp.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:")).unwrap();
    let before = dropped(&world, DropReason::UnknownSender);
    for number in 0..1000u64 {
        let from = SocketAddr::from(([203, 0, 113, number as u8], 1000 + number as u16));
        let mut media = vec![0x80, 111];
        media.extend(number.to_be_bytes());
        media.resize(200, 7);
        let attempts = [
            media,
            null_hello(number),
            binding(number, &[]),
            binding(number, &[(0x0006, format!("{fragment}:x").as_bytes())]),
            check(number, fragment),
            check(number, "nobodyhere"),
        ];
        for attempt in attempts {
            world.datagram(0, from, &attempt);
            assert!(!world.sent.contains(&from), "an answer");
        }
    }
    assert_eq!(dropped(&world, DropReason::UnknownSender), before + 6000, "all are counted, all alike");
    innocents.check(&mut world);
}

#[test]
fn user_fragments_and_passwords_cannot_be_guessed() {
    let value = |sdp: &str, name: &str| sdp.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
    let mut world = World::new(1);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..50 {
        let client = world.client(0, leg_config(Directions::Ingress, Offerer::Remote));
        world.clients[client].wants.push(Wanted::Send(str0m::media::MediaKind::Audio, "mic"));
        world.offer(client, Vec::new());
        // The second offer asks for an ICE restart, and with it for others.
        for round in 0..2 {
            let sdp = world.clients[client].last_sdp.clone();
            let (fragment, password) = (value(&sdp, "a=ice-ufrag:"), value(&sdp, "a=ice-pwd:"));
            // Six bits in each character (RFC 8839 §5.4): at least 24 and 128 bits.
            assert!(fragment.len() >= 4 && password.len() >= 22, "{fragment} {password}");
            assert!(seen.insert(fragment) && seen.insert(password), "never the same again");
            if round == 0 {
                world.connect(client);
                world.offer(client, Vec::new());
            }
        }
    }
    let mut innocents = Innocents::new(&mut world);
    let before = dropped(&world, DropReason::UnknownSender);
    for guess in 0..100_000u64 {
        world.datagram(0, stranger(), &check(guess, &format!("{guess:08x}")));
    }
    assert_eq!(dropped(&world, DropReason::UnknownSender), before + 100_000);
    assert!(!world.sent.contains(&stranger()), "no guess tells anything");
    innocents.check(&mut world);
}

#[test]
fn control_packets_in_the_clear_change_neither_layer_nor_rate() {
    let mut world = World::new(1);
    let (publisher, mid) = camera(&mut world, Wanted::Simulcast("cam"));
    let viewer = crate::dual::viewer(&mut world, 0);
    let rids = [Some("q"), Some("h"), Some("f")];
    world.subscribe(viewer, crate::world::track(1), 0, moim_types::MediaKind::Video);
    film(&mut world, publisher, mid, &rids, 0..300);
    let ssrcs: Vec<u32> = {
        world.records = true;
        film(&mut world, publisher, mid, &rids, 300..303);
        world.records = false;
        let both = [world.recorded_from(publisher), world.recorded_to(viewer)].concat();
        both.iter().filter(|datagram| super::is_media(datagram)).map(|datagram| super::ssrc(datagram)).collect()
    };
    assert!(!ssrcs.is_empty());
    let asked = world.shards[0].stats().key_frame_requests;
    let settled = check_pictures(&world, viewer);
    for frame in 303..363 {
        for ssrc in &ssrcs {
            for packet in harmful_control(*ssrc) {
                world.datagram(0, stranger(), &packet);
                world.forge(viewer, &packet);
                world.forge(publisher, &packet);
            }
        }
        film(&mut world, publisher, mid, &rids, frame..frame + 1);
    }
    assert_eq!(world.shards[0].stats().key_frame_requests, asked, "nobody believed a wish");
    assert!(check_pictures(&world, viewer) >= settled + 59, "not a frame less");
    assert!(dropped(&world, DropReason::Unopened) > 0);
    for client in [publisher, viewer] {
        assert!(!world.has(client, |event| matches!(event, LegEvent::Closed(_) | LegEvent::Disconnected)));
    }
}
