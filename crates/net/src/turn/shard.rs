//! One thread, one machine, one listening socket: wait, feed, drain, send.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use mio::{Events, Poll, Token};
use moim_turn::{FiveTuple, Input, RelayId, Server, Transport};
use moim_types::Now;
use tokio::sync::mpsc;

use super::outlet::{Outbox, Outlet};
use super::stats::TurnStats;
use crate::clock;
use crate::handover::Ring;
use crate::udp::{ReceiveBatch, UdpSocket};

/// The listening socket's label. Relay sockets count up from zero and never come near.
pub(super) const LISTENER: Token = Token(usize::MAX);
/// The label of the wake-up from other threads.
pub(super) const WAKER: Token = Token(usize::MAX - 1);

/// How many batches are read from one socket before the others have their turn.
const BATCHES_A_TURN: usize = 8;

/// How many runs of packets are taken from media before the sockets have their turn.
const RUNS_A_TURN: usize = 1024;

/// How old the published figures may be.
const PUBLISH_EVERY: Duration = Duration::from_millis(100);

/// What other threads ask of a shard.
#[derive(Debug)]
pub(super) enum Command {
    /// A byte stream was accepted.
    OpenStream(FiveTuple, Outbox),
    /// One message of a byte stream.
    StreamMessage(FiveTuple, Bytes),
    /// A byte stream has ended.
    CloseStream(FiveTuple, u64),
    /// A change of credentials, policy or mode.
    Tell(Input<'static>),
    /// Close everything and end the thread.
    Stop,
}

#[derive(Debug)]
pub(super) struct Shard {
    pub(super) server: Server,
    pub(super) outlet: Outlet,
    pub(super) poll: Poll,
    pub(super) inbox: mpsc::Receiver<Command>,
    /// What media hands over for clients.
    pub(super) from_media: Arc<Ring>,
    pub(super) published: Arc<Mutex<TurnStats>>,
}

#[derive(Debug, PartialEq, Eq)]
enum Flow {
    Continue,
    Stop,
}

impl Shard {
    /// Runs until [`Command::Stop`], or until the event loop itself breaks.
    pub(super) fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        let mut batch = ReceiveBatch::default();
        let mut ready: Vec<Token> = Vec::new();
        // Sockets that were not read to the end, and will not be announced again.
        let mut unfinished: Vec<Token> = Vec::new();
        let mut media_waits = false;
        let mut published = clock::now().instant;
        loop {
            self.wait(&mut events, media_waits || !unfinished.is_empty())?;
            let now = clock::now();
            ready.append(&mut unfinished);
            ready.extend(events.iter().map(|event| event.token()));
            for token in ready.drain(..) {
                if token == WAKER {
                    continue;
                }
                if self.read(now, token, &mut batch) == Left::Some {
                    unfinished.push(token);
                }
            }
            if self.take_commands(now) == Flow::Stop {
                return Ok(());
            }
            media_waits = self.take_from_media(now);
            if self.server.next_wake().is_some_and(|(at, _)| at <= now.instant) {
                self.feed(now, Input::Wake);
            }
            self.outlet.flush();
            if now.instant.saturating_duration_since(published) >= PUBLISH_EVERY {
                self.publish();
                published = now.instant;
            }
        }
    }

    fn wait(&mut self, events: &mut Events, more: bool) -> io::Result<()> {
        let until_wake = |(at, _): (Instant, _)| at.saturating_duration_since(clock::now().instant);
        let timeout = match self.server.next_wake() {
            _ if more => Duration::ZERO,
            wake => wake.map_or(PUBLISH_EVERY * 10, until_wake).min(PUBLISH_EVERY * 10),
        };
        match self.poll.poll(events, Some(timeout)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
            _ => Ok(()),
        }
    }

    /// Reads a socket, but not for ever.
    fn read(&mut self, now: Now, token: Token, batch: &mut ReceiveBatch) -> Left {
        for _ in 0..BATCHES_A_TURN {
            let relay = (token != LISTENER).then(|| RelayId::from_u64(token.0 as u64));
            let socket = match relay {
                None => self.outlet.listener(),
                Some(relay) => self.outlet.relay(relay),
            };
            let Some(socket) = socket else { return Left::Nothing };
            match socket.receive(batch) {
                Ok(filled) => self.take_batch(now, relay, batch, filled),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Left::Nothing,
                // An ICMP error of an earlier send is reported here; the next receive goes on.
                Err(_) => {}
            }
        }
        Left::Some
    }

    fn take_batch(&mut self, now: Now, relay: Option<RelayId>, batch: &ReceiveBatch, filled: usize) {
        let local = self.outlet.listener().map(UdpSocket::local);
        for datagram in batch.datagrams(filled) {
            let input = match (relay, local) {
                (Some(relay), _) => Input::FromPeer { relay, peer: datagram.from, bytes: datagram.bytes },
                (None, Some(mut local)) => {
                    if let Some(ip) = datagram.to {
                        local.set_ip(ip);
                    }
                    let five_tuple = FiveTuple { client: datagram.from, local, transport: Transport::Udp };
                    Input::FromClient { five_tuple, bytes: datagram.bytes }
                }
                (None, None) => return,
            };
            self.feed(now, input);
        }
        self.outlet.flush();
    }

    /// Feeds one input and drains what follows from it.
    fn feed(&mut self, now: Now, input: Input<'_>) {
        if let Some(forward) = self.server.handle(now, input) {
            self.outlet.forward(now.instant, forward);
        }
        while let Some(output) = self.server.poll() {
            if let Some(outcome) = self.outlet.carry_out(output) {
                // How the opening of a relay went is never a packet to send on.
                let _ = self.server.handle(now, outcome);
            }
        }
    }

    fn take_commands(&mut self, now: Now) -> Flow {
        while let Ok(command) = self.inbox.try_recv() {
            match command {
                Command::OpenStream(five_tuple, outbox) => self.outlet.open_stream(five_tuple, outbox),
                Command::StreamMessage(five_tuple, bytes) => {
                    self.feed(now, Input::FromClient { five_tuple, bytes: &bytes });
                }
                Command::CloseStream(five_tuple, connection) => {
                    if self.outlet.close_stream(&five_tuple, connection) {
                        self.feed(now, Input::ClientGone(five_tuple));
                    }
                }
                Command::Tell(input) => self.feed(now, input),
                Command::Stop => return Flow::Stop,
            }
        }
        Flow::Continue
    }

    /// Takes what media has for clients, but not for ever. True while some of it may still wait.
    fn take_from_media(&mut self, now: Now) -> bool {
        self.from_media.begin_reading();
        for _ in 0..RUNS_A_TURN {
            let Some(run) = self.from_media.pop() else { return false };
            for bytes in run.packets() {
                self.feed(now, Input::FromMedia { relayed: run.to, media: run.from, bytes });
            }
        }
        true
    }

    fn publish(&self) {
        let stats = TurnStats { core: self.server.stats(), shell: self.outlet.stats.clone() };
        *self.published.lock().unwrap_or_else(PoisonError::into_inner) = stats;
    }
}

/// Whether a socket may still have datagrams waiting.
#[derive(Debug, PartialEq, Eq)]
enum Left {
    Nothing,
    Some,
}
