//! Who may be relayed to.
//!
//! A TURN server sits inside the network that a firewall protects. Unless it refuses, anybody with
//! a credential reaches that network through it. So everything that is not a public unicast address
//! is refused, whatever form it is written in, and an operator opens ranges by name.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Which peers are allowed.
#[derive(Debug, Clone, Default)]
pub struct PeerPolicy {
    allow: Vec<IpNet>,
    deny: Vec<IpNet>,
}

/// Why a peer is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerRefusal {
    /// Listed by the operator.
    Denied,
    /// Not a public unicast address: private, loopback, link-local, multicast, reserved, …
    NotPublic,
    /// An IPv6 address that carries an IPv4 address which is refused.
    EmbeddedIpv4,
}

impl PeerRefusal {
    /// A sentence for the log.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Denied => "the address is in turn.peers.deny",
            Self::NotPublic => "the address is not public; turn.peers.allow opens a range",
            Self::EmbeddedIpv4 => "the IPv6 address carries an IPv4 address that is refused",
        }
    }
}

impl PeerPolicy {
    /// `deny` wins over `allow`; `allow` wins over the built-in list.
    #[must_use]
    pub const fn new(allow: Vec<IpNet>, deny: Vec<IpNet>) -> Self {
        Self { allow, deny }
    }

    /// Whether packets may go to this address.
    ///
    /// # Errors
    /// The reason for a refusal.
    pub fn check(&self, peer: IpAddr) -> Result<(), PeerRefusal> {
        self.check_form(peer)?;
        let embedded = match peer {
            IpAddr::V6(v6) => embedded_ipv4(v6),
            IpAddr::V4(_) => None,
        };
        match embedded {
            Some(v4) => self.check_form(v4.into()).map_err(|_| PeerRefusal::EmbeddedIpv4),
            None => Ok(()),
        }
    }

    /// Whether the operator opened this address by name.
    #[must_use]
    pub fn opens(&self, peer: IpAddr) -> bool {
        let within = |nets: &[IpNet]| nets.iter().any(|net| net.contains(&peer));
        within(&self.allow) && !within(&self.deny)
    }

    fn check_form(&self, peer: IpAddr) -> Result<(), PeerRefusal> {
        let within = |nets: &[IpNet]| nets.iter().any(|net| net.contains(&peer));
        if within(&self.deny) {
            Err(PeerRefusal::Denied)
        } else if within(&self.allow) || is_public(peer) {
            Ok(())
        } else {
            Err(PeerRefusal::NotPublic)
        }
    }
}

fn is_public(peer: IpAddr) -> bool {
    match peer {
        IpAddr::V4(v4) => !NOT_PUBLIC_V4.iter().any(|net| net.contains(&v4)),
        // Only 2000::/3 is global unicast; of it, some blocks are not for this use, and an address
        // that carries an IPv4 address leads through a translator that was not asked for.
        IpAddr::V6(v6) => {
            GLOBAL_UNICAST_V6.contains(&v6)
                && embedded_ipv4(v6).is_none()
                && !NOT_PUBLIC_V6.iter().any(|net| net.contains(&v6))
        }
    }
}

/// The IPv4 address inside an IPv6 address, for every form in which a router or a host might unwrap it.
fn embedded_ipv4(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let s = v6.segments();
    let pair = |high: u16, low: u16| Some(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)));
    match s {
        // The unspecified address and loopback only look like the next form.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        // ::a.b.c.d, IPv4-compatible (RFC 4291 §2.5.5.1).
        [0, 0, 0, 0, 0, 0, high, low]
        // ::ffff:a.b.c.d, IPv4-mapped (RFC 4291 §2.5.5.2).
        | [0, 0, 0, 0, 0, 0xffff, high, low]
        // ::ffff:0:a.b.c.d, IPv4-translated (RFC 2765).
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        // 64:ff9b::/96 and 64:ff9b:1::/48, NAT64 (RFC 6052, RFC 8215).
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 1, _, _, _, high, low]
        // …:0:5efe:a.b.c.d, ISATAP (RFC 5214 §6.1), with either value of the universal bit.
        | [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => pair(high, low),
        // 2002:a.b.c.d::/48, 6to4 (RFC 3056).
        [0x2002, high, low, ..] => pair(high, low),
        // 2001::/32, Teredo: the client's address is inverted (RFC 4380 §4).
        [0x2001, 0, _, _, _, _, high, low] => pair(!high, !low),
        _ => None,
    }
}

const fn v4(a: u8, b: u8, c: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, 0), prefix)
}

const fn v6(a: u16, b: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), prefix)
}

/// The IANA IPv4 special-purpose registry, without what is globally reachable unicast.
const NOT_PUBLIC_V4: [Ipv4Net; 15] = [
    v4(0, 0, 0, 8),       // this network
    v4(10, 0, 0, 8),      // private
    v4(100, 64, 0, 10),   // shared, carrier-grade NAT
    v4(127, 0, 0, 8),     // loopback
    v4(169, 254, 0, 16),  // link-local, and cloud metadata in it
    v4(172, 16, 0, 12),   // private
    v4(192, 0, 0, 24),    // protocol assignments
    v4(192, 0, 2, 24),    // documentation
    v4(192, 88, 99, 24),  // 6to4 relays
    v4(192, 168, 0, 16),  // private
    v4(198, 18, 0, 15),   // benchmarks
    v4(198, 51, 100, 24), // documentation
    v4(203, 0, 113, 24),  // documentation
    v4(224, 0, 0, 4),     // multicast
    v4(240, 0, 0, 4),     // reserved, and broadcast in it
];

const GLOBAL_UNICAST_V6: Ipv6Net = v6(0x2000, 0, 3);

/// Blocks inside 2000::/3 that are not for relaying.
const NOT_PUBLIC_V6: [Ipv6Net; 5] = [
    v6(0x2001, 0, 23),     // protocol assignments, Teredo and ORCHID in it
    v6(0x2001, 0xdb8, 32), // documentation
    v6(0x2002, 0, 16),     // 6to4
    v6(0x3ffe, 0, 16),     // the former 6bone
    v6(0x3fff, 0, 20),     // documentation
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str) -> Result<(), PeerRefusal> {
        PeerPolicy::default().check(address.parse().unwrap())
    }

    #[test]
    fn public_addresses_pass() {
        for address in ["1.1.1.1", "8.8.8.8", "192.0.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00::1"] {
            assert_eq!(check(address), Ok(()), "{address}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let refused = [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "febf::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "2001:db8::1",
            "100::1",
            "fec0::1",
            "3fff::1",
            "5f00::1",
        ];
        for address in refused {
            assert!(check(address).is_err(), "{address}");
        }
    }

    #[test]
    fn an_ipv4_address_is_seen_in_every_disguise() {
        let disguises = [
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "::ffff:0:127.0.0.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b:1::10.0.0.1",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::1",
            "2001:0:1:2:3:4:80ff:fffe",
            "::ffff:169.254.169.254",
            "2a00::5efe:10.0.0.1",
            "2a00::200:5efe:192.168.0.1",
            "64:ff9b::a9fe:a9fe",
            "::10.1.2.3",
        ];
        for address in disguises {
            assert!(check(address).is_err(), "{address}");
        }
    }

    #[test]
    fn an_operator_opens_and_closes_ranges() {
        let nets = |list: &[&str]| list.iter().map(|net| net.parse().unwrap()).collect::<Vec<_>>();
        let policy = PeerPolicy::new(nets(&["10.1.0.0/16", "::1/128"]), nets(&["10.1.2.0/24", "8.8.8.8/32"]));
        let check = |address: &str| policy.check(address.parse().unwrap());
        assert_eq!(check("10.1.1.1"), Ok(()));
        assert_eq!(check("10.1.2.1"), Err(PeerRefusal::Denied));
        assert_eq!(check("8.8.8.8"), Err(PeerRefusal::Denied));
        assert_eq!(check("10.2.0.1"), Err(PeerRefusal::NotPublic));
    }

    #[test]
    fn opening_ipv6_loopback_works_although_it_looks_like_an_embedded_address() {
        let policy = PeerPolicy::new(vec!["::1/128".parse().unwrap()], vec![]);
        assert_eq!(policy.check("::1".parse().unwrap()), Ok(()));
    }

    #[test]
    fn behind_an_opened_translator_the_ipv4_rules_still_hold() {
        let policy = PeerPolicy::new(vec!["64:ff9b::/96".parse().unwrap()], vec![]);
        assert_eq!(policy.check("64:ff9b::8.8.8.8".parse().unwrap()), Ok(()));
        assert_eq!(policy.check("64:ff9b::10.0.0.1".parse().unwrap()), Err(PeerRefusal::EmbeddedIpv4));
    }
}
