//! The TURN server among those that a room's server names.

use livekit_protocol::IceServer;
use moim_types::Redacted;

use crate::TurnServer;

/// The port where the address names none (RFC 7065 §3.1).
const DEFAULT_PORT: u16 = 3478;

/// The first that is reached over UDP, with its name looked up.
pub(super) async fn server(named: &[IceServer]) -> Option<TurnServer> {
    for server in named {
        let Some((host, port)) = server.urls.iter().find_map(|url| over_udp(url)) else { continue };
        let Some(address) = tokio::net::lookup_host((host, port)).await.ok()?.next() else { continue };
        let (username, password) = (server.username.clone(), Redacted::new(server.credential.clone()));
        return Some(TurnServer { address, username, password });
    }
    None
}

/// Host and port of `turn:host[:port][?transport=udp]`.
fn over_udp(url: &str) -> Option<(&str, u16)> {
    let rest = url.strip_prefix("turn:")?;
    let (authority, query) = rest.split_once('?').unwrap_or((rest, ""));
    if query.contains("transport=tcp") {
        return None;
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
        _ => (authority, DEFAULT_PORT),
    };
    Some((host.trim_start_matches('[').trim_end_matches(']'), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_where_it_means_udp() {
        assert_eq!(over_udp("turn:example.org:3479?transport=udp"), Some(("example.org", 3479)));
        assert_eq!(over_udp("turn:192.0.2.1"), Some(("192.0.2.1", 3478)));
        assert_eq!(over_udp("turn:[2001:db8::1]:5000"), Some(("2001:db8::1", 5000)));
        assert_eq!(over_udp("turn:[2001:db8::1]"), Some(("2001:db8::1", 3478)));
        for other in ["turn:h:1?transport=tcp", "turns:h:443?transport=tcp", "stun:h:3478", "turn:h:x", ""] {
            assert_eq!(over_udp(other), None, "{other}");
        }
    }
}
