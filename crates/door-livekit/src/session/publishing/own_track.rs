//! One track of the client.

use std::sync::Arc;

use livekit_protocol as proto;
use moim_room::{ParticipantCommand, Track, TrackDescription};
use moim_sfu::{CodecPreference, OfferedSection};
use moim_types::{Codec, LegId, MediaKind, TrackId};
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
        Self { request, track, order, sdp_cid: String::new(), state: State::Waiting }
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

    /// Another codec, sent beside the first. It is known from now on; what is forwarded is the first.
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
