//! Sessions whose connection may be replaced: the newer one gets the session's state from the task of the older.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use moim_types::{ParticipantId, SessionId};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::session::Session;

/// Whoever sends one wants the session.
pub(crate) type Wish = oneshot::Sender<Box<Session>>;

/// The tasks that hold sessions, by participant. There are never more than connections, and ones that wait for theirs.
#[derive(Debug, Default)]
pub(crate) struct Handovers {
    holders: Mutex<BTreeMap<ParticipantId, (SessionId, mpsc::Sender<Wish>)>>,
}

impl Handovers {
    /// A task holds the session of a participant from now on.
    pub(crate) fn hold(&self, participant: ParticipantId, session: SessionId) -> mpsc::Receiver<Wish> {
        let (sender, wishes) = mpsc::channel(1);
        self.holders().insert(participant, (session, sender));
        wishes
    }

    /// It holds it no longer.
    pub(crate) fn release(&self, participant: ParticipantId, session: SessionId) {
        let mut holders = self.holders();
        if holders.get(&participant).is_some_and(|(holder, _)| *holder == session) {
            holders.remove(&participant);
        }
    }

    /// Takes the session of a participant from the task that holds it. `None`: nobody does, or he does not answer.
    pub(crate) async fn take(&self, participant: ParticipantId) -> Option<Box<Session>> {
        let holder = self.holders().get(&participant).map(|(_, sender)| sender.clone())?;
        let (wish, session) = oneshot::channel();
        let handed_over = async {
            holder.send(wish).await.ok()?;
            session.await.ok()
        };
        timeout(PATIENCE, handed_over).await.ok().flatten()
    }

    /// The map is whole between its methods, so another task's panic does not spoil it.
    fn holders(&self) -> MutexGuard<'_, BTreeMap<ParticipantId, (SessionId, mpsc::Sender<Wish>)>> {
        self.holders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A task that holds a session is never busy for long.
const PATIENCE: Duration = Duration::from_secs(3);
