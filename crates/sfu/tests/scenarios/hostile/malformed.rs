//! Spoilt datagrams: copies of real ones, broken in a way that the seed decides.
//!
//! `MOIM_MALFORMED` sets how many; 100 000 unless it does.

use moim_sfu::{CloseReason, Directions, LegEvent, Offerer, PublicationConfig};
use moim_testkit::malformed::{Spoiler, seal_sctp};
use moim_testkit::wire::{binding, check, null_hello};
use moim_types::MediaKind;

use super::{Innocents, stranger};
use crate::dual::{speak, viewer};
use crate::world::client::Wanted;
use crate::world::tap::{self, Rogue};
use crate::world::{World, leg_config, track};

/// Between two packets of the innocents.
const BATCH: usize = 500;

#[expect(clippy::disallowed_methods, reason = "how long it runs is for whoever runs it to say")]
fn how_many() -> usize {
    std::env::var("MOIM_MALFORMED").ok().and_then(|text| text.parse().ok()).unwrap_or(100_000)
}

#[test]
fn spoilt_datagrams_before_anything_is_proven_break_nothing() {
    let mut world = World::new(1);
    world.records = true;
    let mut innocents = Innocents::new(&mut world);
    innocents.talk(&mut world, 20);
    world.records = false;
    // Both directions of two joins: both flights of DTLS, media and reports. Of checks only those with
    // a made up integrity: a true one that is repeated stays true.
    let mut specimens: Vec<_> = world.recorded.drain(..).map(|sent| sent.payload).filter(|sent| sent[0] > 1).collect();
    specimens.extend((0..20).flat_map(|number| [check(number, "somebody"), binding(number, &[]), null_hello(number)]));
    let mut spoiler = Spoiler::new(11, specimens);
    let (victim, mid) = {
        let victim = world.client(0, leg_config(Directions::Ingress, Offerer::Remote));
        world.clients[victim].wants.push(Wanted::Send(str0m::media::MediaKind::Audio, "mic"));
        let LegEvent::Answer { sections, .. } = world.offer(victim, Vec::new()) else { panic!("refused") };
        world.publish(victim, &sections[0].mid, track(2), PublicationConfig::default());
        world.connect(victim);
        (victim, sections[0].mid.as_str().into())
    };
    for number in 0..how_many() {
        let datagram = spoiler.next_datagram();
        if number % 2 == 0 {
            world.datagram(0, stranger(), &datagram);
        } else {
            world.forge(victim, &datagram);
        }
        if number % BATCH == 0 {
            innocents.talk(&mut world, 1);
        }
    }
    assert!(!world.sent.contains(&stranger()), "strangers are not answered");
    assert!(!world.has(victim, |event| matches!(event, LegEvent::Closed(_))), "and end nobody's connection");
    let before = world.shards[0].stats().packets_in;
    speak(&mut world, victim, mid, 0..10);
    assert_eq!(world.shards[0].stats().packets_in, before + 10);
    innocents.check(&mut world);
}

/// A peer whose keys we know, which has sent sound and messages. It comes anew when it was cut off.
fn rogue_peer(world: &mut World, number: u8) -> usize {
    let rogue = world.tapped_client(0, leg_config(Directions::Ingress, Offerer::Remote));
    world.clients[rogue].wants.push(Wanted::Send(str0m::media::MediaKind::Audio, "mic"));
    world.clients[rogue].wants.push(Wanted::Channel("_reliable", None));
    let LegEvent::Answer { sections, .. } = world.offer(rogue, Vec::new()) else { panic!("refused") };
    world.publish(rogue, &sections[0].mid, track(number), PublicationConfig::default());
    world.connect(rogue);
    let mid = sections[0].mid.as_str().into();
    speak(world, rogue, mid, 0..100);
    let now = world.now.instant;
    world.clients[rogue].write(now, "_reliable", &[3; 3000]);
    // Long enough for a report.
    world.run(std::time::Duration::from_secs(6));
    rogue
}

#[test]
fn spoilt_media_and_reports_that_are_authentic_break_nothing() {
    let mut world = World::new(1);
    let mut innocents = Innocents::new(&mut world);
    let peer = rogue_peer(&mut world, 9);
    let watcher = viewer(&mut world, 0);
    world.subscribe(watcher, track(9), 0, MediaKind::Audio);
    world.run(std::time::Duration::from_millis(100));
    let mut rogue = Rogue::new();
    let mut media = Spoiler::new(12, rogue.media.clone());
    let mut control = Spoiler::new(13, rogue.control.clone());
    for number in 0..how_many() {
        let sealed = if number % 2 == 0 {
            rogue.seal(&media.next_datagram(), 0)
        } else {
            rogue.seal_control(&control.next_datagram())
        };
        world.forge(peer, &sealed);
        if number % BATCH == 0 {
            innocents.talk(&mut world, 1);
        }
    }
    assert!(!world.has(watcher, |event| matches!(event, LegEvent::Closed(_))));
    assert_eq!(world.shards[0].stats().closed(CloseReason::Fault), 0);
    innocents.check(&mut world);
}

#[test]
fn spoilt_sctp_that_is_authentic_breaks_nothing() {
    let mut world = World::new(1);
    let mut innocents = Innocents::new(&mut world);
    let mut peer = rogue_peer(&mut world, 9);
    let mut spoiler = Spoiler::new(14, tap::data());
    let mut number = 10;
    for _ in 0..how_many() / 100 {
        for _ in 0..4 {
            let mut packet = spoiler.next_datagram();
            // No longer than what a path takes.
            packet.truncate(1200);
            seal_sctp(&mut packet);
            tap::send_data(packet);
        }
        let client = &mut world.clients[peer];
        let channel = client.channels.first().map(|(id, _)| *id);
        let open = channel.is_some_and(|id| client.rtc.channel(id).is_some());
        if open && !world.clients[peer].closed {
            let now = world.now.instant;
            world.clients[peer].write(now, "_reliable", b"x");
        } else if number < 60 {
            // It has aborted itself.
            peer = rogue_peer(&mut world, number);
            number += 1;
        }
        innocents.talk(&mut world, 1);
    }
    assert_eq!(world.shards[0].stats().closed(CloseReason::Fault), 0);
    innocents.check(&mut world);
}
