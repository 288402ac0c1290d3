//! Datagrams under the address of somebody who is let in, and datagrams that were heard before.

use std::time::Duration;

use moim_sfu::{Directions, DropReason, LegEvent, Offerer, PublicationConfig};
use moim_types::MediaKind;

use super::{Innocents, dropped, is_control, is_media, ssrc, stranger};
use crate::dual::viewer;
use crate::pictures::{camera, film};
use crate::world::client::Wanted;
use crate::world::{World, leg_config, track};

/// Media datagrams that the innocent publisher sends in a second.
fn overheard(world: &mut World, innocents: &mut Innocents) -> Vec<Vec<u8>> {
    world.records = true;
    innocents.talk(world, 50);
    world.records = false;
    let heard = world.recorded_from(innocents.publisher);
    heard.into_iter().filter(|datagram| is_media(datagram)).collect()
}

#[test]
fn media_with_a_wrong_tag_is_dropped_and_counted() {
    let mut world = World::new(1);
    let mut innocents = Innocents::new(&mut world);
    let heard = overheard(&mut world, &mut innocents);
    let model = heard.last().unwrap().clone();
    let sequence = u16::from_be_bytes(model[2..4].try_into().unwrap());
    let (unopened, unknown) = (dropped(&world, DropReason::Unopened), dropped(&world, DropReason::UnknownSender));
    for number in 0..2000u16 {
        let mut forged = model.clone();
        forged[2..4].copy_from_slice(&sequence.wrapping_add(number * 13).to_be_bytes());
        *forged.last_mut().unwrap() ^= 1;
        world.forge(innocents.publisher, &forged);
        world.datagram(0, stranger(), &forged);
        if number % 100 == 0 {
            innocents.talk(&mut world, 5);
        }
    }
    assert_eq!(dropped(&world, DropReason::Unopened), unopened + 2000);
    assert_eq!(dropped(&world, DropReason::UnknownSender), unknown + 2000);
    innocents.check(&mut world);
}

#[test]
fn a_forged_ssrc_takes_no_stream_over() {
    let mut world = World::new(1);
    let mut innocents = Innocents::new(&mut world);
    let heard = overheard(&mut world, &mut innocents);
    // The first packets of a stream name its section.
    let mut forged = heard[0].clone();
    let own = ssrc(&forged);
    for number in 1..=2000u32 {
        forged[8..12].copy_from_slice(&own.wrapping_add(number).to_be_bytes());
        world.forge(innocents.publisher, &forged);
        if number < 3 || number % 100 == 0 {
            innocents.talk(&mut world, 5);
        }
    }
    innocents.check(&mut world);
}

#[test]
fn a_forged_ssrc_takes_no_encoding_over() {
    let mut world = World::new(1);
    let (publisher, mid) = camera(&mut world, Wanted::Simulcast("cam"));
    let viewer = viewer(&mut world, 0);
    let rids = [Some("q"), Some("h"), Some("f")];
    world.subscribe(viewer, track(1), 0, MediaKind::Video);
    world.records = true;
    film(&mut world, publisher, mid, &rids, 0..10);
    world.records = false;
    film(&mut world, publisher, mid, &rids, 10..120);
    let heard: Vec<_> = world.recorded_from(publisher).into_iter().filter(|datagram| is_media(datagram)).collect();
    for (number, mut forged) in heard.into_iter().take(30).enumerate() {
        let own = ssrc(&forged);
        forged[8..12].copy_from_slice(&own.wrapping_add(1 + number as u32).to_be_bytes());
        world.forge(publisher, &forged);
    }
    let before = world.shards[0].stats().packets_in;
    let pictures = world.clients[viewer].packets.len();
    film(&mut world, publisher, mid, &rids, 120..180);
    assert_eq!(world.shards[0].stats().packets_in, before + 3 * 60, "all encodings still arrive");
    assert!(world.clients[viewer].packets.len() >= pictures + 59);
}

#[test]
fn replayed_media_is_heard_once() {
    let mut world = World::new(1);
    let publisher = world.client(0, leg_config(Directions::Ingress, Offerer::Remote));
    world.clients[publisher].wants.push(Wanted::Send(str0m::media::MediaKind::Audio, "mic"));
    let LegEvent::Answer { sections, .. } = world.offer(publisher, Vec::new()) else { panic!("refused") };
    world.publish(publisher, &sections[0].mid, track(1), PublicationConfig::default());
    world.connect(publisher);
    let mid = sections[0].mid.as_str().into();
    // Runs of 70 packets, with leaps between them that pass the rollover of the sequence number.
    let mut sent = 0;
    let runs = [1u64, 30_000, 60_000, 65_500, 90_000, 120_000, 131_050];
    world.records = true;
    for first in runs {
        for sequence in first..first + 70 {
            let now = world.now.instant;
            let payload = sequence.to_be_bytes().to_vec();
            world.clients[publisher].send(now, mid, None, sequence, (sequence * 960) as u32, payload);
            world.run(Duration::from_millis(20));
            sent += 1;
        }
    }
    world.records = false;
    assert_eq!(world.shards[0].stats().packets_in, sent);
    let heard: Vec<_> = world.recorded_from(publisher).into_iter().filter(|datagram| is_media(datagram)).collect();
    assert!(heard.len() as u64 >= sent);
    let before = dropped(&world, DropReason::Unopened);
    for datagram in heard.iter().chain(heard.iter().rev()).chain(heard.iter().step_by(64)) {
        world.forge(publisher, datagram);
        world.datagram(0, stranger(), datagram);
    }
    world.run(Duration::from_millis(100));
    assert_eq!(world.shards[0].stats().packets_in, sent, "none counts twice");
    assert!(dropped(&world, DropReason::Unopened) >= before + 2 * sent);
    let now = world.now.instant;
    world.clients[publisher].send(now, mid, None, 131_200, 131_200 * 960, vec![1; 20]);
    world.run(Duration::from_millis(20));
    assert_eq!(world.shards[0].stats().packets_in, sent + 1, "and the next one does");
}

#[test]
fn replayed_wishes_for_key_frames_are_heard_once() {
    let mut world = World::new(1);
    let (publisher, mid) = camera(&mut world, Wanted::Send(str0m::media::MediaKind::Video, "cam"));
    let viewer = viewer(&mut world, 0);
    world.subscribe(viewer, track(1), 0, MediaKind::Video);
    film(&mut world, publisher, mid, &[None], 0..60);
    world.records = true;
    let section = world.clients[viewer].subscriptions[0].0.as_str().into();
    let now = world.now.instant;
    world.clients[viewer].ask_key_frame(now, section);
    film(&mut world, publisher, mid, &[None], 60..120);
    world.records = false;
    let wishes: Vec<_> = world.recorded_from(viewer).into_iter().filter(|datagram| is_control(datagram)).collect();
    assert!(!wishes.is_empty());
    let (asked, replayed) = (world.shards[0].stats().key_frame_requests, dropped(&world, DropReason::Replayed));
    for frame in 120..240 {
        for wish in &wishes {
            world.forge(viewer, wish);
        }
        film(&mut world, publisher, mid, &[None], frame..frame + 1);
    }
    assert_eq!(world.shards[0].stats().key_frame_requests, asked);
    assert_eq!(dropped(&world, DropReason::Replayed), replayed + 120 * wishes.len() as u64);
}

#[test]
fn forgeries_do_not_keep_a_leg_alive_whose_peer_is_gone() {
    let mut world = World::new(1);
    let mut innocents = Innocents::new(&mut world);
    let heard = overheard(&mut world, &mut innocents);
    let publisher = innocents.publisher;
    world.clients[publisher].mute = true;
    for _ in 0..300 {
        for datagram in &heard[..10] {
            world.forge(publisher, datagram);
        }
        world.run(Duration::from_millis(100));
        if world.has(publisher, |event| matches!(event, LegEvent::Closed(_))) {
            return;
        }
    }
    panic!("replays count as life");
}
