use super::*;
use crate::forward::codec::writer::{L2T2_KEY, flags, mandatory, structure};
use crate::forward::testing::Stream;

#[test]
fn sound_has_one_packet_in_each_frame() {
    let packet = Stream::of(Codec::Opus, 0).packet();
    let description = Describer::new().describe(&packet);
    assert!(description.key_frame && description.start_of_frame && description.end_of_frame);
}

#[test]
fn all_packets_of_a_key_frame_belong_to_it() {
    let mut stream = Stream::of(Codec::Vp8, 0);
    let mut describer = Describer::new();
    let mut describe = |stream: &mut Stream, payload: &[u8]| describer.describe(&stream.packet_of(payload));
    let first = describe(&mut stream, &[0x10, 0x00]);
    assert!(first.key_frame && first.start_of_frame);
    let second = describe(&mut stream, &[0x00, 0x01]);
    assert!(second.key_frame && !second.start_of_frame);
    stream.tick(33);
    assert!(!describe(&mut stream, &[0x10, 0x01]).key_frame);
}

#[test]
fn an_h264_key_frame_begins_with_its_parameter_sets() {
    let mut stream = Stream::video(0);
    let mut describer = Describer::new();
    let mut describe = |stream: &mut Stream, payload: &[u8]| {
        let description = describer.describe(&stream.packet_of(payload));
        (description.start_of_frame, description.key_frame)
    };
    assert_eq!(describe(&mut stream, &[0x61]), (true, false));
    stream.tick(33);
    assert_eq!(describe(&mut stream, &[0x09]), (true, false), "a delimiter");
    assert_eq!(describe(&mut stream, &[0x67]), (true, true));
    assert_eq!(describe(&mut stream, &[0x68]), (false, true));
    assert_eq!(describe(&mut stream, &[0x65]), (false, true));
    stream.tick(33);
    assert_eq!(describe(&mut stream, &[0x61]), (true, false));
}

#[test]
fn vp9_layers_are_counted_from_the_structure_or_from_what_comes() {
    let mut stream = Stream::of(Codec::Vp9, 0);
    let mut describer = Describer::new();
    // L, F, B, E; the key picture has no P.
    let layer = |key: bool, spatial: u8| [if key { 0x3c } else { 0x7c }, spatial << 1, 0x02, 0];
    let first = describer.describe(&stream.packet_of(&layer(true, 0)));
    assert!(first.key_frame && first.spatial_layers == 1 && first.needed_above);
    let second = describer.describe(&stream.packet_of(&layer(true, 1)));
    assert!(second.key_frame && second.spatial_layers == 2 && second.spatial == 1);
    stream.tick(33);
    assert!(!describer.describe(&stream.packet_of(&layer(false, 0))).key_frame);
    let encoding = Stream::of(Codec::Vp9, 1).packet_of(&layer(true, 0));
    assert_eq!(describer.describe(&encoding).spatial_layers, 1, "it is simulcast after all");
}

#[test]
fn structures_are_kept_for_each_encoding_and_for_late_packets() {
    let mut stream = Stream::of(Codec::Av1, 0);
    let mut describer = Describer::new();
    let key = |offset: u32| {
        let mut writer = mandatory(true, true, offset + 1, 0);
        flags(&mut writer, [true, false, false, false, false]);
        structure(&mut writer, offset, L2T2_KEY);
        writer.bytes()
    };
    let with = |stream: &mut Stream, bytes: Vec<u8>| {
        let mut packet = stream.packet();
        packet.extensions.dependency_descriptor = Some(bytes.into());
        packet
    };
    let early = with(&mut stream, mandatory(true, true, 0, 7).bytes());
    assert!(describer.describe(&early).decode_targets.is_none());
    stream.tick(33);
    let description = describer.describe(&with(&mut stream, key(0)));
    assert!(description.key_frame && description.spatial_layers == 2 && description.active_targets == 0b1111);
    stream.tick(33);
    let late = with(&mut stream, mandatory(true, true, 5, 9).bytes());
    stream.tick(33);
    describer.describe(&with(&mut stream, key(20)));
    let description = describer.describe(&late);
    assert_eq!((description.spatial, description.temporal, description.key_frame), (1, 1, false));
    stream.tick(33);
    let next = with(&mut stream, mandatory(true, true, 25, 11).bytes());
    assert_eq!(describer.describe(&next).temporal, 1);
}
