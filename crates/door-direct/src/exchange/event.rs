//! The events that go to clients, each made in one place.
//!
//! | event | data |
//! |---|---|
//! | `message` | what another peer sent, or the server's `open` and `close` |
//! | `uniquenessError` | `{message, error}`, both the same text |
//! | `targetError` | `{target, message}` |
//! | `limitError` | `{limit, message}` |
//! | `replaced` | `{message}` |
//! | `iceServers` | an array for `RTCPeerConnection` |

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};

use crate::config::Bounds;
use crate::names::PeerId;

use super::limit::Limit;

/// A registered peer, as others see it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Peer {
    /// Its connection's name.
    pub socket_id: String,
    /// Its own name.
    pub peer_id: PeerId,
    /// Whatever it said it is; left out if it said nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer_type: Option<Value>,
}

/// A name and its data. Cloning is cheap: the data of an event to many is shared.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The event's name on the wire.
    pub name: &'static str,
    /// Its one argument.
    pub data: Arc<Value>,
    /// Roughly its length on the wire, for the bounds of queues; counted once, however many get it.
    pub bytes: usize,
}

impl Event {
    /// Any event.
    #[must_use]
    pub fn new(name: &'static str, data: Value) -> Self {
        let bytes = weight(&data);
        Self { name, data: Arc::new(data), bytes }
    }

    /// The ICE servers, as an array.
    #[must_use]
    pub fn ice_servers(servers: Value) -> Self {
        Self::new("iceServers", servers)
    }

    pub(super) fn message(body: Value) -> Self {
        Self::new("message", body)
    }

    /// The newcomer is impolite (`bePolite: false`): in perfect negotiation its offer wins.
    pub(super) fn open_for_newcomer(peer_id: &PeerId, present: &[Peer]) -> Self {
        let payload = json!({ "action": "open", "connections": present, "bePolite": false });
        Self::message(json!({ "from": "all", "target": peer_id, "payload": payload }))
    }

    pub(super) fn open_for_others(newcomer: &Peer) -> Self {
        let payload = json!({ "action": "open", "connections": [newcomer], "bePolite": true });
        Self::message(json!({ "from": newcomer.peer_id, "target": "all", "payload": payload }))
    }

    pub(super) fn close(peer_id: &PeerId) -> Self {
        let payload = json!({ "action": "close", "message": "Peer has left the signaling server" });
        Self::message(json!({ "from": peer_id, "target": "all", "payload": payload }))
    }

    /// The original's own client reads `error`, its server sent `message`: both are there.
    pub(super) fn uniqueness_error(peer_id: &PeerId) -> Self {
        let text = format!(
            "{peer_id} is already connected to the signalling server. Please change your peer ID and try again."
        );
        Self::new("uniquenessError", json!({ "message": text, "error": text }))
    }

    pub(super) fn target_error(target: Value) -> Self {
        let message = match target.as_str() {
            Some(name) if name.len() <= 256 => format!("no peer {name:?} is in this room"),
            Some(_) => "no peer has so long a name".to_owned(),
            None => "messageOne needs an object with a string in target".to_owned(),
        };
        Self::new("targetError", json!({ "target": target, "message": message }))
    }

    pub(super) fn limit_error(limit: Limit, bounds: &Bounds) -> Self {
        Self::limit_error_with(limit, limit.message(bounds))
    }

    pub(super) fn limit_error_with(limit: Limit, message: String) -> Self {
        Self::new("limitError", json!({ "limit": limit.name(), "message": message }))
    }

    pub(super) fn replaced() -> Self {
        Self::new("replaced", json!({ "message": "This peer has connected again from elsewhere." }))
    }
}

/// Roughly the bytes of a value on the wire and in memory, without writing it out.
fn weight(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => text.len() + 2,
        Value::Array(items) => items.iter().map(weight).sum::<usize>() + 2 + items.len(),
        Value::Object(fields) => fields.iter().map(|(name, value)| name.len() + 4 + weight(value)).sum::<usize>() + 2,
    }
}
