//! The first message of a connection: `join`, or `reconnect` for a resumed one.

use std::sync::Arc;

use livekit_protocol as proto;
use moim_room::{Joined, Participant};
use moim_types::{Codec, RoomId};
use proto::signal_response::Message;
use sha2::{Digest, Sha256};

use super::client::{Client, Connections};
use crate::wire::participant::participant_info;
use crate::wire::room::room;

/// What every session knows of the server.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    /// `ND_…`.
    pub(crate) node_id: String,
    /// Codecs that are let through, the preferred first.
    pub(crate) enabled_codecs: Vec<Codec>,
    /// Participants may keep data blobs here.
    pub(crate) data_blobs: bool,
}

/// What one connection is told beside that.
#[derive(Debug, Clone)]
pub(crate) struct Welcome {
    pub(crate) server: Arc<Server>,
    pub(crate) ice_servers: Vec<proto::IceServer>,
}

/// The client's connection counts as up when the one it views over is: older clients, and those who may not view,
/// begin with the other.
pub(crate) fn subscriber_primary(client: &Client, me: &Participant) -> bool {
    client.connections == Connections::Dual && client.protocol() > 2 && me.permissions.subscribe
}

/// `join`.
pub(crate) fn join(client: &Client, welcome: &Welcome, joined: &Joined) -> Message {
    let server = &welcome.server;
    Message::Join(proto::JoinResponse {
        room: Some(room(&joined.room)),
        participant: Some(participant_info(&joined.you)),
        other_participants: joined.others.iter().map(|who| participant_info(who)).collect(),
        server_version: VERSION.to_owned(),
        ice_servers: welcome.ice_servers.clone(),
        subscriber_primary: subscriber_primary(client, &joined.you),
        client_configuration: client.configuration(),
        ping_timeout: PING_TIMEOUT_SECONDS,
        ping_interval: PING_INTERVAL_SECONDS,
        server_info: Some(server_info(server)),
        sif_trailer: sif_trailer(server, joined.room.id),
        enabled_publish_codecs: client.publish_codecs(&server.enabled_codecs),
        fast_publish: joined.you.permissions.publish,
        ..Default::default()
    })
}

/// `reconnect`. `last_sequence` is the number of the last reliable message that came from the client.
pub(crate) fn reconnect(client: &Client, welcome: &Welcome, last_sequence: u32) -> Message {
    Message::Reconnect(proto::ReconnectResponse {
        ice_servers: welcome.ice_servers.clone(),
        client_configuration: client.configuration(),
        server_info: Some(server_info(&welcome.server)),
        last_message_seq: last_sequence,
    })
}

fn server_info(server: &Server) -> proto::ServerInfo {
    proto::ServerInfo {
        edition: proto::server_info::Edition::Standard.into(),
        version: VERSION.to_owned(),
        protocol: PROTOCOL,
        node_id: server.node_id.clone(),
        debug_info: concat!("moim ", env!("CARGO_PKG_VERSION")).to_owned(),
        agent_protocol: 1,
        ..Default::default()
    }
}

/// Ends frames that the server itself puts into encrypted tracks: one per room, known to nobody else.
fn sif_trailer(server: &Server, room: RoomId) -> Vec<u8> {
    Sha256::new().chain_update(&server.node_id).chain_update(room.as_str()).finalize()[..SIF_TRAILER_BYTES].to_vec()
}

/// Clients switch features on by the version of LiveKit's own server.
const VERSION: &str = "1.13.5";
/// Protocol 18 would make some clients open data channels by number.
const PROTOCOL: i32 = 17;
const PING_INTERVAL_SECONDS: i32 = 5;
const PING_TIMEOUT_SECONDS: i32 = 15;
const SIF_TRAILER_BYTES: usize = 16;
