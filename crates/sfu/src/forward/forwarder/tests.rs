use std::time::Duration;

use moim_types::Codec;

use super::*;
use crate::forward::testing::{Stream, epoch};
use crate::forward::{Describer, Rewritten};

/// A publisher of VP8 in three encodings of three temporal layers, and one viewer.
struct Call {
    describer: Describer,
    forwarder: Forwarder,
    streams: Vec<Stream>,
    frame: u16,
    /// Encodings whose next frame is a key frame.
    keys: Vec<u8>,
    sent: Vec<(u8, Rewritten)>,
}

impl Call {
    fn new(target: Option<Layer>) -> Self {
        let mut forwarder = Forwarder::new(MediaKind::Video, 1000);
        forwarder.set_target(target);
        let streams = (0..3).map(|encoding| Stream::of(Codec::Vp8, encoding)).collect();
        Self { describer: Describer::new(), forwarder, streams, frame: 0, keys: Vec::new(), sent: Vec::new() }
    }

    /// One frame in each of these encodings; temporal layers 0 2 1 2.
    fn frame_of(&mut self, encodings: &[u8]) -> Vec<Verdict> {
        self.frame += 1;
        let at = self.frame % 4;
        let temporal = [0, 2, 1, 2][usize::from(at)];
        let mut verdicts = Vec::new();
        for stream in &mut self.streams {
            stream.tick(33);
            if !encodings.contains(&stream.encoding) {
                continue;
            }
            let key = at == 0 && self.keys.contains(&stream.encoding);
            if key {
                self.keys.retain(|encoding| *encoding != stream.encoding);
            }
            let id = self.frame + 100 * u16::from(stream.encoding);
            let packet = stream.vp8(key, id, (self.frame / 4) as u8, temporal, at == 1 || at == 2);
            let description = self.describer.describe(&packet);
            let verdict = self.forwarder.forward(stream.now, &packet, &description);
            if let Verdict::Send(rewritten) = &verdict {
                self.sent.push((stream.encoding, rewritten.clone()));
            }
            verdicts.push(verdict);
        }
        verdicts
    }

    /// Frames in which the publisher answers what is asked of him, as far as he sends it.
    fn run(&mut self, frames: u32, encodings: &[u8]) {
        for _ in 0..frames {
            self.keys.extend(self.forwarder.key_frame_wanted());
            self.frame_of(encodings);
        }
    }

    /// The encodings that were sent, each once in a row.
    fn followed(&self) -> Vec<u8> {
        let mut followed: Vec<_> = self.sent.iter().map(|(encoding, _)| *encoding).collect();
        followed.dedup();
        followed
    }

    fn assert_continuous(&self) {
        for pair in self.sent.windows(2) {
            let [(_, before), (_, after)] = pair else { continue };
            assert_eq!(after.sequence, before.sequence + 1);
            assert!(after.timestamp > before.timestamp, "{before:?} {after:?}");
            assert!(after.timestamp - before.timestamp < 90 * 400, "{before:?} {after:?}");
        }
    }
}

fn layer(spatial: u8, temporal: u8) -> Option<Layer> {
    Some(Layer { spatial, temporal })
}

#[test]
fn nothing_is_sent_before_a_key_frame() {
    let mut call = Call::new(layer(1, 2));
    assert_eq!(call.forwarder.key_frame_wanted(), Some(1));
    assert!(call.frame_of(&[0, 1, 2]).iter().all(|verdict| *verdict == Verdict::Drop(DropReason::WaitingForKeyFrame)));
    call.run(8, &[0, 1, 2]);
    assert_eq!((call.followed(), call.forwarder.current()), (vec![1], layer(1, 2)));
    assert_eq!(call.forwarder.key_frame_wanted(), None);
    assert_eq!(call.sent[0].1.sequence, 1000);
}

#[test]
fn another_encoding_begins_with_its_key_frame_and_the_old_one_goes_on_until_then() {
    let mut call = Call::new(layer(0, 2));
    call.run(12, &[0, 1, 2]);
    call.forwarder.set_target(layer(2, 2));
    for _ in 0..8 {
        call.frame_of(&[0, 1, 2]);
    }
    assert_eq!((call.followed(), call.forwarder.key_frame_wanted()), (vec![0], Some(2)));
    call.run(8, &[0, 1, 2]);
    assert_eq!((call.followed(), call.forwarder.current()), (vec![0, 2], layer(2, 2)));
    call.forwarder.set_target(layer(1, 2));
    call.run(8, &[0, 1, 2]);
    assert_eq!(call.followed(), [0, 2, 1]);
    call.assert_continuous();
}

#[test]
fn a_newcomer_begins_with_a_smaller_key_frame() {
    let mut call = Call::new(layer(2, 2));
    call.keys.push(0);
    for _ in 0..8 {
        call.frame_of(&[0, 1, 2]);
    }
    assert_eq!((call.followed(), call.forwarder.key_frame_wanted()), (vec![0], Some(2)));
}

#[test]
fn an_encoding_that_stops_is_replaced() {
    let mut call = Call::new(layer(2, 2));
    call.run(12, &[0, 1, 2]);
    call.run(60, &[0, 1]);
    assert_eq!((call.followed(), call.forwarder.current()), (vec![2, 1], layer(1, 2)));
    call.run(20, &[0, 1, 2]);
    assert_eq!(call.followed(), [2, 1, 2], "and taken again when it is back");
}

#[test]
fn an_encoding_that_never_came_is_replaced_at_once() {
    let mut call = Call::new(layer(2, 2));
    call.run(8, &[0, 1]);
    assert_eq!(call.forwarder.current().map(|layer| layer.spatial), Some(1));
    assert_eq!(call.forwarder.key_frame_wanted(), None);
}

#[test]
fn temporal_layers_are_left_out_without_gaps() {
    let mut call = Call::new(layer(0, 0));
    call.run(40, &[0]);
    let ids: Vec<_> = call.sent.windows(2).map(|pair| pair[1].1.sequence - pair[0].1.sequence).collect();
    assert!(ids.len() >= 8 && ids.iter().all(|step| *step == 1));
    let pictures: Vec<_> = call.sent[1..].iter().map(|(_, sent)| sent.vp8.unwrap().picture_id.unwrap()).collect();
    assert!(pictures.windows(2).all(|pair| pair[1] == pair[0] + 1), "{pictures:?}");
    call.forwarder.set_target(layer(0, 2));
    call.run(8, &[0]);
    assert_eq!(call.forwarder.current(), layer(0, 2));
}

#[test]
fn who_wants_nothing_gets_nothing_and_begins_again_with_a_key_frame() {
    let mut call = Call::new(layer(0, 2));
    call.run(12, &[0]);
    call.forwarder.set_target(None);
    assert_eq!((call.forwarder.current(), call.forwarder.key_frame_wanted()), (None, None));
    assert_eq!(call.frame_of(&[0]), [Verdict::Drop(DropReason::Paused)]);
    call.forwarder.set_target(layer(0, 2));
    assert_eq!(call.frame_of(&[0]), [Verdict::Drop(DropReason::WaitingForKeyFrame)]);
    call.run(8, &[0]);
    let sequences: Vec<_> = call.sent.iter().map(|(_, sent)| sent.sequence).collect();
    assert!(sequences.windows(2).all(|pair| pair[1] == pair[0] + 1));
}

#[test]
fn sound_needs_no_key_frame() {
    let mut forwarder = Forwarder::new(MediaKind::Audio, 5);
    let (mut stream, mut describer) = (Stream::of(Codec::Opus, 0), Describer::new());
    stream.sequence = 70_000;
    let mut send = |forwarder: &mut Forwarder, stream: &mut Stream| {
        stream.tick(20);
        let packet = stream.packet();
        forwarder.forward(stream.now, &packet, &describer.describe(&packet))
    };
    assert_eq!(send(&mut forwarder, &mut stream), Verdict::Drop(DropReason::Paused));
    forwarder.set_target(Some(Layer::default()));
    assert_eq!(forwarder.key_frame_wanted(), None);
    for sequence in 5..8 {
        let Verdict::Send(sent) = send(&mut forwarder, &mut stream) else { panic!("dropped") };
        assert_eq!(sent.sequence, sequence);
    }
    // The same publication from another microphone: all numbers begin anew.
    stream.sequence = 3;
    stream.timestamp = 17;
    let sent: Vec<_> = (0..30)
        .filter_map(|_| match send(&mut forwarder, &mut stream) {
            Verdict::Send(sent) => Some(sent.sequence),
            Verdict::Drop(_) => None,
        })
        .collect();
    assert_eq!(sent, (8..19).collect::<Vec<_>>());
}

#[test]
fn a_key_frame_whose_beginning_comes_late_is_not_begun_with() {
    let mut forwarder = Forwarder::new(MediaKind::Video, 5);
    forwarder.set_target(layer(0, 0));
    let (mut stream, mut describer) = (Stream::of(Codec::Vp8, 0), Describer::new());
    let first = stream.packet_of(&[0x10, 0x00]);
    let second = stream.packet_of(&[0x00, 0x01]);
    for packet in [&second, &first] {
        let verdict = forwarder.forward(epoch(), packet, &describer.describe(packet));
        assert_eq!(verdict, Verdict::Drop(DropReason::WaitingForKeyFrame));
    }
    assert_eq!(forwarder.key_frame_wanted(), Some(0), "the next one, please");
}

#[test]
fn after_a_leap_of_a_thousand_packets_a_key_frame_is_needed() {
    let mut call = Call::new(layer(0, 2));
    call.run(12, &[0]);
    call.streams[0].sequence += 32_000;
    call.streams[0].now += Duration::from_millis(10);
    assert_eq!(call.frame_of(&[0]), [Verdict::Drop(DropReason::WaitingForKeyFrame)]);
    call.run(8, &[0]);
    assert!(call.sent.windows(2).all(|pair| pair[1].1.sequence == pair[0].1.sequence + 1));
}
