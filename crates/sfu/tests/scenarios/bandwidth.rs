//! What a viewer gets whose link carries less than everything, and changes.

use std::time::Duration;

use moim_sfu::LegCommand;
use moim_types::{Bitrate, MediaKind};
use str0m::media::Mid;

use crate::dual::viewer;
use crate::pictures::camera;
use crate::world::client::{Packet, Wanted};
use crate::world::picture::{read_vp8, vp8};
use crate::world::{World, track};

/// One thirtieth of a second, in milliseconds and on the clock of RTP.
const TICK: Duration = Duration::from_millis(33);
const TICK_TIME: u32 = 2970;

/// A camera of three encodings of about 0.13, 0.5 and 1.5 Mbit/s.
struct Camera {
    publisher: usize,
    mid: Mid,
    ticks: u32,
    pictures: [u32; 3],
}

const RIDS: [&str; 3] = ["q", "h", "f"];
/// In which ticks an encoding has a frame, and how many packets with a picture each.
const RHYTHM: [(u32, u32); 3] = [(2, 1), (1, 2), (1, 6)];

impl Camera {
    fn publish(world: &mut World) -> Self {
        let (publisher, mid) = camera(world, Wanted::Simulcast("cam"));
        Self { publisher, mid, ticks: 0, pictures: [0; 3] }
    }

    fn film(&mut self, world: &mut World, seconds: u32) {
        for _ in 0..seconds * 30 {
            let asked = std::mem::take(&mut world.clients[self.publisher].key_frame_requests);
            for (at, rid) in RIDS.iter().enumerate() {
                let (every, pictures) = RHYTHM[at];
                if self.ticks.is_multiple_of(every) {
                    let key = self.ticks == 0 || asked.iter().any(|one| one.rid.as_deref() == Some(rid));
                    (0..pictures).for_each(|n| self.send(world, at, n * TICK_TIME / pictures, key && n == 0));
                }
            }
            self.ticks += 1;
            world.run(TICK);
        }
    }

    fn send(&mut self, world: &mut World, encoding: usize, later: u32, key: bool) {
        let number = self.pictures[encoding];
        self.pictures[encoding] += 1;
        let offset = 1000 * encoding as u32;
        let payload = vp8((number + offset) as u16 & 0x7fff, number as u8, key);
        let time = self.ticks * TICK_TIME + later + offset;
        let (now, rid) = (world.now.instant, Some(RIDS[encoding]));
        world.clients[self.publisher].send(now, self.mid, rid, u64::from(number) + 1, time, payload);
    }
}

/// What a viewer got in each of the last seconds, in kbit/s.
fn rates(world: &World, viewer: usize, seconds: u64) -> Vec<u64> {
    let begin = world.now.instant - Duration::from_secs(seconds);
    let mut rates = vec![0; seconds as usize];
    for packet in world.clients[viewer].received(track(1)) {
        let Some(since) = packet.at.checked_duration_since(begin) else { continue };
        if let Some(rate) = rates.get_mut(since.as_secs() as usize) {
            *rate += packet.payload.len() as u64 * 8 / 1000;
        }
    }
    rates
}

/// Key frames of the last seconds: each change of the encoding begins with one.
fn keys(world: &World, viewer: usize, seconds: u64) -> usize {
    let begin = world.now.instant - Duration::from_secs(seconds);
    let late = |packet: &&&Packet| packet.at >= begin && read_vp8(&packet.payload).2;
    world.clients[viewer].received(track(1)).iter().filter(late).count()
}

#[test]
fn a_link_that_narrows_and_widens_is_followed() {
    let mut world = World::new(1);
    let mut camera = Camera::publish(&mut world);
    let viewer = viewer(&mut world, 0);
    world.subscribe(viewer, track(1), 0, MediaKind::Video);
    world.narrow(viewer, "rate_kbps=3000 queue_ms=300 delay_ms=10");
    camera.film(&mut world, 15);
    let free = rates(&world, viewer, 3);
    assert!(free.iter().all(|rate| *rate > 1200), "everything fits: {free:?}");

    world.narrow(viewer, "rate_kbps=300");
    camera.film(&mut world, 3);
    let before = world.link(viewer).counts();
    camera.film(&mut world, 20);
    let narrow = rates(&world, viewer, 20);
    let after = world.link(viewer).counts();
    let (lost, all) = (after.queue_full - before.queue_full, after.packets - before.packets);
    assert!(narrow.iter().all(|rate| *rate > 0), "the picture goes on: {narrow:?}");
    assert!(lost * 20 <= all, "{lost} of {all} packets did not fit: {narrow:?}");
    let switches = keys(&world, viewer, 10);
    assert!(switches <= 2, "{switches} changes within ten seconds: {narrow:?}");

    world.narrow(viewer, "rate_kbps=3000");
    camera.film(&mut world, 20);
    let wide = rates(&world, viewer, 20);
    let back = wide.iter().position(|rate| *rate > 1200);
    // One fall on the way up, when the estimator takes the larger picture's begin for a queue, is borne.
    assert!(back.is_some_and(|seconds| seconds <= 12), "{wide:?}");
}

#[test]
fn a_limit_of_the_viewer_s_own_is_kept_by_all_that_is_sent_to_him() {
    let mut world = World::new(1);
    let mut camera = Camera::publish(&mut world);
    let viewer = viewer(&mut world, 0);
    world.subscribe(viewer, track(1), 0, MediaKind::Video);
    world.narrow(viewer, "delay_ms=10");
    camera.film(&mut world, 15);
    world.leg(viewer, LegCommand::LimitEstimate(Some(Bitrate::from_kbps(300))));
    camera.film(&mut world, 3);
    let before = world.link(viewer).counts().bytes;
    camera.film(&mut world, 20);
    // Nor is the rest of the link filled up, to find out whether there is more.
    let kbps = (world.link(viewer).counts().bytes - before) * 8 / 20_000;
    let pictures = rates(&world, viewer, 20);
    assert!(pictures.iter().all(|rate| (1..=330).contains(rate)), "{pictures:?}");
    assert!(kbps <= 330, "{kbps} kbit/s in all, pictures of {pictures:?}");
}
