use proptest::prelude::*;

use super::writer::{L2T2_KEY, flags, mandatory, structure};
use super::*;

fn key_frame() -> Vec<u8> {
    let mut writer = mandatory(true, true, 11, 500);
    flags(&mut writer, [true, false, false, false, false]);
    structure(&mut writer, 10, L2T2_KEY);
    writer.bytes()
}

#[test]
fn a_structure_tells_what_each_target_shows() {
    let key = parse(&key_frame(), None).unwrap();
    let layers: Vec<_> = key.structure.targets().map(|(_, layer)| (layer.spatial, layer.temporal)).collect();
    assert_eq!(layers, [(0, 0), (0, 1), (1, 0), (1, 1)]);
    assert_eq!((key.frame_number, key.active, key.attached), (500, Some(0b1111), true));
    assert!(key.frame_diffs.is_empty());
    assert_eq!(key.indication(3), Indication::Switch);
    assert!(key.needed_above());
}

#[test]
fn three_bytes_are_enough_once_the_structure_is_known() {
    let known = parse(&key_frame(), None).unwrap().structure;
    let frame = parse(&mandatory(true, false, 15, 507).bytes(), Some(&known)).unwrap();
    assert_eq!(frame.layer, Layer { spatial: 1, temporal: 1 });
    assert_eq!((frame.start_of_frame, frame.end_of_frame, frame.active), (true, false, None));
    assert_eq!(frame.frame_diffs.as_slice(), [2]);
    assert_eq!((frame.indication(0), frame.indication(3)), (Indication::NotPresent, Indication::Discardable));
    assert!(!frame.needed_above());
    assert!(parse(&mandatory(true, false, 15, 507).bytes(), None).is_none(), "no structure yet");
    assert!(parse(&mandatory(true, false, 16, 507).bytes(), Some(&known)).is_none(), "no such template");
}

#[test]
fn template_ids_wrap() {
    let mut writer = mandatory(true, true, 63, 1);
    flags(&mut writer, [true, false, false, false, false]);
    structure(&mut writer, 62, L2T2_KEY);
    let known = parse(&writer.bytes(), None).unwrap().structure;
    let frame = parse(&mandatory(true, true, 1, 2).bytes(), Some(&known)).unwrap();
    assert_eq!(frame.layer, Layer { spatial: 1, temporal: 0 });
}

#[test]
fn a_frame_may_differ_from_its_template() {
    let known = parse(&key_frame(), None).unwrap().structure;
    let mut writer = mandatory(true, true, 10, 504);
    flags(&mut writer, [false, true, true, true, false]);
    writer.number(4, 0b1000);
    for indication in [3, 3, 0, 0] {
        writer.number(2, indication);
    }
    writer.number(2, 1).number(4, 3).number(2, 3).number(12, 4095).number(2, 0);
    let frame = parse(&writer.bytes(), Some(&known)).unwrap();
    assert_eq!(frame.active, Some(0b1000));
    assert_eq!((frame.indication(0), frame.indication(2)), (Indication::Required, Indication::NotPresent));
    assert_eq!(frame.frame_diffs.as_slice(), [4, 4096]);
}

#[test]
fn the_best_target_is_found_among_the_active_ones() {
    let known = parse(&key_frame(), None).unwrap().structure;
    let best = |spatial, temporal, active| known.best_target(Layer { spatial, temporal }, active);
    assert_eq!(best(7, 7, 0b1111), Some(3));
    assert_eq!(best(1, 0, 0b1111), Some(2));
    assert_eq!(best(0, 7, 0b1111), Some(1));
    assert_eq!(best(7, 7, 0b0011), Some(1), "the larger size is not sent now");
    assert_eq!(best(0, 0, 0b1100), Some(2), "nothing smaller is sent");
    assert_eq!(best(0, 0, 0), None);
}

#[test]
fn more_layers_than_we_know_are_refused() {
    let mut writer = mandatory(true, true, 0, 0);
    flags(&mut writer, [true, false, false, false, false]);
    writer.number(6, 0).number(5, 0);
    for _ in 0..4 {
        writer.number(2, 2);
    }
    writer.number(2, 3).number(32, 0).number(32, 0);
    assert!(parse(&writer.bytes(), None).is_none());
}

#[test]
fn what_is_cut_off_is_refused() {
    let whole = key_frame();
    for length in 0..whole.len() - 1 {
        assert!(parse(&whole[..length], None).is_none(), "{length} bytes");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
        let known = parse(&key_frame(), None).map(|key| key.structure);
        for known in [None, known.as_ref()] {
            let Some(frame) = parse(&bytes, known) else { continue };
            prop_assert!(frame.layer.spatial < 4 && frame.layer.temporal < 8);
            let _ = frame.needed_above();
            for target in 0..=255 {
                let _ = (frame.indication(target), frame.structure.layer(target));
            }
        }
    }

    #[test]
    fn a_damaged_structure_is_read_or_refused(at in 0_usize..40, value: u8, cut in 0_usize..40) {
        let mut bytes = key_frame();
        if let Some(byte) = bytes.get_mut(at) {
            *byte = value;
        }
        bytes.truncate(cut.max(3));
        if let Some(frame) = parse(&bytes, None) {
            prop_assert!(frame.structure.spatial_layers() <= 4);
            let _ = frame.structure.best_target(Layer { spatial: 3, temporal: 7 }, u32::MAX);
        }
    }
}
