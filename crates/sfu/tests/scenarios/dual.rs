//! A publisher who offers, a viewer to whom the shard offers.

use std::time::Duration;

use moim_sfu::{
    CloseReason, Command, Directions, Event, LegCommand, LegEvent, Offerer, PublicationConfig, PublicationEvent,
    SectionDirection, SubscriptionEvent, SubscriptionRefusal,
};
use moim_types::{Codec, MediaKind};
use str0m::media::Mid;

use crate::world::client::Wanted;
use crate::world::{World, leg_config, track};

const TICK: Duration = Duration::from_millis(20);

/// A connected publisher with one section of sound, published as track 1, and its section.
pub(crate) fn publisher_of_sound(world: &mut World, shard: usize) -> (usize, Mid) {
    let publisher = world.client(shard, leg_config(Directions::Ingress, Offerer::Remote));
    world.clients[publisher].wants.push(Wanted::Send(str0m::media::MediaKind::Audio, "mic"));
    let LegEvent::Answer { sections, .. } = world.offer(publisher, Vec::new()) else { panic!("refused") };
    assert_eq!(sections[0].kind, MediaKind::Audio);
    assert_eq!(sections[0].direction, SectionDirection::Sends);
    assert_eq!(sections[0].track.as_deref(), Some("mic"));
    assert_eq!(sections[0].codecs, [Codec::Red, Codec::Opus]);
    world.publish(publisher, &sections[0].mid, track(1), PublicationConfig::default());
    world.connect(publisher);
    (publisher, sections[0].mid.as_str().into())
}

pub(crate) fn viewer(world: &mut World, shard: usize) -> usize {
    let viewer = world.client(shard, leg_config(Directions::Egress, Offerer::Local));
    world.connect(viewer);
    viewer
}

/// Sends packets of sound, 20 ms apart, the number of each as its payload.
pub(crate) fn speak(world: &mut World, publisher: usize, mid: Mid, range: std::ops::Range<u32>) {
    for number in range {
        let now = world.now.instant;
        let payload = number.to_be_bytes().to_vec();
        world.clients[publisher].send(now, mid, None, u64::from(number) + 1, number * 960, payload);
        world.run(TICK);
    }
}

#[test]
fn sound_arrives_without_a_gap() {
    let mut world = World::new(1);
    let (publisher, mid) = publisher_of_sound(&mut world, 0);
    let viewer = viewer(&mut world, 0);
    world.subscribe(viewer, track(1), 0, MediaKind::Audio);
    world.run(Duration::from_millis(100));
    speak(&mut world, publisher, mid, 0..50);
    world.run(Duration::from_millis(100));

    let packets = world.clients[viewer].received(track(1));
    let numbers: Vec<u32> =
        packets.iter().map(|packet| u32::from_be_bytes(packet.payload[..4].try_into().unwrap())).collect();
    assert_eq!(numbers, (0..50).collect::<Vec<_>>());
    for pair in packets.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence + 1);
        assert_eq!(pair[1].timestamp, pair[0].timestamp + 960);
    }
    assert!(packets[0].sequence < 65_536, "the receiver's rollover counter begins at 0");
    assert!(packets.iter().all(|packet| packet.audio_level == Some(-20)));
    let started = Event::Publication(track(1), PublicationEvent::Started { codec: Codec::Opus });
    assert!(world.events.iter().any(|event| format!("{event:?}") == format!("{started:?}")));
    assert!(world.events.iter().any(|event| matches!(event, Event::Speakers(heard) if heard[0].active)));
}

#[test]
fn the_first_offer_has_data_channels_only_and_the_next_names_the_track() {
    let mut world = World::new(1);
    let viewer = world.client(0, leg_config(Directions::Egress, Offerer::Local));
    world.run(Duration::from_millis(20));
    let first = world.clients[viewer].last_sdp.clone();
    assert!(first.contains("m=application") && !first.contains("m=audio"), "{first}");
    let (publisher, _) = publisher_of_sound(&mut world, 0);
    world.connect(viewer);
    world.subscribe(viewer, track(1), 0, MediaKind::Audio);
    world.run(Duration::from_millis(50));
    let second = &world.clients[viewer].last_sdp;
    let msid = format!("a=msid:PA_{}|TR_{} TR_{}\r\n", crate::world::publisher(), track(1), track(1));
    assert!(second.contains(&msid), "{second}");
    let _ = publisher;
}

#[test]
fn what_is_subscribed_to_at_once_is_in_the_first_offer() {
    let mut world = World::new(1);
    publisher_of_sound(&mut world, 0);
    let viewer = world.client(0, leg_config(Directions::Egress, Offerer::Local));
    world.subscribe(viewer, track(1), 0, MediaKind::Audio);
    world.run(Duration::from_millis(11));
    let first = &world.clients[viewer].last_sdp;
    assert!(first.contains("m=application") && first.contains("m=audio"), "{first}");
}

#[test]
fn a_section_is_used_again_for_another_track() {
    let mut world = World::new(1);
    let (publisher, mid) = publisher_of_sound(&mut world, 0);
    let viewer = viewer(&mut world, 0);
    world.subscribe(viewer, track(1), 0, MediaKind::Audio);
    world.run(Duration::from_millis(100));
    speak(&mut world, publisher, mid, 0..10);
    let before = world.clients[viewer].packets.len();
    assert!(before >= 9);
    world.unsubscribe(viewer, track(1));
    world.run(Duration::from_millis(100));
    speak(&mut world, publisher, mid, 10..20);
    assert!(world.clients[viewer].packets.len() <= before + 1, "nothing more comes");
    assert!(world.clients[viewer].subscriptions.is_empty());

    world.subscribe(viewer, track(1), 0, MediaKind::Audio);
    world.run(Duration::from_millis(100));
    assert_eq!(world.clients[viewer].last_sdp.matches("m=audio").count(), 1);
    world.clients[viewer].packets.clear();
    speak(&mut world, publisher, mid, 20..30);
    world.run(Duration::from_millis(50));
    assert_eq!(world.clients[viewer].received(track(1)).len(), 10);
}

#[test]
fn an_offer_that_nobody_answers_fails_after_fifteen_seconds() {
    let mut world = World::new(1);
    let viewer = world.client(0, leg_config(Directions::Egress, Offerer::Local));
    world.connect(viewer);
    world.clients[viewer].answers_offers = false;
    let (..) = publisher_of_sound(&mut world, 0);
    world.subscribe(viewer, track(1), 0, MediaKind::Audio);
    world.run(Duration::from_secs(14));
    assert!(!world.has(viewer, |event| matches!(event, LegEvent::NegotiationFailed(_))));
    world.run(Duration::from_secs(2));
    assert!(world.has(viewer, |event| matches!(event, LegEvent::NegotiationFailed(_))));
}

#[test]
fn an_answer_to_another_offer_changes_nothing() {
    let mut world = World::new(1);
    let viewer = world.client(0, leg_config(Directions::Egress, Offerer::Local));
    world.connect(viewer);
    world.clients[viewer].answers_offers = false;
    let (..) = publisher_of_sound(&mut world, 0);
    world.subscribe(viewer, track(1), 0, MediaKind::Audio);
    world.run(Duration::from_millis(50));
    let offer = world.take(viewer, |event| matches!(event, LegEvent::Offer { .. }));
    let Some(LegEvent::Offer { sdp, exchange, subscriptions }) = offer else { panic!("no offer") };
    let now = world.now.instant;
    let answer = world.clients[viewer].answer(now, &sdp, subscriptions);
    world.leg(viewer, LegCommand::AcceptAnswer { sdp: answer.clone(), exchange: exchange + 7 });
    assert!(!world.has(viewer, |event| matches!(event, LegEvent::NegotiationFailed(_))));
    world.leg(viewer, LegCommand::AcceptAnswer { sdp: answer, exchange: 0 });
    world.run(Duration::from_secs(16));
    assert!(!world.has(viewer, |event| matches!(event, LegEvent::NegotiationFailed(_))), "0 is the latest");
}

#[test]
fn who_cannot_decode_is_told() {
    let mut world = World::new(1);
    let (publisher, mid) = publisher_of_sound(&mut world, 0);
    let mut config = leg_config(Directions::Egress, Offerer::Local);
    config.codecs = vec![Codec::Pcmu];
    let viewer = world.client(0, config);
    world.connect(viewer);
    world.subscribe(viewer, track(1), 0, MediaKind::Audio);
    world.run(Duration::from_millis(100));
    speak(&mut world, publisher, mid, 0..3);
    let leg = world.clients[viewer].leg;
    let told = world.events.iter().any(|event| {
        let refused = SubscriptionEvent::Refused(SubscriptionRefusal::CodecUnsupported);
        matches!(event, Event::Subscription(id, of, event) if *id == leg && *of == track(1) && *event == refused)
    });
    assert!(told, "{:?}", world.events);
}

#[test]
fn what_is_not_published_is_refused() {
    let mut world = World::new(1);
    let viewer = viewer(&mut world, 0);
    world.subscribe(viewer, track(9), 0, MediaKind::Audio);
    let refused = SubscriptionEvent::Refused(SubscriptionRefusal::UnknownTrack);
    assert!(matches!(&world.events[..], [.., Event::Subscription(_, _, event)] if *event == refused));
}

#[test]
fn a_leg_that_is_closed_takes_what_it_published_along() {
    let mut world = World::new(1);
    let (publisher, _) = publisher_of_sound(&mut world, 0);
    let viewer = viewer(&mut world, 0);
    world.subscribe(viewer, track(1), 0, MediaKind::Audio);
    world.run(Duration::from_millis(100));
    assert_eq!((world.shards[0].stats().publications, world.shards[0].stats().subscriptions), (1, 1));
    world.leg(publisher, LegCommand::Close);
    assert!(world.has(publisher, |event| matches!(event, LegEvent::Closed(CloseReason::Asked))));
    world.run(Duration::from_millis(100));
    let stats = world.shards[0].stats();
    assert_eq!((stats.legs, stats.publications, stats.subscriptions), (1, 0, 0));
    assert!(world.clients[viewer].subscriptions.is_empty(), "the viewer's section is inactive");
}

#[test]
fn stopping_closes_every_leg() {
    let mut world = World::new(1);
    let (publisher, _) = publisher_of_sound(&mut world, 0);
    let viewer = viewer(&mut world, 0);
    world.run(Duration::from_secs(1));
    world.command(0, Command::Stop);
    for client in [publisher, viewer] {
        assert!(world.has(client, |event| matches!(event, LegEvent::Closed(CloseReason::Asked))));
    }
    assert_eq!(world.shards[0].stats().legs, 0);
    world.run(Duration::from_millis(100));
    assert!(world.clients[viewer].closed, "the peer hears of it");
}

#[test]
fn silence_and_return_are_noticed_and_then_the_end() {
    let mut world = World::new(1);
    let (publisher, _) = publisher_of_sound(&mut world, 0);
    world.run(Duration::from_secs(5));
    world.clients[publisher].deaf = true;
    world.clients[publisher].mute = true;
    world.run(Duration::from_secs(12));
    assert!(world.take(publisher, |event| matches!(event, LegEvent::Disconnected)).is_some());
    world.clients[publisher].deaf = false;
    world.clients[publisher].mute = false;
    world.run(Duration::from_secs(5));
    assert!(world.take(publisher, |event| matches!(event, LegEvent::Connected)).is_some());
    world.clients[publisher].deaf = true;
    world.clients[publisher].mute = true;
    world.run(Duration::from_secs(40));
    assert!(world.has(publisher, |event| matches!(event, LegEvent::Closed(CloseReason::TimedOut))));
}

#[test]
fn a_leg_that_never_connects_times_out() {
    let mut world = World::new(1);
    let client = world.client(0, leg_config(Directions::Ingress, Offerer::Remote));
    world.run(Duration::from_secs(61));
    assert!(world.has(client, |event| matches!(event, LegEvent::Closed(CloseReason::TimedOut))));
}

#[test]
fn with_full_ice_both_ways_of_offering_connect() {
    let mut world = World::new(1);
    for (directions, offerer) in [(Directions::Ingress, Offerer::Remote), (Directions::Egress, Offerer::Local)] {
        let mut config = leg_config(directions, offerer);
        config.ice = moim_sfu::IceMode::Full;
        let client = world.client(0, config);
        if offerer == Offerer::Remote {
            world.clients[client].wants.push(Wanted::Send(str0m::media::MediaKind::Audio, "mic"));
            world.offer(client, Vec::new());
        }
        world.connect(client);
    }
}

#[test]
fn media_goes_on_over_an_ice_restart() {
    let mut world = World::new(1);
    let (publisher, mid) = publisher_of_sound(&mut world, 0);
    let viewer = viewer(&mut world, 0);
    world.subscribe(viewer, track(1), 0, MediaKind::Audio);
    world.run(Duration::from_millis(100));
    speak(&mut world, publisher, mid, 0..10);
    let before = world.clients[viewer].last_sdp.clone();
    world.leg(viewer, LegCommand::RestartIce);
    world.run(Duration::from_millis(200));
    let fragment = |sdp: &str| sdp.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:").map(str::to_owned));
    let after = fragment(&world.clients[viewer].last_sdp);
    assert_ne!(after, fragment(&before), "new credentials, at once");
    assert!(world.shards[0].knows_ufrag(&after.unwrap_or_default()));
    speak(&mut world, publisher, mid, 10..30);
    world.run(Duration::from_millis(50));
    assert_eq!(world.clients[viewer].received(track(1)).len(), 30);
}

#[test]
fn who_does_not_know_red_gets_what_it_wraps() {
    let mut world = World::new(1);
    let (publisher, mid) = publisher_of_sound(&mut world, 0);
    world.clients[publisher].red = true;
    let knows = viewer(&mut world, 0);
    let mut config = leg_config(Directions::Egress, Offerer::Local);
    config.codecs = vec![Codec::Opus];
    let plain = world.client(0, config);
    world.connect(plain);
    for viewer in [knows, plain] {
        world.subscribe(viewer, track(1), 0, MediaKind::Audio);
    }
    world.run(Duration::from_millis(100));
    for number in 0..10_u8 {
        let now = world.now.instant;
        // One block, the newest: its header has one byte (RFC 2198 §3).
        let payload = vec![111, number, number];
        world.clients[publisher].send(now, mid, None, u64::from(number) + 1, u32::from(number) * 960, payload);
        world.run(TICK);
    }
    let of = |client: usize| world.clients[client].received(track(1)).last().map(|packet| packet.payload.clone());
    assert_eq!(of(knows), Some(vec![111, 9, 9]));
    assert_eq!(of(plain), Some(vec![9, 9]));
}
