//! What a person wants to know right after the start.

use std::fmt::Write as _;
use std::net::SocketAddr;

use moim_net::media::Media;

use super::running::Running;
use super::turn;
use crate::config::{DEV_KEY, DEV_SECRET, Loaded, Mode, Settings, TurnSettings};

/// The summary, ready to be printed.
pub(super) fn write(loaded: &Loaded, mode: Mode, running: &Running) -> String {
    let settings = &loaded.settings;
    let mut text = format!("Moim {} is ready.\n", env!("CARGO_PKG_VERSION"));
    let mut line = |name: &str, value: String| {
        // Writing to a String does not fail.
        let _ = writeln!(text, "  {name:<13}{value}");
    };
    if let Some(address) = settings.listen.https {
        line("Open", format!("https://{}", visible(settings, address)));
    }
    if let Some(address) = settings.listen.http {
        line("Without TLS", format!("http://{}", reachable(address)));
    }
    if let Some(turn) = &settings.turn {
        line("STUN, TURN", listeners_of(turn, settings.listen.https.is_some()));
        line("Relay from", relay_addresses(turn));
    }
    if let Some(rooms) = &running.rooms {
        line("Media", media_ports(&rooms.media));
    }
    line("Certificate", certificate(running));
    line(
        "App",
        if settings.app_open { "open to everybody who has a room's link" } else { "needs a key or an invitation" }
            .to_owned(),
    );
    if let Some(address) = settings.listen.metrics {
        line("Metrics", format!("http://{}/metrics", reachable(address)));
    }
    line("Settings", loaded.file.as_ref().map_or_else(|| "the defaults".to_owned(), |file| file.display().to_string()));
    let off = switched_off(settings);
    if !off.is_empty() {
        line("Off", off.join(", "));
    }
    if mode == Mode::Development {
        text.push_str(&development_warning(settings));
    }
    text
}

fn listeners_of(turn: &TurnSettings, with_https: bool) -> String {
    let plain = turn.listen.map(|address| format!("UDP and TCP {address}"));
    let tls = turn.tls_listen.map(|address| format!("TLS {address}"));
    let https = with_https.then(|| "the HTTPS port".to_owned());
    [plain, tls, https].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn media_ports(media: &Media) -> String {
    let udp: Vec<u16> = media.udp().iter().map(SocketAddr::port).collect();
    let ports = match (udp.as_slice(), udp.windows(2).all(|pair| pair[0].checked_add(1) == Some(pair[1]))) {
        ([first, .., last], true) => format!("{first}-{last}"),
        (all, _) => all.iter().map(u16::to_string).collect::<Vec<_>>().join(", "),
    };
    let tcp = media.tcp().map_or_else(String::new, |address| format!(", TCP port {}", address.port()));
    let addresses: Vec<String> = media.public_addresses().iter().map(ToString::to_string).collect();
    format!("{}, UDP ports {ports}{tcp}", addresses.join(" and "))
}

fn relay_addresses(turn: &TurnSettings) -> String {
    let relay = turn::relay(turn);
    let advertised = [relay.ipv4, relay.ipv6].into_iter().flatten().map(|address| address.advertised.to_string());
    let ports = &turn.relay_ports;
    format!("{}, UDP ports {}-{}", advertised.collect::<Vec<_>>().join(" and "), ports.start(), ports.end())
}

fn certificate(running: &Running) -> String {
    match (running.certificate.is_self_signed(), running.certificate.expires_unix()) {
        (true, _) => "self-signed: browsers warn once; go on there".to_owned(),
        (false, Some(_)) => "from files".to_owned(),
        (false, None) => "from an ACME directory".to_owned(),
    }
}

fn development_warning(settings: &Settings) -> String {
    let token = settings.direct.token.as_ref().map_or("", |token| token.reveal());
    format!(
        "\n  WARNING: --dev has well-known keys and lets everybody in. Never on a public machine.\n  Direct door: the shared token is {token}\n  LiveKit door: the API key is {DEV_KEY}, its secret is {DEV_SECRET}\n"
    )
}

fn switched_off(settings: &Settings) -> Vec<&'static str> {
    [
        (settings.listen.https.is_none(), "HTTPS"),
        (settings.listen.http.is_none(), "HTTP without TLS"),
        (settings.listen.metrics.is_none(), "metrics"),
        (settings.turn.is_none(), "STUN and TURN"),
        (settings.media.is_none(), "rooms through the server"),
        (settings.livekit.keys.is_empty(), "tokens of the LiveKit door (livekit.keys is empty)"),
        (settings.direct.token.is_none(), "the shared token of the direct door (direct.token is empty)"),
    ]
    .into_iter()
    .filter_map(|(is_off, name)| is_off.then_some(name))
    .collect()
}

/// Host and port as others type them.
fn visible(settings: &Settings, address: SocketAddr) -> String {
    let host = settings.public_host.as_deref().unwrap_or("localhost");
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    if address.port() == 443 { host } else { format!("{host}:{}", address.port()) }
}

/// An address that can be asked: `0.0.0.0` cannot everywhere.
fn reachable(address: SocketAddr) -> String {
    if address.ip().is_unspecified() { format!("localhost:{}", address.port()) } else { address.to_string() }
}
