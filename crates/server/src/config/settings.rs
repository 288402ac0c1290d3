//! The configuration as the program uses it: understood, checked, secrets wrapped.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use moim_net::listen::Limits;
use moim_net::media::ExternalAddresses;
use moim_types::Redacted;
use tracing::Level;

/// Everything that can be set.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The name or address that clients use; `None`: whatever they use.
    pub(crate) public_host: Option<String>,
    /// Certificates and state.
    pub(crate) data_dir: PathBuf,
    /// How long a stop waits for connections to end.
    pub(crate) drain_timeout: Duration,
    pub(crate) listen: ListenSettings,
    pub(crate) certificate: CertificatePlan,
    /// Whether the app lets in everybody who has a room's link.
    pub(crate) app_open: bool,
    /// `None`: switched off, because both its listeners are.
    pub(crate) turn: Option<TurnSettings>,
    pub(crate) direct: DirectSettings,
    /// `None`: switched off, and with it the rooms through the server.
    pub(crate) media: Option<MediaSettings>,
    pub(crate) livekit: LivekitSettings,
    pub(crate) log: LogSettings,
}

/// Listeners of HTTP; `None` is switched off.
#[derive(Debug)]
pub(crate) struct ListenSettings {
    pub(crate) https: Option<SocketAddr>,
    pub(crate) http: Option<SocketAddr>,
    pub(crate) metrics: Option<SocketAddr>,
    pub(crate) limits: Limits,
}

/// Where the certificate comes from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum CertificatePlan {
    SelfSigned,
    Files { certificate: PathBuf, key: PathBuf },
    Acme { host: String, email: Option<String>, directory: Option<String>, ca_file: Option<PathBuf> },
}

/// STUN and TURN.
#[derive(Debug)]
pub(crate) struct TurnSettings {
    /// UDP and TCP.
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) tls_listen: Option<SocketAddr>,
    pub(crate) realm: String,
    pub(crate) external_ipv4: Option<IpAddr>,
    pub(crate) external_ipv6: Option<IpAddr>,
    pub(crate) relay_ports: RangeInclusive<u16>,
    /// `None`: made at start-up.
    pub(crate) shared_secret: Option<Redacted<String>>,
    pub(crate) users: BTreeMap<String, Redacted<String>>,
    pub(crate) user_quota: u32,
    /// 0: no limit.
    pub(crate) total_quota: u32,
    /// 0: no limit.
    pub(crate) max_bps_per_user: u64,
    pub(crate) allow: Vec<IpNet>,
    pub(crate) deny: Vec<IpNet>,
}

/// The direct door.
#[derive(Debug)]
pub(crate) struct DirectSettings {
    /// `None`: nobody comes in by the shared token.
    pub(crate) token: Option<Redacted<String>>,
    pub(crate) origins: Origins,
    pub(crate) max_message_bytes: usize,
    pub(crate) messages_per_second: u32,
    pub(crate) max_peers_per_room: usize,
    pub(crate) max_rooms: usize,
    pub(crate) arrivals_per_second: u32,
}

/// The media shards.
#[derive(Debug)]
pub(crate) struct MediaSettings {
    pub(crate) address: IpAddr,
    /// Of the first shard; 0 is any.
    pub(crate) udp_port: u16,
    /// `None`: no media over TCP.
    pub(crate) tcp_port: Option<u16>,
    pub(crate) external: ExternalAddresses,
    /// 0: one for each core.
    pub(crate) shards: usize,
}

/// The LiveKit door, and the rooms that are opened through it.
#[derive(Debug)]
pub(crate) struct LivekitSettings {
    /// Empty: nobody comes in with a token of his own.
    pub(crate) keys: BTreeMap<String, Redacted<String>>,
    /// Whether joining opens a room that is not there.
    pub(crate) auto_create: bool,
    pub(crate) empty_timeout: Duration,
    pub(crate) departure_timeout: Duration,
    /// 0: no limit.
    pub(crate) max_participants: u32,
    pub(crate) max_rooms: usize,
    pub(crate) remote_unmute: bool,
    /// Whether participants may keep data blobs in a room.
    pub(crate) data_blobs: bool,
    /// `None`: nobody is told.
    pub(crate) webhooks: Option<WebhookSettings>,
}

/// Who is told what happens in rooms.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WebhookSettings {
    pub(crate) urls: Vec<String>,
    /// The API key that signs.
    pub(crate) key: String,
}

/// Which web pages may use a door.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Origins {
    Any,
    Only(Vec<String>),
}

/// What is logged, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogSettings {
    pub(crate) level: Level,
    pub(crate) format: LogFormat,
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    Json,
}
