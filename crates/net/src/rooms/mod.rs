//! The rooms' task: it owns the room machine, ties it to the media shards, and is what doors talk to.
//!
//! Everything that a session hears, from the room and from its legs, passes through this one task
//! and one bounded queue, so a door sees events in the order in which they happened: a track is
//! announced before the offer that carries it.

mod handle;
mod legs;
mod orders;
mod quality;
mod sessions;
mod stats;
mod task;

use std::io;

use moim_room::Config;
use moim_sfu::Event;
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinHandle;

pub use handle::{Gone, LegOptions, RoomsHandle, SessionEvent, SessionEvents};
pub use stats::RoomsStats;

use crate::media::MediaHandle;
use task::Task;

/// Requests of doors that may wait; doors wait beyond that.
const ASKS: usize = 4096;
/// Entries of the journal that a reader may be behind.
const JOURNAL: usize = 4096;

/// How to run the rooms.
#[derive(Debug, Clone)]
pub struct RoomsOptions {
    /// What the machine is told.
    pub core: Config,
    /// Up to so many legs of one room live on one shard; more are spread, and their media crosses
    /// from shard to shard.
    pub legs_before_spreading: usize,
}

impl Default for RoomsOptions {
    fn default() -> Self {
        Self { core: Config::default(), legs_before_spreading: 64 }
    }
}

/// Starts the task, inside an async runtime. It ends a moment after `Command::Shutdown`, or when no
/// handle is left. `events` are what the media shards report.
///
/// # Errors
/// When the system has no random numbers to give.
pub fn start(
    options: RoomsOptions,
    media: MediaHandle,
    events: mpsc::Receiver<Event>,
) -> io::Result<(RoomsHandle, JoinHandle<()>)> {
    let (sender, asks) = mpsc::channel(ASKS);
    let (journal, _) = broadcast::channel(JOURNAL);
    let task = Task::new(options, media, journal.clone())?;
    let handle = RoomsHandle::new(sender, journal, task.published());
    Ok((handle, tokio::spawn(task.run(asks, events))))
}

#[cfg(test)]
mod tests;
