//! Every key there is, with its default: the file as it is written, before anything is understood.
//!
//! `moim.sample.toml` describes the keys to people; a test compares the two.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Mode;

/// The whole file. It holds secrets in the clear and has therefore no `Debug`.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Tree {
    pub(crate) server: Server,
    pub(crate) listen: Listen,
    pub(crate) tls: Tls,
    pub(crate) app: App,
    pub(crate) turn: Turn,
    pub(crate) direct: Direct,
    pub(crate) log: Log,
    pub(crate) media: Media,
    pub(crate) livekit: Livekit,
    pub(crate) openvidu: Openvidu,
    pub(crate) kurento: Kurento,
}

impl Tree {
    /// The values of keys that nobody set.
    pub(crate) fn defaults(mode: Mode) -> Self {
        let mut tree = Self::default();
        if mode == Mode::Development {
            tree.app.open = true;
            // Who works on it wants to start it again at once.
            tree.server.drain_timeout_s = 2;
            DEV_TOKEN.clone_into(&mut tree.direct.token);
            tree.livekit.keys.insert(DEV_KEY.to_owned(), DEV_SECRET.to_owned());
        }
        tree
    }
}

/// The shared token of the direct door under `--dev`.
pub(crate) const DEV_TOKEN: &str = "moim-dev";

/// The API key of the LiveKit door under `--dev`, as everybody knows it.
pub(crate) const DEV_KEY: &str = "devkey";
/// Its secret.
pub(crate) const DEV_SECRET: &str = "secret";

/// Keys whose values are maps with names of the user's choice.
pub(crate) const FREE_MAPS: [&str; 2] = ["turn.users", "livekit.keys"];

#[derive(Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Server {
    pub(crate) public_host: String,
    pub(crate) data_dir: String,
    pub(crate) drain_timeout_s: i64,
}

impl Default for Server {
    fn default() -> Self {
        Self { public_host: "localhost".to_owned(), data_dir: "./data".to_owned(), drain_timeout_s: 30 }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Listen {
    pub(crate) https: String,
    pub(crate) http: String,
    pub(crate) kurento: String,
    pub(crate) metrics: String,
    pub(crate) max_connections: i64,
    pub(crate) max_connections_per_address: i64,
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            https: "0.0.0.0:4443".to_owned(),
            http: "127.0.0.1:7880".to_owned(),
            kurento: "127.0.0.1:8888".to_owned(),
            metrics: "127.0.0.1:9090".to_owned(),
            max_connections: 10_000,
            max_connections_per_address: 500,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Tls {
    pub(crate) mode: String,
    pub(crate) cert_file: String,
    pub(crate) key_file: String,
    pub(crate) acme_email: String,
    pub(crate) acme_directory: String,
    pub(crate) acme_ca_file: String,
}

impl Default for Tls {
    fn default() -> Self {
        Self {
            mode: "self-signed".to_owned(),
            cert_file: String::new(),
            key_file: String::new(),
            acme_email: String::new(),
            acme_directory: String::new(),
            acme_ca_file: String::new(),
        }
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct App {
    pub(crate) open: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Turn {
    pub(crate) listen: String,
    pub(crate) tls_listen: String,
    pub(crate) realm: String,
    pub(crate) external_ip: String,
    pub(crate) relay_ports: String,
    pub(crate) shared_secret: String,
    pub(crate) shared_secret_file: String,
    pub(crate) users: BTreeMap<String, String>,
    pub(crate) redis_url: String,
    pub(crate) user_quota: i64,
    pub(crate) total_quota: i64,
    pub(crate) max_bps_per_user: i64,
    pub(crate) peers: TurnPeers,
}

impl Default for Turn {
    fn default() -> Self {
        Self {
            listen: "0.0.0.0:3478".to_owned(),
            tls_listen: "0.0.0.0:5349".to_owned(),
            realm: "moim".to_owned(),
            external_ip: String::new(),
            relay_ports: "49152-65535".to_owned(),
            shared_secret: String::new(),
            shared_secret_file: String::new(),
            users: BTreeMap::new(),
            redis_url: String::new(),
            user_quota: 20,
            total_quota: 0,
            max_bps_per_user: 0,
            peers: TurnPeers::default(),
        }
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct TurnPeers {
    pub(crate) allow: Vec<String>,
    pub(crate) deny: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Direct {
    pub(crate) token: String,
    pub(crate) token_file: String,
    pub(crate) allowed_origins: Vec<String>,
    pub(crate) max_message_bytes: i64,
    pub(crate) messages_per_second: i64,
    pub(crate) max_peers_per_room: i64,
    pub(crate) max_rooms: i64,
    pub(crate) arrivals_per_second: i64,
}

impl Default for Direct {
    fn default() -> Self {
        Self {
            token: String::new(),
            token_file: String::new(),
            allowed_origins: vec!["*".to_owned()],
            max_message_bytes: 65_536,
            messages_per_second: 100,
            max_peers_per_room: 64,
            max_rooms: 10_000,
            arrivals_per_second: 10,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Log {
    pub(crate) level: String,
    pub(crate) format: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: "text".to_owned() }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Media {
    pub(crate) udp_address: String,
    pub(crate) udp_port: i64,
    pub(crate) tcp_port: i64,
    pub(crate) external_ip: String,
    pub(crate) shards: i64,
}

impl Default for Media {
    fn default() -> Self {
        Self {
            udp_address: "0.0.0.0".to_owned(),
            udp_port: 7882,
            tcp_port: 7881,
            external_ip: String::new(),
            shards: 0,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Livekit {
    pub(crate) keys: BTreeMap<String, String>,
    pub(crate) auto_create: bool,
    pub(crate) empty_timeout_s: i64,
    pub(crate) departure_timeout_s: i64,
    pub(crate) max_participants: i64,
    pub(crate) max_rooms: i64,
    pub(crate) enable_remote_unmute: bool,
    pub(crate) enable_data_blobs: bool,
    pub(crate) webhook_urls: Vec<String>,
    pub(crate) webhook_key: String,
}

impl Default for Livekit {
    fn default() -> Self {
        Self {
            keys: BTreeMap::new(),
            auto_create: true,
            empty_timeout_s: 300,
            departure_timeout_s: 20,
            max_participants: 0,
            max_rooms: 20_000,
            enable_remote_unmute: false,
            enable_data_blobs: false,
            webhook_urls: Vec::new(),
            webhook_key: String::new(),
        }
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Openvidu {
    pub(crate) secret: String,
}

#[derive(Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Kurento {
    pub(crate) enabled: bool,
}

impl Default for Kurento {
    fn default() -> Self {
        Self { enabled: true }
    }
}
