//! What a viewer wants of a track, and why he may not have it.

use crate::Quality;

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Resolution {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

/// How large a viewer shows a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wanted {
    /// At most this step.
    Quality(Quality),
    /// The smallest step that fills this many pixels.
    Size(Resolution),
}

/// What one viewer wants of one track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct View {
    /// How large.
    pub wanted: Wanted,
    /// At most this many frames per second; `None` is as many as there are.
    pub most_fps: Option<u32>,
    /// Whether the viewer shows it at all. A track that is not shown costs nothing.
    pub shown: bool,
    /// Among tracks of one viewer the larger number gets bandwidth first.
    pub priority: u32,
}

impl Default for View {
    fn default() -> Self {
        Self { wanted: Wanted::Quality(Quality::High), most_fps: None, shown: true, priority: 0 }
    }
}

/// Why a viewer gets nothing of a track that he shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PauseReason {
    /// The viewer's connection has no room for the smallest layer.
    NoBandwidth,
}
