//! Where in its life the server is, for those who ask whether to send it work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Where in its life the server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Takes new work.
    Ready,
    /// Finishes what it has.
    Draining,
}

/// The phase, shared by those who ask for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct PhaseCell(Arc<AtomicBool>);

impl PhaseCell {
    pub(crate) fn get(&self) -> Phase {
        if self.0.load(Ordering::Relaxed) { Phase::Draining } else { Phase::Ready }
    }

    pub(crate) fn start_draining(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
