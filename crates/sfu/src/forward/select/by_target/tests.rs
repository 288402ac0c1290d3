use super::*;
use crate::forward::codec::parse_dependency_descriptor;
use crate::forward::codec::writer::{L2T2_KEY, flags, mandatory, structure};

/// Frames of L2T2_KEY: a picture has frame numbers 2n and 2n + 1, one for each size.
struct Sender {
    structure: Arc<Structure>,
    by: ByTarget,
}

const KEY: (u32, u32) = (1, 4);
const DELTA: (u32, u32) = (0, 3);
const UPPER: (u32, u32) = (2, 5);

fn limit(spatial: u8, temporal: u8) -> Layer {
    Layer { spatial, temporal }
}

impl Sender {
    fn new() -> Self {
        let mut writer = mandatory(true, true, 1, 0);
        flags(&mut writer, [true, false, false, false, false]);
        structure(&mut writer, 0, L2T2_KEY);
        let structure = parse_dependency_descriptor(&writer.bytes(), None).unwrap().structure;
        Self { structure, by: ByTarget::default() }
    }

    /// Which of the two frames of a picture are sent.
    fn picture(&mut self, picture: u16, templates: (u32, u32), limit: Layer) -> [bool; 2] {
        self.active(picture, templates, limit, 0b1111)
    }

    fn active(&mut self, picture: u16, templates: (u32, u32), limit: Layer, active_targets: u32) -> [bool; 2] {
        [(templates.0, picture * 2), (templates.1, picture * 2 + 1)].map(|(template, frame)| {
            let bytes = mandatory(true, true, template, frame).bytes();
            let frame = parse_dependency_descriptor(&bytes, Some(&self.structure)).unwrap();
            let description = Description { active_targets, ..Description::default() };
            let choice = self.by.choose(picture.into(), &frame, &description, limit, true);
            matches!(choice, Choice::Keep { .. })
        })
    }
}

#[test]
fn only_frames_of_the_target_are_sent() {
    let mut sender = Sender::new();
    let all = limit(7, 7);
    assert_eq!(sender.picture(0, KEY, all), [true, true]);
    assert_eq!(sender.picture(1, UPPER, all), [false, true], "after the key picture the sizes are independent");
    assert_eq!(sender.picture(2, DELTA, all), [false, true]);
    assert_eq!(sender.by.current(), limit(1, 1));
}

#[test]
fn nothing_is_sent_before_a_key_frame() {
    let mut sender = Sender::new();
    assert_eq!(sender.picture(0, DELTA, limit(7, 7)), [false, false]);
    assert!(sender.by.wants_key_frame());
    assert_eq!(sender.picture(1, KEY, limit(7, 7)), [true, true]);
}

#[test]
fn temporal_layers_change_at_switch_indications() {
    let mut sender = Sender::new();
    assert_eq!(sender.picture(0, KEY, limit(0, 0)), [true, false]);
    assert_eq!(sender.picture(1, UPPER, limit(0, 0)), [false, false]);
    assert_eq!(sender.picture(2, DELTA, limit(0, 1)), [true, false], "required is not switch");
    assert_eq!(sender.picture(3, UPPER, limit(0, 1)), [false, false]);
    assert_eq!(sender.picture(4, KEY, limit(0, 1)), [true, false]);
    assert_eq!(sender.picture(5, UPPER, limit(0, 1)), [true, false]);
    assert_eq!(sender.picture(6, DELTA, limit(0, 0)), [true, false]);
    assert_eq!(sender.picture(7, UPPER, limit(0, 0)), [false, false]);
}

#[test]
fn another_size_waits_for_what_it_needs() {
    let mut sender = Sender::new();
    sender.picture(0, KEY, limit(7, 7));
    sender.picture(1, UPPER, limit(7, 7));
    for picture in 2..20 {
        assert_eq!(sender.picture(picture, DELTA, limit(0, 7)), [false, true], "picture {picture}");
    }
    assert!(sender.by.wants_key_frame(), "no switching point came that can be used");
    assert_eq!(sender.picture(20, KEY, limit(0, 7)), [true, false]);
    assert!(!sender.by.wants_key_frame());
    assert_eq!(sender.picture(21, UPPER, limit(7, 7)), [true, false]);
    assert!(sender.by.wants_key_frame(), "a larger size always needs one");
    assert_eq!(sender.picture(22, KEY, limit(7, 7)), [true, true]);
}

#[test]
fn what_the_sender_stops_is_not_waited_for() {
    let mut sender = Sender::new();
    sender.picture(0, KEY, limit(7, 7));
    sender.active(1, DELTA, limit(7, 7), 0b0011);
    assert!(sender.by.target != sender.by.wanted);
    assert_eq!(sender.active(2, KEY, limit(7, 7), 0b0011), [true, false]);
}

#[test]
fn frame_numbers_wrap() {
    let mut by = ByTarget { newest_frame: 1 << 32 | 65_534, ..ByTarget::default() };
    assert_eq!([65_533, 65_535, 0, 5].map(|number| by.unwrap(number) as i64 - by.newest_frame as i64), [-1, 1, 2, 7]);
    by.newest_frame = 0;
    assert_eq!(by.unwrap(7), 1 << 32 | 7);
}
