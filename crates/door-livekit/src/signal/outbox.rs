//! What waits to be written to one client: a bounded queue, by messages and by bytes, and the task that empties it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket};
use futures_util::SinkExt as _;
use futures_util::stream::SplitSink;
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;

use super::frame::length;
use crate::config::Bounds;

/// The end that is filled. Dropping it ends the task after what is queued.
#[derive(Debug)]
pub(crate) struct Outbox {
    frames: mpsc::Sender<Frame>,
    level: Arc<Level>,
    /// From here on nothing is made that would have to wait as well.
    enough_bytes: usize,
    most_bytes: usize,
}

/// How full it is; both ends look at it.
#[derive(Debug, Default)]
struct Level {
    bytes: AtomicUsize,
    /// The client took no frame for too long.
    is_stuck: AtomicBool,
    /// Something was written, or nothing will be any more.
    sank: Notify,
}

/// A message was not queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotQueued {
    /// The client does not read.
    Full,
    /// The connection is gone.
    Closed,
}

impl Outbox {
    /// A queue, and what is to be run to empty it.
    pub(crate) fn new(sink: SplitSink<WebSocket, Frame>, bounds: &Bounds) -> (Self, impl Future<Output = ()> + use<>) {
        let (frames, waiting) = mpsc::channel(bounds.queue_messages.max(1));
        let level = Arc::new(Level::default());
        let (enough_bytes, most_bytes) = (bounds.queue_bytes, bounds.queue_bytes.saturating_mul(MOST_OVER_ENOUGH));
        let outbox = Self { frames, level: level.clone(), enough_bytes, most_bytes };
        (outbox, async move {
            empty(sink, waiting, &level).await;
            level.sank.notify_one();
        })
    }

    /// Queues a frame. One always fits, however long.
    pub(crate) fn send(&self, frame: Frame) -> Result<(), NotQueued> {
        let bytes = length(&frame);
        let queued = self.level.bytes.load(Ordering::Relaxed);
        if queued > 0 && queued.saturating_add(bytes) > self.most_bytes {
            return Err(NotQueued::Full);
        }
        self.level.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.frames.try_send(frame).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => NotQueued::Full,
            mpsc::error::TrySendError::Closed(_) => self.why_closed(),
        })
    }

    /// Whether the client has read most of what it was told.
    pub(crate) fn has_room(&self) -> bool {
        self.level.bytes.load(Ordering::Relaxed) < self.enough_bytes
            && self.frames.capacity() > self.frames.max_capacity() / 2
    }

    /// Waits until it has; an error when it never will.
    pub(crate) async fn room(&self) -> Result<(), NotQueued> {
        while !self.has_room() {
            if self.frames.is_closed() {
                return Err(self.why_closed());
            }
            self.level.sank.notified().await;
        }
        Ok(())
    }

    /// Says goodbye, after what is queued.
    pub(crate) fn close(self, code: u16, reason: &'static str) {
        // A connection that is gone needs no goodbye.
        let _ = self.send(Frame::Close(Some(CloseFrame { code, reason: reason.into() })));
    }

    fn why_closed(&self) -> NotQueued {
        if self.level.is_stuck.load(Ordering::Relaxed) { NotQueued::Full } else { NotQueued::Closed }
    }
}

async fn empty(mut sink: SplitSink<WebSocket, Frame>, mut frames: mpsc::Receiver<Frame>, level: &Level) {
    while let Some(frame) = frames.recv().await {
        let bytes = length(&frame);
        match timeout(WRITE_TIMEOUT, sink.send(frame)).await {
            Ok(Ok(())) => {
                level.bytes.fetch_sub(bytes, Ordering::Relaxed);
                level.sank.notify_one();
            }
            Ok(Err(_)) => return,
            Err(_) => return level.is_stuck.store(true, Ordering::Relaxed),
        }
    }
}

/// Who takes longer to take a frame reads nothing.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// One thing that happens may have to be told in several messages: everybody in a large room, after a loss.
const MOST_OVER_ENOUGH: usize = 32;
