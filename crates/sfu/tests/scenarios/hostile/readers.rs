//! Viewers who are let in and ask for too much, read too slowly, or fall silent one way.

use std::time::Duration;

use bytes::Bytes;
use moim_sfu::{CloseReason, Directions, LegCommand, LegEvent, Offerer};
use moim_testkit::wire::{fir, nack, pli};
use moim_types::MediaKind;
use str0m::media::Mid;

use super::Innocents;
use crate::dual::viewer;
use crate::pictures::{FRAME, camera, check_pictures, film};
use crate::world::client::Wanted;
use crate::world::tap::Rogue;
use crate::world::{World, leg_config, track};

const FRAMES_A_SECOND: u32 = 30;

fn film_alone(world: &mut World, publisher: usize, mid: Mid, frames: std::ops::Range<u32>) {
    film(world, publisher, mid, &[None], frames);
}

fn camera_alone(world: &mut World) -> (usize, Mid) {
    camera(world, Wanted::Send(str0m::media::MediaKind::Video, "cam"))
}

/// A connected viewer whose keys we know, and the SSRC under which it gets track 1.
fn tapped_viewer(world: &mut World) -> usize {
    let viewer = world.tapped_client(0, leg_config(Directions::Egress, Offerer::Local));
    world.connect(viewer);
    world.subscribe(viewer, track(1), 0, MediaKind::Video);
    viewer
}

fn watched_ssrc(world: &mut World, viewer: usize) -> u32 {
    let section = Mid::from(world.clients[viewer].subscriptions[0].0.as_str());
    let mut direct = world.clients[viewer].rtc.direct_api();
    *direct.stream_rx_by_mid(section, None).expect("it gets something").ssrc()
}

#[test]
fn a_flood_of_wishes_is_one_question_a_second() {
    let mut world = World::new(1);
    let (publisher, mid) = camera_alone(&mut world);
    let viewers: Vec<usize> = (0..40).map(|_| viewer(&mut world, 0)).collect();
    for viewer in &viewers {
        world.subscribe(*viewer, track(1), 0, MediaKind::Video);
    }
    let loud = tapped_viewer(&mut world);
    film_alone(&mut world, publisher, mid, 0..60);
    let wanted = watched_ssrc(&mut world, loud);
    let mut rogue = Rogue::new();
    let before = world.shards[0].stats().key_frame_requests;
    let seconds = 5;
    let mut asked = 0;
    for frame in 60..60 + seconds * FRAMES_A_SECOND {
        let now = world.now.instant;
        for viewer in &viewers {
            let section = world.clients[*viewer].subscriptions[0].0.as_str().into();
            world.clients[*viewer].ask_key_frame(now, section);
        }
        for number in 0..25 {
            for wish in [pli(wanted), fir(wanted, number)] {
                let wish = rogue.seal_control(&wish);
                world.forge(loud, &wish);
            }
        }
        asked += 90;
        film_alone(&mut world, publisher, mid, frame..frame + 1);
    }
    let questions = world.shards[0].stats().key_frame_requests - before;
    assert!(questions >= u64::from(seconds) - 2, "they are heard: {questions}");
    assert!(questions <= u64::from(seconds) + 1, "{questions} questions for {asked} wishes");
    assert!(check_pictures(&world, viewers[0]) > 150);
}

#[test]
fn who_asks_for_everything_again_gets_a_quarter_more() {
    let mut world = World::new(1);
    let (publisher, mid) = camera_alone(&mut world);
    let honest = viewer(&mut world, 0);
    world.subscribe(honest, track(1), 0, MediaKind::Video);
    let loud = tapped_viewer(&mut world);
    film_alone(&mut world, publisher, mid, 0..60);
    let wanted = watched_ssrc(&mut world, loud);
    let mut rogue = Rogue::new();
    let sent_to = |world: &World, client: usize| {
        let address = world.clients[client].address;
        world.sent.iter().filter(|to| **to == address).count()
    };
    let before = [honest, loud].map(|client| sent_to(&world, client));
    for frame in 60..60 + 10 * FRAMES_A_SECOND {
        film_alone(&mut world, publisher, mid, frame..frame + 1);
        let last = world.clients[loud].packets.last().expect("it gets something").sequence as u16;
        for _ in 0..10 {
            let wishes = (0..2).map(|words: u16| last.wrapping_sub(17 * (words + 1)));
            let wish = rogue.seal_control(&nack(wanted, wishes));
            world.forge(loud, &wish);
        }
    }
    let [fair, most] = [honest, loud].map(|client| sent_to(&world, client));
    let (fair, most) = (fair - before[0], most - before[1]);
    // What may come at once is part of it.
    assert!(most <= fair + fair / 4 + 64, "{most} datagrams for one who asks, {fair} for one who does not");
    assert!(most >= fair + fair / 16, "who asks is heard: {most}, {fair}");
}

#[test]
fn a_reader_who_stops_holds_a_megabyte_at_most() {
    const MESSAGE: usize = 50_000;
    let mut world = World::new(1);
    let mut innocents = Innocents::new(&mut world);
    let slow = viewer(&mut world, 0);
    world.run(Duration::from_millis(300));
    world.clients[slow].deaf = true;
    let before = world.shards[0].stats().messages_out;
    for _ in 0..100 {
        let message = Bytes::from(vec![7; MESSAGE]);
        world.leg(slow, LegCommand::Send { label: "_reliable".into(), binary: true, message });
        innocents.talk(&mut world, 1);
    }
    let taken = (world.shards[0].stats().messages_out - before) as usize * MESSAGE;
    assert!(taken <= 1024 * 1024, "{taken} bytes wait");
    assert!(taken >= 256 * 1024, "a hiccup is no reason: {taken}");
    assert!(world.take(slow, |event| matches!(event, LegEvent::ChannelOverflow(_))).is_some());
    innocents.check(&mut world);
}

#[test]
fn a_viewer_who_falls_silent_gets_nothing_more_and_is_cleaned_up() {
    let mut world = World::new(1);
    let (publisher, mid) = camera_alone(&mut world);
    let viewer = viewer(&mut world, 0);
    world.subscribe(viewer, track(1), 0, MediaKind::Video);
    film_alone(&mut world, publisher, mid, 0..60);
    world.clients[viewer].mute = true;
    let (mut frame, silent) = (60, world.now.instant);
    let mut until = |world: &mut World, wanted: fn(&LegEvent) -> bool| loop {
        film(world, publisher, mid, &[None], frame..frame + 1);
        frame += 1;
        if world.take(viewer, wanted).is_some() {
            return world.now.instant - silent;
        }
        assert!(world.now.instant - silent < Duration::from_secs(60), "it never happens");
    };
    let lost = until(&mut world, |event| matches!(event, LegEvent::Disconnected));
    assert!(lost <= Duration::from_secs(9), "consent has expired: {lost:?}");
    let sent = world.sent.len();
    let address = world.clients[viewer].address;
    let gone = until(&mut world, |event| matches!(event, LegEvent::Closed(CloseReason::TimedOut)));
    assert!(gone - lost <= Duration::from_secs(15) + FRAME, "cleaned up: {gone:?}");
    let after = world.sent[sent..].iter().filter(|to| **to == address).count();
    assert!(after < 200, "no pictures into the dark: {after}");
    assert_eq!(world.shards[0].stats().subscriptions, 0);
}
