//! Codecs: the house's words and the engine's.

use moim_types::{Codec, MediaKind};
use str0m::format::{self, PayloadParams};

pub(super) fn of(params: &PayloadParams) -> Option<Codec> {
    Some(match params.spec().codec {
        format::Codec::Opus => Codec::Opus,
        format::Codec::PCMU => Codec::Pcmu,
        format::Codec::PCMA => Codec::Pcma,
        format::Codec::G722 => Codec::G722,
        format::Codec::Vp8 => Codec::Vp8,
        format::Codec::Vp9 => Codec::Vp9,
        format::Codec::H264 => Codec::H264,
        format::Codec::H265 => Codec::H265,
        format::Codec::Av1 => Codec::Av1,
        _ => return None,
    })
}

pub(super) const fn engine_kind(kind: MediaKind) -> str0m::media::MediaKind {
    match kind {
        MediaKind::Audio => str0m::media::MediaKind::Audio,
        MediaKind::Video => str0m::media::MediaKind::Video,
    }
}
