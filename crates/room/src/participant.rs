//! A participant as others see him.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use moim_types::{Now, ParticipantId, Source};

use crate::{DataTrack, DisconnectReason, Track};

/// The name by which an application knows a participant; one at a time has it in a room.
pub type Identity = Arc<str>;

/// Says which of two snapshots is newer: `counter` grows with every change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Version {
    /// When, since 1970.
    pub at: Duration,
    /// The how-many-th change.
    pub counter: u32,
}

impl Version {
    /// The version after this one. It is larger even where the wall clock was set back.
    pub(crate) fn next(self, now: Now) -> Self {
        Self { at: self.at.max(now.unix), counter: self.counter.saturating_add(1) }
    }
}

/// What sort of participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Kind {
    /// A person or a program like any other.
    #[default]
    Standard,
    /// Brings media in from elsewhere.
    Ingress,
    /// Takes media out: a recorder or a stream. Does not hold a room open.
    Egress,
    /// A telephone.
    Sip,
    /// A program that serves the others. Does not hold a room open.
    Agent,
    /// Connects another service.
    Connector,
    /// Connects another room.
    Bridge,
}

/// How far a participant has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ParticipantState {
    /// Known, and told of the room. Others see him.
    Joined,
    /// His connection is up.
    Active,
    /// Gone. The last snapshot.
    Disconnected(DisconnectReason),
}

/// What a participant may do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a permission of its own, as the protocols name them")]
pub struct Permissions {
    /// Receive media.
    pub subscribe: bool,
    /// Send media.
    pub publish: bool,
    /// Send messages.
    pub publish_data: bool,
    /// Which sources may be sent; empty is all.
    pub publish_sources: Vec<Source>,
    /// Change his own name, metadata and attributes.
    pub update_own_metadata: bool,
    /// Not shown to others.
    pub hidden: bool,
    /// Records: sees all, shown as "being recorded".
    pub recorder: bool,
    /// Serves others as a program.
    pub agent: bool,
    /// Receive metrics of the room.
    pub subscribe_metrics: bool,
    /// Manage the session of an agent.
    pub manage_agent_session: bool,
}

impl Default for Permissions {
    fn default() -> Self {
        Self {
            subscribe: true,
            publish: true,
            publish_data: true,
            publish_sources: Vec::new(),
            update_own_metadata: false,
            hidden: false,
            recorder: false,
            agent: false,
            subscribe_metrics: false,
            manage_agent_session: false,
        }
    }
}

/// A snapshot of a participant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// This stay.
    pub id: ParticipantId,
    /// The application's name for him.
    pub identity: Identity,
    /// What others read.
    pub name: String,
    /// Whatever the application keeps here.
    pub metadata: String,
    /// The same, by key.
    pub attributes: BTreeMap<String, String>,
    /// What sort.
    pub kind: Kind,
    /// What he may do.
    pub permissions: Permissions,
    /// How far he has come.
    pub state: ParticipantState,
    /// Since when, since 1970.
    pub joined: Duration,
    /// What he publishes, in the order of publication.
    pub tracks: Vec<Arc<Track>>,
    /// Which data tracks he publishes, by his numbers for them.
    pub data_tracks: Vec<Arc<DataTrack>>,
    /// Whether he has ever published.
    pub publisher: bool,
    /// Which snapshot this is.
    pub version: Version,
    /// What his door wants others of the same door to know: opaque here.
    pub door_data: Arc<[u8]>,
}
