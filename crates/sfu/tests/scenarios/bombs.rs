//! Session descriptions and candidates that are too much: refused or cut down, in little time, and without harm to
//! others on the shard.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use moim_sfu::{Directions, DropReason, IceMode, LegCommand, LegConfig, LegEvent, Offerer};
use moim_types::MediaKind;

use crate::dual::{publisher_of_sound, speak, viewer};
use crate::world::client::Wanted;
use crate::world::{World, leg_config, track};

/// Not a measurement: a busy machine is slow, a bomb is slower.
const SOON: Duration = Duration::from_secs(5);

/// One good section, and a place for more lines.
fn offer(more: &str) -> String {
    let fingerprint = vec!["AB"; 32].join(":");
    format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n\
         a=fingerprint:sha-256 {fingerprint}\r\na=setup:actpass\r\n\
         m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=sendonly\r\na=rtpmap:111 opus/48000/2\r\n{more}"
    )
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(|number| line(number) + "\r\n").collect()
}

fn publisher_leg() -> LegConfig {
    leg_config(Directions::Both, Offerer::Remote)
}

/// What a new leg says to an offer, and after how long.
#[expect(clippy::disallowed_methods, reason = "how long the machine takes is what is measured")]
fn answer(world: &mut World, sdp: String) -> (LegEvent, Duration) {
    let client = world.client(0, publisher_leg());
    let began = Instant::now();
    world.leg(client, LegCommand::AcceptOffer { sdp, exchange: 1, preferences: Vec::new() });
    let took = began.elapsed();
    let said = world.take(client, |event| matches!(event, LegEvent::Answer { .. } | LegEvent::OfferRefused { .. }));
    (said.expect("something is said to it"), took)
}

#[test]
fn a_description_of_too_much_is_refused_or_cut_down_at_once() {
    let mut world = World::new(1);
    let (publisher, mid) = publisher_of_sound(&mut world, 0);
    let viewer = viewer(&mut world, 0);
    world.subscribe(viewer, track(1), 0, MediaKind::Audio);
    world.run(Duration::from_millis(100));
    let section = |number: usize| format!("m=audio 0 UDP/TLS/RTP/SAVPF 111\r\na=mid:m{number}");
    let candidate =
        |number: usize| format!("a=candidate:{number} 1 udp 1 198.18.{}.{} 9 typ host", number / 250, number % 250);
    let bombs = [
        ("ten megabytes", offer(&"a=x\r\n".repeat(2_000_000)), false),
        ("a hundred thousand sections", offer(&lines(100_000, section)), false),
        ("as many sections as fit", offer(&lines(5_000, section)), false),
        ("as many candidates as a section holds", offer(&lines(900, candidate)), true),
        ("more candidates", offer(&lines(4_000, candidate)), false),
        ("streams", offer(&lines(5_000, |number| format!("a=ssrc:{number} cname:c"))), false),
        ("encodings", offer(&lines(5_000, |number| format!("a=rid:r{number} send"))), false),
        ("parameters", offer(&lines(5_000, |number| format!("a=fmtp:111 p={number}"))), false),
        ("lines before the first section", lines(5_000, |_| "a=x".to_owned()) + &offer(""), false),
        ("one endless line", offer(&format!("a=fmtp:111 {}\r\n", "x=1;".repeat(50_000))), true),
        ("the same name twice", offer("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"), false),
    ];
    for (what, sdp, taken) in bombs {
        let (said, took) = answer(&mut world, sdp);
        assert!(took < SOON, "{what} took {took:?}");
        match said {
            LegEvent::Answer { sdp, .. } => assert!(taken && sdp.len() < 1 << 20, "{what}: {} bytes", sdp.len()),
            refused => assert!(!taken, "{what}: {refused:?}"),
        }
    }
    let (said, _) = answer(&mut world, offer(""));
    assert!(matches!(said, LegEvent::Answer { .. }), "one that is not too much is taken: {said:?}");
    speak(&mut world, publisher, mid, 0..10);
    world.run(Duration::from_millis(50));
    assert_eq!(world.clients[viewer].received(track(1)).len(), 10, "others go on");
}

#[test]
fn payload_types_that_cannot_be_and_extensions_that_cannot_be_harm_nobody() {
    let mut world = World::new(1);
    for number in [128, 200, 255, 256, 65_536] {
        let sdp = offer("").replace("111", &number.to_string());
        assert!(answer(&mut world, sdp).1 < SOON, "{number}");
    }
    for number in [0, 15, 16, 255, 256] {
        answer(&mut world, offer(&format!("a=extmap:{number} urn:ietf:params:rtp-hdrext:sdes:mid\r\n")));
    }
    assert_eq!(world.shards[0].stats().closed(moim_sfu::CloseReason::Fault), 0);
}

#[test]
fn offers_that_each_name_new_streams_come_to_an_end() {
    let mut world = World::new(1);
    let client = world.client(0, publisher_leg());
    let mut taken = 0;
    for exchange in 0..10_000u32 {
        let first = exchange * 500;
        let sdp = offer(&lines(500, |number| format!("a=ssrc:{} cname:c", first + number as u32 + 1)));
        world.leg(client, LegCommand::AcceptOffer { sdp, exchange, preferences: Vec::new() });
        if world.take(client, |event| matches!(event, LegEvent::OfferRefused { .. })).is_some() {
            break;
        }
        taken += 1;
    }
    assert!(taken <= 8, "{taken} offers of 500 streams each were taken");
}

#[test]
fn a_client_may_renegotiate_again_and_again() {
    let mut world = World::new(1);
    let client = world.client(0, publisher_leg());
    world.clients[client].wants = vec![Wanted::Send(str0m::media::MediaKind::Audio, "mic")];
    world.offer(client, Vec::new());
    world.connect(client);
    let mut length = 0;
    for round in 0..300 {
        let LegEvent::Answer { sdp, .. } = world.offer(client, Vec::new()) else { panic!("an answer") };
        if round == 0 {
            length = sdp.len();
        }
        assert!(sdp.len() < length + 200, "answers grow: {} bytes in round {round}", sdp.len());
        world.run(Duration::from_millis(20));
    }
    assert!(!world.has(client, |event| matches!(event, LegEvent::Closed(_))));
}

/// A server that checks every address that it is told is a port scanner for whoever tells it.
#[test]
fn ten_thousand_candidates_do_not_make_a_scanner() {
    let mut world = World::new(1);
    let client = world.client(0, LegConfig { ice: IceMode::Full, ..publisher_leg() });
    world.leg(client, LegCommand::AcceptOffer { sdp: offer(""), exchange: 1, preferences: Vec::new() });
    let target = |number: u32| match number % 5 {
        0 => format!("10.0.0.1 {}", number % 60_000 + 1),
        1 => format!("127.0.0.1 {}", number % 60_000 + 1),
        2 => "169.254.169.254 80".to_owned(),
        3 => format!("7a5b-{number}.local 9"),
        _ => format!("host{number}.internal.example 9"),
    };
    for number in 0..10_000 {
        let text = format!("candidate:{number} 1 udp 2113937151 {} typ host", target(number));
        world.leg(client, LegCommand::AddCandidate(text));
    }
    assert_eq!(world.shards[0].stats().dropped(DropReason::Candidate), 10_000 - 32);
    world.sent.clear();
    world.run(Duration::from_secs(10));
    let mut checks: BTreeMap<SocketAddr, usize> = BTreeMap::new();
    for address in &world.sent {
        *checks.entry(*address).or_default() += 1;
    }
    assert!(checks.len() <= 32, "{} addresses were checked", checks.len());
    for host in ["10.0.0.1", "127.0.0.1", "169.254.169.254"] {
        let sent: usize =
            checks.iter().filter(|(address, _)| address.ip().to_string() == host).map(|(_, count)| count).sum();
        assert!(sent <= 400, "{host} got {sent} checks in ten seconds");
    }
}
