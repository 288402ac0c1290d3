//! The dependency descriptor (RTP Payload Format For AV1, appendix A): which frame a packet belongs
//! to, what that frame needs, and which combinations of layers need it.
//!
//! Its structure comes with a key frame and is remembered by the caller. Names follow the appendix.

mod structure;
#[cfg(test)]
pub(in crate::forward) mod writer;

use std::sync::Arc;

use moim_types::Layer;
use smallvec::SmallVec;

use super::bits::Bits;
pub use structure::Structure;

/// What a frame is for one decode target (`DecodeTargetIndication`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indication {
    /// The target does without it.
    NotPresent,
    /// Part of the target; nothing else in it needs this frame.
    Discardable,
    /// Part of the target; who can decode it can decode the target from here on.
    Switch,
    /// Part of the target.
    Required,
}

/// One indication for each decode target, two bits each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Indications(u64);

impl Indications {
    fn read(bits: &mut Bits<'_>, targets: u32) -> Option<Self> {
        let mut packed = 0;
        for target in 0..targets {
            packed |= u64::from(bits.number(2)?) << (target * 2);
        }
        Some(Self(packed))
    }

    fn of(self, target: u8) -> Indication {
        match self.0.checked_shr(u32::from(target) * 2).unwrap_or(0) & 3 {
            0 => Indication::NotPresent,
            1 => Indication::Discardable,
            2 => Indication::Switch,
            _ => Indication::Required,
        }
    }
}

/// How many frames back each frame lies that this one refers to.
pub(super) type FrameDiffs = SmallVec<[u16; 4]>;

/// A dependency descriptor, complete with what its structure says.
#[derive(Debug, Clone)]
pub struct FrameDependencies {
    /// The structure in force.
    pub structure: Arc<Structure>,
    /// Whether the structure came with this packet: a key frame.
    pub attached: bool,
    /// `start_of_frame`.
    pub start_of_frame: bool,
    /// `end_of_frame`.
    pub end_of_frame: bool,
    /// `frame_number`.
    pub frame_number: u16,
    /// Spatial and temporal layer of the frame.
    pub layer: Layer,
    /// How many frames back each frame lies that this one needs.
    pub frame_diffs: SmallVec<[u16; 4]>,
    /// Which decode targets the sender produces at all, where this packet says so: bit 0 is target 0.
    pub active: Option<u32>,
    indications: Indications,
}

impl FrameDependencies {
    /// What the frame is for a decode target.
    #[must_use]
    pub fn indication(&self, target: u8) -> Indication {
        self.indications.of(target)
    }

    /// Whether any decode target of a larger picture includes this frame.
    #[must_use]
    pub fn needed_above(&self) -> bool {
        self.structure.targets().any(|(target, layer)| {
            layer.spatial > self.layer.spatial && self.indication(target) != Indication::NotPresent
        })
    }
}

/// Reads a descriptor. `known` is the structure that came last. `None` where the bytes break the
/// syntax, refer to a template that is not there, or come before any structure.
pub(in crate::forward) fn parse(bytes: &[u8], known: Option<&Arc<Structure>>) -> Option<FrameDependencies> {
    let mut bits = Bits::new(bytes);
    let (start_of_frame, end_of_frame) = (bits.flag()?, bits.flag()?);
    let template_id = bits.small(6)?;
    let frame_number = bits.number(16).and_then(|number| u16::try_from(number).ok())?;
    let extended = if bytes.len() > 3 { Extended::read(&mut bits)? } else { Extended::default() };
    let attached = extended.structure.is_some();
    let structure = match extended.structure {
        Some(structure) => Arc::new(structure),
        None => Arc::clone(known?),
    };
    // The flag for the mask comes before the structure that says how wide the mask is.
    let active = match (extended.active_follows, attached) {
        (true, _) => Some(bits.number(structure.target_count())?),
        (false, true) => Some(structure.every_target()),
        (false, false) => None,
    };
    let template = structure.template(template_id)?;
    let layer = template.layer;
    let indications = if extended.custom_dtis {
        Indications::read(&mut bits, structure.target_count())?
    } else {
        template.indications
    };
    let frame_diffs =
        if extended.custom_fdiffs { custom_frame_diffs(&mut bits)? } else { template.frame_diffs.clone() };
    // Custom chains would follow. Nothing here looks at chains: what a switch needs is known from
    // the frames that were forwarded.
    Some(FrameDependencies {
        attached,
        start_of_frame,
        end_of_frame,
        frame_number,
        layer,
        frame_diffs,
        active,
        indications,
        structure,
    })
}

/// `extended_descriptor_fields`, up to the mask of active targets.
#[derive(Debug, Default)]
struct Extended {
    active_follows: bool,
    custom_dtis: bool,
    custom_fdiffs: bool,
    structure: Option<Structure>,
}

impl Extended {
    fn read(bits: &mut Bits<'_>) -> Option<Self> {
        let structure_follows = bits.flag()?;
        let (active_follows, custom_dtis, custom_fdiffs) = (bits.flag()?, bits.flag()?, bits.flag()?);
        let _custom_chains = bits.flag()?;
        let structure = if structure_follows { Some(Structure::read(bits)?) } else { None };
        Some(Self { active_follows, custom_dtis, custom_fdiffs, structure })
    }
}

/// `frame_fdiffs`: each behind its size in half bytes.
fn custom_frame_diffs(bits: &mut Bits<'_>) -> Option<FrameDiffs> {
    let mut diffs = FrameDiffs::new();
    loop {
        let size = bits.number(2)?;
        if size == 0 {
            return Some(diffs);
        }
        diffs.push(u16::try_from(bits.number(size * 4)? + 1).ok()?);
    }
}

#[cfg(test)]
mod tests;
