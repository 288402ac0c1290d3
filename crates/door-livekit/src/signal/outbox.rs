//! What waits to be written to one client: a bounded queue, by messages and by bytes, and the task that empties it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket};
use futures_util::SinkExt as _;
use futures_util::stream::SplitSink;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::config::Bounds;

/// The end that is filled. Dropping it ends the task after what is queued.
#[derive(Debug)]
pub(crate) struct Outbox {
    frames: mpsc::Sender<Frame>,
    queued_bytes: Arc<AtomicUsize>,
    max_bytes: usize,
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
        let queued_bytes = Arc::new(AtomicUsize::new(0));
        let outbox = Self { frames, queued_bytes: queued_bytes.clone(), max_bytes: bounds.queue_bytes };
        (outbox, empty(sink, waiting, queued_bytes))
    }

    /// Queues a frame. One always fits, however long.
    pub(crate) fn send(&self, frame: Frame) -> Result<(), NotQueued> {
        let bytes = length(&frame);
        let queued = self.queued_bytes.load(Ordering::Relaxed);
        if queued > 0 && queued.saturating_add(bytes) > self.max_bytes {
            return Err(NotQueued::Full);
        }
        self.queued_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.frames.try_send(frame).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => NotQueued::Full,
            mpsc::error::TrySendError::Closed(_) => NotQueued::Closed,
        })
    }

    /// Says goodbye, after what is queued.
    pub(crate) fn close(self, code: u16, reason: &'static str) {
        // A connection that is gone needs no goodbye.
        let _ = self.send(Frame::Close(Some(CloseFrame { code, reason: reason.into() })));
    }
}

async fn empty(mut sink: SplitSink<WebSocket, Frame>, mut frames: mpsc::Receiver<Frame>, queued: Arc<AtomicUsize>) {
    while let Some(frame) = frames.recv().await {
        let bytes = length(&frame);
        let written = timeout(WRITE_TIMEOUT, sink.send(frame)).await;
        if !matches!(written, Ok(Ok(()))) {
            return;
        }
        queued.fetch_sub(bytes, Ordering::Relaxed);
    }
}

fn length(frame: &Frame) -> usize {
    match frame {
        Frame::Text(text) => text.len(),
        Frame::Binary(bytes) | Frame::Ping(bytes) | Frame::Pong(bytes) => bytes.len(),
        Frame::Close(_) => 0,
    }
}

/// Who takes longer to take a frame reads nothing.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
