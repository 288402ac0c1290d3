use std::slice::from_ref;

use super::*;
use crate::forward::testing::epoch;

const ALL: Layer = Layer { spatial: 7, temporal: 7 };

fn kbps(kbps: u64) -> Option<Bitrate> {
    Some(Bitrate::from_kbps(kbps))
}

/// Simulcast of 100 and 150, 300 and 400, 1000 and 1500 kbit/s at 15 and 30 frames a second.
fn video() -> TrackNeed {
    let layer = |half, full| [(Bitrate::from_kbps(half), 15.0), (Bitrate::from_kbps(full), 30.0)];
    TrackNeed {
        kind: MediaKind::Video,
        rates: Rates::from_layers(&[&layer(100, 150), &layer(300, 400), &layer(1000, 1500)]),
        wanted: Some(ALL),
        priority: 0,
        current: None,
        paused: false,
    }
}

fn audio() -> TrackNeed {
    TrackNeed {
        kind: MediaKind::Audio,
        rates: Rates::from_layers(&[&[(Bitrate::from_kbps(40), 50.0)]]),
        wanted: Some(Layer::default()),
        ..video()
    }
}

fn layer(spatial: u8, temporal: u8) -> Option<Layer> {
    Some(Layer { spatial, temporal })
}

fn targets(estimate: Option<Bitrate>, needs: &[TrackNeed]) -> Vec<Option<Layer>> {
    Allocator::new().allocate(epoch(), estimate, needs).targets
}

#[test]
fn one_track_gets_what_fits() {
    for (estimate, expected) in [
        (None, layer(2, 1)),
        (kbps(1800), layer(2, 1)),
        (kbps(1700), layer(2, 0)),
        (kbps(1000), layer(1, 1)),
        (kbps(400), layer(1, 0)),
        (kbps(200), layer(0, 1)),
        (kbps(120), layer(0, 0)),
        (kbps(110), None),
    ] {
        assert_eq!(targets(estimate, &[video()]), [expected], "{estimate:?}");
    }
}

#[test]
fn sound_comes_first_and_is_never_paused() {
    assert_eq!(targets(kbps(150), &[video(), audio()]), [None, layer(0, 0)]);
    assert_eq!(targets(kbps(1), &[audio(), audio()]), [layer(0, 0), layer(0, 0)]);
    let allocation = Allocator::new().allocate(epoch(), kbps(100), &[audio(), video()]);
    assert_eq!(allocation.paused, [false, true]);
}

#[test]
fn all_get_the_smallest_layer_before_anybody_gets_more() {
    assert_eq!(targets(kbps(350), &[video(), video(), video()]), [layer(0, 0); 3]);
    assert_eq!(targets(kbps(250), &[video(), video(), video()]), [layer(0, 0), layer(0, 0), None]);
    assert_eq!(targets(kbps(1000), &[video(), video()]), [layer(1, 1), layer(1, 1)]);
}

#[test]
fn higher_priority_steps_up_first() {
    let first = TrackNeed { priority: 9, ..video() };
    assert_eq!(targets(kbps(800), &[video(), first.clone()]), [layer(0, 1), layer(1, 1)]);
    assert_eq!(targets(kbps(130), &[video(), first]), [None, layer(0, 0)]);
}

#[test]
fn nobody_gets_more_than_he_wants() {
    let small = TrackNeed { wanted: layer(0, 7), ..video() };
    let hidden = TrackNeed { wanted: None, ..video() };
    let slow = TrackNeed { wanted: layer(2, 0), ..video() };
    let allocation = Allocator::new().allocate(epoch(), kbps(9000), &[small, hidden, slow]);
    assert_eq!(allocation.targets, [layer(0, 1), None, layer(2, 0)]);
    assert_eq!(allocation.paused, [false; 3]);
}

#[test]
fn larger_layers_that_are_not_sent_are_not_counted_on() {
    let layers: [(Bitrate, f32); 1] = [(Bitrate::from_kbps(150), 30.0)];
    let need = TrackNeed { rates: Rates::from_layers(&[&layers]), ..video() };
    assert_eq!(targets(kbps(9000), &[need]), [layer(0, 0)]);
    let upper = TrackNeed { rates: Rates::from_layers(&[&[], &layers]), wanted: layer(0, 7), ..video() };
    assert_eq!(targets(kbps(9000), &[upper]), [layer(1, 0)], "nothing smaller is sent");
}

#[test]
fn what_was_not_measured_is_guessed() {
    let unknown = TrackNeed { rates: Rates::default(), ..video() };
    assert_eq!(targets(kbps(700), from_ref(&unknown)), [layer(1, 7)]);
    assert_eq!(targets(None, &[unknown]), [layer(2, 7)]);
}

#[test]
fn going_up_needs_room_to_spare_and_staying_does_not() {
    let high = TrackNeed { current: layer(2, 1), ..video() };
    assert_eq!(targets(kbps(1500), from_ref(&high)), [layer(2, 1)]);
    assert_eq!(targets(kbps(1364), from_ref(&high)), [layer(2, 1)], "a tenth more is a swing");
    assert_eq!(targets(kbps(1071), &[high]), [layer(2, 0)], "clearly too little");
    let low = TrackNeed { current: layer(1, 1), ..video() };
    assert_eq!(targets(kbps(1140), from_ref(&low)), [layer(1, 1)]);
    assert_eq!(targets(kbps(1150), &[low]), [layer(2, 0)]);
}

#[test]
fn the_estimator_is_asked_for_what_going_up_needs() {
    let mut allocator = Allocator::new();
    let need = TrackNeed { current: layer(1, 1), ..video() };
    let before = allocator.allocate(epoch(), kbps(500), &[need.clone(), audio()]);
    assert_eq!(before.targets[0], layer(1, 1));
    assert_eq!((before.minimum, before.desired), (Bitrate::from_kbps(1248), Bitrate::from_kbps(1848)));
    let after = allocator.allocate(epoch(), Some(before.minimum), &[need.clone(), audio()]);
    assert_eq!(after.targets[0], layer(2, 0));
    let top = allocator.allocate(epoch(), Some(before.desired), &[need, audio()]);
    assert_eq!(top.targets[0], layer(2, 1));
}

/// One viewer of one track, allocated for ten times a second.
struct Viewer {
    allocator: Allocator,
    need: TrackNeed,
    tenths: u32,
    /// When the size changed, in tenths of a second.
    switches: Vec<u32>,
}

impl Viewer {
    fn new() -> Self {
        Self { allocator: Allocator::new(), need: video(), tenths: 0, switches: Vec::new() }
    }

    fn run(&mut self, seconds: u32, estimate: impl Fn(u32) -> u64) {
        for _ in 0..seconds * 10 {
            let now = epoch() + Duration::from_millis(100) * self.tenths;
            let allocation = self.allocator.allocate(now, kbps(estimate(self.tenths)), from_ref(&self.need));
            let size = |layer: Option<Layer>| layer.map(|layer| layer.spatial);
            if size(self.need.current) != size(allocation.targets[0]) {
                self.switches.push(self.tenths);
            }
            self.need.current = allocation.targets[0];
            self.need.paused = allocation.paused[0];
            self.tenths += 1;
        }
    }

    fn most_switches_in_ten_seconds(&self) -> usize {
        let within = |from: u32| self.switches.iter().filter(|at| (from..from + 100).contains(*at)).count();
        self.switches.iter().map(|from| within(*from)).max().unwrap_or(0)
    }
}

#[test]
fn a_step_down_and_up_is_followed_without_oscillation() {
    let mut viewer = Viewer::new();
    viewer.run(10, |_| 3000);
    assert_eq!(viewer.need.current, layer(2, 1));
    viewer.switches.clear();
    viewer.run(10, |_| 250);
    assert_eq!((viewer.need.current, viewer.switches.len()), (layer(0, 1), 1), "down at once");
    viewer.run(10, |_| 3000);
    assert_eq!(viewer.need.current, layer(2, 1));
    assert!(viewer.most_switches_in_ten_seconds() <= 2, "{:?}", viewer.switches);
}

#[test]
fn an_estimate_that_trembles_does_not_make_the_picture_tremble() {
    for (low, high) in [(900, 1400), (350, 2000), (90, 130), (1400, 1800)] {
        let mut viewer = Viewer::new();
        viewer.run(120, |tenths| if tenths / 7 % 2 == 0 { low } else { high });
        let switches = viewer.switches.iter().filter(|at| **at > 100).count();
        assert!(switches <= 16, "{low} to {high}: {:?}", viewer.switches);
        let late = viewer.switches.iter().filter(|at| **at > 600).count();
        assert!(late <= 6, "it learns: {low} to {high}: {:?}", viewer.switches);
    }
}

#[test]
fn rates_that_tremble_do_not_either() {
    let mut viewer = Viewer::new();
    for second in 0..120 {
        let high = if second % 2 == 0 { 1400 } else { 1900 };
        let layer = |rate| [(Bitrate::from_kbps(rate), 30.0)];
        viewer.need.rates = Rates::from_layers(&[&layer(150), &layer(400), &layer(high)]);
        viewer.run(1, |_| 1700);
    }
    let late = viewer.switches.iter().filter(|at| **at > 600).count();
    assert!(late <= 6, "{:?}", viewer.switches);
}

#[test]
fn what_flows_is_kept_for_a_while_where_the_estimate_only_trembles() {
    let (start, after) = (epoch(), |ms| epoch() + Duration::from_millis(ms));
    let high = [TrackNeed { current: layer(2, 1), ..video() }];
    let mut allocator = Allocator::new();
    let mut at = |now, rate| allocator.allocate(now, kbps(rate), &high).targets[0];
    assert_eq!(at(start, 1200), layer(2, 1));
    assert_eq!(at(after(2900), 1200), layer(2, 1));
    assert_eq!(at(after(2950), 1500), layer(2, 1), "it was only a moment");
    assert_eq!(at(after(3000), 1200), layer(2, 1), "and this is another");
    assert_eq!(at(after(6000), 1200), layer(2, 0), "this is no moment any more");
}

#[test]
fn the_last_layer_stops_later_than_others_go_down() {
    let (start, after) = (epoch(), |ms| epoch() + Duration::from_millis(ms));
    let only = [TrackNeed {
        rates: Rates::from_layers(&[&[(Bitrate::from_kbps(2500), 30.0)]]),
        current: layer(0, 0),
        ..video()
    }];
    let mut allocator = Allocator::new();
    let mut at = |now, rate| allocator.allocate(now, kbps(rate), &only).targets[0];
    assert_eq!(at(start, 1000), layer(0, 0));
    assert_eq!(at(after(4900), 1000), layer(0, 0));
    assert_eq!(at(after(5000), 1000), None);
    assert_eq!(Allocator::new().allocate(start, kbps(999), &only).paused, [true], "at once, where it is hopeless");
}

#[test]
fn a_hold_ends_where_there_is_room_for_a_while() {
    let mut viewer = Viewer::new();
    viewer.run(1, |_| 3000);
    // Down, up and down again: a mistake, and a hold of ten seconds.
    viewer.run(6, |_| 250);
    viewer.run(1, |_| 3000);
    viewer.run(1, |_| 600);
    assert_eq!(viewer.need.current, layer(1, 1));
    viewer.switches.clear();
    viewer.run(2, |_| 3000);
    assert_eq!(viewer.need.current, layer(1, 1), "the hold lasts");
    viewer.run(2, |_| 3000);
    assert_eq!(viewer.need.current, layer(2, 1), "it had been taken by surprise");
    assert_eq!(viewer.switches.len(), 1);
}
