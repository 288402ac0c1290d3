//! Video: key frames, simulcast, bandwidth.

use std::time::Duration;

use moim_sfu::{Directions, LegEvent, Offerer, PublicationConfig};
use moim_types::{MediaKind, Quality, View, Wanted as Seen};
use str0m::media::Mid;

use crate::dual::viewer;
use crate::world::client::Wanted;
use crate::world::picture::read_vp8;
use crate::world::{World, leg_config, track};

pub(crate) const FRAME: Duration = Duration::from_millis(33);

/// A connected publisher with a camera, published as track 1.
pub(crate) fn camera(world: &mut World, wanted: Wanted) -> (usize, Mid) {
    let publisher = world.client(0, leg_config(Directions::Ingress, Offerer::Remote));
    world.clients[publisher].wants.push(wanted);
    let LegEvent::Answer { sections, .. } = world.offer(publisher, Vec::new()) else { panic!("refused") };
    let rids = sections[0].rids.clone();
    let encodings = rids.into_iter().zip([Quality::Low, Quality::Medium, Quality::High]).collect();
    let config = PublicationConfig { encodings, resolutions: Vec::new() };
    world.publish(publisher, &sections[0].mid, track(1), config);
    world.connect(publisher);
    (publisher, sections[0].mid.as_str().into())
}

/// Films: one frame each 33 ms of each encoding, key frames where they were asked for.
pub(crate) fn film(
    world: &mut World,
    publisher: usize,
    mid: Mid,
    rids: &[Option<&str>],
    frames: std::ops::Range<u32>,
) -> usize {
    let mut keys = 0;
    for frame in frames {
        let now = world.now.instant;
        let asked = std::mem::take(&mut world.clients[publisher].key_frame_requests);
        for rid in rids {
            let key = frame == 0 || asked.iter().any(|request| request.rid.as_deref() == *rid);
            keys += usize::from(key && frame > 0);
            world.clients[publisher].send_picture(now, mid, *rid, frame, key);
        }
        world.run(FRAME);
    }
    keys
}

/// Checks that a decoder would be content, and returns how many frames there are.
pub(crate) fn check_pictures(world: &World, viewer: usize) -> usize {
    let packets = world.clients[viewer].received(track(1));
    assert!(read_vp8(&packets[0].payload).2, "a key frame comes first");
    for pair in packets.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence + 1, "without a gap");
        assert!(pair[1].timestamp > pair[0].timestamp, "time goes on");
        let (before, after) = (read_vp8(&pair[0].payload), read_vp8(&pair[1].payload));
        assert_eq!(after.0, (before.0 + 1) & 0x7fff, "picture ids go on");
        assert_eq!(after.1, before.1.wrapping_add(1), "TL0PICIDX goes on");
    }
    packets.len()
}

#[test]
fn who_comes_late_gets_a_key_frame() {
    let mut world = World::new(1);
    let (publisher, mid) = camera(&mut world, Wanted::Send(str0m::media::MediaKind::Video, "cam"));
    film(&mut world, publisher, mid, &[None], 0..30);
    let late = viewer(&mut world, 0);
    world.subscribe(late, track(1), 0, MediaKind::Video);
    let keys = film(&mut world, publisher, mid, &[None], 30..90);
    assert_eq!(keys, 1, "one is enough");
    let frames = check_pictures(&world, late);
    assert!(frames > 45, "{frames}");
}

#[test]
fn many_who_ask_for_a_key_frame_are_one_question() {
    let mut world = World::new(1);
    let (publisher, mid) = camera(&mut world, Wanted::Send(str0m::media::MediaKind::Video, "cam"));
    let viewers: Vec<usize> = (0..3).map(|_| viewer(&mut world, 0)).collect();
    for viewer in &viewers {
        world.subscribe(*viewer, track(1), 0, MediaKind::Video);
    }
    film(&mut world, publisher, mid, &[None], 0..60);
    let before = world.shards[0].stats().key_frame_requests;
    for viewer in &viewers {
        let now = world.now.instant;
        let section = world.clients[*viewer].subscriptions[0].0.as_str().into();
        world.clients[*viewer].ask_key_frame(now, section);
    }
    let keys = film(&mut world, publisher, mid, &[None], 60..80);
    assert_eq!(keys, 1);
    assert_eq!(world.shards[0].stats().key_frame_requests, before + 1);
}

#[test]
fn who_watches_again_on_the_same_section_is_heard_as_before() {
    let mut world = World::new(1);
    let (publisher, mid) = camera(&mut world, Wanted::Send(str0m::media::MediaKind::Video, "cam"));
    let viewer = viewer(&mut world, 0);
    for round in 0..3 {
        let frame = round * 200;
        world.subscribe(viewer, track(1), 0, MediaKind::Video);
        film(&mut world, publisher, mid, &[None], frame + 1..frame + 60);
        let section = world.clients[viewer].subscriptions[0].0.as_str().into();
        let now = world.now.instant;
        world.clients[viewer].ask_key_frame(now, section);
        let keys = film(&mut world, publisher, mid, &[None], frame + 60..frame + 100);
        assert_eq!(keys, 1, "in round {round}");
        world.unsubscribe(viewer, track(1));
        film(&mut world, publisher, mid, &[None], frame + 100..frame + 120);
    }
    assert_eq!(world.clients[viewer].last_sdp.matches("m=video").count(), 1, "one section for all rounds");
}

#[test]
fn a_smaller_view_gets_a_smaller_encoding_and_back_without_a_seam() {
    let mut world = World::new(1);
    let (publisher, mid) = camera(&mut world, Wanted::Simulcast("cam"));
    let viewer = viewer(&mut world, 0);
    let rids = [Some("q"), Some("h"), Some("f")];
    let low = View { wanted: Seen::Quality(Quality::Low), ..View::default() };
    world.subscribe_with(viewer, track(1), 0, MediaKind::Video, low);
    film(&mut world, publisher, mid, &rids, 0..60);
    let small = check_pictures(&world, viewer);
    assert!(small > 40, "{small}");
    let leg = world.clients[viewer].leg;
    for (view, from) in [(View::default(), 60), (low, 120), (View::default(), 180)] {
        world.command(0, moim_sfu::Command::SetView { leg, track: track(1), view });
        film(&mut world, publisher, mid, &rids, from..from + 60);
    }
    let frames = check_pictures(&world, viewer);
    assert!(frames > 200, "{frames} of 240");
}

#[test]
fn what_is_not_shown_is_not_sent() {
    let mut world = World::new(1);
    let (publisher, mid) = camera(&mut world, Wanted::Send(str0m::media::MediaKind::Video, "cam"));
    let viewer = viewer(&mut world, 0);
    world.subscribe(viewer, track(1), 0, MediaKind::Video);
    film(&mut world, publisher, mid, &[None], 0..60);
    let leg = world.clients[viewer].leg;
    let hidden = View { shown: false, ..View::default() };
    world.command(0, moim_sfu::Command::SetView { leg, track: track(1), view: hidden });
    film(&mut world, publisher, mid, &[None], 60..65);
    let before = world.clients[viewer].packets.len();
    film(&mut world, publisher, mid, &[None], 65..95);
    assert_eq!(world.clients[viewer].packets.len(), before);
    world.command(0, moim_sfu::Command::SetView { leg, track: track(1), view: View::default() });
    film(&mut world, publisher, mid, &[None], 95..155);
    let frames = check_pictures(&world, viewer);
    assert!(frames > before + 40, "{frames}");
}

#[test]
fn without_bandwidth_a_picture_pauses_and_the_viewer_is_told() {
    use moim_sfu::{Event, LegCommand, SubscriptionEvent};
    let mut world = World::new(1);
    let (publisher, mid) = camera(&mut world, Wanted::Send(str0m::media::MediaKind::Video, "cam"));
    let viewer = viewer(&mut world, 0);
    world.subscribe(viewer, track(1), 0, MediaKind::Video);
    film(&mut world, publisher, mid, &[None], 0..60);
    world.leg(viewer, LegCommand::LimitEstimate(Some(moim_types::Bitrate::from_kbps(20))));
    film(&mut world, publisher, mid, &[None], 60..90);
    let told = |world: &World, wanted: fn(&SubscriptionEvent) -> bool| {
        world.events.iter().any(|event| matches!(event, Event::Subscription(_, _, event) if wanted(event)))
    };
    assert!(told(&world, |event| matches!(event, SubscriptionEvent::Paused(_))));
    let before = world.clients[viewer].packets.len();
    film(&mut world, publisher, mid, &[None], 90..120);
    assert_eq!(world.clients[viewer].packets.len(), before);
    world.leg(viewer, LegCommand::LimitEstimate(None));
    film(&mut world, publisher, mid, &[None], 120..420);
    assert!(told(&world, |event| matches!(event, SubscriptionEvent::Resumed)));
    check_pictures(&world, viewer);
}
