//! Webhooks started and stopped.

use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use moim_room::JournalEntry;
use tokio::sync::{broadcast, oneshot, watch};
use tokio::task::JoinSet;

use super::address::{Address, BadUrl};
use super::courier::Courier;
use super::outbox::{Outbox, Stop};
use super::queue::{Limits, Queue, Stats};
use super::store::Store;
use crate::token::Keys;

/// How many events are on their way to one URL at once. Each is of another room.
const MOST_AT_ONCE: usize = 16;
/// How long to wait after the first failure.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// How long to wait at most.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How webhooks are set up.
#[derive(Debug, Clone)]
pub struct WebhookConfig {
    /// Where events go; nowhere else. None is no webhooks.
    pub urls: Vec<String>,
    /// The API key that signs.
    pub key: String,
    /// All API keys.
    pub keys: Keys,
    /// Where the queues are kept.
    pub data_dir: PathBuf,
    /// Events that could not be told for this long are dropped.
    pub max_age: Duration,
    /// Events that come when this much waits for one URL are dropped.
    pub max_queue_bytes: usize,
    /// How long a receiver has to answer.
    pub time_out: Duration,
}

impl WebhookConfig {
    /// To these URLs, signed by this key, with usual bounds: a day, 64 MiB, ten seconds.
    #[must_use]
    pub fn new(urls: Vec<String>, key: String, keys: Keys, data_dir: PathBuf) -> Self {
        Self {
            urls,
            key,
            keys,
            data_dir,
            max_age: Duration::from_secs(24 * 60 * 60),
            max_queue_bytes: 64 << 20,
            time_out: Duration::from_secs(10),
        }
    }
}

/// Why webhooks do not start.
#[derive(Debug, thiserror::Error)]
pub enum WebhooksError {
    /// A URL cannot be used.
    #[error(transparent)]
    Url(#[from] BadUrl),
    /// The key that is to sign is not there.
    #[error("webhooks are to be signed with the API key {0:?}, which is not among the keys")]
    UnknownKey(String),
    /// A queue cannot be kept.
    #[error("the queue of webhooks {} cannot be opened: make data_dir writable", .path.display())]
    Queue {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No thread or no timers.
    #[error("webhooks cannot be started")]
    Thread(#[source] io::Error),
    /// No TLS.
    #[error("the HTTP client of webhooks cannot be made")]
    Client(#[source] reqwest::Error),
}

/// What webhooks have done since the start, for all URLs together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WebhookStats {
    /// Events that receivers have taken.
    pub told: u64,
    /// Attempts that have to be repeated.
    pub failed_attempts: u64,
    /// Events that receivers have turned down.
    pub refused: u64,
    /// Events that became too old.
    pub dropped_old: u64,
    /// Events for which there was no room.
    pub dropped_full: u64,
    /// Events that were lost because webhooks fell behind the rooms.
    pub missed: u64,
    /// Events that wait now.
    pub waiting: u64,
    /// Failures to write a queue down.
    pub file_errors: u64,
}

impl WebhookStats {
    /// Every figure with its name.
    #[must_use]
    pub const fn named(&self) -> [(&'static str, u64); 8] {
        [
            ("told", self.told),
            ("failed_attempts", self.failed_attempts),
            ("refused", self.refused),
            ("dropped_old", self.dropped_old),
            ("dropped_full", self.dropped_full),
            ("missed", self.missed),
            ("waiting", self.waiting),
            ("file_errors", self.file_errors),
        ]
    }
}

/// One URL's figures.
#[derive(Debug, Default)]
pub(super) struct Counters {
    told: AtomicU64,
    failed: AtomicU64,
    refused: AtomicU64,
    dropped_old: AtomicU64,
    dropped_full: AtomicU64,
    missed: AtomicU64,
    waiting: AtomicU64,
    pub(super) file_errors: AtomicU64,
}

impl Counters {
    pub(super) fn set(&self, stats: Stats) {
        self.told.store(stats.told, Ordering::Relaxed);
        self.failed.store(stats.failed, Ordering::Relaxed);
        self.refused.store(stats.refused, Ordering::Relaxed);
        self.dropped_old.store(stats.dropped_old, Ordering::Relaxed);
        self.dropped_full.store(stats.dropped_full, Ordering::Relaxed);
        self.missed.store(stats.missed, Ordering::Relaxed);
        self.waiting.store(stats.waiting, Ordering::Relaxed);
    }
}

/// Webhooks at work, on a thread of their own: writing and syncing files must not hold up anybody
/// else. Dropping it ends them at once; what was not told is told after the next start.
#[derive(Debug)]
pub struct Webhooks {
    stop: watch::Sender<Option<Instant>>,
    finished: Option<oneshot::Receiver<()>>,
    counters: Vec<Arc<Counters>>,
}

impl Webhooks {
    /// Starts telling what `journal` says. What was left from the last run is told first.
    ///
    /// # Errors
    /// When a URL, the key or the data folder cannot be used.
    pub fn start(config: &WebhookConfig, journal: &broadcast::Receiver<JournalEntry>) -> Result<Self, WebhooksError> {
        let (stop, stopped) = watch::channel(None);
        if config.urls.is_empty() {
            return Ok(Self { stop, finished: None, counters: Vec::new() });
        }
        let courier = Courier::new(config.keys.clone(), config.key.clone(), config.time_out)?;
        let outboxes =
            config.urls.iter().map(|url| outbox(config, url, &courier)).collect::<Result<Vec<_>, WebhooksError>>()?;
        let counters = outboxes.iter().map(|one| Arc::clone(&one.counters)).collect();
        let tasks = outboxes.into_iter().map(|one| (one, journal.resubscribe())).collect();
        let finished = spawn(tasks, stopped)?;
        Ok(Self { stop, finished: Some(finished), counters })
    }

    /// What they have done.
    #[must_use]
    pub fn stats(&self) -> WebhookStats {
        let sum = |of: fn(&Counters) -> &AtomicU64| {
            self.counters.iter().map(|counters| of(counters).load(Ordering::Relaxed)).sum()
        };
        WebhookStats {
            told: sum(|of| &of.told),
            failed_attempts: sum(|of| &of.failed),
            refused: sum(|of| &of.refused),
            dropped_old: sum(|of| &of.dropped_old),
            dropped_full: sum(|of| &of.dropped_full),
            missed: sum(|of| &of.missed),
            waiting: sum(|of| &of.waiting),
            file_errors: sum(|of| &of.file_errors),
        }
    }

    /// Tells what can be told `within` that time, and ends. Call it when the rooms have ended. What
    /// remains is kept for the next start.
    pub async fn drain(self, within: Duration) {
        self.stop.send_replace(Some(Instant::now() + within));
        if let Some(finished) = self.finished {
            // It is answered or dropped, and both mean the end.
            let _ = finished.await;
        }
    }
}

#[cfg(test)]
impl Webhooks {
    /// Ends as a killed process does, and waits for that.
    pub(super) async fn kill(self) {
        drop(self.stop);
        if let Some(finished) = self.finished {
            let _ = finished.await;
        }
    }
}

fn outbox(config: &WebhookConfig, url: &str, courier: &Courier) -> Result<Outbox, WebhooksError> {
    let address = Address::parse(url)?;
    let path = config.data_dir.join(&address.file_name);
    let opened = make_folder(&config.data_dir).and_then(|()| Store::open(&path));
    let (store, found) = opened.map_err(|source| WebhooksError::Queue { path, source })?;
    if !found.waiting.is_empty() || found.unreadable > 0 {
        let (waiting, unreadable) = (found.waiting.len(), found.unreadable);
        tracing::info!(to = address.shown, waiting, unreadable, "webhooks of the last run are told first");
    }
    let limits = Limits {
        max_age: config.max_age,
        max_bytes: config.max_queue_bytes,
        most_at_once: MOST_AT_ONCE,
        first_wait: FIRST_WAIT,
        longest_wait: LONGEST_WAIT,
    };
    Ok(Outbox {
        address,
        courier: courier.clone(),
        queue: Queue::new(limits, found.waiting),
        store,
        counters: Arc::default(),
        tellings: JoinSet::new(),
    })
}

/// Only the owner may look into it: events name people.
fn make_folder(folder: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

type Task = (Outbox, broadcast::Receiver<JournalEntry>);

fn spawn(tasks: Vec<Task>, stop: Stop) -> Result<oneshot::Receiver<()>, WebhooksError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(WebhooksError::Thread)?;
    let (finish, finished) = oneshot::channel();
    std::thread::Builder::new()
        .name("webhooks".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                let mut running: JoinSet<()> =
                    tasks.into_iter().map(|(outbox, journal)| outbox.run(journal, stop.clone())).collect();
                while running.join_next().await.is_some() {}
            });
            // Whoever waits may have gone.
            let _ = finish.send(());
        })
        .map_err(WebhooksError::Thread)?;
    Ok(finished)
}
