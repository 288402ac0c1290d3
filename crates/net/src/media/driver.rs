//! One thread, one machine, one socket: wait, feed, drain, send.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use mio::{Events, Poll, Token};
use moim_sfu::{CloseReason, Config, Event, Input, LegEvent, Output, Shard, Transport};
use moim_types::{LegId, Now};
use tokio::sync::{mpsc, oneshot};

use super::echo::Echo;
use super::outlet::Outlet;
use super::relays::{Relays, Ring, Said};
use super::reports::Reports;
use super::stale::{Age, is_media};
use super::stats::MediaStats;
use super::tcp::{Ends, Outbox};
use crate::clock;
use crate::handover;
use crate::udp::{Datagram, ReceiveBatch};

/// The socket's label.
pub(super) const SOCKET: Token = Token(0);
/// The label of the wake-up from other threads.
pub(super) const WAKER: Token = Token(1);

/// How many batches are read before timers, commands and other shards have their turn.
const BATCHES_A_TURN: usize = 8;
/// The same after a pause of the whole machine: what came meanwhile must be heard before a timer
/// takes everybody for dead.
const BATCHES_AFTER_A_PAUSE: usize = 512;
/// So long between two turns is a pause, not work.
const PAUSE: Duration = Duration::from_secs(1);
/// Commands and relays that are taken in one turn.
const INPUTS_A_TURN: usize = 1024;
/// Inputs after which outputs are taken out, so that they do not pile up.
const INPUTS_A_DRAIN: usize = 64;
/// How old the published figures may be.
const PUBLISH_EVERY: Duration = Duration::from_millis(100);
/// How soon something that found a full queue is tried again.
const RETRY_AFTER: Duration = Duration::from_millis(5);
/// A machine that breaks at once, again and again, must not eat a core.
const REST_AFTER_A_PANIC: Duration = Duration::from_millis(50);

/// What other threads ask of a shard.
#[derive(Debug)]
pub(super) enum Command {
    /// Something for the machine.
    Core(moim_sfu::Command),
    /// A TCP connection for one of its legs.
    OpenLink { ends: Ends, number: u64, outbox: Arc<Outbox> },
    /// A packet that came over it.
    Frame(Ends, Bytes),
    /// It has ended.
    CloseLink(Ends, u64),
    /// Whether a leg of this shard has this `ufrag`.
    Knows(String, oneshot::Sender<bool>),
    /// Close everything and end the thread.
    Stop,
    /// Break.
    #[cfg(test)]
    Panic,
}

/// A shard with everything around it.
pub(super) struct Driver {
    pub(super) config: Config,
    pub(super) core: Shard,
    pub(super) echo: Echo,
    pub(super) outlet: Outlet,
    pub(super) poll: Poll,
    pub(super) inbox: mpsc::Receiver<Command>,
    pub(super) ring: Ring,
    /// What TURN hands over from clients.
    pub(super) from_turn: Arc<handover::Ring>,
    pub(super) relays: Relays,
    pub(super) reports: Reports,
    /// Legs that are open, so that none is forgotten when the machine breaks.
    pub(super) legs: BTreeSet<LegId>,
    pub(super) published: Arc<Mutex<MediaStats>>,
}

#[derive(Debug, PartialEq, Eq)]
enum Flow {
    Continue,
    Stop,
}

/// What a turn leaves to be done without waiting for a new sign.
#[derive(Debug, Default)]
struct Left {
    /// The socket was not read to the end, and will not be announced again.
    datagrams: bool,
    /// Commands, relays or packets from TURN wait.
    inputs: bool,
    /// Something found a full queue.
    retries: bool,
}

impl Driver {
    /// Runs until [`Command::Stop`]. A machine that breaks is replaced by an empty one.
    pub(super) fn keep_running(mut self) {
        loop {
            match catch_unwind(AssertUnwindSafe(|| self.run())) {
                Ok(Ok(())) => return,
                Ok(Err(error)) => {
                    tracing::error!(%error, "a media shard's event loop broke");
                    self.give_up_legs();
                    return;
                }
                Err(_panic) => {
                    tracing::error!(shard = self.config.shard.0, legs = self.legs.len(), "a media shard broke");
                    if !self.start_over() {
                        return;
                    }
                }
            }
        }
    }

    /// An empty machine in place of a broken one.
    fn start_over(&mut self) -> bool {
        self.give_up_legs();
        self.outlet.clear();
        self.outlet.stats.restarts += 1;
        std::thread::sleep(REST_AFTER_A_PANIC);
        match clock::seed() {
            Ok(seed) => {
                self.core = Shard::new(self.config.clone(), clock::now(), seed);
                true
            }
            Err(error) => {
                tracing::error!(%error, "a media shard could not begin anew");
                false
            }
        }
    }

    fn give_up_legs(&mut self) {
        for leg in std::mem::take(&mut self.legs) {
            self.reports.tell(Event::Leg(leg, LegEvent::Closed(CloseReason::Fault)));
        }
        self.reports.flush();
    }

    fn run(&mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(8);
        let mut batch = ReceiveBatch::default();
        // Whatever came before this run is looked at.
        let mut left = Left { datagrams: true, inputs: true, retries: true };
        let mut last = clock::now().instant;
        let mut published = last;
        loop {
            self.wait(&mut events, &left)?;
            let now = clock::now();
            let readable = left.datagrams || events.iter().any(|event| event.token() == SOCKET);
            let paused = now.instant.saturating_duration_since(last) > PAUSE + PUBLISH_EVERY * 10;
            let age = if paused { Age::Stale } else { Age::Fresh };
            left.inputs = false;
            self.take_from_turn(last, now, &mut left);
            last = now.instant;
            left.datagrams = readable && self.read(now, &mut batch, age);
            if self.take_commands(now, &mut left) == Flow::Stop {
                self.stop(now);
                return Ok(());
            }
            self.take_relays(now, &mut left);
            if self.core.next_wake().is_some_and(|at| at <= now.instant) {
                self.core.handle(now, Input::Timeout);
            }
            self.drain(now);
            left.retries = self.relays.flush() | self.reports.flush();
            if now.instant.saturating_duration_since(published) >= PUBLISH_EVERY {
                self.publish();
                published = now.instant;
            }
        }
    }

    fn wait(&mut self, events: &mut Events, left: &Left) -> io::Result<()> {
        let until = |at: Instant| at.saturating_duration_since(clock::now().instant);
        let longest = if left.retries { RETRY_AFTER } else { PUBLISH_EVERY * 10 };
        let timeout = if left.datagrams || left.inputs {
            Duration::ZERO
        } else {
            self.core.next_wake().map_or(longest, |at| until(at).min(longest))
        };
        match self.poll.poll(events, Some(timeout)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
            _ => Ok(()),
        }
    }

    /// Reads the socket, but not for ever. True while datagrams may still wait.
    fn read(&mut self, now: Now, batch: &mut ReceiveBatch, age: Age) -> bool {
        let batches = if age == Age::Stale { BATCHES_AFTER_A_PAUSE } else { BATCHES_A_TURN };
        for _ in 0..batches {
            match self.outlet.socket().receive(batch) {
                Ok(filled) => self.take_batch(now, batch, filled, age),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                // An ICMP error of an earlier send is reported here; the next receive goes on.
                Err(_) => {}
            }
        }
        true
    }

    /// The machine hears a whole run before its outputs are taken, so that one frame's packets for
    /// one viewer come out side by side.
    fn take_batch(&mut self, now: Now, batch: &ReceiveBatch, filled: usize, age: Age) {
        for (number, Datagram { from, to, bytes: payload }) in batch.datagrams(filled).enumerate() {
            if age == Age::Stale && is_media(payload) {
                self.outlet.stats.stale += 1;
                continue;
            }
            let to = self.outlet.candidate_for(to);
            self.take_datagram(now, from, to, payload);
            if number % INPUTS_A_DRAIN == INPUTS_A_DRAIN - 1 {
                self.drain(now);
            }
        }
        self.drain(now);
    }

    fn take_datagram(&mut self, now: Now, from: SocketAddr, to: SocketAddr, payload: &[u8]) {
        match self.echo.answer(now.instant, from, payload) {
            Some(answer) => self.outlet.send_udp(to, from, &answer),
            None => self.core.handle(now, Input::Datagram { transport: Transport::Udp, from, to, payload }),
        }
    }

    /// Packets that TURN took in since the last turn, each as old as it is: congestion control measures how far apart
    /// they came. They are first, since time in the machine does not go back.
    fn take_from_turn(&mut self, last: Instant, now: Now, left: &mut Left) {
        self.from_turn.begin_reading();
        let mut at = now_at(now, last);
        for number in 0..INPUTS_A_TURN {
            let Some(run) = self.from_turn.pop() else { return self.drain(at) };
            at = now_at(now, run.received.map_or(now.instant, |received| received.max(at.instant)));
            let (from, to) = (run.from, self.outlet.candidate_for(Some(run.to.ip())));
            self.outlet.stats.packets_from_turn += run.count();
            for payload in run.packets() {
                self.take_datagram(at, from, to, payload);
            }
            if number % INPUTS_A_DRAIN == INPUTS_A_DRAIN - 1 {
                self.drain(at);
            }
        }
        left.inputs = true;
        self.drain(at);
    }

    fn take_commands(&mut self, now: Now, left: &mut Left) -> Flow {
        for number in 0..INPUTS_A_TURN {
            let Ok(command) = self.inbox.try_recv() else { return Flow::Continue };
            if self.take_command(now, command) == Flow::Stop {
                return Flow::Stop;
            }
            if number % INPUTS_A_DRAIN == INPUTS_A_DRAIN - 1 {
                self.drain(now);
            }
        }
        left.inputs = true;
        Flow::Continue
    }

    fn take_command(&mut self, now: Now, command: Command) -> Flow {
        match command {
            Command::Core(command) => {
                if let moim_sfu::Command::OpenLeg(leg, _) = &command {
                    self.legs.insert(*leg);
                }
                self.core.handle(now, Input::Command(command));
            }
            Command::OpenLink { ends, number, outbox } => self.outlet.open_link(ends, number, outbox),
            Command::Frame(Ends { remote, local }, payload) => {
                let transport = Transport::Tcp;
                self.core.handle(now, Input::Datagram { transport, from: remote, to: local, payload: &payload });
            }
            Command::CloseLink(ends, number) => self.outlet.close_link(ends, number),
            // Who asked may have gone.
            Command::Knows(ufrag, answer) => drop(answer.send(self.core.knows_ufrag(&ufrag))),
            Command::Stop => return Flow::Stop,
            #[cfg(test)]
            Command::Panic => panic!("as a test has asked"),
        }
        Flow::Continue
    }

    fn take_relays(&mut self, now: Now, left: &mut Left) {
        for number in 0..INPUTS_A_TURN {
            let Some(relay) = self.ring.pop() else { return };
            self.core.handle(now, Input::Relay(relay));
            if number % INPUTS_A_DRAIN == INPUTS_A_DRAIN - 1 {
                self.drain(now);
            }
        }
        left.inputs = true;
    }

    fn drain(&mut self, now: Now) {
        while let Some(output) = self.core.poll() {
            match output {
                Output::Datagram { transport: Transport::Udp, from, to, payload } => {
                    self.outlet.send_udp(from, to, &payload);
                }
                Output::Datagram { transport: Transport::Tcp, from, to, payload } => {
                    self.outlet.send_tcp(now.instant, Ends { remote: to, local: from }, payload);
                }
                Output::Event(event) => {
                    if let Event::Leg(leg, LegEvent::Closed(_)) = &event {
                        self.legs.remove(leg);
                    }
                    self.reports.tell(event);
                }
                Output::Relay(shard, relay) => {
                    if self.relays.say(shard, relay) == Said::Dropped {
                        self.outlet.stats.relays_dropped += 1;
                    }
                }
            }
        }
        self.outlet.flush();
    }

    fn stop(&mut self, now: Now) {
        self.core.handle(now, Input::Command(moim_sfu::Command::Stop));
        self.drain(now);
        self.reports.flush();
        self.publish();
    }

    fn publish(&mut self) {
        self.outlet.stats.events_lost = self.reports.lost();
        let shell = self.outlet.stats.clone();
        let stats = MediaStats { core: self.core.stats().clone(), shell, ..MediaStats::default() };
        *self.published.lock().unwrap_or_else(PoisonError::into_inner) = stats;
    }
}

/// Both clocks at `earlier`; never later than `now`.
fn now_at(now: Now, earlier: Instant) -> Now {
    let ago = now.instant.saturating_duration_since(earlier);
    Now { instant: earlier.min(now.instant), unix: now.unix.saturating_sub(ago) }
}
