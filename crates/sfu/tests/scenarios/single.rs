//! One connection both ways, on which only the peer offers.

use std::time::Duration;

use moim_sfu::{CodecPreference, Directions, LegEvent, Offerer, SectionDirection};
use moim_types::MediaKind;
use str0m::media::MediaKind as Kind;

use crate::dual::{publisher_of_sound, speak};
use crate::world::client::Wanted;
use crate::world::{World, leg_config, track};

/// A peer that offers one placeholder of sound and one of picture, and data channels.
fn newcomer(world: &mut World) -> usize {
    let client = world.client(0, leg_config(Directions::Both, Offerer::Remote));
    let wants = [Wanted::Receive(Kind::Audio), Wanted::Receive(Kind::Video), Wanted::Channel("_reliable", None)];
    world.clients[client].wants.extend(wants);
    let LegEvent::Answer { sdp, sections, subscriptions, .. } = world.offer(client, Vec::new()) else {
        panic!("refused")
    };
    assert!(sections.iter().all(|section| section.direction == SectionDirection::Receives));
    assert!(subscriptions.is_empty());
    let media = sdp.split("m=").filter(|section| section.starts_with("audio") || section.starts_with("video"));
    for section in media {
        assert!(section.contains("a=inactive") && !section.contains("a=msid") && !section.contains("a=ssrc"), "{sdp}");
    }
    world.connect(client);
    client
}

fn needed(world: &mut World, client: usize) -> Option<(u32, u32)> {
    match world.take(client, |event| matches!(event, LegEvent::SectionsNeeded { .. }))? {
        LegEvent::SectionsNeeded { audio, video } => Some((audio, video)),
        _ => None,
    }
}

/// Offers again, and takes note of what the answer carries.
fn offer_again(world: &mut World, client: usize) -> String {
    let LegEvent::Answer { sdp, subscriptions, .. } = world.offer(client, Vec::new()) else { panic!("refused") };
    world.clients[client].subscriptions = subscriptions;
    sdp
}

#[test]
fn a_subscription_goes_onto_a_placeholder_with_the_next_offer() {
    let mut world = World::new(1);
    let (publisher, mid) = publisher_of_sound(&mut world, 0);
    let client = newcomer(&mut world);
    world.subscribe(client, track(1), 0, MediaKind::Audio);
    world.run(Duration::from_millis(50));
    assert_eq!(needed(&mut world, client), Some((0, 0)), "it fits");
    speak(&mut world, publisher, mid, 0..5);
    assert!(world.clients[client].packets.is_empty(), "nothing before the answer that names it");
    let sdp = offer_again(&mut world, client);
    let msid = format!("a=msid:PA_{}|TR_{} TR_{}\r\n", crate::world::publisher(), track(1), track(1));
    assert!(sdp.contains(&msid), "{sdp}");
    world.run(Duration::from_millis(50));
    speak(&mut world, publisher, mid, 5..25);
    world.run(Duration::from_millis(50));
    assert_eq!(world.clients[client].received(track(1)).len(), 20);
    assert_eq!(needed(&mut world, client), None);
}

#[test]
fn what_does_not_fit_is_asked_for_once() {
    let mut world = World::new(1);
    let (..) = publisher_of_sound(&mut world, 0);
    let other = world.client(0, leg_config(Directions::Ingress, Offerer::Remote));
    world.clients[other].wants.push(Wanted::Send(Kind::Audio, "mic2"));
    let LegEvent::Answer { sections, .. } = world.offer(other, Vec::new()) else { panic!("refused") };
    world.publish(other, &sections[0].mid, track(2), moim_sfu::PublicationConfig::default());
    let client = newcomer(&mut world);
    world.subscribe(client, track(1), 0, MediaKind::Audio);
    world.subscribe(client, track(2), 0, MediaKind::Audio);
    world.run(Duration::from_secs(3));
    assert_eq!(needed(&mut world, client), Some((1, 0)));
    assert_eq!(needed(&mut world, client), None, "only once");
    world.clients[client].wants.push(Wanted::Receive(Kind::Audio));
    offer_again(&mut world, client);
    assert_eq!(world.clients[client].subscriptions.len(), 2);
    world.run(Duration::from_secs(3));
    assert_eq!(needed(&mut world, client), None);
}

#[test]
fn a_section_is_inactive_once_between_two_tracks() {
    let mut world = World::new(1);
    let (publisher, mid) = publisher_of_sound(&mut world, 0);
    let client = newcomer(&mut world);
    world.subscribe(client, track(1), 0, MediaKind::Audio);
    offer_again(&mut world, client);
    world.run(Duration::from_millis(50));
    assert_eq!(world.clients[client].subscriptions.len(), 1);
    world.unsubscribe(client, track(1));
    world.run(Duration::from_millis(50));
    assert_eq!(needed(&mut world, client), Some((0, 0)), "the peer must be told");
    world.subscribe(client, track(1), 0, MediaKind::Audio);
    let sdp = offer_again(&mut world, client);
    assert!(!sdp.contains("PA_"), "first inactive");
    world.run(Duration::from_millis(50));
    assert_eq!(needed(&mut world, client), Some((0, 0)));
    offer_again(&mut world, client);
    world.run(Duration::from_millis(50));
    speak(&mut world, publisher, mid, 0..10);
    world.run(Duration::from_millis(50));
    assert_eq!(world.clients[client].received(track(1)).len(), 10);
}

#[test]
fn the_next_track_of_a_section_has_numbers_of_its_own() {
    let ssrcs = |sdp: &str| -> Vec<String> {
        let lines = sdp.lines().filter_map(|line| line.strip_prefix("a=ssrc:"));
        lines.filter_map(|line| line.split(' ').next().map(str::to_owned)).collect()
    };
    let mut world = World::new(1);
    let (publisher, mid) = publisher_of_sound(&mut world, 0);
    let client = newcomer(&mut world);
    world.subscribe(client, track(1), 0, MediaKind::Audio);
    let first = ssrcs(&offer_again(&mut world, client));
    world.run(Duration::from_millis(50));
    speak(&mut world, publisher, mid, 0..10);
    world.unsubscribe(client, track(1));
    offer_again(&mut world, client);
    world.subscribe(client, track(1), 0, MediaKind::Audio);
    let second = ssrcs(&offer_again(&mut world, client));
    assert!(!first.is_empty() && !second.is_empty());
    assert!(second.iter().all(|ssrc| !first.contains(ssrc)), "{first:?} {second:?}");
}

#[test]
fn the_same_connection_publishes() {
    let mut world = World::new(1);
    let client = newcomer(&mut world);
    world.clients[client].wants.push(Wanted::Send(Kind::Audio, "mic"));
    let wish = CodecPreference { track: "mic".into(), codec: Some(moim_types::Codec::Opus), dtx: true, stereo: false };
    let LegEvent::Answer { sdp, sections, .. } = world.offer(client, vec![wish]) else { panic!("refused") };
    assert!(sdp.contains("usedtx=1"), "{sdp}");
    let sent = sections.iter().find(|section| section.direction == SectionDirection::Sends).expect("a section");
    assert_eq!(sent.codecs[0], moim_types::Codec::Opus);
    world.publish(client, &sent.mid, track(3), moim_sfu::PublicationConfig::default());
    let mid = sent.mid.as_str().into();
    let viewer = crate::dual::viewer(&mut world, 0);
    world.subscribe(viewer, track(3), 0, MediaKind::Audio);
    world.run(Duration::from_millis(100));
    speak(&mut world, client, mid, 0..10);
    world.run(Duration::from_millis(50));
    assert_eq!(world.clients[viewer].received(track(3)).len(), 10);
}

#[test]
fn nonsense_is_refused_and_the_connection_stays() {
    let mut world = World::new(1);
    let client = newcomer(&mut world);
    let long = "a".repeat(300 * 1024);
    for sdp in ["", "v=0", "hello", &long] {
        let command = moim_sfu::LegCommand::AcceptOffer { sdp: sdp.to_owned(), exchange: 77, preferences: Vec::new() };
        world.leg(client, command);
        let refused = world.take(client, |event| matches!(event, LegEvent::OfferRefused { exchange: 77, .. }));
        assert!(refused.is_some(), "{}", &sdp[..sdp.len().min(20)]);
    }
    assert!(!world.has(client, |event| matches!(event, LegEvent::Closed(_))));
    offer_again(&mut world, client);
}
