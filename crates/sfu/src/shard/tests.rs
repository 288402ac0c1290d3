//! A defect where packets are looked into costs their publisher, and nobody else.

use std::sync::Arc;

use moim_testkit::VirtualClock;
use moim_types::{Codec, MediaKind, Now, Source};
use moim_types::{ParticipantId, TrackId};

use super::*;
use crate::forward::DEFECT;
use crate::leg::{Arrival, Variant};
use crate::{Bounds, Certificate, Directions, Extensions, IceMode, Msid, Offerer, Paths, PublicationConfig, ShardId};

fn named(_: ParticipantId, _: TrackId, _: MediaKind, _: Source) -> Msid {
    Msid { stream: "s".into(), track: "t".into() }
}

fn track(leg: u64) -> TrackId {
    TrackId::from_random([leg as u8; 10])
}

/// A shard with publishers of sound: legs 1 and 2.
fn shard(now: Now) -> Shard {
    let (candidates, certificate) = (Vec::new(), Certificate::generate().unwrap());
    let config = Config { shard: ShardId(0), candidates, certificate, bounds: Bounds::default() };
    let mut shard = Shard::new(config, now, [7; 32]);
    for id in 1..=2 {
        let config = LegConfig {
            directions: Directions::Ingress,
            offerer: Offerer::Remote,
            ice: IceMode::Lite,
            paths: Paths::All,
            codecs: Vec::new(),
            channels: Vec::new(),
            naming: named,
        };
        let leg = LegId(id);
        shard.handle(now, Input::Command(Command::OpenLeg(leg, Box::new(config))));
        let publish =
            Command::Publish { leg, mid: "0".to_owned(), track: track(id), config: PublicationConfig::default() };
        shard.handle(now, Input::Command(publish));
    }
    shard
}

fn arrives(shard: &mut Shard, now: Instant, leg: u64, payload: &[u8]) {
    let arrival = Arrival {
        mid: "0".into(),
        rid: None,
        codec: Codec::Opus,
        variant: Variant::default(),
        sequence: 1,
        timestamp: 0,
        marker: false,
        payload: Arc::from(payload),
        extensions: Extensions::default(),
        received: now,
        sender_clock: None,
    };
    let (media, mut floor) = shard.split();
    media.arrived(now, LegId(leg), arrival, &mut floor);
    shard.settle(now);
}

#[test]
fn a_packet_that_meets_a_defect_costs_its_publisher_alone() {
    let now = VirtualClock::new().now();
    let mut shard = shard(now);
    for (leg, payload) in [(1, &b"fine"[..]), (1, DEFECT), (2, b"fine"), (1, b"too late")] {
        arrives(&mut shard, now.instant, leg, payload);
    }
    let closed: Vec<LegId> = std::iter::from_fn(|| shard.poll())
        .filter_map(|output| match output {
            Output::Event(Event::Leg(leg, LegEvent::Closed(CloseReason::Fault))) => Some(leg),
            _ => None,
        })
        .collect();
    assert_eq!(closed, [LegId(1)]);
    assert_eq!(shard.stats().closed(CloseReason::Fault), 1, "it is counted");
    assert_eq!((shard.stats().legs, shard.stats().publications), (1, 1), "the other is still there");
    assert_eq!(shard.stats().packets_in, 3);
}
