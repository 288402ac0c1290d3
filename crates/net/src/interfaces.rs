//! The addresses of this machine's interfaces.

use std::net::IpAddr;

/// All of them, loopback too. Link-local addresses are left out: they mean nothing without a zone, and come and go.
pub fn addresses() -> impl Iterator<Item = IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    interfaces.into_iter().filter(|interface| !interface.is_link_local()).map(|interface| interface.ip())
}
