//! Under which addresses the outside reaches the media sockets.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::interfaces;

/// Addresses of a NAT in front of this machine that keeps the ports. `None`: there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExternalAddresses {
    /// Of IPv4.
    pub ipv4: Option<IpAddr>,
    /// Of IPv6.
    pub ipv6: Option<IpAddr>,
}

/// Whether remote sides are told loopback addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loopback {
    /// Only where this machine has no other.
    LastResort,
    /// Always: for work on one machine.
    Offered,
}

/// This machine's addresses, and what remote sides are told of them.
#[derive(Debug, Clone)]
pub(super) struct AddressBook {
    local: Vec<IpAddr>,
    external: ExternalAddresses,
}

/// A local address, and the one by which the outside reaches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) local: IpAddr,
    pub(super) public: IpAddr,
}

impl AddressBook {
    /// The addresses of a socket that is bound to `bound`.
    pub(super) fn of(bound: IpAddr, external: ExternalAddresses, loopback: Loopback) -> Self {
        let local = if bound.is_unspecified() {
            reachable(interfaces::addresses(), bound.is_ipv6(), loopback)
        } else {
            vec![bound]
        };
        Self { local, external }
    }

    /// What remote sides are told, the preferred first. Of those behind one external address only
    /// the first: they cannot tell them apart.
    pub(super) fn told(&self) -> Vec<Told> {
        let mut all: Vec<Told> = Vec::with_capacity(self.local.len());
        for &local in &self.local {
            let public = self.public(local);
            if !all.iter().any(|told| told.public == public) {
                all.push(Told { local, public });
            }
        }
        all
    }

    /// All addresses that lead here: this machine's own, and those of the NAT that stand for them.
    pub(super) fn all(&self) -> impl Iterator<Item = IpAddr> {
        self.local.iter().flat_map(|&local| [Some(local), self.external_of(local)]).flatten()
    }

    /// The address by which the outside knows a local one.
    pub(super) fn public(&self, local: IpAddr) -> IpAddr {
        self.external_of(local).unwrap_or(local)
    }

    /// The local address that was told, for one that something was sent to.
    pub(super) fn told_for(&self, local: IpAddr) -> IpAddr {
        match self.external_of(local) {
            Some(external) => self.first_behind(external).unwrap_or(local),
            None => local,
        }
    }

    /// The local address to send from, for one that was told; `None` leaves it to the routing table.
    pub(super) fn source(&self, told: IpAddr) -> Option<IpAddr> {
        self.external_of(told).is_none().then_some(told)
    }

    fn external_of(&self, local: IpAddr) -> Option<IpAddr> {
        let external = if local.is_ipv4() { self.external.ipv4 } else { self.external.ipv6 };
        external.filter(|_| !local.is_loopback())
    }

    fn first_behind(&self, external: IpAddr) -> Option<IpAddr> {
        self.local.iter().copied().find(|local| self.external_of(*local) == Some(external))
    }
}

/// Of all interfaces' addresses those that can be told: loopback comes last, if at all.
fn reachable(all: impl Iterator<Item = IpAddr>, with_ipv6: bool, loopback: Loopback) -> Vec<IpAddr> {
    let (own, mut chosen): (Vec<IpAddr>, Vec<IpAddr>) =
        all.filter(|address| with_ipv6 || address.is_ipv4()).partition(IpAddr::is_loopback);
    if chosen.is_empty() || loopback == Loopback::Offered {
        chosen.extend(own);
    }
    if chosen.is_empty() {
        chosen.push(if with_ipv6 { Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() });
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn interfaces() -> impl Iterator<Item = IpAddr> {
        ["127.0.0.1", "192.0.2.1", "::1", "2001:db8::1"].into_iter().map(ip)
    }

    #[test]
    fn loopback_is_told_only_where_asked_for() {
        assert_eq!(reachable(interfaces(), false, Loopback::LastResort), [ip("192.0.2.1")]);
        assert_eq!(reachable(interfaces(), false, Loopback::Offered), [ip("192.0.2.1"), ip("127.0.0.1")]);
    }

    #[test]
    fn a_machine_without_a_network_serves_itself() {
        let own = || [ip("127.0.0.1")].into_iter();
        assert_eq!(reachable(own(), false, Loopback::LastResort), [ip("127.0.0.1")]);
        assert_eq!(reachable(std::iter::empty(), false, Loopback::LastResort), [ip("127.0.0.1")]);
    }

    #[test]
    fn ipv6_is_told_where_the_socket_takes_it() {
        assert_eq!(reachable(interfaces(), true, Loopback::LastResort), [ip("192.0.2.1"), ip("2001:db8::1")]);
    }

    #[test]
    fn the_address_of_a_nat_stands_for_all_of_its_family() {
        let external = ExternalAddresses { ipv4: Some(ip("203.0.113.7")), ipv6: None };
        let book = AddressBook { local: vec![ip("10.0.0.1"), ip("10.0.0.2"), ip("2001:db8::1")], external };
        let told = |local, public| Told { local: ip(local), public: ip(public) };
        assert_eq!(book.told(), [told("10.0.0.1", "203.0.113.7"), told("2001:db8::1", "2001:db8::1")]);
        assert_eq!(book.told_for(ip("10.0.0.2")), ip("10.0.0.1"));
        assert_eq!(book.public(ip("10.0.0.1")), ip("203.0.113.7"));
        let all: std::collections::BTreeSet<_> = book.all().collect();
        assert_eq!(all, ["10.0.0.1", "10.0.0.2", "203.0.113.7", "2001:db8::1"].map(ip).into());
        assert_eq!(book.source(ip("10.0.0.1")), None);
        assert_eq!(book.source(ip("2001:db8::1")), Some(ip("2001:db8::1")));
    }
}
