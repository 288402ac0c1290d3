//! One participant, as the room keeps him.

use std::sync::Arc;
use std::time::Instant;

use moim_types::{Now, SessionId, Source};

use super::access::Access;
use super::keeping::Blobs;
use super::legs::Legs;
use super::vigil::Vigil;
use crate::{Kind, Participant, ParticipantState, Permissions};

#[derive(Debug)]
pub(crate) struct Member {
    /// What others read of him; the one place where it is kept.
    pub(crate) snapshot: Arc<Participant>,
    pub(crate) session: Option<SessionId>,
    pub(crate) auto_subscribe: bool,
    pub(crate) auto_subscribe_data: bool,
    pub(crate) adaptive_stream: bool,
    pub(crate) legs: Legs,
    pub(crate) vigil: Vigil,
    pub(crate) access: Access,
    pub(crate) blobs: Blobs,
    /// The highest number of a reliable message that came from him.
    pub(crate) last_sequence: u32,
    pub(crate) joined: Instant,
    pub(crate) lost: Option<Instant>,
}

impl Member {
    /// Changes what others read of him. Each change is a new version.
    pub(crate) fn change(&mut self, now: Now, edit: impl FnOnce(&mut Participant)) {
        let snapshot = Arc::make_mut(&mut self.snapshot);
        edit(snapshot);
        snapshot.version = snapshot.version.next(now);
    }

    pub(crate) fn is_active(&self) -> bool {
        self.snapshot.state == ParticipantState::Active
    }

    pub(crate) fn permissions(&self) -> &Permissions {
        &self.snapshot.permissions
    }

    pub(crate) fn is_hidden(&self) -> bool {
        self.permissions().hidden
    }

    pub(crate) fn records(&self) -> bool {
        records(&self.snapshot)
    }

    /// Others hold a room open and are counted; recorders and agents are there for them.
    pub(crate) fn is_dependent(&self) -> bool {
        is_dependent(self.snapshot.kind, self.permissions())
    }

    pub(crate) fn may_publish(&self, source: Source) -> bool {
        let permissions = self.permissions();
        permissions.publish && (permissions.publish_sources.is_empty() || permissions.publish_sources.contains(&source))
    }
}

pub(crate) fn is_dependent(kind: Kind, permissions: &Permissions) -> bool {
    matches!(kind, Kind::Egress | Kind::Agent) || permissions.recorder || permissions.agent
}

fn records(participant: &Participant) -> bool {
    participant.kind == Kind::Egress || participant.permissions.recorder
}
