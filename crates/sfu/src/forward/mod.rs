//! What is forwarded of a publication to one viewer, and under which numbers: pure logic over
//! [`MediaPacket`](crate::MediaPacket)s, without connections.
//!
//! Of each publication: a [`Describer`] reads what a packet is, a [`Meter`] measures the layers,
//! [`KeyFrames`] asks its sender for key frames no more often than is decent. Of each subscription:
//! a [`Forwarder`] chooses packets and renumbers them. Of each viewer: an [`Allocator`] shares the
//! connection's bandwidth among his subscriptions. Of all: [`Speakers`] knows who is heard.

mod allocate;
mod codec;
mod description;
mod forwarder;
mod key_frames;
mod liveness;
mod meter;
mod picture_ids;
mod red;
mod renumber;
mod rewrite;
mod select;
mod speakers;
#[cfg(test)]
mod testing;
mod timeline;
mod wanted;
mod window;

pub use allocate::{Allocation, Allocator, TrackNeed};
pub use codec::{FrameDependencies, Indication, Structure, Vp8Ids};
#[cfg(test)]
pub(crate) use description::DEFECT;
pub use description::{Describer, Description};
pub use forwarder::Forwarder;
pub use key_frames::KeyFrames;
pub use meter::{LayerRate, Meter, Rates};
pub use red::{RedEncoder, primary as red_primary};
pub use rewrite::{DropReason, Rewritten, Verdict, Vp8Rewrite};
pub use speakers::Speakers;
pub use wanted::wanted_layer;

/// The most simulcast encodings or spatial layers of one publication.
pub const MOST_SPATIAL: usize = 4;
/// The most temporal layers of one encoding.
pub const MOST_TEMPORAL: usize = 8;

/// Which of [`MOST_SPATIAL`] slots a layer or encoding has. Numbers beyond share the last one.
fn slot(spatial: u8) -> usize {
    usize::from(spatial).min(MOST_SPATIAL - 1)
}
