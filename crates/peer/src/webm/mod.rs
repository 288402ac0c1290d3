//! WebM files and rooms: frames go from one to the other as they are, never decoded.

mod payload;
mod player;
mod recorder;
mod writer;

pub use player::{Player, PlayerError, TrackInFile};
pub use recorder::Recorder;
