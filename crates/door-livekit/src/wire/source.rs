//! Sources and kinds of tracks.

use livekit_protocol as proto;
use moim_types::{MediaKind, Source};

/// A source as LiveKit numbers it.
pub(crate) const fn to_proto(source: Source) -> proto::TrackSource {
    match source {
        Source::Unknown => proto::TrackSource::Unknown,
        Source::Camera => proto::TrackSource::Camera,
        Source::Microphone => proto::TrackSource::Microphone,
        Source::ScreenShare => proto::TrackSource::ScreenShare,
        Source::ScreenShareAudio => proto::TrackSource::ScreenShareAudio,
    }
}

/// The source of a number; numbers that are not known are [`Source::Unknown`].
pub(crate) fn from_number(number: i32) -> Source {
    match proto::TrackSource::try_from(number) {
        Ok(proto::TrackSource::Camera) => Source::Camera,
        Ok(proto::TrackSource::Microphone) => Source::Microphone,
        Ok(proto::TrackSource::ScreenShare) => Source::ScreenShare,
        Ok(proto::TrackSource::ScreenShareAudio) => Source::ScreenShareAudio,
        Ok(proto::TrackSource::Unknown) | Err(_) => Source::Unknown,
    }
}

/// The name that tokens use.
pub(crate) const fn claim(source: Source) -> &'static str {
    match source {
        Source::Unknown => "unknown",
        Source::Camera => "camera",
        Source::Microphone => "microphone",
        Source::ScreenShare => "screen_share",
        Source::ScreenShareAudio => "screen_share_audio",
    }
}

/// The source of a name in a token, in any case. A name that is not known grants no source that is.
pub(crate) fn from_claim(name: &str) -> Source {
    [Source::Camera, Source::Microphone, Source::ScreenShare, Source::ScreenShareAudio]
        .into_iter()
        .find(|&source| claim(source).eq_ignore_ascii_case(name))
        .unwrap_or_default()
}

/// Sound or picture as LiveKit numbers it.
pub(crate) const fn kind(kind: MediaKind) -> proto::TrackType {
    match kind {
        MediaKind::Audio => proto::TrackType::Audio,
        MediaKind::Video => proto::TrackType::Video,
    }
}
