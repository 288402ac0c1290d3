//! STUN, and TURN over each transport: two allocations that send to each other, and one that reaches media.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use moim_net::interfaces;
use moim_turn::Family;
use moim_turn::client::{Client, Event, Granted, Request};
use moim_types::Redacted;
use tokio::time::{Instant, timeout, timeout_at};

use super::connector::Connector;
use super::credentials::Credential;
use super::report::Report;
use super::target::{PATIENCE, Target};
use super::turn_link::Link;
use crate::config::{MediaSettings, Settings, TurnSettings};

/// A way to TURN that clients take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Udp,
    Tcp,
    Tls,
    HttpsPort,
}

impl Way {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Udp, "TURN over UDP"),
        (Self::Tcp, "TURN over TCP"),
        (Self::Tls, "TURN over TLS"),
        (Self::HttpsPort, "TURN over TLS, HTTPS port"),
    ];

    const fn listener(self, settings: &Settings, turn: &TurnSettings) -> Option<SocketAddr> {
        match self {
            Self::Udp | Self::Tcp => turn.listen,
            Self::Tls => turn.tls_listen,
            Self::HttpsPort => settings.listen.https,
        }
    }
}

/// Everything about STUN and TURN.
pub(super) async fn check_all(
    settings: &Settings,
    target: &Target,
    connector: &Connector,
    credential: Result<Credential, String>,
    report: &mut Report,
) {
    let Some(turn) = &settings.turn else {
        report.skipped("STUN and TURN", "switched off");
        return;
    };
    match turn.listen {
        Some(listener) => report.result("STUN over UDP", binding(target, listener).await),
        None => report.skipped("STUN over UDP", "switched off"),
    }
    for (way, what) in Way::ALL {
        match (way.listener(settings, turn), &credential) {
            (None, _) => report.skipped(what, "switched off"),
            (_, Err(reason)) => report.skipped(what, reason.clone()),
            (Some(listener), Ok(credential)) => {
                let path = Path { way, listener, target, connector };
                report.result(what, Box::pin(path.relay(credential)).await);
            }
        }
    }
    check_media(settings, turn, target, connector, &credential, report).await;
}

/// Whether somebody who reaches nothing but TURN reaches media: by the way that most firewalls leave open.
async fn check_media(
    settings: &Settings,
    turn: &TurnSettings,
    target: &Target,
    connector: &Connector,
    credential: &Result<Credential, String>,
    report: &mut Report,
) {
    const WHAT: &str = "media through TURN";
    let ways = [Way::HttpsPort, Way::Tls, Way::Udp];
    let way = ways.into_iter().find_map(|way| Some((way, way.listener(settings, turn)?)));
    let (Some(media), Some((way, listener))) = (&settings.media, way) else {
        return report.skipped(WHAT, "switched off");
    };
    let sockets = match media_sockets(media, target).await {
        Ok(sockets) if media.udp_port != 0 => sockets,
        Ok(_) => return report.skipped(WHAT, "media.udp_port is 0: the ports are known to the server alone"),
        Err(reason) => return report.failed(WHAT, reason),
    };
    match credential {
        Ok(credential) => {
            let path = Path { way, listener, target, connector };
            report.result(WHAT, Box::pin(path.media(credential, &sockets)).await);
        }
        Err(reason) => report.skipped(WHAT, reason.clone()),
    }
}

/// Where media may be, as a client is told: the addresses in the configuration, and that of the host.
async fn media_sockets(media: &MediaSettings, target: &Target) -> Result<Vec<SocketAddr>, String> {
    let mut sockets: Vec<SocketAddr> =
        media.external.ipv4.into_iter().map(|ip| SocketAddr::new(ip, media.udp_port)).collect();
    let found = target.addresses(SocketAddr::new(media.address, media.udp_port)).await?;
    sockets.extend(found.into_iter().filter(SocketAddr::is_ipv4));
    if !target.is_named && media.address.is_unspecified() {
        let own = interfaces::addresses().filter(IpAddr::is_ipv4);
        sockets.extend(own.map(|ip| SocketAddr::new(ip, media.udp_port)));
    }
    sockets.dedup();
    Ok(sockets)
}

pub(super) async fn binding(target: &Target, listener: SocketAddr) -> Result<String, String> {
    let mut reason = String::new();
    for address in target.addresses(listener).await? {
        let mut session = Session::new(Link::datagrams(address).await?, None)?;
        match session.ask(Request::Binding).await {
            Ok(Granted::Mapped(seen)) => return Ok(format!("{address} sees us as {seen}")),
            Ok(_) => reason = "the answer does not fit the question".to_owned(),
            Err(error) => reason = format!("{address}: {error}"),
        }
    }
    Err(reason)
}

/// How to get to TURN.
struct Path<'a> {
    way: Way,
    listener: SocketAddr,
    target: &'a Target,
    connector: &'a Connector,
}

impl Path<'_> {
    async fn open(&self) -> Result<Link, String> {
        match self.way {
            Way::Udp => {
                let addresses = self.target.addresses(self.listener).await?;
                let first = addresses.first().ok_or_else(|| "there is no address".to_owned())?;
                Link::datagrams(*first).await
            }
            Way::Tcp => Ok(Link::stream(self.target.connect(self.listener).await?)),
            Way::Tls | Way::HttpsPort => {
                let stream = self.target.connect(self.listener).await?;
                let secured = self.connector.secure(stream, &self.target.host, &[]).await?;
                Ok(Link::stream(secured.stream))
            }
        }
    }

    /// A client asks a media port, through TURN, how it is seen.
    async fn media(&self, credential: &Credential, sockets: &[SocketAddr]) -> Result<String, String> {
        let mut session = Session::new(self.open().await?, Some(credential))?;
        let relayed = session.allocate().await?;
        let mut reason = "the server has no IPv4 address for media that is known here".to_owned();
        for &socket in sockets {
            match session.ask_through(socket).await {
                Ok(seen) if seen == relayed => {
                    let _ = session.ask(Request::Refresh(Duration::ZERO)).await;
                    return Ok(format!("{socket} sees us as {seen}"));
                }
                Ok(seen) => reason = format!("{socket} sees us as {seen}, and not as {relayed}"),
                Err(error) => reason = format!("{socket}: {error}"),
            }
        }
        Err(reason)
    }

    /// One client sends to the other's relayed address, and gets an answer back from there.
    async fn relay(&self, credential: &Credential) -> Result<String, String> {
        let mut near = Session::new(self.open().await?, Some(credential))?;
        let mut far = Session::new(self.open().await?, Some(credential))?;
        let (near_relayed, far_relayed) = (near.allocate().await?, far.allocate().await?);
        near.ask(Request::CreatePermission(vec![far_relayed])).await?;
        far.ask(Request::CreatePermission(vec![near_relayed])).await?;
        let begun = Instant::now();
        pass(&mut near, &mut far, far_relayed, b"moim check: there").await?;
        pass(&mut far, &mut near, near_relayed, b"moim check: and back").await?;
        let took = begun.elapsed();
        for session in [&mut near, &mut far] {
            // Given back early; it would expire by itself.
            let _ = session.ask(Request::Refresh(Duration::ZERO)).await;
        }
        Ok(format!("relays from {}, there and back in {:.1} ms", near_relayed.ip(), took.as_secs_f64() * 1000.0))
    }
}

/// Sends until it arrives: relaying may lose datagrams, as any network.
async fn pass(from: &mut Session, to: &mut Session, address: SocketAddr, payload: &[u8]) -> Result<(), String> {
    for _ in 0..3 {
        let indication = from.client.send_indication(address, payload);
        from.link.send(&indication).await?;
        if let Ok(arrived) = timeout(Duration::from_secs(1), to.payload()).await {
            return if arrived? == payload {
                Ok(())
            } else {
                Err("something else than what was sent arrived".to_owned())
            };
        }
    }
    Err("allocations are granted, but nothing is relayed between them. Are the relay ports (turn.relay_ports, UDP) open in the server's firewall?".to_owned())
}

/// One client of TURN on its link.
struct Session {
    link: Link,
    client: Client,
}

impl Session {
    fn new(link: Link, credential: Option<&Credential>) -> Result<Self, String> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| format!("the system has no random numbers: {error}"))?;
        let (username, password) = credential.map_or_else(
            || (String::new(), Redacted::new(String::new())),
            |credential| (credential.username.clone(), credential.password.clone()),
        );
        Ok(Self { link, client: Client::new(username, password, seed) })
    }

    async fn allocate(&mut self) -> Result<SocketAddr, String> {
        match self.ask(Request::Allocate(Family::V4)).await? {
            Granted::Allocated { relayed, .. } => Ok(relayed),
            _ => Err("the answer does not fit the question".to_owned()),
        }
    }

    async fn ask(&mut self, request: Request) -> Result<Granted, String> {
        let message = self.client.request(request);
        let deadline = Instant::now() + PATIENCE;
        let answer = timeout_at(deadline, self.converse(message)).await;
        answer.unwrap_or_else(|_| {
            Err("no answer within 5 s. Is the server running, and its port open in the firewall?".to_owned())
        })
    }

    /// Sends again over UDP as RFC 8489 §6.2.1 says, roughly.
    async fn converse(&mut self, mut message: Vec<u8>) -> Result<Granted, String> {
        let mut pause = Duration::from_millis(500);
        self.link.send(&message).await?;
        loop {
            let Ok(received) = timeout(pause, self.link.receive()).await else {
                if self.link.is_lossy() {
                    self.link.send(&message).await?;
                }
                pause *= 2;
                continue;
            };
            match self.client.handle(&received?) {
                Event::Retry(again) => {
                    message = again;
                    self.link.send(&message).await?;
                }
                Event::Answer(answer) => return answer.map_err(|denied| advice(&denied.to_string())),
                Event::Data { .. } | Event::ChannelData { .. } | Event::Ignored => {}
            }
        }
    }

    /// Asks a peer how it sees the relayed transport address.
    async fn ask_through(&mut self, peer: SocketAddr) -> Result<SocketAddr, String> {
        self.ask(Request::CreatePermission(vec![peer])).await?;
        let mut stranger = Client::new(String::new(), Redacted::new(String::new()), [0; 32]);
        let request = stranger.request(Request::Binding);
        for _ in 0..3 {
            let indication = self.client.send_indication(peer, &request);
            self.link.send(&indication).await?;
            let Ok(arrived) = timeout(Duration::from_secs(1), self.payload()).await else { continue };
            if let Event::Answer(Ok(Granted::Mapped(seen))) = stranger.handle(&arrived?) {
                return Ok(seen);
            }
        }
        Err("nothing comes back from media. Is the server running with this configuration?".to_owned())
    }

    /// What a peer sent.
    async fn payload(&mut self) -> Result<Vec<u8>, String> {
        loop {
            let received = self.link.receive().await?;
            if let Event::Data { payload, .. } = self.client.handle(&received) {
                return Ok(payload);
            }
        }
    }
}

fn advice(denied: &str) -> String {
    let hint = if denied.contains("401") {
        ". Does the server run with this configuration? A secret made at start-up is not known here"
    } else if denied.contains("508") || denied.contains("486") {
        ". The quotas or the relay ports are used up"
    } else if denied.contains("440") {
        ". The server has no IPv4 address to relay from: set turn.external_ip"
    } else {
        ""
    };
    format!("{denied}{hint}")
}
