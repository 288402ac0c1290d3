//! What the payload formats tell about a packet, and nothing of what is inside the pictures.

mod av1;
mod bits;
mod descriptor;
mod h264;
mod h265;
mod vp8;
mod vp9;

pub use descriptor::{FrameDependencies, Indication, Structure};
pub use vp8::Vp8Ids;

pub(super) use av1::begins_sequence as av1_begins_sequence;
pub(super) use descriptor::parse as parse_dependency_descriptor;
#[cfg(test)]
pub(super) use descriptor::writer;
pub(super) use h264::begins_key_frame as h264_begins_key_frame;
pub(super) use h265::begins_key_frame as h265_begins_key_frame;
pub(super) use vp8::parse as parse_vp8;
pub(super) use vp9::parse as parse_vp9;
