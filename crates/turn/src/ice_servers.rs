//! What clients are told about this server: STUN and TURN URIs (RFC 7064, RFC 7065) and credentials.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use moim_types::Redacted;
use sha2::{Digest, Sha256};

use crate::{IssuedCredential, issue_credential};

/// What goes into the ICE servers given to clients. A port of `None` leaves its URI out.
#[derive(Clone, Debug)]
pub struct IceConfig {
    /// STUN over UDP.
    pub stun_port: Option<u16>,
    /// TURN over UDP.
    pub turn_udp_port: Option<u16>,
    /// TURN over TCP.
    pub turn_tcp_port: Option<u16>,
    /// TURN over TLS: the HTTPS port or the port of its own.
    pub turns_port: Option<u16>,
    /// The secret shared with the TURN server for time-limited credentials.
    pub secret: Redacted<String>,
    /// The name clients reach this server by. `None`: the name in the `Host` header of their own request.
    pub public_host: Option<String>,
    /// How long a credential lives.
    pub lifetime: Duration,
}

/// One entry for `RTCConfiguration.iceServers`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IceServer {
    /// Ways to the server.
    pub urls: Vec<String>,
    /// TURN only.
    pub credential: Option<IssuedCredential>,
}

impl IceConfig {
    /// The host for the URIs, as it stands in one. `None`: there is none that may be repeated.
    #[must_use]
    pub fn host(&self, host_header: Option<&str>) -> Option<String> {
        self.public_host.as_deref().or(host_header).and_then(host_in_uri)
    }

    /// One entry for STUN, one for TURN; none without a host. `name` tells users apart, for the quotas of TURN.
    #[must_use]
    pub fn servers(&self, host: Option<&str>, name: &str, unix_seconds: u64) -> Vec<IceServer> {
        let Some(host) = host else { return Vec::new() };
        let stun = self.stun_port.map(|port| vec![format!("stun:{host}:{port}")]);
        let stun = stun.map(|urls| IceServer { urls, credential: None });
        let urls = self.turn_uris(host);
        let turn = (!urls.is_empty()).then(|| {
            let expires = unix_seconds.saturating_add(self.lifetime.as_secs());
            IceServer { urls, credential: Some(issue_credential(&self.secret, name, expires)) }
        });
        stun.into_iter().chain(turn).collect()
    }

    fn turn_uris(&self, host: &str) -> Vec<String> {
        let udp = self.turn_udp_port.map(|port| format!("turn:{host}:{port}?transport=udp"));
        let tcp = self.turn_tcp_port.map(|port| format!("turn:{host}:{port}?transport=tcp"));
        let tls = self.turns_port.map(|port| format!("turns:{host}:{port}?transport=tcp"));
        [udp, tcp, tls].into_iter().flatten().collect()
    }
}

/// A name for a credential: readable, bounded, without `:`, and different for people of different rooms, since TURN's
/// quotas count by it.
#[must_use]
pub fn credential_name(room: &str, who: &str) -> String {
    let readable: String =
        who.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).take(32).collect();
    let digest = Sha256::new().chain_update(room).chain_update([0]).chain_update(who).finalize();
    let short: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    if readable.is_empty() { short } else { format!("{readable}-{short}") }
}

/// The host of `host[:port]`, written as in a URI; `None` for what is no host name and no address.
fn host_in_uri(authority: &str) -> Option<String> {
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

/// Longest host name, RFC 1035 §2.3.4.
const MAX_HOST_BYTES: usize = 253;

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(host_in_uri(header).as_deref(), Some(host), "{header}");
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
            assert_eq!(host_in_uri(header), None, "{header}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_the_header_says_a_uri_gets_only_a_hosts_characters(header in "\\PC{0,80}|[a-z0-9.:\\[\\]-]{0,40}") {
            let tame = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_:[]".contains(c);
            if let Some(host) = host_in_uri(&header) {
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
        let servers = config.servers(Some("h"), "me", 1000);
        assert_eq!(servers[0], IceServer { urls: vec!["stun:h:3478".to_owned()], credential: None });
        assert_eq!(servers[1].urls, ["turn:h:3478?transport=udp", "turns:h:443?transport=tcp"]);
        assert_eq!(servers[1].credential.as_ref().map(|it| it.username.as_str()), Some("4600:me"));
        assert_eq!(config.servers(None, "me", 1000), []);
    }

    #[test]
    fn a_credential_name_is_tame_and_its_own() {
        let name = credential_name("x", "a:b/민준");
        assert!(name.starts_with("ab-") && !name.contains(':') && name.len() <= 45, "{name}");
        assert_ne!(name, credential_name("y", "a:b/민준"));
    }
}
