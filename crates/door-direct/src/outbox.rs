//! What waits for one connection: a bounded queue, by events and by bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{mpsc, watch};

use crate::config::Bounds;
use crate::exchange::{DisconnectReason, Event};

/// The end that the hub fills. Dropping it closes the connection after what is queued.
#[derive(Debug)]
pub(crate) struct Outbox {
    events: mpsc::Sender<Event>,
    verdict: watch::Sender<Option<DisconnectReason>>,
    queued_bytes: Arc<AtomicUsize>,
    max_bytes: usize,
}

/// The end that the transport empties.
#[derive(Debug)]
pub(crate) struct Outgoing {
    events: mpsc::Receiver<Event>,
    verdict: watch::Receiver<Option<DisconnectReason>>,
    queued_bytes: Arc<AtomicUsize>,
}

/// A connection does not read what is sent to it.
#[derive(Debug)]
pub(crate) struct Overflow;

/// Both ends.
pub(crate) fn outbox(bounds: &Bounds) -> (Outbox, Outgoing) {
    let (sender, receiver) = mpsc::channel(bounds.queue_events.max(1));
    let (verdict, seen) = watch::channel(None);
    let queued_bytes = Arc::new(AtomicUsize::new(0));
    let outgoing = Outgoing { events: receiver, verdict: seen, queued_bytes: queued_bytes.clone() };
    (Outbox { events: sender, verdict, queued_bytes, max_bytes: bounds.queue_bytes }, outgoing)
}

impl Outbox {
    /// Queues an event.
    ///
    /// # Errors
    /// When the reader is too far behind. One event always fits, however long.
    pub(crate) fn try_send(&self, event: Event) -> Result<(), Overflow> {
        let bytes = event.bytes;
        let queued = self.queued_bytes.load(Ordering::Relaxed);
        if queued > 0 && queued.saturating_add(bytes) > self.max_bytes {
            return Err(Overflow);
        }
        self.queued_bytes.fetch_add(bytes, Ordering::Relaxed);
        match self.events.try_send(event) {
            Ok(()) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => Err(Overflow),
            // The transport is gone already and its own goodbye is on the way.
            Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
        }
    }

    /// Closes the connection, after what is queued; at once, if it does not read.
    pub(crate) fn close(self, reason: DisconnectReason) {
        self.verdict.send_replace(Some(reason));
    }
}

impl Outgoing {
    /// The next event; `None` when the connection is to be closed.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        if self.is_cut_off() {
            return None;
        }
        let event = self.events.recv().await?;
        self.queued_bytes.fetch_sub(event.bytes, Ordering::Relaxed);
        Some(event)
    }

    /// Why the connection is to be closed, if the server decided it.
    pub(crate) fn verdict(&self) -> Option<DisconnectReason> {
        *self.verdict.borrow()
    }

    /// Ready when nothing more may be written, not even what is queued.
    pub(crate) async fn cut_off(&self) {
        let mut verdict = self.verdict.clone();
        let is_slow = |verdict: &Option<DisconnectReason>| *verdict == Some(DisconnectReason::SlowReader);
        if verdict.wait_for(is_slow).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    fn is_cut_off(&self) -> bool {
        self.verdict() == Some(DisconnectReason::SlowReader)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(bytes: usize) -> Event {
        Event { bytes, ..Event::new("message", json!(1)) }
    }

    #[tokio::test]
    async fn a_queue_is_bounded_by_events_and_by_bytes() {
        let bounds = Bounds { queue_events: 2, queue_bytes: 10, ..Bounds::default() };
        let (outbox, mut outgoing) = outbox(&bounds);
        outbox.try_send(event(50)).expect("one event always fits");
        outbox.try_send(event(1)).expect_err("more bytes do not");
        outgoing.next().await.expect("the first");
        outbox.try_send(event(1)).expect("there is room again");
        outbox.try_send(event(1)).expect("and for another");
        outbox.try_send(event(1)).expect_err("a third event is too many");
    }

    #[tokio::test]
    async fn what_is_queued_is_sent_before_the_close() {
        let (outbox, mut outgoing) = outbox(&Bounds::default());
        outbox.try_send(event(1)).expect("room");
        outbox.close(DisconnectReason::Replaced);
        assert!(outgoing.next().await.is_some());
        assert!(outgoing.next().await.is_none());
        assert_eq!(outgoing.verdict(), Some(DisconnectReason::Replaced));
    }

    #[tokio::test]
    async fn a_slow_reader_gets_nothing_more() {
        let (outbox, mut outgoing) = outbox(&Bounds::default());
        outbox.try_send(event(1)).expect("room");
        outbox.close(DisconnectReason::SlowReader);
        assert!(outgoing.next().await.is_none());
        outgoing.cut_off().await;
    }
}
