//! One track of the client.

use std::sync::Arc;

use livekit_protocol as proto;
use moim_room::{Demand, ParticipantCommand, Track, TrackDescription};
use moim_sfu::{CodecPreference, OfferedSection, SectionDirection};
use moim_types::{Codec, LegId, MediaKind, Quality, TrackId};
use proto::AudioTrackFeature;

use super::matching::Waiting;
use super::{announcement, encodings};
use crate::wire::door_data;
use crate::wire::ids::track_sid;

/// A track that the room has named.
#[derive(Debug)]
pub(crate) struct OwnTrack {
    /// As the client announced it, with what it changed since.
    request: proto::AddTrackRequest,
    /// As the room knows it.
    track: Arc<Track>,
    /// The how-many-th of the client.
    order: u64,
    /// The name in SDP, where that is another than the announced one.
    sdp_cid: String,
    state: State,
    /// Its second codec, while that is sent.
    backup: Option<Backup>,
    /// What viewers want of it, once they were heard of.
    demand: Option<Demand>,
    backup_demand: Option<Demand>,
}

/// The second codec of a track, in a section of its own.
#[derive(Debug)]
struct Backup {
    mid: String,
    /// The room's name for it.
    id: Option<TrackId>,
}

/// How far a track has come.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// Announced.
    Waiting,
    /// In this section.
    Sent(String),
    /// The room has been told that it has ended.
    Ended(String),
}

impl OwnTrack {
    pub(crate) const fn new(request: proto::AddTrackRequest, track: Arc<Track>, order: u64) -> Self {
        Self {
            request,
            track,
            order,
            sdp_cid: String::new(),
            state: State::Waiting,
            backup: None,
            demand: None,
            backup_demand: None,
        }
    }

    pub(crate) fn id(&self) -> TrackId {
        self.track.id
    }

    pub(crate) fn sid(&self) -> String {
        track_sid(self.track.id, self.track.description.kind, self.track.description.source)
    }

    pub(crate) const fn track(&self) -> &Arc<Track> {
        &self.track
    }

    pub(crate) const fn order(&self) -> u64 {
        self.order
    }

    pub(crate) fn codecs(&self) -> &[Codec] {
        &self.track.description.codecs
    }

    /// Notes what is wanted of the track or of its second codec; `false`: this is about neither.
    pub(crate) fn demanded(&mut self, track: TrackId, demand: Demand) -> bool {
        if track == self.track.id {
            self.demand = Some(demand);
        } else if self.backup.as_ref().is_some_and(|backup| backup.id == Some(track)) {
            self.backup_demand = Some(demand);
        } else {
            return false;
        }
        true
    }

    /// Somebody needs the second codec. How well it is shown is told once it is sent.
    pub(crate) fn want_backup(&mut self) {
        self.backup_demand = Some(Demand::UpTo(Quality::High));
    }

    /// What is wanted of each codec that is sent or ought to be.
    pub(crate) fn demands(&self) -> Vec<(Codec, Demand)> {
        let main = self.demand.unwrap_or(Demand::UpTo(Quality::High));
        let all = [Some(main), self.backup_demand];
        self.codecs().iter().zip(all).filter_map(|(codec, demand)| Some((*codec, demand?))).collect()
    }

    pub(crate) fn backup_started(&mut self, id: TrackId) {
        if let Some(backup) = &mut self.backup {
            backup.id = Some(id);
        }
    }

    /// SDP carries its second codec: tells the room.
    pub(crate) fn start_backup<'a>(
        &mut self,
        leg: LegId,
        mut sections: impl Iterator<Item = &'a OfferedSection>,
        out: &mut super::Outputs,
    ) {
        let is_video = self.track.description.kind == MediaKind::Video;
        if self.backup.is_some() || !is_video || !matches!(self.state, State::Sent(_)) {
            return;
        }
        let Some(asked) = self.request.simulcast_codecs.get(1).filter(|asked| !asked.cid.is_empty()) else { return };
        let carries = |section: &&OfferedSection| {
            let sends = section.direction == SectionDirection::Sends && self.mid() != Some(&section.mid);
            sends && section.track.as_ref() == Some(&asked.cid)
        };
        let Some(section) = sections.find(carries) else { return };
        let Some(codec) = crate::wire::codec::from_mime_type(&asked.codec) else { return };
        let alone = proto::AddTrackRequest {
            simulcast_codecs: vec![asked.clone()],
            layers: self.request.layers.clone(),
            ..Default::default()
        };
        let encodings = encodings::negotiated(&alone, Some(codec), &section.rids);
        self.backup = Some(Backup { mid: section.mid.clone(), id: None });
        let (track, mid) = (self.track.id, section.mid.clone());
        out.tell(ParticipantCommand::StartBackup { track, leg, mid, codec, encodings });
    }

    /// The second codec ends when its section does; with the track it ends by itself.
    pub(crate) fn end_backup_unless(&mut self, sends: impl Fn(&str) -> bool, out: &mut super::Outputs) {
        if self.backup.take_if(|backup| !sends(&backup.mid)).is_none() {
            return;
        }
        self.backup_demand = None;
        if matches!(self.state, State::Sent(_)) {
            out.tell(ParticipantCommand::EndBackup(self.track.id));
        }
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.state == State::Waiting
    }

    /// The section that carries it, or did until it ended.
    pub(crate) fn mid(&self) -> Option<&str> {
        match &self.state {
            State::Sent(mid) => Some(mid),
            State::Waiting | State::Ended(_) => None,
        }
    }

    /// All names that the client has for it.
    pub(crate) fn cids(&self) -> impl Iterator<Item = &str> {
        cids(&self.request).chain(Some(self.sdp_cid.as_str()).filter(|cid| !cid.is_empty()))
    }

    pub(crate) fn has_cid(&self, name: &str) -> bool {
        !name.is_empty() && self.cids().any(|cid| cid == name)
    }

    pub(crate) fn waiting(&self) -> Waiting<'_> {
        Waiting { track: self.track.id, kind: self.track.description.kind, cids: self.cids().collect() }
    }

    /// The room shows it like this now.
    pub(crate) fn learn(&mut self, track: Arc<Track>) {
        self.track = track;
    }

    /// SDP carries it: tells the room what it really is, and that it is on its way.
    pub(crate) fn start(&mut self, leg: LegId, section: &OfferedSection, out: &mut super::Outputs) {
        let name = section.track.as_deref().unwrap_or_default();
        if !self.has_cid(name) {
            name.clone_into(&mut self.sdp_cid);
        }
        let codecs = self.agreed(&section.codecs);
        let mut description = self.description(&codecs);
        if description.kind == MediaKind::Video {
            description.encodings = encodings::negotiated(&self.request, codecs.first().copied(), &section.rids);
        }
        if description != self.track.description {
            self.replace(description.clone());
            out.tell(ParticipantCommand::DescribeTrack { track: self.track.id, description });
        }
        self.state = State::Sent(section.mid.clone());
        out.tell(ParticipantCommand::StartTrack { track: self.track.id, leg, mid: section.mid.clone(), codecs });
    }

    pub(crate) fn end(&mut self) {
        if let State::Sent(mid) = &mut self.state {
            self.state = State::Ended(std::mem::take(mid));
        }
    }

    /// The client changes what it said of it.
    pub(crate) fn describe(&mut self, change: impl FnOnce(&mut proto::AddTrackRequest)) -> ParticipantCommand {
        change(&mut self.request);
        self.request.audio_features.truncate(MAX_FEATURES);
        let description = self.description(self.codecs());
        self.replace(description.clone());
        ParticipantCommand::DescribeTrack { track: self.track.id, description }
    }

    /// Another codec, sent beside the first to those who cannot decode that.
    pub(crate) fn add_codecs(&mut self, request: &proto::AddTrackRequest) -> ParticipantCommand {
        let more = request.simulcast_codecs.iter().take(MAX_CODECS);
        self.describe(|asked| {
            for codec in more {
                let codecs = &mut asked.simulcast_codecs;
                match codecs.iter().position(|known| known.codec.eq_ignore_ascii_case(&codec.codec)) {
                    Some(place) => codecs[place].clone_from(codec),
                    None if codecs.len() < MAX_CODECS => codecs.push(codec.clone()),
                    None => {}
                }
            }
        })
    }

    pub(crate) fn preferences(&self) -> Vec<CodecPreference> {
        preferences(&self.request, self.codecs(), &self.sdp_cid)
    }

    /// What was agreed on first, then what else the client asked for.
    fn agreed(&self, agreed: &[Codec]) -> Vec<Codec> {
        let mut codecs: Vec<_> = agreed.first().copied().into_iter().collect();
        let rest = self.codecs().iter().filter(|codec| agreed.first() != Some(*codec) && self.is_backup(**codec));
        codecs.extend(rest);
        if codecs.is_empty() { self.codecs().to_vec() } else { codecs }
    }

    fn is_backup(&self, codec: Codec) -> bool {
        let names = self.request.simulcast_codecs.iter().skip(1).map(|asked| asked.codec.as_str());
        names.filter_map(crate::wire::codec::from_mime_type).any(|one| one == codec)
    }

    fn description(&self, codecs: &[Codec]) -> TrackDescription {
        let (width, height) = (self.request.width, self.request.height);
        TrackDescription {
            resolution: moim_types::Resolution { width, height },
            codecs: codecs.to_vec(),
            door_data: door_data::pack(&announcement::kept(&self.request, codecs, &self.sdp_cid)),
            ..self.track.description.clone()
        }
    }

    fn replace(&mut self, description: TrackDescription) {
        self.track = Arc::new(Track { description, ..Track::clone(&self.track) });
    }
}

/// The client's names for a track that it announces.
pub(crate) fn cids(request: &proto::AddTrackRequest) -> impl Iterator<Item = &str> {
    let of_codecs = request.simulcast_codecs.iter().map(|codec| codec.cid.as_str());
    std::iter::once(request.cid.as_str()).chain(of_codecs).filter(|cid| !cid.is_empty())
}

/// How the sections of a track are to be answered.
#[expect(deprecated, reason = "older clients send `stereo` and `disable_dtx`")]
pub(crate) fn preferences(request: &proto::AddTrackRequest, codecs: &[Codec], sdp_cid: &str) -> Vec<CodecPreference> {
    let has = |feature: AudioTrackFeature| request.audio_features.contains(&i32::from(feature));
    let is_audio = announcement::kind(request) == Some(MediaKind::Audio);
    let stereo = request.stereo || has(AudioTrackFeature::TfStereo);
    let dtx = !request.disable_dtx && !has(AudioTrackFeature::TfNoDtx);
    let main = match codecs.first() {
        Some(Codec::Opus) if !request.disable_red => Some(Codec::Red),
        first => first.copied(),
    };
    let preference = |track: &str| {
        let of_codec = request.simulcast_codecs.iter().skip(1).find(|codec| codec.cid == track && !track.is_empty());
        CodecPreference {
            track: track.to_owned(),
            codec: of_codec.map_or(main, |codec| crate::wire::codec::from_mime_type(&codec.codec)),
            dtx: is_audio && dtx,
            stereo: is_audio && stereo,
        }
    };
    let mut names: Vec<_> = cids(request).chain(Some(sdp_cid).filter(|cid| !cid.is_empty())).collect();
    names.dedup();
    names.into_iter().map(preference).collect()
}

/// Codecs of one track.
const MAX_CODECS: usize = 4;
/// There are seven.
const MAX_FEATURES: usize = 16;
