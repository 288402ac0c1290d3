//! The ICE servers that clients are given, as JSON: where STUN and TURN are, and an hour's credentials.

use http::request::Parts;
use moim_turn::{IceConfig, IceServer, credential_name};
use serde_json::{Value, json};

use crate::names::{PeerId, RoomName};

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
        let header = request.headers.get(http::header::HOST).and_then(|value| value.to_str().ok());
        self.config.host(header.or_else(|| request.uri.authority().map(http::uri::Authority::as_str)))
    }

    /// For a registered peer.
    pub(crate) fn for_peer(&self, host: Option<&str>, room: &RoomName, peer: &PeerId, now: u64) -> Value {
        self.servers(host, &credential_name(room.as_str(), peer.as_str()), now)
    }

    /// One entry for STUN, one for TURN; none without a host.
    pub(crate) fn servers(&self, host: Option<&str>, name: &str, now: u64) -> Value {
        self.config.servers(host, name, now).into_iter().map(entry).collect()
    }
}

fn entry(server: IceServer) -> Value {
    match server.credential {
        None => json!({ "urls": server.urls }),
        Some(issued) => {
            json!({ "urls": server.urls, "username": issued.username, "credential": issued.password.reveal() })
        }
    }
}
