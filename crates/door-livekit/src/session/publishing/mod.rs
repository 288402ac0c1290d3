//! What the client publishes: tracks that it announced, and the sections of its SDP that carry them.

mod announcement;
mod encodings;
mod matching;
mod own_track;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use livekit_protocol as proto;
use moim_room::{Demand, Participant, ParticipantCommand, Refusal, Track};
use moim_sfu::{CodecPreference, OfferedSection, SectionDirection};
use moim_types::{Codec, LegId, TrackId};
use prost::Message as _;
use proto::request_response::{Reason, Request};
use proto::signal_response::Message;

use super::notices;
use super::output::Outputs;
use super::own::reason;
use crate::wire::ids::track_id;
use crate::wire::track::track_info;
use own_track::OwnTrack;

/// The tracks of one client.
#[derive(Debug)]
pub(crate) struct Publishing {
    enabled: Vec<Codec>,
    /// Announced; the room has not named them yet. By the client's own name.
    asked: BTreeMap<String, proto::AddTrackRequest>,
    tracks: BTreeMap<TrackId, OwnTrack>,
    counter: u64,
    /// What the last SDP says, in its order.
    sections: Vec<Section>,
}

#[derive(Debug)]
struct Section {
    offered: OfferedSection,
    /// Its track has ended, so the same words in SDP mean no other track.
    is_spent: bool,
}

impl Publishing {
    pub(crate) fn new(enabled: &[Codec]) -> Self {
        Self {
            enabled: enabled.to_vec(),
            asked: BTreeMap::new(),
            tracks: BTreeMap::new(),
            counter: 0,
            sections: Vec::new(),
        }
    }

    /// `add_track`.
    pub(crate) fn add(&mut self, request: proto::AddTrackRequest, leg: Option<LegId>, out: &mut Outputs) {
        if request.encoded_len() > MAX_REQUEST_BYTES {
            // What is too long is not sent back.
            let cid = Some(request.cid).filter(|cid| cid.len() <= MAX_CID_BYTES).unwrap_or_default();
            let request = proto::AddTrackRequest { cid, ..Default::default() };
            return out.send(refusal(Reason::LimitExceeded, "the request is too long", Request::AddTrack(request)));
        }
        if !request.sid.is_empty() {
            return self.add_codec(request, leg, out);
        }
        let Some(kind) = announcement::kind(&request) else {
            return out.send(refusal(Reason::UnsupportedType, "send audio or video", Request::AddTrack(request)));
        };
        if request.cid.is_empty() || request.cid.len() > MAX_CID_BYTES {
            return out.send(refusal(Reason::InvalidRequest, "cid is empty or too long", Request::AddTrack(request)));
        }
        let known = self.asked.len() + self.tracks.len();
        if known >= MAX_TRACKS && !self.asked.contains_key(&request.cid) {
            return out.send(refusal(Reason::LimitExceeded, "too many tracks", Request::AddTrack(request)));
        }
        let description = announcement::description(&request, kind, &self.enabled);
        out.tell(ParticipantCommand::AddTrack { tag: format!("{TAG}{}", request.cid), description });
        self.asked.insert(request.cid.clone(), request);
    }

    /// The room has named a track. It may be on its way already: clients announce and offer at the same time.
    pub(crate) fn added(&mut self, tag: &str, track: &Arc<Track>, leg: Option<LegId>, out: &mut Outputs) {
        let Some(request) = tag.strip_prefix(TAG).and_then(|cid| self.asked.remove(cid)) else { return };
        let cid = request.cid.clone();
        out.send(Message::TrackPublished(proto::TrackPublishedResponse { cid, track: Some(track_info(track)) }));
        self.counter += 1;
        self.tracks.insert(track.id, OwnTrack::new(request, track.clone(), self.counter));
        if let Some(leg) = leg {
            self.start_what_came(leg, out);
        }
    }

    /// The same name is still in use; the track comes when that has ended.
    pub(crate) fn queued(&self, tag: &str, out: &mut Outputs) {
        if let Some(request) = tag.strip_prefix(TAG).and_then(|cid| self.asked.get(cid)) {
            out.send(refusal(Reason::Queued, "", Request::AddTrack(request.clone())));
        }
    }

    /// The room does not take a track.
    pub(crate) fn refused(&mut self, tag: &str, why: Refusal, out: &mut Outputs) {
        if let Some(request) = tag.strip_prefix(TAG).and_then(|cid| self.asked.remove(cid)) {
            out.send(refusal(reason(why), &why.to_string(), Request::AddTrack(request)));
        }
    }

    /// The client's offer has been accepted: this is what it sends from now on.
    pub(crate) fn negotiated(&mut self, leg: LegId, sections: Vec<OfferedSection>, out: &mut Outputs) {
        let before = std::mem::take(&mut self.sections);
        self.sections = sections
            .into_iter()
            .map(|offered| {
                let same = before.iter().find(|old| old.offered.mid == offered.mid);
                let is_spent = same.is_some_and(|old| old.is_spent && is_same_media(&old.offered, &offered));
                Section { offered, is_spent }
            })
            .collect();
        self.end_what_stopped(out);
        self.start_what_came(leg, out);
    }

    /// A track of the client is no longer published.
    pub(crate) fn unpublished(&mut self, track: TrackId, out: &mut Outputs) {
        let Some(own) = self.tracks.remove(&track) else { return };
        self.spend(own.mid());
        let track_sid = own.sid();
        out.send(Message::TrackUnpublished(proto::TrackUnpublishedResponse { track_sid }));
    }

    /// `mute`.
    pub(crate) fn mute(&self, request: proto::MuteTrackRequest, out: &mut Outputs) {
        match self.find(&request.sid) {
            Some(own) => out.tell(ParticipantCommand::SetMuted { track: own.id(), muted: request.muted }),
            None => out.send(refusal(Reason::NotFound, "no such track", Request::Mute(request))),
        }
    }

    /// `update_audio_track`.
    pub(crate) fn update_audio(&mut self, request: proto::UpdateLocalAudioTrack, out: &mut Outputs) {
        match self.find_mut(&request.track_sid) {
            Some(own) => out.tell(own.describe(|asked| asked.audio_features.clone_from(&request.features))),
            None => out.send(refusal(Reason::NotFound, "no such track", Request::UpdateAudioTrack(request))),
        }
    }

    /// `update_video_track`.
    pub(crate) fn update_video(&mut self, request: proto::UpdateLocalVideoTrack, out: &mut Outputs) {
        match self.find_mut(&request.track_sid) {
            Some(own) => {
                let (width, height) = (request.width, request.height);
                out.tell(own.describe(|asked| (asked.width, asked.height) = (width, height)));
            }
            None => out.send(refusal(Reason::NotFound, "no such track", Request::UpdateVideoTrack(request))),
        }
    }

    /// The first viewer.
    pub(crate) fn subscribed(&self, track: TrackId, out: &mut Outputs) {
        if let Some(own) = self.tracks.get(&track) {
            out.send(Message::TrackSubscribed(proto::TrackSubscribed { track_sid: own.sid() }));
        }
    }

    /// What all viewers together want of a track, or of its second codec.
    pub(crate) fn demand(&mut self, track: TrackId, demand: Demand, out: &mut Outputs) {
        for own in self.tracks.values_mut() {
            if own.demanded(track, demand) {
                return out.send(notices::subscribed_quality(own.sid(), &own.demands()));
            }
        }
    }

    /// Somebody cannot decode the main codec of a track.
    pub(crate) fn backup_wanted(&mut self, track: TrackId, out: &mut Outputs) {
        if let Some(own) = self.tracks.get_mut(&track) {
            own.want_backup();
            out.send(notices::subscribed_quality(own.sid(), &own.demands()));
        }
    }

    /// The room has named what the second codec of a track carries.
    pub(crate) fn backup_started(&mut self, track: TrackId, backup: TrackId) {
        if let Some(own) = self.tracks.get_mut(&track) {
            own.backup_started(backup);
        }
    }

    /// The application's server mutes a track, or lifts that. The client does it and confirms it.
    pub(crate) fn mute_asked(&self, track: TrackId, muted: bool, out: &mut Outputs) {
        if let Some(own) = self.tracks.get(&track) {
            out.send(Message::Mute(proto::MuteTrackRequest { sid: own.sid(), muted }));
        }
    }

    /// The participant as the room shows him now.
    pub(crate) fn learn(&mut self, me: &Participant) {
        for track in &me.tracks {
            if let Some(own) = self.tracks.get_mut(&track.id) {
                own.learn(track.clone());
            }
        }
    }

    /// After a resume: what ended meanwhile is told. What was not answered is answered now.
    pub(crate) fn resume(&mut self, me: &Participant, out: &mut Outputs) {
        let is_there = |id: &TrackId| me.tracks.iter().any(|track| track.id == *id);
        let gone: Vec<_> =
            self.tracks.values().filter(|own| own.mid().is_some() && !is_there(&own.id())).map(OwnTrack::id).collect();
        gone.into_iter().for_each(|track| self.unpublished(track, out));
        self.learn(me);
    }

    /// Whether the client has a track of this name.
    pub(crate) fn knows(&self, sid: &str) -> bool {
        self.find(sid).is_some()
    }

    /// How sections are to be answered, by the names that they may have in SDP.
    pub(crate) fn preferences(&self) -> Vec<CodecPreference> {
        let asked = self.asked.values().filter_map(|request| {
            let kind = announcement::kind(request)?;
            Some(own_track::preferences(request, &announcement::description(request, kind, &self.enabled).codecs, ""))
        });
        self.tracks.values().map(OwnTrack::preferences).chain(asked).flatten().collect()
    }

    /// `add_track` for a track that is there: another codec of it, whose section may have come already.
    fn add_codec(&mut self, request: proto::AddTrackRequest, leg: Option<LegId>, out: &mut Outputs) {
        match self.find_mut(&request.sid) {
            Some(own) => {
                out.tell(own.add_codecs(&request));
                let track = Some(track_info(own.track()));
                out.send(Message::TrackPublished(proto::TrackPublishedResponse { cid: request.cid, track }));
                if let Some(leg) = leg {
                    self.start_what_came(leg, out);
                }
            }
            None => out.send(refusal(Reason::NotFound, "no such track", Request::AddTrack(request))),
        }
    }

    /// Tracks end when their sections stop, or carry another track.
    fn end_what_stopped(&mut self, out: &mut Outputs) {
        let others: BTreeSet<String> =
            self.tracks.values().filter(|own| own.is_waiting()).flat_map(|own| own.cids()).map(str::to_owned).collect();
        for own in self.tracks.values_mut() {
            let Some(mid) = own.mid() else { continue };
            let section = self.sections.iter().find(|section| section.offered.mid == mid);
            let goes_on = section.is_some_and(|section| {
                let name = section.offered.track.as_deref().unwrap_or_default();
                section.offered.direction == SectionDirection::Sends && (own.has_cid(name) || !others.contains(name))
            });
            if !goes_on {
                out.tell(ParticipantCommand::EndTrack(own.id()));
                own.end();
            }
            let sends = |mid: &str| {
                self.sections
                    .iter()
                    .any(|section| section.offered.mid == mid && section.offered.direction == SectionDirection::Sends)
            };
            own.end_backup_unless(sends, out);
        }
    }

    fn start_what_came(&mut self, leg: LegId, out: &mut Outputs) {
        for (track, section) in self.pairs() {
            if let Some(own) = self.tracks.get_mut(&track) {
                own.start(leg, &section, out);
            }
        }
        for own in self.tracks.values_mut() {
            own.start_backup(leg, self.sections.iter().map(|section| &section.offered), out);
        }
    }

    fn pairs(&self) -> Vec<(TrackId, OfferedSection)> {
        let mut waiting: Vec<_> = self.tracks.values().filter(|own| own.is_waiting()).collect();
        waiting.sort_by_key(|own| own.order());
        let waiting: Vec<_> = waiting.into_iter().map(OwnTrack::waiting).collect();
        let started: Vec<_> = self.tracks.values().filter(|own| own.mid().is_some()).collect();
        let free: Vec<_> = self
            .sections
            .iter()
            .filter(|section| self.is_free(section, &started))
            .map(|section| &section.offered)
            .collect();
        let asked = self.asked.values().flat_map(own_track::cids);
        let reserved: BTreeSet<&str> = started.iter().flat_map(|own| own.cids()).chain(asked).collect();
        matching::pair(&free, &waiting, &reserved)
            .into_iter()
            .map(|(track, section)| (track, section.clone()))
            .collect()
    }

    fn is_free(&self, section: &Section, started: &[&OwnTrack]) -> bool {
        let offered = &section.offered;
        let is_named = || {
            let name = offered.track.as_deref().unwrap_or_default();
            self.tracks.values().any(|own| own.is_waiting() && own.has_cid(name))
        };
        offered.direction == SectionDirection::Sends
            && started.iter().all(|own| own.mid() != Some(&offered.mid))
            && (!section.is_spent || is_named())
    }

    fn spend(&mut self, mid: Option<&str>) {
        let section = self.sections.iter_mut().find(|section| Some(section.offered.mid.as_str()) == mid);
        if let Some(section) = section {
            section.is_spent = true;
        }
    }

    fn find(&self, sid: &str) -> Option<&OwnTrack> {
        self.tracks.get(&track_id(sid)?)
    }

    fn find_mut(&mut self, sid: &str) -> Option<&mut OwnTrack> {
        self.tracks.get_mut(&track_id(sid)?)
    }
}

fn is_same_media(one: &OfferedSection, other: &OfferedSection) -> bool {
    other.direction == SectionDirection::Sends && one.track == other.track
}

/// What the client asked about its publishing is not done.
pub(super) fn refusal(reason: Reason, message: &str, request: Request) -> Message {
    Message::RequestResponse(proto::RequestResponse {
        request_id: 0,
        reason: reason.into(),
        message: message.to_owned(),
        request: Some(request),
    })
}

/// Starts the tags of these commands.
const TAG: &str = "track/";
/// Tracks of one client, announced or published.
const MAX_TRACKS: usize = 128;
/// What a client says of a track is kept for as long as the track: a kilobyte or two.
const MAX_REQUEST_BYTES: usize = 16 * 1024;
/// Names that clients give are UUIDs.
const MAX_CID_BYTES: usize = 200;
