//! Tracks.

use livekit_protocol as proto;
use moim_room::{Encoding, Track, TrackDescription, Version};
use moim_types::{Codec, MediaKind, Quality};
use proto::video_layer;

use super::{codec, door_data, ids, source};

/// A track as LiveKit shows it.
///
/// What the house has no word for (stereo, encryption, stream, audio features, the publisher's own
/// ids of each codec) comes from a packed `TrackInfo` in its door data.
#[expect(deprecated, reason = "older SDKs read `simulcast` and `layers`")]
pub(crate) fn track_info(track: &Track) -> proto::TrackInfo {
    let TrackDescription { kind, source: shows, .. } = track.description;
    let kept: proto::TrackInfo = door_data::unpack(&track.description.door_data);
    let layers = layers(&track.description);
    proto::TrackInfo {
        sid: ids::track_sid(track.id, kind, shows),
        r#type: source::kind(kind).into(),
        name: track.description.name.clone(),
        muted: track.description.muted,
        width: track.description.resolution.width,
        height: track.description.resolution.height,
        simulcast: layers.len() > 1,
        source: source::to_proto(shows).into(),
        mime_type: track.description.codecs.first().map(|&one| codec::mime_type(one).to_owned()).unwrap_or_default(),
        mid: track.mid.clone(),
        codecs: codecs(track, &layers, &kept.codecs),
        layers,
        version: Some(version(track.version)),
        ..kept
    }
}

/// Which snapshot something is.
pub(crate) fn version(version: Version) -> proto::TimedVersion {
    proto::TimedVersion {
        unix_micro: i64::try_from(version.at.as_micros()).unwrap_or(i64::MAX),
        ticks: i32::try_from(version.counter).unwrap_or(i32::MAX),
    }
}

/// A quality as LiveKit numbers it.
pub(crate) const fn quality(quality: Quality) -> proto::VideoQuality {
    match quality {
        Quality::Low => proto::VideoQuality::Low,
        Quality::Medium => proto::VideoQuality::Medium,
        Quality::High => proto::VideoQuality::High,
    }
}

fn layers(description: &TrackDescription) -> Vec<proto::VideoLayer> {
    description.encodings.iter().zip(0..).map(|(encoding, place)| layer(encoding, place)).collect()
}

fn layer(encoding: &Encoding, place: i32) -> proto::VideoLayer {
    proto::VideoLayer {
        quality: quality(encoding.quality).into(),
        width: encoding.resolution.width,
        height: encoding.resolution.height,
        bitrate: encoding.bitrate_bps,
        spatial_layer: place,
        rid: encoding.rid.clone(),
        ..Default::default()
    }
}

fn codecs(
    track: &Track,
    layers: &[proto::VideoLayer],
    kept: &[proto::SimulcastCodecInfo],
) -> Vec<proto::SimulcastCodecInfo> {
    track.description.codecs.iter().map(|&one| codec_info(track, one, layers, kept)).collect()
}

fn codec_info(
    track: &Track,
    one: Codec,
    layers: &[proto::VideoLayer],
    kept: &[proto::SimulcastCodecInfo],
) -> proto::SimulcastCodecInfo {
    let same = kept.iter().find(|info| codec::from_mime_type(&info.mime_type) == Some(one));
    proto::SimulcastCodecInfo {
        mime_type: codec::mime_type(one).to_owned(),
        mid: track.mid.clone(),
        layers: layers.to_vec(),
        video_layer_mode: layer_mode(track.description.kind, layers).into(),
        ..same.cloned().unwrap_or_default()
    }
}

/// Several layers without a rid each share one stream: scalable video coding.
fn layer_mode(kind: MediaKind, layers: &[proto::VideoLayer]) -> video_layer::Mode {
    match kind {
        MediaKind::Audio => video_layer::Mode::Unused,
        MediaKind::Video if layers.len() > 1 && layers.iter().all(|layer| layer.rid.is_empty()) => {
            video_layer::Mode::MultipleSpatialLayersPerStream
        }
        MediaKind::Video => video_layer::Mode::OneSpatialLayerPerStream,
    }
}
