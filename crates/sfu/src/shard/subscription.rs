//! One publication, for one viewer.

use std::sync::Arc;
use std::time::Instant;

use moim_types::{Layer, MediaKind, PauseReason, View};

use crate::forward::{Description, Forwarder, Verdict, red_primary};
use crate::leg::{Departure, Leg, Readiness, Stamp};
use crate::{DropReason, MediaPacket, SubscriptionEvent};

/// One publication, for one viewer.
#[derive(Debug)]
pub(super) struct Subscription {
    pub(super) kind: MediaKind,
    pub(super) view: View,
    pub(super) forwarder: Forwarder,
    /// There is no bandwidth for it, which the viewer has been told.
    pub(super) paused: bool,
}

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Written.
    Sent,
    /// Not sent.
    Dropped(DropReason),
    /// The viewer cannot decode what the publisher sends.
    Unsupported,
}

/// A packet on its way to all viewers of its publication.
#[derive(Debug)]
pub(super) struct Passage<'a> {
    packet: &'a MediaPacket,
    description: &'a Description,
    /// What RED wraps, for viewers who do not know RED; made once.
    bare: Option<Option<Arc<[u8]>>>,
}

impl<'a> Passage<'a> {
    pub(super) const fn new(packet: &'a MediaPacket, description: &'a Description) -> Self {
        Self { packet, description, bare: None }
    }

    fn bare_payload(&mut self) -> Option<Arc<[u8]>> {
        let packet = self.packet;
        self.bare.get_or_insert_with(|| red_primary(&packet.payload).map(Arc::from)).clone()
    }
}

impl Subscription {
    pub(super) const fn new(kind: MediaKind, view: View, forwarder: Forwarder) -> Self {
        Self { kind, view, forwarder, paused: false }
    }

    /// Sets what the viewer gets from now on. Returns what he has to be told.
    pub(super) fn give(&mut self, target: Option<Layer>, paused: bool) -> Option<SubscriptionEvent> {
        if self.forwarder.target() != target {
            self.forwarder.set_target(target);
        }
        match (std::mem::replace(&mut self.paused, paused), paused) {
            (false, true) => Some(SubscriptionEvent::Paused(PauseReason::NoBandwidth)),
            (true, false) => Some(SubscriptionEvent::Resumed),
            _ => None,
        }
    }

    /// Writes a packet to the viewer's leg, if he should have it.
    pub(super) fn pass(&mut self, now: Instant, passage: &mut Passage<'_>, leg: &mut Leg) -> Fate {
        let packet = passage.packet;
        let carrier = match leg.readiness(packet.track, packet.codec, packet.variant) {
            Readiness::Ready(carrier) => carrier,
            Readiness::NotYet => return Fate::Dropped(DropReason::NotNegotiated),
            Readiness::Unsupported => return Fate::Unsupported,
        };
        let Verdict::Send(rewritten) = self.forwarder.forward(now, packet, passage.description) else {
            return Fate::Dropped(DropReason::OtherLayer);
        };
        let payload = if carrier.without_red {
            let Some(bare) = passage.bare_payload() else { return Fate::Dropped(DropReason::Malformed) };
            bare
        } else {
            Arc::clone(&packet.payload)
        };
        let stamp = Stamp {
            sequence: rewritten.sequence,
            timestamp: rewritten.timestamp,
            marker: rewritten.marker,
            picture_id: rewritten.vp8.and_then(|ids| ids.picture_id),
            tl0_pic_idx: rewritten.vp8.and_then(|ids| ids.tl0_pic_idx),
            dependency_descriptor: rewritten.dependency_descriptor,
        };
        leg.write(packet.track, Departure { packet, payload, stamp, carrier });
        Fate::Sent
    }
}
