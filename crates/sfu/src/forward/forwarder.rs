//! Which packets of a publication one viewer gets, and under which numbers.

use std::time::Instant;

use moim_types::{Layer, MediaKind};

use super::liveness::{Liveness, Order};
use super::rewrite::Rewriter;
use super::select::{Choice, Selector};
use super::{Description, DropReason, Verdict};
use crate::MediaPacket;

/// The forwarding of one subscription.
///
/// Another encoding is begun at one of its key frames; until that comes the one before goes on.
/// Give it every packet of the publication, in the order of arrival, whether it wants it or not.
#[derive(Debug)]
pub struct Forwarder {
    kind: MediaKind,
    target: Option<Layer>,
    live: Liveness,
    /// How many spatial layers one encoding has; 1 where each encoding is a layer.
    spatial_layers: u8,
    followed: Option<u8>,
    selector: Selector,
    rewriter: Rewriter,
}

impl Forwarder {
    /// Forwards nothing until it has a target. `first_sequence` should be random.
    #[must_use]
    pub fn new(kind: MediaKind, first_sequence: u16) -> Self {
        Self {
            kind,
            target: None,
            live: Liveness::default(),
            spatial_layers: 1,
            followed: None,
            selector: Selector::default(),
            rewriter: Rewriter::new(first_sequence),
        }
    }

    /// The most that the viewer should get. `spatial` is an encoding, or a spatial layer where there
    /// is only one encoding. Where the sender does not send that, the next best is forwarded.
    /// `None` forwards nothing; after that a key frame is needed.
    pub fn set_target(&mut self, target: Option<Layer>) {
        self.target = target;
        if target.is_none() {
            self.followed = None;
        }
    }

    /// What was last set.
    #[must_use]
    pub fn target(&self) -> Option<Layer> {
        self.target
    }

    /// What is being forwarded; `None` before it begins and while nothing is wanted.
    #[must_use]
    pub fn current(&self) -> Option<Layer> {
        let encoding = self.followed?;
        let inside = self.selector.current();
        Some(if self.layered() { inside } else { Layer { spatial: encoding, ..inside } })
    }

    /// The encoding of which a key frame is needed to give the viewer what he should get.
    #[must_use]
    pub fn key_frame_wanted(&self) -> Option<u8> {
        let target = self.target?;
        if self.kind == MediaKind::Audio {
            return None;
        }
        let (encoding, limit) = self.aim(target);
        let missing = self.followed != Some(encoding) || self.selector.wants_key_frame(limit);
        missing.then_some(encoding)
    }

    /// What becomes of a packet.
    pub fn forward(&mut self, now: Instant, packet: &MediaPacket, description: &Description) -> Verdict {
        self.spatial_layers = description.spatial_layers;
        let step = if self.layered() { description.spatial } else { packet.encoding };
        self.live.saw(now, step, description.start_of_frame);
        let order = self.live.order(packet.encoding, packet.sequence);
        let Some(target) = self.target else { return Verdict::Drop(DropReason::Paused) };
        let (encoding, limit) = self.aim(target);
        let newest = order != Order::Late;
        if order == Order::Restarted && self.followed == Some(packet.encoding) {
            self.followed = None;
        }
        // A key picture begins with its smallest layer.
        if newest && description.key_frame && description.start_of_frame && description.spatial == 0 {
            self.consider(encoding, packet, description);
        }
        match self.followed {
            Some(followed) if followed == packet.encoding => self.choose(packet, description, limit, newest),
            Some(_) => Verdict::Drop(DropReason::OtherEncoding),
            None => Verdict::Drop(DropReason::WaitingForKeyFrame),
        }
    }

    /// The encoding to forward, and the most of what is inside it.
    fn aim(&self, target: Layer) -> (u8, Layer) {
        if self.layered() {
            (0, Layer { spatial: self.live.best(target.spatial, self.spatial_layers), ..target })
        } else {
            (self.live.best(target.spatial, 0), Layer { spatial: u8::MAX, ..target })
        }
    }

    /// Layers are inside one encoding.
    fn layered(&self) -> bool {
        self.spatial_layers > 1
    }

    /// Begins with a key frame where it is of the wanted encoding. Who sees nothing yet begins with a
    /// smaller one too.
    fn consider(&mut self, encoding: u8, packet: &MediaPacket, description: &Description) {
        let begins = match self.followed {
            Some(followed) => followed != packet.encoding && packet.encoding == encoding,
            None => packet.encoding <= encoding,
        };
        if begins {
            self.followed = Some(packet.encoding);
            self.selector.begin();
            self.rewriter.begin(packet, description);
        }
    }

    fn choose(&mut self, packet: &MediaPacket, description: &Description, limit: Layer, newest: bool) -> Verdict {
        let choice = match self.kind {
            MediaKind::Audio => Choice::Keep { ends_picture: false },
            MediaKind::Video => self.selector.choose(packet.timestamp, description, limit, newest),
        };
        let (ends_picture, reason) = match choice {
            Choice::Keep { ends_picture } => (ends_picture, None),
            Choice::Leave(reason) => (false, Some(reason)),
        };
        if let Some(reason) = reason
            && self.rewriter.skip(packet, description).is_ok()
        {
            return Verdict::Drop(reason);
        }
        match self.rewriter.pass(packet, description, ends_picture) {
            Ok(rewritten) => Verdict::Send(rewritten),
            Err(reason) => Verdict::Drop(reason),
        }
    }
}

#[cfg(test)]
mod tests;
