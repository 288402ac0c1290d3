//! The events of one URL on their way: from the journal into the queue and the file, and out.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use livekit_protocol as proto;
use moim_room::JournalEntry;
use moim_types::Now;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;

use super::address::Address;
use super::courier::{Courier, Outcome};
use super::event::event;
use super::queue::{Input, Output, Queue, Waiting};
use super::start::Counters;
use super::store::Store;
use crate::token::unix_now;

/// How often the file is synced, when something was written.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// One URL.
pub(super) struct Outbox {
    pub(super) address: Address,
    pub(super) courier: Courier,
    pub(super) queue: Queue,
    pub(super) store: Store,
    pub(super) counters: Arc<Counters>,
    pub(super) tellings: JoinSet<(Arc<str>, Outcome)>,
}

/// What the outbox is told from outside: nothing, or to end by then.
pub(super) type Stop = watch::Receiver<Option<Instant>>;

impl Outbox {
    /// Runs until it is told to stop, and then until everything is told or the time is over. Ends
    /// at once when nobody can tell it to stop any more.
    pub(super) async fn run(mut self, journal: broadcast::Receiver<JournalEntry>, mut stop: Stop) {
        let mut journal = Some(journal);
        let mut sync = tokio::time::interval(SYNC_EVERY);
        sync.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        self.handle(Input::Woken);
        loop {
            let deadline = *stop.borrow();
            if deadline.is_some() {
                self.take_rest(&mut journal);
            }
            if deadline.is_some_and(|deadline| self.queue.is_empty() || Instant::now() >= deadline) {
                break;
            }
            tokio::select! {
                entry = next(&mut journal) => self.heard(entry, &mut journal),
                Some(done) = self.tellings.join_next() => self.told(done),
                () = until(self.queue.next_wake()) => self.handle(Input::Woken),
                () = until(deadline) => {}
                _ = sync.tick() => self.sync(),
                changed = stop.changed() => if changed.is_err() { return },
            }
            self.count();
        }
        self.sync();
        self.count();
    }

    fn heard(
        &mut self,
        entry: Result<JournalEntry, RecvError>,
        journal: &mut Option<broadcast::Receiver<JournalEntry>>,
    ) {
        match entry {
            Ok(entry) => self.happened(&entry),
            Err(RecvError::Lagged(count)) => self.missed(count),
            Err(RecvError::Closed) => *journal = None,
        }
    }

    /// What is in the journal when the server stops.
    fn take_rest(&mut self, journal: &mut Option<broadcast::Receiver<JournalEntry>>) {
        while let Some(receiver) = journal {
            match receiver.try_recv() {
                Ok(entry) => self.happened(&entry),
                Err(TryRecvError::Lagged(count)) => self.missed(count),
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Closed) => *journal = None,
            }
        }
    }

    fn missed(&mut self, count: u64) {
        tracing::warn!(count, "webhooks fell behind the rooms; events are lost");
        self.handle(Input::Missed(count));
    }

    fn happened(&mut self, entry: &JournalEntry) {
        let mut id = [0; 12];
        if getrandom::fill(&mut id).is_err() {
            tracing::error!("the system has no randomness; an event is lost");
            return self.handle(Input::Missed(1));
        }
        let event = event(entry, id);
        let bytes = kept_bytes(&event, &entry.room.name);
        self.handle(Input::Happened {
            at: entry.at,
            room: Arc::clone(&entry.room.name),
            event: Arc::new(event),
            bytes,
        });
    }

    fn told(&mut self, done: Result<(Arc<str>, Outcome), tokio::task::JoinError>) {
        // A telling is not cancelled, and does not panic.
        let Ok((room, outcome)) = done else { return };
        match outcome {
            Outcome::Told => self.handle(Input::Told(room)),
            Outcome::Refused(status) => {
                tracing::warn!(to = self.address.shown, %status, "the receiver of webhooks refused an event");
                self.handle(Input::Refused(room));
            }
            Outcome::Failed(failure) => {
                tracing::debug!(to = self.address.shown, ?failure, "a webhook could not be delivered yet");
                self.handle(Input::Failed(room));
            }
        }
    }

    fn handle(&mut self, input: Input) {
        self.queue.handle(Now { instant: Instant::now(), unix: unix_now() }, input);
        while let Some(output) = self.queue.poll() {
            let kept = match output {
                Output::Keep(waiting) => self.store.keep(&waiting),
                Output::Forget(number) => self.store.forget(number),
                Output::Tell { waiting, dropped } => {
                    self.tell(waiting, dropped);
                    Ok(())
                }
            };
            self.check(kept);
        }
    }

    fn tell(&mut self, waiting: Waiting, dropped: u64) {
        let (courier, url) = (self.courier.clone(), self.address.url.clone());
        self.tellings.spawn(async move {
            let outcome = courier.tell(url, &waiting.event, dropped).await;
            (waiting.room, outcome)
        });
    }

    fn sync(&mut self) {
        let synced = self.store.sync();
        self.check(synced);
    }

    /// Without its file the queue goes on in memory.
    fn check(&self, result: std::io::Result<()>) {
        if let Err(error) = result
            && self.counters.file_errors.fetch_add(1, Ordering::Relaxed) == 0
        {
            tracing::error!(%error, "webhooks cannot be written to data_dir; they will not survive a restart");
        }
    }

    fn count(&self) {
        self.counters.set(self.queue.stats());
    }
}

/// What an event costs to keep: about its line in the file.
fn kept_bytes(event: &proto::WebhookEvent, room: &str) -> usize {
    serde_json::to_vec(event).map_or(0, |json| json.len()) + room.len() + 64
}

async fn next(journal: &mut Option<broadcast::Receiver<JournalEntry>>) -> Result<JournalEntry, RecvError> {
    match journal {
        Some(journal) => journal.recv().await,
        None => std::future::pending().await,
    }
}

async fn until(when: Option<Instant>) {
    match when {
        Some(when) => tokio::time::sleep_until(when.into()).await,
        None => std::future::pending().await,
    }
}
