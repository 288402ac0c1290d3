//! All the ways out of a shard: its UDP socket, its TCP connections, and TURN.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use super::addresses::AddressBook;
use super::stats::ShellStats;
use super::tcp::{Ends, Outbox};
use crate::egress::{Egress, Run};
use crate::handover::{self, HandedOver, ToTurn};
use crate::udp::UdpSocket;

/// Where a run of datagrams goes, and the address it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Destination {
    from: SocketAddr,
    to: SocketAddr,
}

/// A TCP connection's queue.
#[derive(Debug)]
struct Link {
    /// Tells two connections with the same ends apart, one after the other.
    number: u64,
    outbox: Arc<Outbox>,
}

#[derive(Debug)]
pub(super) struct Outlet {
    socket: UdpSocket,
    addresses: AddressBook,
    links: HashMap<Ends, Link>,
    egress: Egress<Destination>,
    turn: ToTurn,
    pub(super) stats: ShellStats,
}

impl Outlet {
    pub(super) fn new(socket: UdpSocket, addresses: AddressBook, turn: ToTurn) -> Self {
        let egress = Egress::new(socket.most_segments());
        Self { socket, addresses, links: HashMap::new(), egress, turn, stats: ShellStats::default() }
    }

    pub(super) const fn socket(&self) -> &UdpSocket {
        &self.socket
    }

    /// The candidate's address for one that a datagram was sent to.
    pub(super) fn candidate_for(&self, local: Option<IpAddr>) -> SocketAddr {
        let bound = self.socket.local();
        let local = local.unwrap_or_else(|| bound.ip());
        SocketAddr::new(self.addresses.told_for(local), bound.port())
    }

    /// Sends a datagram, or lets it wait for others of its kind until [`Outlet::flush`].
    pub(super) fn send_udp(&mut self, from: SocketAddr, to: SocketAddr, payload: &[u8]) {
        let Self { socket, addresses, egress, turn, stats, .. } = self;
        egress.push(Destination { from, to }, &[payload], |run| send(run, socket, addresses, turn, stats));
    }

    /// Hands a packet to a connection. One that reads slowly loses packets, as it would over UDP.
    pub(super) fn send_tcp(&mut self, now: Instant, ends: Ends, packet: Vec<u8>) {
        match self.links.get(&ends) {
            Some(link) => self.stats.tcp_dropped += link.outbox.push(now, packet),
            None => self.stats.tcp_gone += 1,
        }
    }

    /// Sends what waits.
    pub(super) fn flush(&mut self) {
        let Self { socket, addresses, egress, turn, stats, .. } = self;
        egress.flush(|run| send(run, socket, addresses, turn, stats));
        turn.wake();
        // A network card that cannot cut runs is found out by the first one.
        egress.set_most_packets(socket.most_segments());
    }

    pub(super) fn open_link(&mut self, ends: Ends, number: u64, outbox: Arc<Outbox>) {
        self.links.insert(ends, Link { number, outbox });
    }

    pub(super) fn close_link(&mut self, ends: Ends, number: u64) {
        if self.links.get(&ends).is_some_and(|link| link.number == number) {
            self.links.remove(&ends);
        }
    }

    /// Forgets what waits, and all connections.
    pub(super) fn clear(&mut self) {
        self.egress.flush(|_run| {});
        self.links.clear();
    }
}

fn send(
    run: Run<'_, Destination>,
    socket: &UdpSocket,
    addresses: &AddressBook,
    turn: &mut ToTurn,
    stats: &mut ShellStats,
) {
    let Run { destination: Destination { from, to }, contents, segment } = run;
    let known_as = || SocketAddr::new(addresses.public(from.ip()), from.port());
    let packets = contents.len().div_ceil(segment) as u64;
    match turn.push(to, || handover::Run::of(known_as(), to, contents, segment, None)) {
        Some(HandedOver::Yes) => return stats.packets_to_turn += packets,
        Some(HandedOver::Full) => return stats.handovers_dropped += packets,
        None => {}
    }
    // A socket bound to one address sends from there anyway.
    let from = if socket.local().ip().is_unspecified() { addresses.source(from.ip()) } else { None };
    stats.sends += 1;
    match socket.send(to, from, contents, segment) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => stats.sends_blocked += 1,
        // A remote side that cannot be reached is nothing to stop for.
        Err(_) => stats.sends_failed += 1,
    }
}
