//! The sessions that are open, and the queues of what they hear.

use std::collections::BTreeMap;

use moim_room::{Event, RoomName};
use moim_types::{ParticipantId, SessionId};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::handle::SessionEvent;

/// One signaling connection.
#[derive(Debug)]
struct Session {
    events: mpsc::Sender<SessionEvent>,
    room: Option<RoomName>,
    participant: Option<ParticipantId>,
}

/// A session that ended because nobody reads what it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Deaf {
    pub(super) session: SessionId,
    pub(super) participant: Option<ParticipantId>,
    /// Somebody reads, but too slowly; otherwise nobody does.
    pub(super) too_slow: bool,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    by_id: BTreeMap<SessionId, Session>,
}

impl Sessions {
    pub(super) fn open(&mut self, session: SessionId, events: mpsc::Sender<SessionEvent>) {
        self.by_id.insert(session, Session { events, room: None, participant: None });
    }

    /// Writes down which room a session wants to be in.
    pub(super) fn set_room(&mut self, session: SessionId, room: &RoomName) {
        if let Some(session) = self.by_id.get_mut(&session) {
            session.room = Some(RoomName::clone(room));
        }
    }

    pub(super) fn room(&self, session: SessionId) -> Option<&RoomName> {
        self.by_id.get(&session)?.room.as_ref()
    }

    pub(super) fn has(&self, session: SessionId) -> bool {
        self.by_id.contains_key(&session)
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Tells a session something. One that ended is told nothing; one that cannot hear has ended.
    pub(super) fn tell(&mut self, id: SessionId, event: SessionEvent) -> Result<(), Deaf> {
        let Some(session) = self.by_id.get_mut(&id) else { return Ok(()) };
        if let SessionEvent::Room(Event::Joined(now) | Event::Resumed { now, .. }) = &event {
            session.participant = Some(now.you.id);
        }
        let is_last = is_last(&event);
        let sent = session.events.try_send(event);
        let participant = session.participant;
        if is_last || sent.is_err() {
            self.by_id.remove(&id);
        }
        match sent {
            Ok(()) => Ok(()),
            Err(_) if is_last => Ok(()),
            Err(error) => {
                let too_slow = matches!(error, TrySendError::Full(_));
                Err(Deaf { session: id, participant, too_slow })
            }
        }
    }

    /// Takes out those whose door has gone.
    pub(super) fn take_abandoned(&mut self) -> Vec<Deaf> {
        let abandoned = self.by_id.iter().filter(|(_, session)| session.events.is_closed());
        let abandoned: Vec<Deaf> = abandoned
            .map(|(&id, session)| Deaf { session: id, participant: session.participant, too_slow: false })
            .collect();
        for deaf in &abandoned {
            self.by_id.remove(&deaf.session);
        }
        abandoned
    }
}

/// Whether a session hears nothing more after this.
const fn is_last(event: &SessionEvent) -> bool {
    matches!(event, SessionEvent::Room(Event::Refused(_) | Event::Disconnected(_) | Event::Superseded(_)))
}

#[cfg(test)]
mod tests {
    use moim_room::DisconnectReason;
    use moim_sfu::LegEvent;
    use moim_types::LegId;

    use super::*;

    const SESSION: SessionId = SessionId(1);

    fn one(room_for: usize) -> (Sessions, mpsc::Receiver<SessionEvent>) {
        let (sender, receiver) = mpsc::channel(room_for);
        let mut sessions = Sessions::default();
        sessions.open(SESSION, sender);
        (sessions, receiver)
    }

    fn connected() -> SessionEvent {
        SessionEvent::Leg(LegId(1), LegEvent::Connected)
    }

    #[test]
    fn a_session_that_does_not_read_ends_and_still_gets_what_waits() {
        let (mut sessions, mut receiver) = one(2);
        assert_eq!((sessions.tell(SESSION, connected()), sessions.tell(SESSION, connected())), (Ok(()), Ok(())));
        let deaf = Deaf { session: SESSION, participant: None, too_slow: true };
        assert_eq!(sessions.tell(SESSION, connected()), Err(deaf));
        assert!(!sessions.has(SESSION));
        assert!(receiver.try_recv().is_ok() && receiver.try_recv().is_ok());
        assert_eq!(receiver.try_recv().err(), Some(mpsc::error::TryRecvError::Disconnected));
    }

    #[test]
    fn the_last_event_ends_a_session() {
        let (mut sessions, mut receiver) = one(2);
        let last = SessionEvent::Room(Event::Disconnected(DisconnectReason::RoomClosed));
        assert_eq!(sessions.tell(SESSION, last), Ok(()));
        assert!(!sessions.has(SESSION) && receiver.try_recv().is_ok());
        assert_eq!(receiver.try_recv().err(), Some(mpsc::error::TryRecvError::Disconnected));
    }

    #[test]
    fn a_session_whose_door_is_gone_is_found() {
        let (mut sessions, receiver) = one(2);
        assert_eq!(sessions.take_abandoned(), []);
        drop(receiver);
        assert_eq!(sessions.take_abandoned().len(), 1);
        assert!(!sessions.has(SESSION));
    }
}
