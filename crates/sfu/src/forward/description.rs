//! What a packet is, as its payload descriptor or its dependency descriptor tells.

use std::sync::Arc;

use moim_types::{Codec, MediaKind};

use super::codec::{
    FrameDependencies, Structure, Vp8Ids, av1_begins_sequence, h264_begins_key_frame, h265_begins_key_frame,
    parse_dependency_descriptor, parse_vp8, parse_vp9,
};
use super::{MOST_SPATIAL, MOST_TEMPORAL, slot};
use crate::MediaPacket;

/// What one packet is. The same for every viewer.
#[derive(Debug, Clone, Default)]
pub struct Description {
    /// It belongs to a picture that needs no other.
    pub key_frame: bool,
    /// The first packet of its frame. A picture has one frame for each spatial layer.
    pub start_of_frame: bool,
    /// The last packet of its frame.
    pub end_of_frame: bool,
    /// The spatial layer inside its encoding.
    pub spatial: u8,
    /// The temporal layer.
    pub temporal: u8,
    /// No other frame needs it.
    pub discardable: bool,
    /// It needs the next smaller spatial layer of the same picture.
    pub needs_below: bool,
    /// A larger spatial layer needs it.
    pub needed_above: bool,
    /// A switching point: who had the temporal layers up to this one can decode this frame too.
    pub switch_up_from: Option<u8>,
    /// How many spatial layers the encoding has; 1 with simulcast.
    pub spatial_layers: u8,
    /// Counters in the payload that must go on without a jump.
    pub vp8: Option<Vp8Ids>,
    /// The dependency descriptor, where layers are to be chosen by it.
    pub decode_targets: Option<FrameDependencies>,
    /// Which decode targets are active now; meaningful beside `decode_targets`.
    pub active_targets: u32,
}

/// Describes the packets of one publication. It remembers what later packets refer to.
#[derive(Debug, Default)]
pub struct Describer {
    encodings: [Encoding; MOST_SPATIAL],
    simulcast: bool,
}

/// What is remembered of one encoding.
#[derive(Debug, Default)]
struct Encoding {
    structure: Option<Arc<Structure>>,
    /// The structure before, and the first sequence number that has the newer one: for packets
    /// that arrive late.
    previous: Option<(u64, Arc<Structure>)>,
    active_targets: u32,
    /// Sequence number and timestamp of the newest packet.
    newest: Option<(u64, u64)>,
    key_timestamp: Option<u64>,
    spatial_layers: u8,
}

/// A payload that stands for one that nobody has thought of.
#[cfg(test)]
pub(crate) const DEFECT: &[u8] = b"what nobody has thought of";

impl Describer {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What this packet is. A payload that breaks its format is described as a part of the smallest
    /// layer that is no key frame.
    pub fn describe(&mut self, packet: &MediaPacket) -> Description {
        #[cfg(test)]
        assert!(*packet.payload != *DEFECT, "a defect, on purpose");
        if packet.codec.kind() == MediaKind::Audio {
            return Description {
                key_frame: true,
                start_of_frame: true,
                end_of_frame: true,
                spatial_layers: 1,
                ..Description::default()
            };
        }
        self.simulcast |= packet.encoding > 0;
        let encoding = &mut self.encodings[slot(packet.encoding)];
        let mut description = encoding.describe(packet);
        description.spatial_layers = if self.simulcast { 1 } else { encoding.spatial_layers.max(1) };
        description
    }
}

impl Encoding {
    fn describe(&mut self, packet: &MediaPacket) -> Description {
        let begins = self.follow(packet);
        let mut description =
            Description { start_of_frame: begins, end_of_frame: packet.marker, ..Description::default() };
        match packet.codec {
            Codec::Vp8 => self.vp8(packet, &mut description),
            Codec::Vp9 => self.vp9(packet, &mut description),
            Codec::H264 => self.unlayered(packet, h264_begins_key_frame(&packet.payload), &mut description),
            Codec::H265 => self.unlayered(packet, h265_begins_key_frame(&packet.payload), &mut description),
            Codec::Av1 => self.unlayered(packet, av1_begins_sequence(&packet.payload), &mut description),
            // Sound never comes here.
            Codec::Opus | Codec::Red | Codec::Pcmu | Codec::Pcma | Codec::G722 => {}
        }
        // VP8 has no spatial layers, and says in its own descriptor what there is to know.
        if packet.codec != Codec::Vp8
            && let Some(dependencies) = self.dependencies(packet)
        {
            self.apply(packet, dependencies, &mut description);
        }
        description.key_frame = self.key_timestamp == Some(packet.timestamp);
        description
    }

    /// Whether the packet is the first seen of its timestamp, and not a late one.
    fn follow(&mut self, packet: &MediaPacket) -> bool {
        let begins = match self.newest {
            None => true,
            Some((sequence, timestamp)) => packet.sequence > sequence && packet.timestamp != timestamp,
        };
        if self.newest.is_none_or(|(sequence, _)| packet.sequence > sequence || sequence - packet.sequence > 1000) {
            self.newest = Some((packet.sequence, packet.timestamp));
        }
        begins
    }

    fn vp8(&mut self, packet: &MediaPacket, description: &mut Description) {
        let Some(vp8) = parse_vp8(&packet.payload) else { return };
        if vp8.key_frame {
            self.key_timestamp = Some(packet.timestamp);
        }
        description.start_of_frame = vp8.start_of_frame;
        description.temporal = vp8.temporal;
        description.discardable = vp8.discardable;
        description.switch_up_from = vp8.layer_sync.then_some(0);
        description.vp8 = Some(vp8.ids);
        self.spatial_layers = 1;
    }

    fn vp9(&mut self, packet: &MediaPacket, description: &mut Description) {
        let Some(vp9) = parse_vp9(&packet.payload) else { return };
        if vp9.start_of_frame && !vp9.inter_picture && vp9.spatial == 0 {
            self.key_timestamp = Some(packet.timestamp);
        }
        let most = MOST_SPATIAL as u8;
        let layers = vp9.spatial_layers.unwrap_or(self.spatial_layers).max(vp9.spatial + 1);
        self.spatial_layers = layers.min(most);
        description.start_of_frame = vp9.start_of_frame;
        description.end_of_frame = vp9.end_of_frame;
        description.spatial = vp9.spatial.min(most - 1);
        description.temporal = vp9.temporal;
        description.needs_below = vp9.inter_layer;
        description.needed_above = !vp9.not_for_upper;
        // RFC 9628 promises something about the frames after this one; what senders mean is that
        // this frame refers to lower temporal layers only. Going up one layer at a time is right
        // by both readings.
        description.switch_up_from = vp9.switching_up.then_some(vp9.temporal.saturating_sub(1));
    }

    /// Formats whose payload tells key frames and nothing about layers.
    fn unlayered(&mut self, packet: &MediaPacket, key: bool, description: &mut Description) {
        if key && self.key_timestamp != Some(packet.timestamp) {
            // What precedes the parameter sets in the same picture is not needed to begin with it.
            self.key_timestamp = Some(packet.timestamp);
            description.start_of_frame = true;
        }
        self.spatial_layers = self.spatial_layers.max(1);
    }

    fn dependencies(&self, packet: &MediaPacket) -> Option<FrameDependencies> {
        let bytes = packet.extensions.dependency_descriptor.as_deref()?;
        let known = match &self.previous {
            Some((since, previous)) if packet.sequence < *since => Some(previous),
            _ => self.structure.as_ref(),
        };
        parse_dependency_descriptor(bytes, known)
    }

    fn apply(&mut self, packet: &MediaPacket, dependencies: FrameDependencies, description: &mut Description) {
        let late = self.newest.is_some_and(|(sequence, _)| packet.sequence < sequence);
        if dependencies.attached && !late {
            self.adopt(packet.sequence, &dependencies.structure);
        }
        if let Some(active) = dependencies.active
            && !late
        {
            self.active_targets = active;
        }
        if dependencies.attached && dependencies.start_of_frame && dependencies.frame_diffs.is_empty() {
            self.key_timestamp = Some(packet.timestamp);
        }
        self.spatial_layers = dependencies.structure.spatial_layers();
        description.start_of_frame = dependencies.start_of_frame;
        description.end_of_frame = dependencies.end_of_frame;
        description.spatial = dependencies.layer.spatial;
        description.temporal = dependencies.layer.temporal.min(MOST_TEMPORAL as u8 - 1);
        description.needed_above = dependencies.needed_above();
        description.active_targets = self.active_targets;
        description.decode_targets = Some(dependencies);
    }

    fn adopt(&mut self, sequence: u64, structure: &Arc<Structure>) {
        match &self.structure {
            // Senders repeat the same structure with every key frame.
            Some(known) if **known == **structure => {}
            _ => {
                let before = self.structure.replace(Arc::clone(structure));
                self.previous = before.map(|before| (sequence, before));
            }
        }
    }
}

#[cfg(test)]
mod tests;
