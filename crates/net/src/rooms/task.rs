//! The task itself: it waits for doors, shards and timers, feeds the machine, and hands on what
//! comes out, in its order.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moim_room::{
    ApiCommand, Command, DisconnectReason, JournalEntry, Output, ParticipantCommand, Refusal, Reply, RequestId, Rooms,
};
use moim_sfu::{Command as ShardCommand, Event, LegCommand, LegEvent, ShardId};
use moim_types::{LegId, SessionId};
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior};

use super::RoomsOptions;
use super::handle::{Ask, LegOptions, SessionEvent};
use super::legs::Legs;
use super::orders::{Addressee, room_command, shard_command};
use super::sessions::{Deaf, Sessions};
use super::stats::RoomsStats;
use crate::clock;
use crate::media::MediaHandle;

/// How often abandoned sessions are looked for, and figures published.
const SWEEP_EVERY: Duration = Duration::from_millis(250);
/// How long the legs have to say goodbye when the server stops.
const FAREWELL: Duration = Duration::from_secs(2);

pub(super) struct Task {
    rooms: Rooms,
    media: MediaHandle,
    sessions: Sessions,
    legs: Legs,
    answers: BTreeMap<RequestId, oneshot::Sender<Result<Reply, Refusal>>>,
    requests: u64,
    journal: broadcast::Sender<JournalEntry>,
    /// Sessions that ended for want of a reader, until the room knows.
    deaf: Vec<Deaf>,
    stats: RoomsStats,
    published: Arc<Mutex<RoomsStats>>,
    /// Set once everybody has been sent away: when to end at the latest.
    ends_by: Option<Instant>,
}

impl Task {
    pub(super) fn new(
        options: RoomsOptions,
        media: MediaHandle,
        journal: broadcast::Sender<JournalEntry>,
    ) -> io::Result<Self> {
        let legs = Legs::new(media.shards(), options.legs_before_spreading);
        Ok(Self {
            rooms: Rooms::new(options.core, clock::now(), clock::seed()?),
            media,
            sessions: Sessions::default(),
            legs,
            answers: BTreeMap::new(),
            requests: 0,
            journal,
            deaf: Vec::new(),
            stats: RoomsStats::default(),
            published: Arc::default(),
            ends_by: None,
        })
    }

    pub(super) fn published(&self) -> Arc<Mutex<RoomsStats>> {
        Arc::clone(&self.published)
    }

    pub(super) async fn run(mut self, mut asks: mpsc::Receiver<Ask>, mut events: mpsc::Receiver<Event>) {
        let mut sweep = tokio::time::interval(SWEEP_EVERY);
        sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.is_finished() {
            let wake = self.rooms.next_wake().map(Instant::from_std);
            tokio::select! {
                ask = asks.recv() => match ask {
                    Some(ask) => self.take_ask(ask).await,
                    None => break,
                },
                Some(event) = events.recv() => self.take_event(event),
                () = sleep_until(wake) => self.rooms.wake(clock::now()),
                _ = sweep.tick() => self.sweep(),
            }
            self.settle().await;
        }
        self.publish();
    }

    /// Everybody has been sent away, and has heard it.
    fn is_finished(&self) -> bool {
        self.ends_by.is_some_and(|at| Instant::now() >= at || (self.legs.is_empty() && self.sessions.len() == 0))
    }

    async fn take_ask(&mut self, ask: Ask) {
        match ask {
            Ask::Command(command) => self.take_command(command),
            Ask::Api(command, answer) => self.take_api(command, answer),
            // While stopping, the sender is dropped: the door sees the session's end.
            Ask::OpenSession(session, events) if self.ends_by.is_none() => self.sessions.open(session, events),
            Ask::OpenSession(..) => {}
            Ask::OpenLeg(leg, options) => self.open_leg(leg, *options).await,
            Ask::MoveLeg(leg, session) => self.move_leg(leg, session),
            Ask::Leg(leg, command) => self.tell_leg(leg, command).await,
        }
    }

    fn take_command(&mut self, command: Command) {
        match &command {
            Command::Join(join) => self.sessions.set_room(join.session, &join.room),
            Command::Resume { session, room, .. } => self.sessions.set_room(*session, room),
            Command::Participant(participant, ParticipantCommand::AttachLeg { leg, .. }) => {
                if let Some(leg) = self.legs.get_mut(*leg) {
                    leg.participant = Some(*participant);
                }
            }
            Command::Shutdown => self.ends_by = Some(Instant::now() + FAREWELL),
            _ => {}
        }
        self.feed(command);
    }

    fn take_api(&mut self, command: ApiCommand, answer: oneshot::Sender<Result<Reply, Refusal>>) {
        self.requests += 1;
        let request = RequestId(self.requests);
        self.answers.insert(request, answer);
        self.feed(Command::Api(request, command));
    }

    async fn open_leg(&mut self, leg: LegId, options: LegOptions) {
        let LegOptions { session, config } = options;
        if self.ends_by.is_some() || !self.sessions.has(session) {
            return;
        }
        let shard = self.legs.open(leg, session, self.sessions.room(session));
        self.media.tell(shard, ShardCommand::OpenLeg(leg, Box::new(config))).await;
    }

    fn move_leg(&mut self, leg: LegId, session: SessionId) {
        if let Some(leg) = self.legs.get_mut(leg) {
            leg.session = session;
        }
    }

    async fn tell_leg(&self, leg: LegId, command: LegCommand) {
        if let Some(shard) = self.legs.shard(leg) {
            self.media.tell(shard, ShardCommand::Leg(leg, command)).await;
        }
    }

    /// Something happened on a shard: the session hears it first, then the room.
    fn take_event(&mut self, event: Event) {
        let told = room_command(&event);
        if let Event::Leg(id, event) = event {
            self.take_leg_event(id, event);
        }
        if let Some(command) = told {
            self.feed(command);
        }
    }

    fn take_leg_event(&mut self, id: LegId, event: LegEvent) {
        let is_closed = matches!(event, LegEvent::Closed(_));
        let reads_too_slowly = matches!(event, LegEvent::ChannelOverflow(_));
        let Some(leg) = (if is_closed { self.legs.close(id) } else { self.legs.get(id).cloned() }) else { return };
        self.tell_session(leg.session, SessionEvent::Leg(id, event));
        if let Some(participant) = leg.participant.filter(|_| reads_too_slowly) {
            let leave = ParticipantCommand::Leave(DisconnectReason::TooSlow);
            self.feed(Command::Participant(participant, leave));
        }
    }

    fn tell_session(&mut self, session: SessionId, event: SessionEvent) {
        if let Err(deaf) = self.sessions.tell(session, event) {
            self.deaf.push(deaf);
        }
    }

    fn feed(&mut self, command: Command) {
        self.rooms.handle(clock::now(), command);
    }

    /// Hands on what comes out until nothing does, and nobody was found deaf meanwhile.
    async fn settle(&mut self) {
        loop {
            while let Some(output) = self.rooms.poll() {
                self.carry_out(output).await;
            }
            let Some(deaf) = self.deaf.pop() else { return };
            self.give_up(deaf).await;
        }
    }

    async fn carry_out(&mut self, output: Output) {
        match output {
            Output::Tell(session, event) => {
                let was_open = self.sessions.has(session);
                self.tell_session(session, SessionEvent::Room(event));
                if was_open && !self.sessions.has(session) {
                    self.close_unattached(session).await;
                }
            }
            Output::Media(order) => match shard_command(order, &self.legs) {
                Some((Addressee::One(shard), command)) => self.media.tell(shard, command).await,
                Some((Addressee::All, command)) => {
                    for shard in (0..self.media.shards()).map(ShardId) {
                        self.media.tell(shard, command.clone()).await;
                    }
                }
                None => {}
            },
            // Nobody may be reading it.
            Output::Journal(entry) => drop(self.journal.send(entry)),
            Output::Reply(request, reply) => {
                if let Some(answer) = self.answers.remove(&request) {
                    // Who asked may have gone.
                    drop(answer.send(reply));
                }
            }
        }
    }

    /// A session has no reader: one that is too slow leaves; one that is gone may come back.
    async fn give_up(&mut self, deaf: Deaf) {
        let Deaf { session, participant, too_slow } = deaf;
        if too_slow {
            self.stats.sessions_too_slow += 1;
        } else {
            self.stats.sessions_abandoned += 1;
        }
        let command = match participant.filter(|_| too_slow) {
            Some(participant) => {
                Command::Participant(participant, ParticipantCommand::Leave(DisconnectReason::TooSlow))
            }
            None => Command::SessionLost(session),
        };
        self.feed(command);
        self.close_unattached(session).await;
    }

    /// Ends the legs of an ended session that no room knows of: nobody else would.
    async fn close_unattached(&self, session: SessionId) {
        for leg in self.legs.unattached(session) {
            self.tell_leg(leg, LegCommand::Close).await;
        }
    }

    fn sweep(&mut self) {
        self.deaf.extend(self.sessions.take_abandoned());
        self.publish();
    }

    fn publish(&mut self) {
        self.stats.core = self.rooms.stats().clone();
        self.stats.sessions = self.sessions.len() as u64;
        *self.published.lock().unwrap_or_else(PoisonError::into_inner) = self.stats.clone();
    }
}

/// Never comes where there is nothing to wait for.
async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
