//! The way into a shard from any other thread.

use std::sync::Arc;

use tokio::sync::mpsc;

/// A bounded queue, and the wake-up that makes the shard look into it.
#[derive(Debug)]
pub(crate) struct Mailbox<C> {
    pub(crate) commands: mpsc::Sender<C>,
    pub(crate) waker: Arc<mio::Waker>,
}

impl<C> Clone for Mailbox<C> {
    fn clone(&self) -> Self {
        Self { commands: self.commands.clone(), waker: Arc::clone(&self.waker) }
    }
}

impl<C> Mailbox<C> {
    /// Waits for room; a stream's sender is slowed down, not cut. Once the shard has ended, nothing happens.
    pub(crate) async fn send(&self, command: C) {
        if self.commands.send(command).await.is_ok() {
            self.wake();
        }
    }

    /// Without waiting; false where the queue is full or the shard has ended.
    pub(crate) fn try_send(&self, command: C) -> bool {
        let sent = self.commands.try_send(command).is_ok();
        self.wake();
        sent
    }

    /// Makes the shard look around.
    pub(crate) fn wake(&self) {
        if let Err(error) = self.waker.wake() {
            tracing::error!(%error, "a shard could not be woken");
        }
    }
}
