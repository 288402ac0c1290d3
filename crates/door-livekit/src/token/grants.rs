//! What a token says about its holder.

use std::collections::BTreeMap;
use std::time::Duration;

use livekit_protocol as proto;
use moim_room::{Kind, RoomOptions};
use serde::{Deserialize, Serialize};

use super::VideoGrant;

/// The claims of a token. Claims that are not listed here are not kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Grants {
    /// The application's name for the holder.
    #[serde(rename = "sub", skip_serializing_if = "String::is_empty")]
    pub identity: String,
    /// What others read.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Whatever the application keeps.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub metadata: String,
    /// The same, by key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// What sort of participant, in lower case; empty is the usual one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// More about the kind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kind_details: Vec<String>,
    /// Digest of the message that the token comes with; webhooks.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sha256: String,
    /// Name of a room configuration that the server keeps.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub room_preset: String,
    /// How the room is set up if the holder opens it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_config: Option<proto::RoomConfiguration>,
    /// What he may do with rooms and media.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video: Option<VideoGrant>,
    /// What he may do with telephones.
    #[serde(skip_serializing_if = "SipGrant::is_empty")]
    pub sip: SipGrant,
    /// What he may do with agents.
    #[serde(skip_serializing_if = "AgentGrant::is_empty")]
    pub agent: AgentGrant,
    /// Passed on as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inference: Option<serde_json::Value>,
    /// Passed on as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observability: Option<serde_json::Value>,

    /// The API key that signed the token.
    #[serde(skip)]
    pub key: String,
    /// When the token was made, since 1970; zero when it does not say.
    #[serde(skip)]
    pub issued: Duration,
    /// Until when it is good, since 1970.
    #[serde(skip)]
    pub expires: Duration,
}

/// What the holder may do with telephones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SipGrant {
    /// Manage trunks and dispatch rules.
    #[serde(skip_serializing_if = "is_false")]
    pub admin: bool,
    /// Call somebody.
    #[serde(skip_serializing_if = "is_false")]
    pub call: bool,
}

impl SipGrant {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What the holder may do with agents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AgentGrant {
    /// Manage them.
    #[serde(skip_serializing_if = "is_false")]
    pub admin: bool,
}

impl AgentGrant {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Grants {
    /// What sort of participant the holder is. A sort that is not known is the usual one.
    #[must_use]
    pub fn participant_kind(&self) -> Kind {
        match self.kind.to_ascii_lowercase().as_str() {
            "ingress" => Kind::Ingress,
            "egress" => Kind::Egress,
            "sip" => Kind::Sip,
            "agent" => Kind::Agent,
            "connector" => Kind::Connector,
            "bridge" => Kind::Bridge,
            _ => Kind::Standard,
        }
    }

    /// More about the kind, as LiveKit numbers it. Details that are not known are left out.
    #[must_use]
    pub fn kind_detail_numbers(&self) -> Vec<i32> {
        self.kind_details
            .iter()
            .filter_map(|name| {
                proto::participant_info::KindDetail::from_str_name(&name.to_ascii_uppercase()).map(i32::from)
            })
            .collect()
    }

    /// The room the token is for, when it is for one.
    #[must_use]
    pub fn room(&self) -> Option<&str> {
        self.video.as_ref().map(|video| video.room.as_str()).filter(|room| !room.is_empty())
    }

    /// How the room is set up if the holder opens it: what the token says laid over `defaults`.
    #[must_use]
    pub fn room_options(&self, defaults: &RoomOptions) -> RoomOptions {
        let Some(config) = &self.room_config else { return defaults.clone() };
        let mut tags: Vec<_> = config.tags.clone().into_iter().collect();
        tags.sort();
        RoomOptions {
            empty_timeout: seconds_or(config.empty_timeout, defaults.empty_timeout),
            departure_timeout: seconds_or(config.departure_timeout, defaults.departure_timeout),
            max_participants: if config.max_participants == 0 {
                defaults.max_participants
            } else {
                config.max_participants
            },
            metadata: config.metadata.clone(),
            tags,
        }
    }
}

/// Zero on the wire means: as the server is set up.
pub(crate) fn seconds_or(seconds: u32, default: Duration) -> Duration {
    if seconds == 0 { default } else { Duration::from_secs(seconds.into()) }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(super) fn is_false(value: &bool) -> bool {
    !value
}
