//! `template_dependency_structure`: the kinds of frames that a stream has, and its decode targets.

use moim_types::Layer;

use super::super::bits::Bits;
use super::{FrameDiffs, Indications};

/// The most spatial layers that are accepted.
const MOST_SPATIAL: u8 = 4;
/// The most temporal layers that are accepted.
const MOST_TEMPORAL: u8 = 8;
/// Template ids have six bits.
const MOST_TEMPLATES: usize = 64;

/// A structure: templates of frames, and what each decode target shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Structure {
    template_id_offset: u8,
    templates: Vec<Template>,
    targets: Vec<Layer>,
    spatial_layers: u8,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    pub(super) layer: Layer,
    pub(super) indications: Indications,
    pub(super) frame_diffs: FrameDiffs,
}

impl Structure {
    /// The decode targets and the largest layers in each.
    pub fn targets(&self) -> impl Iterator<Item = (u8, Layer)> {
        (0..).zip(self.targets.iter().copied())
    }

    /// The best decode target of those in `active` that shows no more than `wanted`; where there is
    /// none, the smallest active one. Size comes before frame rate.
    #[must_use]
    pub fn best_target(&self, wanted: Layer, active: u32) -> Option<u8> {
        let order = |(_, layer): &(u8, Layer)| (layer.spatial, layer.temporal);
        let live = || self.targets().filter(|(target, _)| active >> target & 1 == 1);
        live()
            .filter(|(_, layer)| layer.spatial <= wanted.spatial && layer.temporal <= wanted.temporal)
            .max_by_key(order)
            .or_else(|| live().min_by_key(order))
            .map(|(target, _)| target)
    }

    /// What a decode target shows.
    #[must_use]
    pub fn layer(&self, target: u8) -> Option<Layer> {
        self.targets.get(usize::from(target)).copied()
    }

    /// How many spatial layers there are.
    #[must_use]
    pub fn spatial_layers(&self) -> u8 {
        self.spatial_layers
    }

    /// The mask in which every decode target is active.
    #[must_use]
    pub fn every_target(&self) -> u32 {
        u32::MAX.checked_shr(32 - self.target_count()).unwrap_or(0)
    }

    pub(super) fn target_count(&self) -> u32 {
        // At most 32, by five bits in the syntax.
        u32::try_from(self.targets.len()).unwrap_or(32)
    }

    pub(super) fn template(&self, id: u8) -> Option<&Template> {
        self.templates.get(usize::from(id.wrapping_sub(self.template_id_offset) & 0x3f))
    }

    pub(super) fn read(bits: &mut Bits<'_>) -> Option<Self> {
        let template_id_offset = bits.small(6)?;
        let targets = bits.number(5)? + 1;
        let layers = template_layers(bits)?;
        let indications: Vec<_> = layers.iter().map(|_| Indications::read(bits, targets)).collect::<Option<_>>()?;
        let diffs: Vec<_> = layers.iter().map(|_| template_frame_diffs(bits)).collect::<Option<_>>()?;
        skip_chains(bits, targets, layers.len())?;
        let templates: Vec<_> = layers
            .into_iter()
            .zip(indications)
            .zip(diffs)
            .map(|((layer, indications), frame_diffs)| Template { layer, indications, frame_diffs })
            .collect();
        let spatial_layers = templates.iter().map(|template| template.layer.spatial).max()? + 1;
        if bits.flag()? {
            for _ in 0..spatial_layers {
                bits.number(32)?;
            }
        }
        let targets = (0..targets).map(|target| decode_target_layer(&templates, target as u8)).collect();
        Some(Self { template_id_offset, templates, targets, spatial_layers })
    }
}

/// `template_layers`: each template is followed by the step to the next.
fn template_layers(bits: &mut Bits<'_>) -> Option<Vec<Layer>> {
    let mut layer = Layer::default();
    let mut layers = vec![layer];
    loop {
        match bits.number(2)? {
            0 => {}
            1 => layer.temporal += 1,
            2 => layer = Layer { spatial: layer.spatial + 1, temporal: 0 },
            _ => return Some(layers),
        }
        if layer.spatial >= MOST_SPATIAL || layer.temporal >= MOST_TEMPORAL || layers.len() >= MOST_TEMPLATES {
            return None;
        }
        layers.push(layer);
    }
}

fn template_frame_diffs(bits: &mut Bits<'_>) -> Option<FrameDiffs> {
    let mut diffs = FrameDiffs::new();
    while bits.flag()? {
        diffs.push(u16::from(bits.small(4)?) + 1);
    }
    Some(diffs)
}

fn skip_chains(bits: &mut Bits<'_>, targets: u32, templates: usize) -> Option<()> {
    let chains = bits.below(targets + 1)?;
    if chains == 0 {
        return Some(());
    }
    for _ in 0..targets {
        bits.below(chains)?;
    }
    for _ in 0..templates {
        for _ in 0..chains {
            bits.number(4)?;
        }
    }
    Some(())
}

/// `decode_target_layers`: the largest layers among the frames that belong to the target.
fn decode_target_layer(templates: &[Template], target: u8) -> Layer {
    let included = || {
        templates
            .iter()
            .filter(|template| template.indications.of(target) != super::Indication::NotPresent)
            .map(|template| template.layer)
    };
    Layer {
        spatial: included().map(|layer| layer.spatial).max().unwrap_or(0),
        temporal: included().map(|layer| layer.temporal).max().unwrap_or(0),
    }
}
