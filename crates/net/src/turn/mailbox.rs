//! The way into a shard from any other thread.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::shard::Command;

/// A bounded queue, and the wake-up that makes the shard look into it.
#[derive(Debug, Clone)]
pub(super) struct Mailbox {
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) waker: Arc<mio::Waker>,
}

impl Mailbox {
    /// Waits for room; a stream's sender is slowed down, not cut. Once the shard has ended, nothing happens.
    pub(super) async fn send(&self, command: Command) {
        if self.commands.send(command).await.is_ok() {
            self.wake();
        }
    }

    /// Without waiting; false where the queue is full or the shard has ended.
    pub(super) fn try_send(&self, command: Command) -> bool {
        let sent = self.commands.try_send(command).is_ok();
        self.wake();
        sent
    }

    fn wake(&self) {
        if let Err(error) = self.waker.wake() {
            tracing::error!(%error, "a TURN shard could not be woken");
        }
    }
}
