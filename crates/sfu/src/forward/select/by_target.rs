//! The choice by the decode targets of the dependency descriptor.

use std::sync::Arc;

use moim_types::Layer;

use super::Choice;
use crate::forward::codec::{FrameDependencies, Indication, Structure};
use crate::forward::window::Window;
use crate::forward::{Description, DropReason};

/// After so many pictures without a switching point a key frame is asked for. Structures repeat
/// within four pictures, or never have such a point. A larger size never has one.
const PATIENCE: u32 = 8;

#[derive(Debug, Default)]
pub(super) struct ByTarget {
    structure: Option<Arc<Structure>>,
    target: Option<u8>,
    wanted: Option<u8>,
    /// Pictures since `wanted` differs from `target`.
    waiting: u32,
    /// Unwrapped numbers of the frames that were sent.
    sent: Window,
    newest_frame: u64,
    picture: Option<u64>,
}

impl ByTarget {
    pub(super) fn choose(
        &mut self,
        timestamp: u64,
        dependencies: &FrameDependencies,
        description: &Description,
        limit: Layer,
        newest: bool,
    ) -> Choice {
        if newest && dependencies.start_of_frame {
            self.begin_frame(timestamp, dependencies, description, limit);
        }
        let Some(target) = self.target else { return Choice::Leave(DropReason::WaitingForKeyFrame) };
        if dependencies.indication(target) == Indication::NotPresent {
            let temporal = dependencies.layer.temporal > self.current().temporal;
            return Choice::Leave(if temporal { DropReason::TemporalLayer } else { DropReason::SpatialLayer });
        }
        let frame = self.unwrap(dependencies.frame_number);
        self.sent.insert(frame);
        let largest = dependencies.layer.spatial == self.current().spatial;
        Choice::Keep { ends_picture: largest && dependencies.end_of_frame }
    }

    fn begin_frame(
        &mut self,
        timestamp: u64,
        dependencies: &FrameDependencies,
        description: &Description,
        limit: Layer,
    ) {
        let new_picture = self.picture != Some(timestamp);
        self.picture = Some(timestamp);
        if !self.same_structure(&dependencies.structure) {
            // Targets of another structure have other meanings: nothing is known until its key frame.
            *self =
                Self { structure: Some(Arc::clone(&dependencies.structure)), picture: self.picture, ..Self::default() };
        }
        let frame = self.unwrap(dependencies.frame_number);
        self.newest_frame = self.newest_frame.max(frame);
        self.wanted = dependencies.structure.best_target(limit, description.active_targets);
        if self.wanted == self.target {
            self.waiting = 0;
            return;
        }
        self.waiting += u32::from(new_picture);
        if let Some(wanted) = self.wanted
            && self.may_switch(wanted, frame, new_picture, dependencies)
        {
            self.target = Some(wanted);
            self.waiting = 0;
        }
    }

    /// Appendix A: a frame with a switch indication begins a target for who can decode the frame.
    fn may_switch(&self, wanted: u8, frame: u64, new_picture: bool, dependencies: &FrameDependencies) -> bool {
        // In the middle of a picture the marker has been set on what is now not its end.
        let larger = self.layer(wanted).spatial > self.current().spatial;
        (new_picture || !larger && self.target.is_some())
            && dependencies.indication(wanted) == Indication::Switch
            && dependencies
                .frame_diffs
                .iter()
                .all(|diff| frame.checked_sub(u64::from(*diff)).is_some_and(|needed| self.sent.contains(needed)))
    }

    fn same_structure(&self, structure: &Arc<Structure>) -> bool {
        self.structure.as_ref().is_some_and(|known| Arc::ptr_eq(known, structure) || known == structure)
    }

    /// Frame numbers have 16 bits. The first one lies far enough from zero that earlier ones fit.
    fn unwrap(&self, number: u16) -> u64 {
        if self.newest_frame == 0 {
            return 1 << 32 | u64::from(number);
        }
        let forward = number.wrapping_sub(self.newest_frame as u16);
        if forward < 1 << 15 {
            self.newest_frame + u64::from(forward)
        } else {
            self.newest_frame - u64::from(forward.wrapping_neg())
        }
    }

    fn layer(&self, target: u8) -> Layer {
        self.structure.as_ref().and_then(|structure| structure.layer(target)).unwrap_or_default()
    }

    pub(super) fn wants_key_frame(&self) -> bool {
        let (Some(target), Some(wanted)) = (self.target, self.wanted) else { return true };
        let (now, then) = (self.layer(target).spatial, self.layer(wanted).spatial);
        then > now || self.waiting > PATIENCE
    }

    pub(super) fn current(&self) -> Layer {
        self.target.map(|target| self.layer(target)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
