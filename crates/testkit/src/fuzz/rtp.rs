//! Stories of a publisher, a bad network and one viewer, told to a [`Forwarder`], and what must be
//! true of everything that the viewer gets.

mod publisher;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use moim_sfu::forward::{Describer, Forwarder, Meter, Rewritten, Verdict};
use moim_sfu::{Extensions, MediaPacket, Variant};
use moim_types::{Codec, Layer, MediaKind, TrackId};
use publisher::{Kind, Parcel, Publisher};

use crate::VirtualClock;

/// Any bytes as a story of pictures, losses, late and repeated packets, changes of the wanted layer and
/// of what is published. Sequence numbers are given out once and without gaps but for what the network
/// lost; timestamps and picture ids go up; and where nothing was lost every frame can be decoded.
pub fn rtp_rewriting(data: &[u8]) {
    let Some((&[kind, seed], steps)) = data.split_first_chunk::<2>() else { return };
    let mut story = Story::new(kind, seed);
    for step in steps.chunks_exact(2).take(600) {
        if let &[what, more] = step {
            story.step(what, more);
        }
    }
    story.check();
}

struct Story {
    publisher: Publisher,
    describer: Describer,
    meter: Meter,
    forwarder: Forwarder,
    now: Instant,
    /// Packets that the network holds back.
    late: Vec<Parcel>,
    /// Packets that the network lost or held back.
    disturbed: u64,
    /// By outgoing sequence number.
    sent: BTreeMap<u64, Sent>,
    /// Frames of which something was sent.
    frames: BTreeSet<u64>,
}

struct Sent {
    rewritten: Rewritten,
    frame: u64,
    picture_id: Option<u16>,
}

impl Story {
    fn new(kind: u8, seed: u8) -> Self {
        let now = VirtualClock::new().now().instant;
        let kind = match kind % 4 {
            0 => Kind::Simulcast,
            1 => Kind::IndependentLayers,
            2 => Kind::DependentLayers,
            _ => Kind::Single,
        };
        let mut forwarder = Forwarder::new(MediaKind::Video, u16::from_be_bytes([seed, 255]));
        forwarder.set_target(Some(Layer { spatial: seed % 3, temporal: 2 }));
        Self {
            publisher: Publisher::new(kind, seed & 0x10 != 0, now),
            describer: Describer::new(),
            meter: Meter::new(),
            forwarder,
            now,
            late: Vec::new(),
            disturbed: 0,
            sent: BTreeMap::new(),
            frames: BTreeSet::new(),
        }
    }

    fn step(&mut self, what: u8, more: u8) {
        match what % 16 {
            0..=5 => self.picture(more, |_, _| Fate::Arrives),
            6 => self.picture(more, |at, more| if at == more % 8 { Fate::Lost } else { Fate::Arrives }),
            7 => self.picture(more, |at, more| if at == more % 8 { Fate::Late } else { Fate::Arrives }),
            8 => {
                for parcel in std::mem::take(&mut self.late) {
                    self.deliver(&parcel);
                }
            }
            9 => self.picture(more, |at, more| if at % 2 == more % 2 { Fate::Twice } else { Fate::Arrives }),
            10 => {
                let target = Layer { spatial: more % 4, temporal: more >> 2 & 3 };
                self.forwarder.set_target((more < 240).then_some(target));
            }
            11 => self.publisher.wanted |= 1 << self.forwarder.key_frame_wanted().unwrap_or(7).min(7),
            12 => self.now += Duration::from_millis(u64::from(more) * 20),
            13 => self.publisher.toggle(more),
            14 => self.publisher.leap(more, 2000),
            _ => {
                // What the network holds back of the numbers before would come under another SSRC.
                self.late.clear();
                self.publisher.start_over(more);
            }
        }
        assert!(self.forwarder.target().is_some() || self.forwarder.current().is_none());
    }

    fn picture(&mut self, more: u8, fate: fn(u8, u8) -> Fate) {
        self.now += Duration::from_millis(33);
        if more & 0x80 != 0 {
            self.publisher.wanted |= 1 << self.forwarder.key_frame_wanted().unwrap_or(7).min(7);
        }
        for (at, parcel) in (0..).zip(self.publisher.picture(self.now, 1 + more % 3)) {
            match fate(at, more) {
                Fate::Arrives => self.deliver(&parcel),
                Fate::Lost => self.disturbed += 1,
                Fate::Late => {
                    self.disturbed += 1;
                    self.late.push(parcel);
                }
                Fate::Twice => {
                    self.deliver(&parcel);
                    self.deliver(&parcel);
                }
            }
        }
    }

    fn deliver(&mut self, parcel: &Parcel) {
        let mut packet = parcel.packet.clone();
        packet.received = self.now;
        let description = self.describer.describe(&packet);
        self.meter.count(self.now, &packet, &description);
        let Verdict::Send(rewritten) = self.forwarder.forward(self.now, &packet, &description) else { return };
        if self.disturbed == 0 {
            for needed in &parcel.needs {
                assert!(self.frames.contains(needed), "frame {} needs {needed}, which was not sent", parcel.frame);
            }
        }
        self.frames.insert(parcel.frame);
        let rewritten_id = rewritten.vp8.and_then(|vp8| vp8.picture_id);
        let sent = Sent { frame: parcel.frame, picture_id: rewritten_id.or(parcel.picture_id), rewritten };
        let sequence = sent.rewritten.sequence;
        assert!(self.sent.insert(sequence, sent).is_none(), "{sequence} was sent before");
    }

    fn check(&mut self) {
        let _ = self.meter.rates(self.now);
        let Some((first, _)) = self.sent.first_key_value() else { return };
        assert!(*first < 1 << 15, "the first number is small");
        let mut holes = 0;
        for ((before_at, before), (at, sent)) in self.sent.iter().zip(self.sent.iter().skip(1)) {
            holes += at - before_at - 1;
            self.check_pair(before, sent);
        }
        assert!(holes <= self.disturbed, "{holes} holes for {} disturbed packets", self.disturbed);
    }

    fn check_pair(&self, before: &Sent, after: &Sent) {
        let elapsed = after.rewritten.timestamp.wrapping_sub(before.rewritten.timestamp) as i32;
        assert!(elapsed >= 0, "time goes back by {elapsed}: {:?} {:?}", before.rewritten, after.rewritten);
        let step = |before: u16, after: u16| after.wrapping_sub(before) & 0x7fff;
        match (before.picture_id, after.picture_id) {
            (Some(before_id), Some(id)) if before.frame == after.frame => assert_eq!(before_id, id),
            (Some(before_id), Some(id)) if self.disturbed == 0 => assert_eq!(step(before_id, id), 1),
            (Some(before_id), Some(id)) => assert!((1..1000).contains(&step(before_id, id)), "{before_id} {id}"),
            _ => {}
        }
        if self.disturbed == 0 {
            let ends = elapsed > 0;
            assert_eq!(before.rewritten.marker, ends, "the marker ends a picture: {:?}", before.rewritten);
        }
    }
}

/// What the network does to a packet.
enum Fate {
    Arrives,
    Lost,
    Late,
    Twice,
}

/// Any bytes as dependency descriptors, each behind its length, on a stream that a viewer follows.
/// Nothing panics, layers stay in bounds, and what is sent has numbers of its own.
pub fn dependency_descriptor(data: &[u8]) {
    let now = VirtualClock::new().now().instant;
    let (mut describer, mut meter) = (Describer::new(), Meter::new());
    let mut forwarder = Forwarder::new(MediaKind::Video, 1);
    let mut sequences = BTreeSet::new();
    let mut rest = data;
    for at in 0..400_u64 {
        let Some((&[length, about], after)) = rest.split_first_chunk::<2>() else { break };
        let (descriptor, after) = after.split_at(usize::from(length).min(after.len()));
        rest = after;
        forwarder.set_target((about < 250).then_some(Layer { spatial: about % 4, temporal: about >> 2 & 7 }));
        let packet = MediaPacket {
            track: TrackId::from_random([0; 10]),
            encoding: u8::from(about & 0xc0 == 0xc0),
            codec: if about & 0x20 == 0 { Codec::Av1 } else { Codec::Vp9 },
            variant: Variant::default(),
            // Now and then one comes late.
            sequence: 1000 + if about % 16 == 15 { at.saturating_sub(3) } else { at },
            timestamp: 3000 * (at / 3),
            marker: about % 5 == 0,
            payload: [0x10, 0x32].as_slice().into(),
            extensions: Extensions { dependency_descriptor: Some(descriptor.into()), ..Extensions::default() },
            received: now + Duration::from_millis(at * 11),
            sender_clock: None,
        };
        let description = describer.describe(&packet);
        assert!(description.spatial < 4 && description.temporal < 8 && description.spatial_layers <= 4);
        meter.count(packet.received, &packet, &description);
        if let Verdict::Send(sent) = forwarder.forward(packet.received, &packet, &description) {
            assert!(sequences.insert(sent.sequence), "{} was sent before", sent.sequence);
            let kept = sent.dependency_descriptor.is_none_or(|rewritten| rewritten.len() == descriptor.len());
            assert!(kept, "only the frame number is rewritten");
        }
        let _ = (forwarder.key_frame_wanted(), forwarder.current(), meter.rates(packet.received));
    }
}
