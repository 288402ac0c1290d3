//! Where a packet for a peer goes: out, to another client of this server, to its media, or nowhere.

use std::net::{IpAddr, SocketAddr};

use crate::address::Family;
use crate::allocations::allocation::Relay;
use crate::config::{RelayAddress, RelayConfig};
use crate::peers::media::MediaSockets;
use crate::peers::policy::PeerPolicy;

/// The way to a peer that may be relayed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// Somewhere else.
    External,
    /// A relayed transport address of this server; the relay socket, if one is needed, stands at `bound`.
    OwnRelay {
        /// The local address of that relay socket.
        bound: SocketAddr,
    },
    /// A media socket of this process.
    Media,
}

#[derive(Debug)]
pub(crate) struct Peers {
    policy: PeerPolicy,
    relay: RelayConfig,
    media: MediaSockets,
}

impl Peers {
    pub(crate) const fn new(policy: PeerPolicy, relay: RelayConfig, media: MediaSockets) -> Self {
        Self { policy, relay, media }
    }

    pub(crate) fn replace_policy(&mut self, policy: PeerPolicy) {
        self.policy = policy;
    }

    /// Whether a permission for this address may be installed (RFC 8656 §9.2).
    ///
    /// This server's own addresses for relays and media are always open, although they may be private: two clients
    /// behind bad NATs meet there, and rooms are there. Which of their ports are reached is decided by [`Peers::route`].
    pub(crate) fn permits(&self, peer: IpAddr) -> bool {
        if self.is_own(peer) {
            return true;
        }
        match self.policy.check(peer) {
            Ok(()) => true,
            Err(refusal) => {
                tracing::debug!(peer.addr = %peer, reason = refusal.reason(), "peer refused");
                false
            }
        }
    }

    /// The way to a peer, or `None` where no packet may go or come from: port 0, and every port of this server
    /// that is neither a relay nor media, unless the operator opened its address by name.
    pub(crate) fn route(&self, peer: SocketAddr) -> Option<Route> {
        if peer.port() == 0 {
            return None;
        }
        if self.media.has(peer) {
            return Some(Route::Media);
        }
        if !self.is_own(peer.ip()) {
            return Some(Route::External);
        }
        if self.relay.is_own(peer.ip()) && self.relay.ports.contains(&peer.port()) {
            return Some(Route::OwnRelay { bound: self.bound(peer) });
        }
        self.policy.opens(peer.ip()).then_some(Route::External)
    }

    /// Whether relays or media have this address.
    fn is_own(&self, address: IpAddr) -> bool {
        self.relay.is_own(address) || self.media.are_on(address)
    }

    /// Whether relayed transport addresses of this family are to be had.
    pub(crate) const fn offers(&self, family: Family) -> bool {
        self.relay.address(family).is_some()
    }

    /// The relayed transport address, as clients and peers know it.
    pub(crate) fn relayed(&self, relay: Relay) -> Option<SocketAddr> {
        let own = self.relay.address(relay.family)?;
        Some(SocketAddr::new(own.advertised, relay.port))
    }

    /// The local address to open a relay socket on.
    pub(crate) fn relay_socket(&self, relay: Relay) -> Option<SocketAddr> {
        let own = self.relay.address(relay.family)?;
        Some(SocketAddr::new(own.bind, relay.port))
    }

    /// The address under which clients know a peer whose datagram came from `source`:
    /// another relay socket of this server is known by its advertised address.
    pub(crate) fn advertised(&self, source: SocketAddr) -> SocketAddr {
        self.translate(source, |own| (own.bind, own.advertised))
    }

    fn bound(&self, relayed: SocketAddr) -> SocketAddr {
        self.translate(relayed, |own| (own.advertised, own.bind))
    }

    fn translate(&self, address: SocketAddr, from_and_to: impl Fn(RelayAddress) -> (IpAddr, IpAddr)) -> SocketAddr {
        if !self.relay.ports.contains(&address.port()) {
            return address;
        }
        [self.relay.ipv4, self.relay.ipv6]
            .into_iter()
            .flatten()
            .map(from_and_to)
            .find(|(from, _)| *from == address.ip())
            .map_or(address, |(_, to)| SocketAddr::new(to, address.port()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peers(allow: &[&str]) -> Peers {
        let own = RelayAddress { bind: [10, 0, 0, 5].into(), advertised: [1, 2, 3, 4].into() };
        let relay = RelayConfig { ipv4: Some(own), ipv6: None, ports: 50_000..=50_999 };
        let allow = allow.iter().map(|net| net.parse().unwrap()).collect();
        let media = ["10.0.0.6:7882", "1.2.3.4:7882", "1.2.3.4:50002"].map(|socket| socket.parse().unwrap());
        Peers::new(PeerPolicy::new(allow, vec![]), relay, MediaSockets::new(media.into()))
    }

    #[test]
    fn only_relay_ports_of_this_server_are_reached() {
        let peers = peers(&[]);
        let bound = "10.0.0.5:50001".parse().unwrap();
        assert_eq!(peers.route("1.2.3.4:50001".parse().unwrap()), Some(Route::OwnRelay { bound }));
        assert_eq!(peers.route("1.2.3.4:22".parse().unwrap()), None);
        assert_eq!(peers.route("10.0.0.5:3478".parse().unwrap()), None);
        assert_eq!(peers.route("8.8.8.8:53".parse().unwrap()), Some(Route::External));
        assert_eq!(peers.route("8.8.8.8:0".parse().unwrap()), None);
    }

    #[test]
    fn media_is_reached_and_no_other_port_of_its_address() {
        let peers = peers(&[]);
        let route = |peer: &str| peers.route(peer.parse().unwrap());
        assert_eq!(route("10.0.0.6:7882"), Some(Route::Media));
        assert_eq!(route("1.2.3.4:50002"), Some(Route::Media), "although relays could have that port");
        for other in ["10.0.0.6:7883", "10.0.0.6:22", "10.0.0.6:50001", "1.2.3.4:7881"] {
            assert_eq!(route(other), None, "{other}");
        }
        assert!(peers.permits("10.0.0.6".parse().unwrap()));
        assert!(!peers.permits("10.0.0.7".parse().unwrap()));
    }

    #[test]
    fn an_operator_may_open_his_own_address() {
        let peers = peers(&["10.0.0.5/32"]);
        assert_eq!(peers.route("10.0.0.5:9".parse().unwrap()), Some(Route::External));
    }

    #[test]
    fn another_relay_is_known_by_its_advertised_address() {
        let peers = peers(&[]);
        let known = peers.advertised("10.0.0.5:50001".parse().unwrap());
        assert_eq!(known, "1.2.3.4:50001".parse().unwrap());
        let stranger = "10.0.0.7:50001".parse().unwrap();
        assert_eq!(peers.advertised(stranger), stranger);
    }
}
