//! The others, as the client has been told of them, and what it is still to be told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use livekit_protocol as proto;
use moim_room::{Participant, ParticipantState};
use moim_types::{ParticipantId, TrackId};
use prost::Message as _;
use proto::signal_response::Message;

use super::output::Outputs;
use crate::wire::ids::track_sid;
use crate::wire::participant::participant_info;

/// The participants whom the client can see, himself included.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    people: BTreeMap<ParticipantId, Arc<Participant>>,
    sids_by_track: BTreeMap<TrackId, String>,
    /// Media that bears a name of its own, and for which track it stands.
    stand_ins: BTreeMap<TrackId, TrackId>,
    /// Changes that may wait a moment, so that a hundred arrivals do not become a hundred messages.
    waiting: BTreeMap<ParticipantId, Arc<Participant>>,
    flush_at: Option<Instant>,
}

impl Roster {
    /// What the client knows from its first message.
    pub(crate) fn start(&mut self, people: impl IntoIterator<Item = Arc<Participant>>) {
        *self = Self { stand_ins: std::mem::take(&mut self.stand_ins), ..Self::default() };
        people.into_iter().for_each(|who| self.learn(who));
    }

    /// Somebody is new, has changed, or has left.
    pub(crate) fn update(&mut self, now: Instant, who: Arc<Participant>, urgent: bool, out: &mut Outputs) {
        self.learn(who.clone());
        self.waiting.insert(who.id, who);
        if urgent || self.waiting.len() >= MAX_WAITING {
            self.flush(out);
        } else {
            self.flush_at.get_or_insert(now + DEBOUNCE);
        }
    }

    /// Tells what waits. Called before anything that refers to it, such as an SDP.
    pub(crate) fn flush(&mut self, out: &mut Outputs) {
        self.flush_at = None;
        let waiting = std::mem::take(&mut self.waiting);
        // Somebody who comes again under the same identity replaces himself, so his earlier stay ends first.
        let (gone, here): (Vec<_>, Vec<_>) = waiting.into_values().partition(|who| is_gone(who));
        send(gone.iter().chain(&here).map(|who| participant_info(who)), out);
    }

    pub(crate) const fn flush_at(&self) -> Option<Instant> {
        self.flush_at
    }

    /// LiveKit's name of a track that the client has been told of.
    pub(crate) fn track_sid(&self, track: TrackId) -> Option<&str> {
        let track = self.stand_ins.get(&track).unwrap_or(&track);
        self.sids_by_track.get(track).map(String::as_str)
    }

    /// Media of a name that is no track's stands for a track.
    pub(crate) fn stands_in(&mut self, name: TrackId, track: TrackId) {
        let known = &self.sids_by_track;
        self.stand_ins.retain(|_, main| known.contains_key(main));
        self.stand_ins.insert(name, track);
    }

    fn learn(&mut self, who: Arc<Participant>) {
        if let Some(before) = self.people.remove(&who.id) {
            before.tracks.iter().for_each(|track| drop(self.sids_by_track.remove(&track.id)));
        }
        if is_gone(&who) {
            return;
        }
        for track in &who.tracks {
            let sid = track_sid(track.id, track.description.kind, track.description.source);
            self.sids_by_track.insert(track.id, sid);
        }
        self.people.insert(who.id, who);
    }
}

fn is_gone(who: &Participant) -> bool {
    matches!(who.state, ParticipantState::Disconnected(_))
}

/// Sends updates in messages of a size that every transport and client takes.
pub(crate) fn send(infos: impl IntoIterator<Item = proto::ParticipantInfo>, out: &mut Outputs) {
    let mut participants = Vec::new();
    let mut bytes = 0;
    for info in infos {
        let length = info.encoded_len();
        if bytes + length > CHUNK_BYTES && !participants.is_empty() {
            out.send(Message::Update(proto::ParticipantUpdate { participants: std::mem::take(&mut participants) }));
            bytes = 0;
        }
        bytes += length;
        participants.push(info);
    }
    if !participants.is_empty() {
        out.send(Message::Update(proto::ParticipantUpdate { participants }));
    }
}

/// How long an update may wait for others.
const DEBOUNCE: Duration = Duration::from_millis(500);
/// More are told at once.
const MAX_WAITING: usize = 500;
const CHUNK_BYTES: usize = 128 * 1024;
