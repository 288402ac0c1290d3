//! Links that are bad, on the way from a shard to some of the peers.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Instant;

use moim_testkit::impair::{Link, Settings};

use super::Datagram;

/// The bad links, by the address of the peer.
#[derive(Default)]
pub(super) struct Links(BTreeMap<SocketAddr, Link<Datagram>>);

/// What IPv4 and UDP put in front of a datagram.
const HEADERS: usize = 28;

impl Links {
    /// The link to a peer, made where there is none yet.
    pub(super) fn get(&mut self, to: SocketAddr) -> &mut Link<Datagram> {
        self.0.entry(to).or_insert_with(|| Link::new(Settings::default(), 1))
    }

    /// Takes what is sent to somebody behind one; gives back the rest.
    pub(super) fn take(&mut self, now: Instant, datagram: Datagram) -> Option<Datagram> {
        let Some(link) = self.0.get_mut(&datagram.to) else { return Some(datagram) };
        link.handle(now, datagram.payload.len() + HEADERS, datagram);
        None
    }

    pub(super) fn arrived(&mut self, now: Instant) -> Vec<Datagram> {
        self.0.values_mut().flat_map(|link| std::iter::from_fn(|| link.poll(now)).collect::<Vec<_>>()).collect()
    }

    pub(super) fn next_wake(&self) -> Option<Instant> {
        self.0.values().filter_map(Link::next_wake).min()
    }
}
