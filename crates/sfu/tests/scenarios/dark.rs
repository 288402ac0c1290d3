//! A way on which nothing passes for a while, in either direction; a server that stands still.

use std::time::Duration;

use moim_types::MediaKind;

use crate::dual::viewer;
use crate::pictures::{FRAME, camera, film};
use crate::world::client::Wanted;
use crate::world::{World, track};

const FRAMES_A_SECOND: u32 = 30;

/// Seconds until pictures come again, and how many then come in three seconds, after so many in the dark.
fn after_dark(seconds: u32) -> (Duration, usize) {
    let mut world = World::new(1);
    let (publisher, mid) = camera(&mut world, Wanted::Simulcast("cam"));
    let viewer = viewer(&mut world, 0);
    world.subscribe(viewer, track(1), 0, MediaKind::Video);
    let rids = [Some("q"), Some("h"), Some("f")];
    film(&mut world, publisher, mid, &rids, 0..150);
    assert!(world.clients[viewer].packets.len() > 100, "they come at first");

    let lit = 150 + seconds * FRAMES_A_SECOND;
    (world.clients[viewer].deaf, world.clients[viewer].mute) = (true, true);
    film(&mut world, publisher, mid, &rids, 150..lit);
    (world.clients[viewer].deaf, world.clients[viewer].mute) = (false, false);
    let (before, from) = (world.clients[viewer].packets.len(), world.now.instant);
    let mut frame = lit;
    while world.clients[viewer].packets.len() < before + 30 {
        film(&mut world, publisher, mid, &rids, frame..frame + 1);
        frame += 1;
        assert!(world.now.instant - from < Duration::from_secs(60), "they never come");
    }
    let took = world.now.instant - from;
    let first = world.clients[viewer].packets.len();
    film(&mut world, publisher, mid, &rids, frame..frame + 3 * FRAMES_A_SECOND);
    (took, world.clients[viewer].packets.len() - first)
}

#[test]
fn pictures_are_back_soon_after_the_dark() {
    for seconds in [3, 5, 8, 12] {
        let (took, then) = after_dark(seconds);
        assert!(took <= Duration::from_secs(4), "{seconds} s in the dark: thirty pictures took {took:?}");
        assert!(then >= 60, "{seconds} s in the dark: {then} pictures in the next three seconds");
    }
}

#[test]
fn who_comes_out_of_the_dark_shows_and_sees_a_key_frame_at_once() {
    for publishes in [true, false] {
        let mut world = World::new(1);
        let (publisher, mid) = camera(&mut world, Wanted::Send(str0m::media::MediaKind::Video, "cam"));
        let viewer = viewer(&mut world, 0);
        world.subscribe(viewer, track(1), 0, MediaKind::Video);
        film(&mut world, publisher, mid, &[None], 0..150);
        let one = if publishes { publisher } else { viewer };
        (world.clients[one].deaf, world.clients[one].mute) = (true, true);
        film(&mut world, publisher, mid, &[None], 150..300);
        (world.clients[one].deaf, world.clients[one].mute) = (false, false);
        let keys = film(&mut world, publisher, mid, &[None], 300..300 + FRAMES_A_SECOND);
        assert!(keys >= 1, "the publisher was in the dark: {publishes}");
    }
}

#[test]
fn what_piled_up_while_the_server_stood_still_is_not_poured_out() {
    let mut world = World::new(1);
    let (publisher, mid) = camera(&mut world, Wanted::Send(str0m::media::MediaKind::Video, "cam"));
    let viewer = viewer(&mut world, 0);
    world.subscribe(viewer, track(1), 0, MediaKind::Video);
    film(&mut world, publisher, mid, &[None], 0..150);
    for frame in 150..300 {
        let now = world.now.instant;
        world.clients[publisher].send_picture(now, mid, None, frame, false);
        world.now = world.now.after(FRAME);
    }
    let (sent, before) = (world.sent.len(), world.clients[viewer].packets.len());
    film(&mut world, publisher, mid, &[None], 300..330);
    let address = world.clients[viewer].address;
    let burst = world.sent[sent..].iter().filter(|to| **to == address).count();
    assert!(burst < 90, "{burst} datagrams in the first second, of 30 pictures");
    film(&mut world, publisher, mid, &[None], 330..420);
    let pictures = world.clients[viewer].packets.len() - before;
    assert!(pictures >= 90, "it goes on: {pictures}");
}
