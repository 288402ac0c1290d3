//! A publisher whose every frame says which others it needs.

use std::sync::Arc;
use std::time::Instant;

use moim_sfu::{Extensions, MediaPacket, Variant};
use moim_types::{Codec, TrackId};

/// How pictures are made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// VP8 in three encodings of three temporal layers.
    Simulcast,
    /// VP9 in three spatial layers that need each other only in key pictures (L3T3_KEY).
    IndependentLayers,
    /// VP9 in three spatial layers that need each other always (L3T3).
    DependentLayers,
    /// One encoding of H.264 without layers.
    Single,
}

/// One packet on its way.
#[derive(Clone)]
pub(super) struct Parcel {
    pub(super) packet: MediaPacket,
    pub(super) frame: u64,
    /// Frames without which this one cannot be decoded.
    pub(super) needs: Vec<u64>,
    pub(super) picture_id: Option<u16>,
}

pub(super) struct Publisher {
    kind: Kind,
    clocks: bool,
    epoch: Instant,
    /// Encodings of which a key frame is wanted, a bit each.
    pub(super) wanted: u8,
    enabled: [bool; 3],
    layers: [LayerState; 3],
    frames: u64,
    /// Pictures since the last key picture, where layers share one encoding.
    position: u64,
    started_over: bool,
}

/// An encoding, or a spatial layer.
#[derive(Default)]
struct LayerState {
    sequence: u64,
    base: u64,
    picture_id: u16,
    tl0: u8,
    /// Pictures since the last key frame; `None` before the first.
    position: Option<u64>,
    /// The latest frame of each temporal layer.
    latest: [Option<u64>; 3],
}

/// What is decided about one frame before it is cut into packets.
struct Plan {
    at: usize,
    key: bool,
    temporal: u8,
    needs: Vec<u64>,
    top: bool,
}

impl Publisher {
    pub(super) fn new(kind: Kind, clocks: bool, epoch: Instant) -> Self {
        let layer = |at: u64| LayerState {
            // Far enough from zero to start over in every step.
            sequence: 10_000_060_000 + at * 3000,
            base: 0xffff_0000 * (at + 1),
            picture_id: 32_700 + at as u16 * 20,
            ..LayerState::default()
        };
        Self {
            kind,
            clocks,
            epoch,
            wanted: 0,
            enabled: [true; 3],
            layers: [layer(0), layer(1), layer(2)],
            frames: 0,
            position: 0,
            started_over: false,
        }
    }

    /// Stops an encoding or a spatial layer, or takes it up again. One is always sent.
    pub(super) fn toggle(&mut self, more: u8) {
        let at = usize::from(more % 3);
        self.enabled[at] = !self.enabled[at];
        if self.layered() {
            // A layer needs those below, and one that comes back begins with a key picture.
            self.enabled = [true, self.enabled[1], self.enabled[1] && self.enabled[2]];
            self.wanted |= 1;
        }
        if self.enabled == [false; 3] {
            self.enabled[0] = true;
        }
        if self.enabled[at] {
            self.wanted |= 1 << at;
        }
    }

    /// Numbers go ahead without packets. Not into those that were used before.
    pub(super) fn leap(&mut self, more: u8, by: u64) {
        if self.started_over {
            return;
        }
        let stream = self.stream(usize::from(more % 3));
        self.layers[stream].sequence += by;
    }

    /// The sequence numbers of an encoding begin anew, as with another SSRC.
    pub(super) fn start_over(&mut self, more: u8) {
        let stream = self.stream(usize::from(more % 3));
        self.layers[stream].sequence = self.layers[stream].sequence.saturating_sub(10_000_000);
        self.started_over = true;
    }

    fn layered(&self) -> bool {
        matches!(self.kind, Kind::IndependentLayers | Kind::DependentLayers)
    }

    /// Which layer state counts the packets of a layer.
    fn stream(&self, at: usize) -> usize {
        if self.kind == Kind::Simulcast { at } else { 0 }
    }

    /// One picture, with so many packets in each frame.
    pub(super) fn picture(&mut self, now: Instant, packets: u8) -> Vec<Parcel> {
        let plans = match self.kind {
            Kind::Simulcast => self.simulcast(),
            Kind::Single => self.single(),
            Kind::IndependentLayers | Kind::DependentLayers => self.spatial(),
        };
        let mut parcels = Vec::new();
        for plan in plans {
            self.frames += 1;
            let frame = self.frames;
            self.layers[plan.at].latest[usize::from(plan.temporal)] = Some(frame);
            self.cut(now, packets, frame, &plan, &mut parcels);
        }
        parcels
    }

    fn simulcast(&mut self) -> Vec<Plan> {
        let mut plans = Vec::new();
        for at in 0..3 {
            if !self.enabled[at] {
                continue;
            }
            let key = self.layers[at].position.is_none() || self.wanted >> at & 1 == 1;
            self.wanted &= !(1 << at);
            let layer = &mut self.layers[at];
            let position = if key { 0 } else { layer.position.map_or(0, |position| position + 1) };
            layer.position = Some(position);
            let temporal = pattern(position);
            layer.picture_id = layer.picture_id.wrapping_add(1) & 0x7fff;
            layer.tl0 = layer.tl0.wrapping_add(u8::from(temporal == 0));
            let needs = if key { Vec::new() } else { layer.needs(position) };
            plans.push(Plan { at, key, temporal, needs, top: true });
        }
        plans
    }

    fn single(&mut self) -> Vec<Plan> {
        let layer = &mut self.layers[0];
        let key = layer.position.is_none() || self.wanted & 1 == 1;
        self.wanted = 0;
        layer.position = Some(0);
        let needs = if key { Vec::new() } else { layer.latest[0].into_iter().collect() };
        vec![Plan { at: 0, key, temporal: 0, needs, top: true }]
    }

    fn spatial(&mut self) -> Vec<Plan> {
        let key = self.frames == 0 || self.wanted & 1 == 1;
        self.wanted = 0;
        self.position = if key { 0 } else { self.position + 1 };
        let temporal = pattern(self.position);
        let top = self.enabled.iter().rposition(|enabled| *enabled).unwrap_or(0);
        let inter_layer = key || self.kind == Kind::DependentLayers;
        (0..=top)
            .map(|at| {
                let mut needs = if key { Vec::new() } else { self.layers[at].needs(self.position) };
                if at > 0 && inter_layer {
                    // The frame below is made just before this one.
                    needs.push(self.frames + at as u64);
                }
                Plan { at, key, temporal, needs, top: at == top }
            })
            .collect()
    }

    fn cut(&mut self, now: Instant, packets: u8, frame: u64, plan: &Plan, parcels: &mut Vec<Parcel>) {
        let elapsed = now.saturating_duration_since(self.epoch).as_micros() as u64 * 90 / 1000;
        let stream = self.stream(plan.at);
        for part in 0..packets {
            let (starts, ends) = (part == 0, part + 1 == packets);
            let payload = self.payload(plan, starts, ends);
            let layer = &mut self.layers[stream];
            layer.sequence += 1;
            let packet = MediaPacket {
                track: TrackId::from_random([0; 10]),
                encoding: stream as u8,
                codec: match self.kind {
                    Kind::Simulcast => Codec::Vp8,
                    Kind::Single => Codec::H264,
                    Kind::IndependentLayers | Kind::DependentLayers => Codec::Vp9,
                },
                variant: Variant::default(),
                sequence: layer.sequence,
                timestamp: layer.base + elapsed,
                marker: ends && plan.top,
                payload: Arc::from(payload),
                extensions: Extensions::default(),
                received: now,
                sender_clock: self.clocks.then_some((self.epoch, layer.base)),
            };
            let picture_id = (self.kind == Kind::Simulcast).then_some(layer.picture_id);
            parcels.push(Parcel { packet, frame, needs: plan.needs.clone(), picture_id });
        }
    }

    fn payload(&self, plan: &Plan, starts: bool, ends: bool) -> Vec<u8> {
        let layer = &self.layers[plan.at];
        let position = layer.position.unwrap_or(self.position);
        match self.kind {
            Kind::Simulcast => {
                let [high, low] = layer.picture_id.to_be_bytes();
                let sync = matches!(position % 4, 1 | 2);
                let layers = plan.temporal << 6 | u8::from(sync) << 5;
                let first = 0x80 | u8::from(starts) << 4;
                vec![first, 0xe0, 0x80 | high, low, layer.tl0, layers, u8::from(!(plan.key && starts))]
            }
            Kind::Single => vec![0x7c, u8::from(starts) << 7 | if plan.key { 5 } else { 1 }, 0],
            Kind::IndependentLayers | Kind::DependentLayers => {
                let inter_layer = plan.at > 0 && (plan.key || self.kind == Kind::DependentLayers);
                let for_upper = !plan.top && (plan.key || self.kind == Kind::DependentLayers);
                let up = matches!(self.position % 4, 1 | 2);
                let first = 0x30
                    | u8::from(!plan.key) << 6
                    | u8::from(starts) << 3
                    | u8::from(ends) << 2
                    | u8::from(!for_upper);
                let layers = plan.temporal << 5 | u8::from(up) << 4 | (plan.at as u8) << 1 | u8::from(inter_layer);
                let describes = plan.key && starts && plan.at == 0;
                let mut payload = vec![first | u8::from(describes) << 1, layers];
                if !plan.key {
                    payload.push(0x02);
                }
                if describes {
                    let top = self.enabled.iter().rposition(|enabled| *enabled).unwrap_or(0);
                    payload.push((top as u8) << 5);
                }
                payload.push(0xaa);
                payload
            }
        }
    }
}

impl LayerState {
    /// The frames of this layer that one at this place of the pattern needs.
    fn needs(&self, position: u64) -> Vec<u64> {
        let from = match position % 4 {
            3 => 1,
            _ => 0,
        };
        self.latest[from].into_iter().collect()
    }
}

/// Temporal layers 0 2 1 2.
fn pattern(position: u64) -> u8 {
    [0, 2, 1, 2][(position % 4) as usize]
}
