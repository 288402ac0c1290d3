//! Which packets of one encoding a viewer gets: temporal layers, and spatial ones inside it.

mod by_index;
mod by_target;

use moim_types::Layer;

use super::{Description, DropReason};
use by_index::ByIndex;
use by_target::ByTarget;

/// What becomes of a packet of the encoding that is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// It is sent; with it the picture may end for this viewer.
    Keep {
        /// It is the last packet of the largest layer.
        ends_picture: bool,
    },
    /// It is not.
    Leave(DropReason),
}

/// The choice for one viewer, by decode targets where packets carry them, else by layer numbers.
#[derive(Debug, Default)]
pub(super) struct Selector {
    by_index: ByIndex,
    by_target: Option<ByTarget>,
}

impl Selector {
    /// Begins at a key frame.
    pub(super) fn begin(&mut self) {
        *self = Self::default();
    }

    /// What to do with a packet. `newest` says that it comes after all others of its encoding; late
    /// ones change nothing.
    pub(super) fn choose(&mut self, timestamp: u64, description: &Description, limit: Layer, newest: bool) -> Choice {
        match &description.decode_targets {
            Some(dependencies) => {
                let by_target = self.by_target.get_or_insert_default();
                by_target.choose(timestamp, dependencies, description, limit, newest)
            }
            // One descriptor that cannot be read does not end the choice by targets.
            None if self.by_target.is_some() && !(newest && description.key_frame) => {
                Choice::Keep { ends_picture: false }
            }
            None => {
                self.by_target = None;
                self.by_index.choose(timestamp, description, limit, newest)
            }
        }
    }

    /// Whether the viewer should have other spatial layers, and only a key frame brings them.
    pub(super) fn wants_key_frame(&self, limit: Layer) -> bool {
        match &self.by_target {
            Some(by_target) => by_target.wants_key_frame(),
            None => self.by_index.wants_key_frame(limit),
        }
    }

    /// What is sent now.
    pub(super) fn current(&self) -> Layer {
        self.by_target.as_ref().map_or_else(|| self.by_index.current(), ByTarget::current)
    }
}
