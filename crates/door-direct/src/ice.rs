//! The ICE servers that clients are given: where STUN and TURN are, and an hour's credentials.

use std::net::{Ipv4Addr, Ipv6Addr};

use http::request::Parts;
use moim_turn::issue_credential;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::config::IceConfig;
use crate::names::{PeerId, RoomName};

/// Longest host name, RFC 1035 §2.3.4.
const MAX_HOST_BYTES: usize = 253;

#[derive(Debug)]
pub(crate) struct IceServers {
    config: IceConfig,
}

impl IceServers {
    pub(crate) const fn new(config: IceConfig) -> Self {
        Self { config }
    }

    /// The host for the URLs, as it stands in one. `None`: the request names none that may be repeated.
    pub(crate) fn host_for(&self, request: &Parts) -> Option<String> {
        if let Some(host) = &self.config.public_host {
            return host_in_url(host);
        }
        let header = request.headers.get(http::header::HOST).and_then(|value| value.to_str().ok());
        header.or_else(|| request.uri.authority().map(http::uri::Authority::as_str)).and_then(host_in_url)
    }

    /// For a registered peer.
    pub(crate) fn for_peer(&self, host: Option<&str>, room: &RoomName, peer: &PeerId, now: u64) -> Value {
        self.servers(host, &credential_name(room, peer), now)
    }

    /// One entry for STUN, one for TURN; none without a host.
    pub(crate) fn servers(&self, host: Option<&str>, name: &str, now: u64) -> Value {
        let Some(host) = host else { return json!([]) };
        let mut servers = Vec::new();
        if let Some(port) = self.config.stun_port {
            servers.push(json!({ "urls": [format!("stun:{host}:{port}")] }));
        }
        let turn = self.turn_urls(host);
        if !turn.is_empty() {
            let expires = now.saturating_add(self.config.lifetime.as_secs());
            let issued = issue_credential(&self.config.secret, name, expires);
            servers.push(json!({ "urls": turn, "username": issued.username, "credential": issued.password.reveal() }));
        }
        Value::Array(servers)
    }

    fn turn_urls(&self, host: &str) -> Vec<String> {
        let udp = self.config.turn_udp_port.map(|port| format!("turn:{host}:{port}?transport=udp"));
        let tcp = self.config.turn_tcp_port.map(|port| format!("turn:{host}:{port}?transport=tcp"));
        let tls = self.config.turns_port.map(|port| format!("turns:{host}:{port}?transport=tcp"));
        [udp, tcp, tls].into_iter().flatten().collect()
    }
}

/// A peer's name for the TURN server: readable, bounded, without `:`, and different for peers of different rooms, since
/// TURN's quotas count by it.
fn credential_name(room: &RoomName, peer: &PeerId) -> String {
    let readable: String =
        peer.as_str().chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).take(32).collect();
    let digest = Sha256::new().chain_update(room.as_str()).chain_update([0]).chain_update(peer.as_str()).finalize();
    let short: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    if readable.is_empty() { short } else { format!("{readable}-{short}") }
}

/// The host of `host[:port]`, written as in a URL; `None` for what is no host name and no address.
fn host_in_url(authority: &str) -> Option<String> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (inside, after) = rest.split_once(']')?;
        let address: Ipv6Addr = inside.parse().ok()?;
        return is_port_or_nothing(after).then(|| format!("[{address}]"));
    }
    if let Ok(address) = authority.parse::<Ipv6Addr>() {
        return Some(format!("[{address}]"));
    }
    let (host, port) = authority.find(':').map_or((authority, ""), |colon| authority.split_at(colon));
    (is_port_or_nothing(port) && is_host(host)).then(|| host.to_ascii_lowercase())
}

fn is_port_or_nothing(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok())
}

/// RFC 1123 §2.1: labels of letters, digits and inner hyphens; all digits and dots only where it is an address.
fn is_host(host: &str) -> bool {
    if host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return host.parse::<Ipv4Addr>().is_ok();
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    name.len() <= MAX_HOST_BYTES && name.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=63).contains(&label.len()) && label.bytes().all(inner) && !label.starts_with('-') && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use moim_types::Redacted;

    use super::*;
    use crate::config::Bounds;

    #[test]
    fn a_host_header_becomes_a_host_or_nothing() {
        let good = [
            ("example.org", "example.org"),
            ("Example.org:4443", "example.org"),
            ("localhost:7880", "localhost"),
            ("192.0.2.7:80", "192.0.2.7"),
            ("[2001:db8::1]:443", "[2001:db8::1]"),
            ("[::1]", "[::1]"),
            ("::1", "[::1]"),
        ];
        for (header, host) in good {
            assert_eq!(host_in_url(header).as_deref(), Some(host), "{header}");
        }
        let long = "x".repeat(64);
        let junk = [
            "",
            ":80",
            "a b",
            "a/b",
            "user@host",
            "a?b",
            "999.1.1.1",
            "1.2.3",
            "host:99999",
            "host:1:2",
            "[::1",
            "[::1]x",
            "[zz]",
            "-a.org",
            "a..b",
            "ex\"ample",
            "host:",
            &long,
        ];
        for header in junk {
            assert_eq!(host_in_url(header), None, "{header}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_the_header_says_a_url_gets_only_a_hosts_characters(header in "\\PC{0,80}|[a-z0-9.:\\[\\]-]{0,40}") {
            let tame = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_:[]".contains(c);
            if let Some(host) = host_in_url(&header) {
                assert!(!host.is_empty() && host.chars().all(tame), "{header:?} became {host:?}");
                assert!(!host.contains(':') || (host.starts_with('[') && host.ends_with(']')), "{host}");
            }
        }
    }

    #[test]
    fn ice_servers_have_the_ports_that_are_on() {
        let config = IceConfig {
            stun_port: Some(3478),
            turn_udp_port: Some(3478),
            turn_tcp_port: None,
            turns_port: Some(443),
            secret: Redacted::new("s".to_owned()),
            public_host: None,
            lifetime: Duration::from_secs(3600),
        };
        let servers = IceServers::new(config).servers(Some("h"), "me", 1000);
        assert_eq!(servers[0], json!({ "urls": ["stun:h:3478"] }));
        assert_eq!(servers[1]["urls"], json!(["turn:h:3478?transport=udp", "turns:h:443?transport=tcp"]));
        assert_eq!(servers[1]["username"], "4600:me");
    }

    #[test]
    fn a_credential_name_is_tame_and_its_own() {
        let bounds = Bounds::default();
        let room = |name| RoomName::new(name, &bounds).expect("a room");
        let peer = PeerId::new("a:b/민준", &bounds).expect("a peer");
        let name = credential_name(&room("x"), &peer);
        assert!(name.starts_with("ab-") && !name.contains(':') && name.len() <= 45, "{name}");
        assert_ne!(name, credential_name(&room("y"), &peer));
    }
}
