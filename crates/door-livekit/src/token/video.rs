//! What a token's holder may do with rooms and media.

use moim_room::Permissions;
use serde::{Deserialize, Serialize};

use super::grants::is_false;
use crate::wire::source;

/// The claim `video`. What is absent is not granted, but for the right to publish and to subscribe,
/// which are granted unless withheld.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a claim of its own")]
pub struct VideoGrant {
    /// Make and delete rooms.
    #[serde(skip_serializing_if = "is_false")]
    pub room_create: bool,
    /// List rooms.
    #[serde(skip_serializing_if = "is_false")]
    pub room_list: bool,
    /// Record.
    #[serde(skip_serializing_if = "is_false")]
    pub room_record: bool,
    /// Manage the room named in `room`.
    #[serde(skip_serializing_if = "is_false")]
    pub room_admin: bool,
    /// Join the room named in `room`.
    #[serde(skip_serializing_if = "is_false")]
    pub room_join: bool,
    /// Which room.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub room: String,
    /// Where participants may be moved or forwarded to.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub destination_room: String,
    /// Send media; granted when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_publish: Option<bool>,
    /// Receive media; granted when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_subscribe: Option<bool>,
    /// Send messages; as `can_publish` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_publish_data: Option<bool>,
    /// Which sources may be sent; empty is all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub can_publish_sources: Vec<String>,
    /// Change own name, metadata and attributes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_update_own_metadata: Option<bool>,
    /// Manage ingresses.
    #[serde(skip_serializing_if = "is_false")]
    pub ingress_admin: bool,
    /// Not shown to others.
    #[serde(skip_serializing_if = "is_false")]
    pub hidden: bool,
    /// Records.
    #[serde(skip_serializing_if = "is_false")]
    pub recorder: bool,
    /// Serves others as a program.
    #[serde(skip_serializing_if = "is_false")]
    pub agent: bool,
    /// Receive metrics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_subscribe_metrics: Option<bool>,
    /// Manage the session of an agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_manage_agent_session: Option<bool>,
}

impl VideoGrant {
    /// What the holder may do in the room that he joins.
    #[must_use]
    pub fn permissions(&self) -> Permissions {
        let publish = self.can_publish.unwrap_or(true);
        Permissions {
            subscribe: self.can_subscribe.unwrap_or(true),
            publish,
            publish_data: self.can_publish_data.unwrap_or(publish),
            publish_sources: self.can_publish_sources.iter().map(|name| source::from_claim(name)).collect(),
            update_own_metadata: self.can_update_own_metadata.unwrap_or(false),
            hidden: self.hidden,
            recorder: self.recorder,
            agent: self.agent,
            subscribe_metrics: self.can_subscribe_metrics.unwrap_or(false),
            manage_agent_session: self.can_manage_agent_session.unwrap_or(false),
        }
    }

    /// The same grant with other permissions in the room, each of them said.
    #[must_use]
    pub fn with_permissions(&self, permissions: &Permissions) -> Self {
        Self {
            can_subscribe: Some(permissions.subscribe),
            can_publish: Some(permissions.publish),
            can_publish_data: Some(permissions.publish_data),
            can_publish_sources: permissions.publish_sources.iter().map(|&one| source::claim(one).to_owned()).collect(),
            can_update_own_metadata: Some(permissions.update_own_metadata),
            hidden: permissions.hidden,
            recorder: permissions.recorder,
            agent: permissions.agent,
            can_subscribe_metrics: Some(permissions.subscribe_metrics),
            can_manage_agent_session: Some(permissions.manage_agent_session),
            ..self.clone()
        }
    }
}
