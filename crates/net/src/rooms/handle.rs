//! What doors hold.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use moim_room::{ApiCommand, Command, Event, JournalEntry, Refusal, Reply};
use moim_sfu::{LegCommand, LegConfig, LegEvent};
use moim_types::{LegId, SessionId};
use tokio::sync::{broadcast, mpsc, oneshot};

use super::stats::RoomsStats;

/// How many events may wait for a session before it counts as too slow, and is closed.
const SESSION_EVENTS: usize = 1000;

/// Something a session hears.
#[derive(Debug, Clone)]
pub enum SessionEvent {
    /// From the room.
    Room(Event),
    /// From one of its legs.
    Leg(LegId, LegEvent),
}

/// The events of one session. It ends after the last event, or when the session read too slowly.
pub type SessionEvents = mpsc::Receiver<SessionEvent>;

/// The rooms' task has ended: the server is stopping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server is stopping")]
pub struct Gone;

/// A leg to be made.
#[derive(Debug, Clone)]
pub struct LegOptions {
    /// Whose events it adds to.
    pub session: SessionId,
    /// How it is made.
    pub config: LegConfig,
}

/// What the rooms' task is asked.
#[derive(Debug)]
pub(super) enum Ask {
    Command(Command),
    Api(ApiCommand, oneshot::Sender<Result<Reply, Refusal>>),
    OpenSession(SessionId, mpsc::Sender<SessionEvent>),
    OpenLeg(LegId, Box<LegOptions>),
    /// A resumed session takes over the events of a leg.
    MoveLeg(LegId, SessionId),
    Leg(LegId, LegCommand),
}

/// A way to the rooms. Cheap to clone.
#[derive(Debug, Clone)]
pub struct RoomsHandle {
    asks: mpsc::Sender<Ask>,
    journal: broadcast::Sender<JournalEntry>,
    counter: Arc<AtomicU64>,
    published: Arc<Mutex<RoomsStats>>,
}

impl RoomsHandle {
    pub(super) fn new(
        asks: mpsc::Sender<Ask>,
        journal: broadcast::Sender<JournalEntry>,
        published: Arc<Mutex<RoomsStats>>,
    ) -> Self {
        Self { asks, journal, counter: Arc::default(), published }
    }

    /// A new session, to be named in `Join` or `Resume`.
    ///
    /// # Errors
    /// When the server is stopping.
    pub async fn open_session(&self) -> Result<(SessionId, SessionEvents), Gone> {
        let session = SessionId(self.next_number());
        let (sender, events) = mpsc::channel(SESSION_EVENTS);
        self.ask(Ask::OpenSession(session, sender)).await?;
        Ok((session, events))
    }

    /// Tells the rooms something.
    ///
    /// # Errors
    /// When the server is stopping.
    pub async fn tell(&self, command: Command) -> Result<(), Gone> {
        self.ask(Ask::Command(command)).await
    }

    /// Asks the rooms on behalf of the application's server.
    ///
    /// # Errors
    /// When the server is stopping. The inner result is the rooms' own answer.
    pub async fn api(&self, command: ApiCommand) -> Result<Result<Reply, Refusal>, Gone> {
        let (sender, answer) = oneshot::channel();
        self.ask(Ask::Api(command, sender)).await?;
        answer.await.map_err(|_| Gone)
    }

    /// Makes a leg on one of the shards. Its events join those of the session. The room learns of
    /// it by `AttachLeg`.
    ///
    /// # Errors
    /// When the server is stopping.
    pub async fn open_leg(&self, options: LegOptions) -> Result<LegId, Gone> {
        let leg = LegId(self.next_number());
        self.ask(Ask::OpenLeg(leg, Box::new(options))).await?;
        Ok(leg)
    }

    /// Sends the events of a leg to another session from now on.
    ///
    /// # Errors
    /// When the server is stopping.
    pub async fn move_leg(&self, leg: LegId, session: SessionId) -> Result<(), Gone> {
        self.ask(Ask::MoveLeg(leg, session)).await
    }

    /// Tells a leg something. In order with what the room tells it.
    ///
    /// # Errors
    /// When the server is stopping.
    pub async fn leg(&self, leg: LegId, command: LegCommand) -> Result<(), Gone> {
        self.ask(Ask::Leg(leg, command)).await
    }

    /// What happens in all rooms from now on. A reader that falls far behind is told how many
    /// entries it has missed.
    #[must_use]
    pub fn journal(&self) -> broadcast::Receiver<JournalEntry> {
        self.journal.subscribe()
    }

    /// What was counted; at most a quarter of a second old.
    #[must_use]
    pub fn stats(&self) -> RoomsStats {
        self.published.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn ask(&self, ask: Ask) -> Result<(), Gone> {
        self.asks.send(ask).await.map_err(|_| Gone)
    }

    fn next_number(&self) -> u64 {
        self.counter.fetch_add(1, Ordering::Relaxed) + 1
    }
}
