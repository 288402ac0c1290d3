//! Whom a publisher lets see his tracks.

use std::collections::{BTreeMap, BTreeSet};

use moim_types::{ParticipantId, TrackId};

use crate::{Identity, Participant, TrackAccess};

#[derive(Debug, Clone)]
pub(crate) struct Access {
    everybody: bool,
    by_identity: BTreeMap<Identity, Grant>,
    by_participant: BTreeMap<ParticipantId, Grant>,
}

#[derive(Debug, Clone, Default)]
struct Grant {
    all: bool,
    tracks: BTreeSet<TrackId>,
}

impl Default for Access {
    fn default() -> Self {
        Self { everybody: true, by_identity: BTreeMap::new(), by_participant: BTreeMap::new() }
    }
}

impl Access {
    pub(crate) fn new(everybody: bool, only: Vec<TrackAccess>) -> Self {
        let mut access = Self { everybody, ..Self::default() };
        for TrackAccess { viewer, all_tracks, tracks } in only {
            let grant = match viewer {
                Ok(identity) => access.by_identity.entry(identity).or_default(),
                Err(participant) => access.by_participant.entry(participant).or_default(),
            };
            grant.all |= all_tracks;
            grant.tracks.extend(tracks);
        }
        access
    }

    /// Whether a viewer may have everything, tracks of data too.
    pub(crate) fn allows_all(&self, viewer: &Participant) -> bool {
        let granted = |grant: Option<&Grant>| grant.is_some_and(|grant| grant.all);
        self.everybody
            || granted(self.by_identity.get(&viewer.identity))
            || granted(self.by_participant.get(&viewer.id))
    }

    pub(crate) fn allows(&self, viewer: &Participant, track: TrackId) -> bool {
        let granted = |grant: Option<&Grant>| grant.is_some_and(|grant| grant.all || grant.tracks.contains(&track));
        self.everybody
            || granted(self.by_identity.get(&viewer.identity))
            || granted(self.by_participant.get(&viewer.id))
    }
}
