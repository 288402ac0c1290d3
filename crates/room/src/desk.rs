//! What every room works with: the time, names, dates, the directory, and the way out.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use moim_types::{Now, SessionId};

use crate::directory::{Directory, Seat};
use crate::names::Names;
use crate::stats::{DropReason, Stats};
use crate::timers::Timers;
use crate::{Config, Event, JournalEntry, JournalEvent, MediaOrder, Output, Refusal, Reply, RequestId, Room};

#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) config: Config,
    pub(crate) now: Now,
    pub(crate) names: Names,
    pub(crate) timers: Timers,
    pub(crate) directory: Directory,
    pub(crate) stats: Stats,
    /// As long as what one input causes; the driver drains it before the next.
    pub(crate) outbox: VecDeque<Output>,
    seats: u64,
}

impl Desk {
    pub(crate) fn new(config: Config, now: Now, seed: [u8; 32]) -> Self {
        Self {
            config,
            now,
            names: Names::new(seed),
            timers: Timers::default(),
            directory: Directory::default(),
            stats: Stats::default(),
            outbox: VecDeque::new(),
            seats: 0,
        }
    }

    pub(crate) fn instant(&self) -> Instant {
        self.now.instant
    }

    pub(crate) fn next_seat(&mut self) -> Seat {
        self.seats += 1;
        Seat(self.seats)
    }

    /// Tells a session, if there is one.
    pub(crate) fn tell(&mut self, session: Option<SessionId>, event: Event) {
        if let Some(session) = session {
            self.outbox.push_back(Output::Tell(session, event));
        }
    }

    /// Answers a participant's command that was not carried out.
    pub(crate) fn refuse(&mut self, session: Option<SessionId>, tag: String, why: Refusal) {
        self.stats.count_refused(why);
        self.tell(session, Event::CommandRefused { tag, why });
    }

    pub(crate) fn order(&mut self, order: MediaOrder) {
        self.outbox.push_back(Output::Media(order));
    }

    pub(crate) fn journal(&mut self, room: &Arc<Room>, event: JournalEvent) {
        self.outbox.push_back(Output::Journal(JournalEntry { at: self.now.unix, room: Arc::clone(room), event }));
    }

    pub(crate) fn reply(&mut self, request: RequestId, reply: Result<Reply, Refusal>) {
        if let Err(refusal) = reply {
            self.stats.count_refused(refusal);
        }
        self.outbox.push_back(Output::Reply(request, reply));
    }

    pub(crate) fn drop_for(&mut self, reason: DropReason) {
        self.stats.count_drop(reason);
    }
}
