//! Publishers who are let in and send what no browser would.

use std::time::Duration;

use moim_sfu::{CloseReason, Directions, DropReason, LegEvent, Offerer, PublicationConfig};
use moim_types::MediaKind;
use str0m::media::Mid;

use super::{Innocents, dropped};
use crate::pictures::FRAME;
use crate::world::client::Wanted;
use crate::world::tap::Rogue;
use crate::world::{World, leg_config, track};

/// A publisher of pictures whose keys we know, who has a viewer.
struct Stage {
    world: World,
    innocents: Innocents,
    publisher: usize,
    mid: Mid,
    viewer: usize,
    frames: u32,
}

impl Stage {
    fn new() -> Self {
        let mut world = World::new(1);
        let innocents = Innocents::new(&mut world);
        let publisher = world.tapped_client(0, leg_config(Directions::Ingress, Offerer::Remote));
        world.clients[publisher].wants.push(Wanted::Send(str0m::media::MediaKind::Video, "cam"));
        let LegEvent::Answer { sections, .. } = world.offer(publisher, Vec::new()) else { panic!("refused") };
        world.publish(publisher, &sections[0].mid, track(9), PublicationConfig::default());
        world.connect(publisher);
        let viewer = crate::dual::viewer(&mut world, 0);
        world.subscribe(viewer, track(9), 0, MediaKind::Video);
        let mid = sections[0].mid.as_str().into();
        let mut stage = Self { world, innocents, publisher, mid, viewer, frames: 0 };
        stage.film(60);
        assert!(stage.seen() > 30, "the viewer sees something before");
        stage
    }

    fn film(&mut self, frames: u32) {
        for frame in self.frames..self.frames + frames {
            let now = self.world.now.instant;
            let asked = std::mem::take(&mut self.world.clients[self.publisher].key_frame_requests);
            let key = frame == 0 || !asked.is_empty();
            self.world.clients[self.publisher].send_picture(now, self.mid, None, frame, key);
            self.world.run(FRAME);
        }
        self.frames += frames;
    }

    fn seen(&self) -> usize {
        self.world.clients[self.viewer].received(track(9)).len()
    }

    /// The packets that were sent last, to be spoilt.
    fn model(&self) -> (Rogue, Vec<u8>) {
        let rogue = Rogue::new();
        let model = rogue.media.iter().rev().find(|packet| packet.len() > 500).unwrap().clone();
        (rogue, model)
    }

    fn send(&mut self, rogue: &Rogue, packet: &[u8]) {
        let sealed = rogue.seal(packet, 0);
        self.world.forge(self.publisher, &sealed);
    }

    /// No panic, and neither the innocents nor the viewer's connection have suffered.
    fn check(mut self) -> World {
        assert_eq!(self.world.shards[0].stats().closed(CloseReason::Fault), 0, "nothing broke");
        assert!(!self.world.has(self.viewer, |event| matches!(event, LegEvent::Closed(_))));
        self.innocents.check(&mut self.world);
        self.world
    }
}

/// A packet with this header extension block in place of its own (RFC 8285).
fn with_extensions(model: &[u8], profile: u16, block: &[u8]) -> Vec<u8> {
    let mut packet = model[..12].to_vec();
    packet[0] = 0x90;
    packet.extend(profile.to_be_bytes());
    packet.extend(((block.len() / 4) as u16).to_be_bytes());
    packet.extend(&block[..block.len() / 4 * 4]);
    packet.extend(payload(model));
    packet
}

fn payload(model: &[u8]) -> &[u8] {
    if model[0] & 0x10 == 0 {
        return &model[12..];
    }
    let words = usize::from(u16::from_be_bytes([model[14], model[15]]));
    &model[16 + 4 * words..]
}

fn set_sequence(packet: &mut [u8], sequence: u16) {
    packet[2..4].copy_from_slice(&sequence.to_be_bytes());
}

fn sequence(packet: &[u8]) -> u16 {
    u16::from_be_bytes([packet[2], packet[3]])
}

#[test]
fn ssrcs_that_nobody_declared_are_bounded() {
    let mut stage = Stage::new();
    let (rogue, model) = stage.model();
    let own = super::ssrc(&model);
    for number in 1..=10_000u32 {
        let mut packet = if number % 2 == 0 { rogue.media[0].clone() } else { model.clone() };
        packet[8..12].copy_from_slice(&own.wrapping_add(number).to_be_bytes());
        set_sequence(&mut packet, number as u16);
        stage.send(&rogue, &packet);
        if number % 100 == 0 {
            stage.innocents.talk(&mut stage.world, 1);
        }
    }
    assert!(dropped(&stage.world, DropReason::Unopened) > 5_000, "few are even tried");
    stage.check();
}

#[test]
fn encodings_that_nobody_declared_are_dropped() {
    let mut stage = Stage::new();
    let (rogue, model) = stage.model();
    let before = stage.seen();
    for number in 0..500u32 {
        // Encoding and repaired encoding under the numbers of this server's answers.
        let name = format!("r{number:04}");
        let mut block = vec![0xa0 | (name.len() as u8 - 1)];
        block.extend(name.bytes());
        block.push(0xb0 | (name.len() as u8 - 1));
        block.extend(name.bytes());
        block.resize(block.len().next_multiple_of(4), 0);
        let mut packet = with_extensions(&model, 0xbede, &block);
        packet[8..12].copy_from_slice(&(0x7777_0000 + number).to_be_bytes());
        stage.send(&rogue, &packet);
        stage.world.run(Duration::from_millis(20));
    }
    assert_eq!(stage.seen(), before, "the viewer hears of none");
    stage.film(150);
    assert!(stage.seen() > before, "and the true one goes on");
    stage.check();
}

#[test]
fn header_extensions_full_of_garbage_break_nothing() {
    let mut stage = Stage::new();
    let (rogue, model) = stage.model();
    let mut next = sequence(&model);
    let mut noise = 1u32;
    for number in 0..3000u32 {
        let block: Vec<u8> = match number % 4 {
            // All 255 identifiers of the two-byte form, with lengths from nothing to lies.
            0 => (1..=255).flat_map(|id| [id, (number % 7) as u8, 0xff, 0xff]).collect(),
            // The one-byte form, every identifier, lengths that run beyond the end.
            1 => (0..=255).collect(),
            2 => vec![0xff; (number % 300) as usize * 4],
            _ => std::iter::repeat_with(|| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (noise >> 24) as u8
            })
            .take(4 * (number % 60) as usize)
            .collect(),
        };
        let profile = [0xbede, 0x1000, 0x100f, 0x1234][(number / 4) as usize % 4];
        let mut packet = with_extensions(&model, profile, &block);
        next = next.wrapping_add(1);
        set_sequence(&mut packet, next);
        stage.send(&rogue, &packet);
        if number % 30 == 0 {
            stage.innocents.talk(&mut stage.world, 1);
        }
    }
    stage.check();
}

#[test]
fn transport_wide_numbers_that_go_back_beyond_the_beginning_are_dropped() {
    let mut stage = Stage::new();
    let (rogue, model) = stage.model();
    let mut next = sequence(&model);
    for id in 1..15u8 {
        for number in [0u16, 65_535, 32_769, 40_000, 1, 65_000] {
            let [high, low] = number.to_be_bytes();
            let mut packet = with_extensions(&model, 0xbede, &[id << 4 | 1, high, low, 0]);
            next = next.wrapping_add(1);
            set_sequence(&mut packet, next);
            stage.send(&rogue, &packet);
        }
        stage.innocents.talk(&mut stage.world, 10);
    }
    assert!(dropped(&stage.world, DropReason::Astray) > 0);
    stage.check();
}

#[test]
fn lying_dependency_descriptors_break_nothing() {
    let mut stage = Stage::new();
    let (rogue, model) = stage.model();
    let mut next = sequence(&model);
    for number in 0..2000u32 {
        // Identifier 8 in the answers of this server: templates, frame numbers, and structures that
        // promise 31 decode targets and end in the middle.
        let length = 1 + number as usize % 40;
        let mut block = vec![8, length as u8, 0xc0 | (number % 64) as u8];
        block.extend((1..length).map(|at| (at as u32 * 37 + number * 101) as u8 | 0x80));
        block.resize(block.len().next_multiple_of(4), 0);
        let mut packet = with_extensions(&model, 0x1000, &block);
        next = next.wrapping_add(1);
        set_sequence(&mut packet, next);
        stage.send(&rogue, &packet);
        if number % 20 == 0 {
            stage.innocents.talk(&mut stage.world, 1);
        }
    }
    stage.check();
}

#[test]
fn leaps_of_sequence_and_time_going_backwards_are_survived() {
    let mut stage = Stage::new();
    let (rogue, model) = stage.model();
    let (mut next, mut time) = (sequence(&model), 1_000_000u32);
    let before = stage.world.clients[stage.viewer].packets.len();
    for number in 0..500u32 {
        let mut packet = model.clone();
        next = next.wrapping_add(if number % 3 == 0 { 16_000 } else { 1 });
        time = if number % 2 == 0 { time.wrapping_sub(3_000_000_000) } else { time.wrapping_sub(90_000) };
        set_sequence(&mut packet, next);
        packet[4..8].copy_from_slice(&time.to_be_bytes());
        stage.send(&rogue, &packet);
        stage.world.run(Duration::from_millis(5));
    }
    assert!(stage.world.clients[stage.viewer].packets.len() <= before + 500, "nothing is multiplied");
    stage.check();
}

#[test]
fn payloads_that_lie_about_themselves_break_nothing() {
    let mut stage = Stage::new();
    let (rogue, model) = stage.model();
    let head = model.len() - payload(&model).len();
    let mut next = sequence(&model);
    // Every number that was agreed on for pictures, and every one that was not.
    for number in 0..128u8 {
        for (round, lie) in lies(number).into_iter().enumerate() {
            let mut packet = [&model[..head], &lie].concat();
            packet[1] = number | if round % 2 == 0 { 0x80 } else { 0 };
            if (64..96).contains(&number) {
                continue;
            }
            next = next.wrapping_add(1);
            set_sequence(&mut packet, next);
            stage.send(&rogue, &packet);
        }
        stage.innocents.talk(&mut stage.world, 1);
    }
    stage.check();
}

/// Payloads of VP8, VP9, AV1, H.264 and Opus with picture ids that leap, lengths that lie, and ends in
/// the middle.
fn lies(seed: u8) -> Vec<Vec<u8>> {
    vec![
        vec![],
        vec![0xff],
        vec![0x90, 0xff, 0xff, 0xff],
        vec![0x90, 0x80, 0x80 | seed, seed, seed],
        vec![0xff, 0xff, 0xff, seed, 0xff, 0xff, 0xff, 0xff, 0xff],
        vec![0x8f, 0xff, seed, 0xe8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        vec![0xf8, 0x0a, 0xff, 0xff, 0xff, 0xff, 0x7f, seed],
        vec![0x18, 0xff, 0xff, seed],
        vec![0x7c, 0x85, seed],
        vec![0x78, 0xff, 0xff, 0x67, seed],
        vec![0xff, 0x3f, seed],
        vec![0xef, 0xff, 0xff, 0xff, 0xef, 0x00, seed],
    ]
}

#[test]
fn a_publisher_brings_no_more_than_its_share() {
    let mut stage = Stage::new();
    let (rogue, model) = stage.model();
    let mut next = sequence(&model);
    let before = stage.world.shards[0].stats().packets_in;
    // Two seconds at a thousand times what a camera needs.
    let mut brought = 0u64;
    for step in 0..200 {
        for _ in 0..150 {
            next = next.wrapping_add(1);
            let mut packet = model.clone();
            set_sequence(&mut packet, next);
            stage.send(&rogue, &packet);
            brought += 1;
        }
        if step % 2 == 0 {
            stage.innocents.talk(&mut stage.world, 1);
        }
    }
    let taken = stage.world.shards[0].stats().packets_in - before;
    let refused = dropped(&stage.world, DropReason::OverBitrate);
    let limit = moim_sfu::Bounds::default().ingress.bps() / 8;
    // Two seconds and half a second at once, in packets of a thousand bytes, and what was said.
    assert!(taken <= limit * 5 / 2 / 1000 + 200, "{taken} of {brought}");
    assert!(refused > 0 && taken > 0, "{taken} {refused}");
    stage.check();
}
