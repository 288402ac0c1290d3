//! The TURN server that the configuration asks for.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use moim_net::interfaces;
use moim_net::media::MediaHandle;
use moim_net::turn::{TurnOptions, TurnServer};
use moim_turn::{Config, Credentials, PeerPolicy, RelayAddress, RelayConfig};
use moim_types::Redacted;

use crate::config::TurnSettings;

/// Starts it. `secret` is what the doors make credentials with; `media` is reached through it.
pub(super) fn start(
    settings: &TurnSettings,
    secret: &Redacted<String>,
    media: Option<MediaHandle>,
) -> io::Result<TurnServer> {
    TurnServer::start(TurnOptions {
        listen: settings.listen,
        shards: 0,
        media,
        core: Config {
            realm: settings.realm.clone(),
            relay: relay(settings),
            credentials: Credentials::new(settings.users.clone(), vec![secret.clone()]),
            peers: PeerPolicy::new(settings.allow.clone(), settings.deny.clone()),
            media: BTreeSet::new(),
            user_quota: settings.user_quota,
            total_quota: settings.total_quota,
            max_bps_per_user: settings.max_bps_per_user,
        },
    })
}

/// Where relayed traffic comes from.
pub(super) fn relay(settings: &TurnSettings) -> RelayConfig {
    let v4 = local_towards(Ipv4Addr::new(192, 0, 2, 1).into());
    let v6 = local_towards(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into());
    RelayConfig {
        // Without a network there is still this machine itself to serve.
        ipv4: address(settings.external_ipv4, v4.or_else(|| Some(Ipv4Addr::LOCALHOST.into()))),
        ipv6: address(settings.external_ipv6, v6),
        ports: settings.relay_ports.clone(),
    }
}

/// An external address that is this machine's own is bound itself; one of a NAT before us is only told.
fn address(external: Option<IpAddr>, local: Option<IpAddr>) -> Option<RelayAddress> {
    let advertised = external.or(local)?;
    let bind = if is_own(advertised) { advertised } else { local? };
    Some(RelayAddress { bind, advertised })
}

fn is_own(address: IpAddr) -> bool {
    UdpSocket::bind((address, 0)).is_ok()
}

/// Our address on the way to `target`, by the routing table alone: nothing is sent. Without a route, the first
/// address of an interface.
fn local_towards(target: IpAddr) -> Option<IpAddr> {
    let any: IpAddr = if target.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let routed = || -> io::Result<SocketAddr> {
        let socket = UdpSocket::bind((any, 0))?;
        socket.connect((target, 9))?;
        socket.local_addr()
    };
    let routed = routed().ok().map(|local| local.ip()).filter(|ip| is_usable(*ip));
    routed.or_else(|| first_of_an_interface(target.is_ipv4()))
}

fn first_of_an_interface(wants_ipv4: bool) -> Option<IpAddr> {
    interfaces::addresses().find(|ip| ip.is_ipv4() == wants_ipv4 && is_usable(*ip))
}

fn is_usable(address: IpAddr) -> bool {
    let is_link_local = match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    !(address.is_loopback() || address.is_unspecified() || is_link_local)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn an_external_address_of_our_own_is_bound() {
        let found = address(Some(LOOPBACK), None).unwrap();
        assert_eq!((found.bind, found.advertised), (LOOPBACK, LOOPBACK));
    }

    #[test]
    fn an_external_address_of_a_nat_is_only_told() {
        let public = "203.0.113.7".parse().unwrap();
        let found = address(Some(public), Some(LOOPBACK)).unwrap();
        assert_eq!((found.bind, found.advertised), (LOOPBACK, public));
    }

    #[test]
    fn without_an_address_of_a_family_it_is_off() {
        assert_eq!(address(None, None), None);
    }
}
