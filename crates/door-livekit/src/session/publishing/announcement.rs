//! What a client says of a track that it is going to publish, in the house's words.

use livekit_protocol as proto;
use moim_room::TrackDescription;
use moim_types::{Codec, MediaKind, Resolution, Source};

use super::encodings;
use crate::wire::codec::{from_mime_type, mime_type};
use crate::wire::door_data;
use crate::wire::source::from_number;

/// The kind of track, when it is one of media.
pub(crate) fn kind(request: &proto::AddTrackRequest) -> Option<MediaKind> {
    match proto::TrackType::try_from(request.r#type) {
        Ok(proto::TrackType::Audio) => Some(MediaKind::Audio),
        Ok(proto::TrackType::Video) => Some(MediaKind::Video),
        Ok(proto::TrackType::Data) | Err(_) => None,
    }
}

/// The track as the room is told of it.
pub(crate) fn description(request: &proto::AddTrackRequest, kind: MediaKind, enabled: &[Codec]) -> TrackDescription {
    let codecs = codecs(request, kind, enabled);
    let encodings = match kind {
        MediaKind::Audio => Vec::new(),
        MediaKind::Video => encodings::declared(request, codecs.first().copied()),
    };
    TrackDescription {
        kind,
        source: from_number(request.source),
        name: request.name.clone(),
        muted: request.muted,
        resolution: Resolution { width: request.width, height: request.height },
        encodings,
        door_data: door_data::pack(&kept(request, &codecs, "")),
        codecs,
    }
}

/// The codecs that the client asks for, the main one first. One that is not let through is replaced by the first that is.
fn codecs(request: &proto::AddTrackRequest, kind: MediaKind, enabled: &[Codec]) -> Vec<Codec> {
    let mut usable = enabled.iter().copied().filter(|codec| codec.kind() == kind);
    let first = usable.clone().next();
    let mut codecs: Vec<Codec> = Vec::new();
    for asked in request.simulcast_codecs.iter().take(MAX_CODECS) {
        let codec = from_mime_type(&asked.codec).filter(|&codec| usable.clone().any(|one| one == codec)).or(first);
        if let Some(codec) = codec.filter(|codec| !codecs.contains(codec)) {
            codecs.push(codec);
        }
    }
    if codecs.is_empty() && kind == MediaKind::Audio {
        codecs.extend(usable.find(|&codec| codec == Codec::Opus).or(first));
    }
    codecs
}

/// What others are told that the house has no word for.
#[expect(deprecated, reason = "older clients send and read `stereo` and `disable_dtx`")]
pub(crate) fn kept(request: &proto::AddTrackRequest, codecs: &[Codec], sdp_cid: &str) -> proto::TrackInfo {
    let mut features = request.audio_features.clone();
    features.truncate(MAX_FEATURES);
    let has = |feature: proto::AudioTrackFeature| features.contains(&i32::from(feature));
    proto::TrackInfo {
        stereo: request.stereo || has(proto::AudioTrackFeature::TfStereo),
        disable_dtx: request.disable_dtx || has(proto::AudioTrackFeature::TfNoDtx),
        disable_red: request.disable_red,
        encryption: request.encryption,
        stream: stream(request),
        backup_codec_policy: request.backup_codec_policy,
        packet_trailer_features: request.packet_trailer_features.iter().copied().take(MAX_FEATURES).collect(),
        codecs: codecs.iter().map(|&codec| codec_info(request, codec, sdp_cid)).collect(),
        audio_features: features,
        ..Default::default()
    }
}

fn codec_info(request: &proto::AddTrackRequest, codec: Codec, sdp_cid: &str) -> proto::SimulcastCodecInfo {
    let asked = request.simulcast_codecs.iter().find(|asked| from_mime_type(&asked.codec) == Some(codec));
    let cid = asked.map_or(request.cid.as_str(), |asked| asked.cid.as_str());
    proto::SimulcastCodecInfo {
        mime_type: mime_type(codec).to_owned(),
        cid: cid.to_owned(),
        sdp_cid: if cid == sdp_cid { String::new() } else { sdp_cid.to_owned() },
        ..Default::default()
    }
}

/// Tracks of one stream are played in step.
fn stream(request: &proto::AddTrackRequest) -> String {
    if !request.stream.is_empty() {
        return request.stream.clone();
    }
    match from_number(request.source) {
        Source::Camera | Source::Microphone => "camera".to_owned(),
        Source::ScreenShare | Source::ScreenShareAudio => "screenshare".to_owned(),
        Source::Unknown => String::new(),
    }
}

/// Clients name two.
const MAX_CODECS: usize = 4;
/// There are seven.
const MAX_FEATURES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    const ENABLED: [Codec; 3] = [Codec::Vp8, Codec::Vp9, Codec::Opus];

    fn asked(codecs: &[&str]) -> proto::AddTrackRequest {
        let codec =
            |&codec: &&str| proto::SimulcastCodec { codec: codec.into(), cid: "c".into(), ..Default::default() };
        proto::AddTrackRequest { simulcast_codecs: codecs.iter().map(codec).collect(), ..Default::default() }
    }

    #[test]
    fn a_codec_that_is_not_enabled_is_replaced() {
        let cases: [(&[&str], &[Codec]); 5] = [
            (&["vp9", "vp8"], &[Codec::Vp9, Codec::Vp8]),
            (&["video/VP9"], &[Codec::Vp9]),
            (&["h264"], &[Codec::Vp8]),
            (&["av1", "vp8"], &[Codec::Vp8]),
            (&[], &[]),
        ];
        for (names, expected) in cases {
            assert_eq!(codecs(&asked(names), MediaKind::Video, &ENABLED), expected, "{names:?}");
        }
        assert_eq!(codecs(&asked(&[]), MediaKind::Audio, &ENABLED), [Codec::Opus]);
    }

    #[test]
    fn what_the_house_has_no_word_for_is_kept_for_others() {
        let request = proto::AddTrackRequest {
            cid: "c".into(),
            source: proto::TrackSource::Microphone.into(),
            audio_features: vec![proto::AudioTrackFeature::TfStereo.into()],
            encryption: proto::encryption::Type::Gcm.into(),
            ..Default::default()
        };
        let packed = description(&request, MediaKind::Audio, &ENABLED).door_data;
        let kept: proto::TrackInfo = door_data::unpack(&packed);
        assert_eq!((kept.stream.as_str(), kept.encryption()), ("camera", proto::encryption::Type::Gcm));
        assert_eq!(kept.audio_features, request.audio_features);
        assert_eq!(kept.codecs[0].cid, "c");
    }
}
