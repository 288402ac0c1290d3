//! All the ways out of a shard: its listening socket, its relay sockets, its clients' byte streams, and media.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use mio::{Interest, Registry, Token};
use moim_turn::{FiveTuple, Forward, Input, Output, RelayId, Transport};
use tokio::sync::mpsc;

use super::ledger::{Entry, Ledger};
use super::stats::ShellStats;
use crate::egress::{Egress, Run};
use crate::handover::{self, ToMedia};
use crate::udp::{Sharing, UdpSocket};

/// Padding is zero, so that nothing of anybody else's is in it.
const PADDING: [u8; 3] = [0; 3];

/// Which socket a packet leaves from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Through {
    /// The shard's listening socket, from this local address.
    Listener(Option<IpAddr>),
    /// A relay socket.
    Relay(RelayId),
    /// None: media takes it as if it had come from this relayed transport address.
    Handover(SocketAddr),
}

/// Where a run of packets goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Destination {
    through: Through,
    to: SocketAddr,
}

/// A relay socket, and its place in the ledger.
#[derive(Debug)]
struct RelaySocket {
    socket: UdpSocket,
    _entry: Entry,
}

/// The writing half of a client's byte stream.
#[derive(Debug)]
pub(super) struct Outbox {
    /// Tells two connections of one five-tuple apart, one after the other.
    pub(super) connection: u64,
    pub(super) messages: mpsc::Sender<Bytes>,
}

#[derive(Debug)]
pub(super) struct Outlet {
    ways: Ways,
    streams: HashMap<FiveTuple, Outbox>,
    egress: Egress<Destination>,
    /// The number of this shard.
    shard: usize,
    ledger: Arc<Ledger>,
    registry: Registry,
    pub(super) stats: ShellStats,
}

/// Where runs of packets leave.
#[derive(Debug)]
struct Ways {
    listener: Option<UdpSocket>,
    relays: HashMap<RelayId, RelaySocket>,
    media: Option<ToMedia>,
    /// When the packets came in that are on their way now.
    received: Option<Instant>,
}

/// What a shard is given to begin with.
#[derive(Debug)]
pub(super) struct Equipment {
    pub(super) listener: Option<UdpSocket>,
    pub(super) media: Option<ToMedia>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) registry: Registry,
}

impl Outlet {
    pub(super) fn new(shard: usize, equipment: Equipment) -> Self {
        let Equipment { listener, media, ledger, registry } = equipment;
        let most_packets = listener.as_ref().map_or(1, UdpSocket::most_segments);
        Self {
            ways: Ways { listener, relays: HashMap::new(), media, received: None },
            streams: HashMap::new(),
            egress: Egress::new(most_packets),
            shard,
            ledger,
            registry,
            stats: ShellStats::default(),
        }
    }

    pub(super) const fn listener(&self) -> Option<&UdpSocket> {
        self.ways.listener.as_ref()
    }

    pub(super) fn relay(&self, relay: RelayId) -> Option<&UdpSocket> {
        self.ways.relays.get(&relay).map(|relay| &relay.socket)
    }

    pub(super) fn open_stream(&mut self, five_tuple: FiveTuple, outbox: Outbox) {
        self.streams.insert(five_tuple, outbox);
    }

    /// Forgets a stream; false if its five-tuple belongs to a later connection already.
    pub(super) fn close_stream(&mut self, five_tuple: &FiveTuple, connection: u64) -> bool {
        let current = self.streams.get(five_tuple).is_some_and(|outbox| outbox.connection == connection);
        if current {
            self.streams.remove(five_tuple);
        }
        current
    }

    /// Sends a packet on that came in now, or lets it wait for others of its kind until [`Outlet::flush`].
    pub(super) fn forward(&mut self, now: Instant, forward: Forward<'_>) {
        self.ways.received = Some(now);
        match forward {
            Forward::ToPeer { relay, peer, payload } => {
                self.push(Destination { through: Through::Relay(relay), to: peer }, &[payload]);
            }
            Forward::ToSibling { relay, bound, payload } if self.ledger.is_open(bound) => {
                self.push(Destination { through: Through::Relay(relay), to: bound }, &[payload]);
            }
            Forward::ToSibling { .. } => self.stats.not_a_relay += 1,
            Forward::ToMedia { relayed, media, payload } => {
                self.push(Destination { through: Through::Handover(relayed), to: media }, &[payload]);
            }
            Forward::ToClient { five_tuple, header, payload, padding } => {
                let padding = PADDING.get(..padding).unwrap_or_default();
                self.send_to_client(&five_tuple, &[header.as_bytes(), payload, padding]);
            }
        }
    }

    /// Does what the machine asks for, and says what came of it.
    pub(super) fn carry_out(&mut self, output: Output) -> Option<Input<'static>> {
        match output {
            Output::ToClient { five_tuple, bytes } => {
                self.send_to_client(&five_tuple, &[&bytes]);
                None
            }
            Output::OpenRelay { relay, address, user } => Some(self.open_relay(relay, address, &user)),
            Output::CloseRelay(relay) => {
                // What waits for this socket leaves before it closes.
                self.flush();
                self.close_relay(relay);
                None
            }
        }
    }

    /// Sends what waits.
    pub(super) fn flush(&mut self) {
        let Self { egress, ways, stats, .. } = self;
        egress.flush(|run| ways.send(run, stats));
        if let Some(media) = &mut ways.media {
            media.wake();
        }
    }

    fn push(&mut self, destination: Destination, parts: &[&[u8]]) {
        let Self { egress, ways, stats, .. } = self;
        egress.push(destination, parts, |run| ways.send(run, stats));
    }

    fn send_to_client(&mut self, five_tuple: &FiveTuple, parts: &[&[u8]]) {
        match five_tuple.transport {
            Transport::Udp => {
                let through = Through::Listener(Some(five_tuple.local.ip()));
                self.push(Destination { through, to: five_tuple.client }, parts);
            }
            Transport::Tcp | Transport::Tls => self.send_to_stream(five_tuple, parts),
        }
    }

    /// A client that does not read loses packets, as it would over UDP; it blocks nobody.
    fn send_to_stream(&mut self, five_tuple: &FiveTuple, parts: &[&[u8]]) {
        let Some(outbox) = self.streams.get(five_tuple) else { return };
        let mut message = BytesMut::with_capacity(parts.iter().map(|part| part.len()).sum());
        for part in parts {
            message.extend_from_slice(part);
        }
        if outbox.messages.try_send(message.freeze()).is_err() {
            self.stats.streams_full += 1;
        }
    }

    fn open_relay(&mut self, relay: RelayId, address: SocketAddr, user: &Arc<str>) -> Input<'static> {
        let Some(mut entry) = self.ledger.enter(user) else { return Input::RelayOverQuota(relay) };
        match self.bind_relay(relay, address) {
            Ok(socket) => {
                entry.open(address, self.shard);
                self.ways.relays.insert(relay, RelaySocket { socket, _entry: entry });
                Input::RelayOpened(relay)
            }
            Err(error) => {
                tracing::debug!(%address, %error, "a relay port could not be bound");
                Input::RelayFailed(relay)
            }
        }
    }

    fn bind_relay(&self, relay: RelayId, address: SocketAddr) -> io::Result<UdpSocket> {
        let mut socket = UdpSocket::bind(address, Sharing::Exclusive)?;
        self.registry.register(socket.source(), token(relay), Interest::READABLE)?;
        Ok(socket)
    }

    fn close_relay(&mut self, relay: RelayId) {
        if let Some(mut relay) = self.ways.relays.remove(&relay) {
            // Closing the descriptor takes it out of the poll; this only does it in order.
            let _ = self.registry.deregister(relay.socket.source());
        }
    }
}

/// The event-loop label of a relay socket.
#[expect(clippy::cast_possible_truncation, reason = "only 64-bit systems are built for")]
pub(super) const fn token(relay: RelayId) -> Token {
    Token(relay.to_u64() as usize)
}

impl Ways {
    fn send(&mut self, run: Run<'_, Destination>, stats: &mut ShellStats) {
        let Run { destination: Destination { through, to }, contents, segment } = run;
        let sent = match through {
            Through::Listener(from) => self.listener.as_ref().map(|socket| socket.send(to, from, contents, segment)),
            Through::Relay(relay) => {
                self.relays.get(&relay).map(|relay| relay.socket.send(to, None, contents, segment))
            }
            Through::Handover(relayed) => return self.hand_over(relayed, run, stats),
        };
        // A peer that cannot be reached is nothing to stop for: the next packet may go elsewhere.
        match sent {
            None | Some(Ok(())) => {}
            Some(Err(error)) if error.kind() == io::ErrorKind::WouldBlock => stats.sends_blocked += 1,
            Some(Err(_)) => stats.sends_failed += 1,
        }
    }

    fn hand_over(&mut self, relayed: SocketAddr, run: Run<'_, Destination>, stats: &mut ShellStats) {
        let run = handover::Run::of(relayed, run.destination.to, run.contents, run.segment, self.received);
        let packets = run.count();
        if !self.media.as_mut().is_some_and(|media| media.push(run)) {
            stats.handovers_dropped += packets;
        }
    }
}
