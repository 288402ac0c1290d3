//! One connection with its socket and its media.

use std::io;
use std::sync::Weak;
use std::time::Instant;

use tokio::sync::mpsc;

use crate::connection::{Connection, ConnectionState, Event, Input, Output};
use crate::media::{Media, MediaInput, MediaOutput};
use crate::relay::Relay;
use crate::socket::{Buffers, Datagram, Socket};

pub(crate) struct Endpoint {
    pub(super) connection: Connection,
    pub(super) socket: Socket,
    /// Everything goes through it, if there is one.
    relay: Option<Relay>,
    media: Box<dyn Media>,
    events: mpsc::Sender<Event>,
    owner: Weak<()>,
    datagrams: Vec<Datagram>,
}

impl Endpoint {
    pub(super) fn new(
        connection: Connection,
        socket: Socket,
        relay: Option<Relay>,
        media: Box<dyn Media>,
        events: mpsc::Sender<Event>,
        owner: Weak<()>,
    ) -> Self {
        Self { connection, socket, relay, media, events, owner, datagrams: Vec::new() }
    }

    /// Takes everything that waits in the socket.
    pub(super) fn receive(&mut self, buffers: &mut Buffers) -> io::Result<()> {
        loop {
            let now = Instant::now();
            let Self { connection, socket, relay, .. } = self;
            let more = socket.receive(buffers, |from, to, payload| match relay {
                None => connection.handle(now, Input::Datagram { from, to, payload }),
                Some(relay) => {
                    if let Some((from, payload)) = relay.handle(now, payload) {
                        connection.handle(now, Input::Datagram { from, to: relay.relayed(), payload });
                    }
                }
            })?;
            self.settle(now, buffers);
            if !more {
                return Ok(());
            }
        }
    }

    /// The time has come for the connection, its media, or both.
    pub(super) fn wake(&mut self, now: Instant, buffers: &mut Buffers) {
        if self.owner.strong_count() == 0 {
            self.connection.close();
        }
        if self.media.next_wake().is_some_and(|wake| wake <= now) {
            self.media.handle(now, MediaInput::Timeout);
        }
        if let Some(relay) = &mut self.relay {
            relay.wake(now);
        }
        self.write(now);
        self.connection.handle(now, Input::Timeout);
        self.settle(now, buffers);
    }

    /// Drains connection and media until both have nothing more, and sends what came out.
    pub(super) fn settle(&mut self, now: Instant, buffers: &mut Buffers) {
        self.drain(now);
        while self.write(now) {
            self.connection.handle(now, Input::Timeout);
            self.drain(now);
        }
        self.relay_out(now);
        if !self.datagrams.is_empty() {
            self.socket.send(buffers, &self.datagrams);
            self.datagrams.clear();
        }
    }

    pub(super) fn next_wake(&self) -> Option<Instant> {
        let connection = self.connection.next_wake()?;
        let relay = self.relay.as_ref().map(Relay::next_wake);
        Some(self.media.next_wake().into_iter().chain(relay).fold(connection, Instant::min))
    }

    pub(super) fn is_closed(&self) -> bool {
        self.connection.connection_state() == ConnectionState::Closed
    }

    /// Gives back what the connection held outside.
    pub(super) fn leave(&mut self, buffers: &mut Buffers) {
        let Some(relay) = &mut self.relay else { return };
        let goodbye = Datagram { from: relay.relayed(), to: relay.server(), payload: relay.end() };
        self.socket.send(buffers, &[goodbye]);
    }

    /// Wraps what is to be sent for the relay, and adds what the relay itself has to say.
    fn relay_out(&mut self, now: Instant) {
        let Some(relay) = &mut self.relay else { return };
        let to = relay.server();
        let direct = std::mem::take(&mut self.datagrams);
        self.datagrams.extend(direct.into_iter().filter_map(|Datagram { from, to: peer, payload }| {
            Some(Datagram { from, to, payload: relay.wrap(peer, &payload)? })
        }));
        while let Some(payload) = relay.poll(now) {
            self.datagrams.push(Datagram { from: relay.relayed(), to, payload });
        }
    }

    fn drain(&mut self, now: Instant) {
        while let Some(output) = self.connection.poll() {
            match output {
                Output::Datagram { from, to, payload } => self.datagrams.push(Datagram { from, to, payload }),
                Output::Packet(packet) => self.media.handle(now, MediaInput::Packet(packet)),
                Output::Event(event) => self.tell(now, event),
            }
        }
    }

    fn tell(&mut self, now: Instant, event: Event) {
        self.media.handle(now, MediaInput::Event(&event));
        if let Err(mpsc::error::TrySendError::Full(event)) = self.events.try_send(event) {
            // Losing one in silence would be worse: the program's picture would be wrong for good.
            if !matches!(event, Event::BandwidthEstimate(_) | Event::KeyFrameWanted { .. }) {
                tracing::warn!("the program takes no events; its connection is closed");
                self.connection.close();
            }
        }
    }

    /// Writes what the media side has; whether there was anything.
    fn write(&mut self, now: Instant) -> bool {
        let mut wrote = false;
        while let Some(output) = self.media.poll() {
            wrote = true;
            let done = match output {
                MediaOutput::Write(packet) => self.connection.write(packet),
                MediaOutput::RequestKeyFrame(transceiver) => self.connection.request_key_frame(transceiver, None),
            };
            if let Err(error) = done {
                tracing::trace!(%error, ?now, "media is refused");
            }
        }
        wrote
    }
}
