//! The words every crate of Moim shares: no logic, no I/O, no protocol.

mod id;
mod media;
mod now;
mod redacted;
mod view;

pub use id::{DataTrackId, Id, LegId, NotAnId, ParticipantId, RoomId, SessionId, TrackId};
pub use media::{Bitrate, Codec, Layer, MediaKind, Quality, Source};
pub use now::Now;
pub use redacted::Redacted;
pub use view::{PauseReason, Resolution, View, Wanted};
