//! Which payload type stands for which codec, in either direction.

use std::cmp::Reverse;

use moim_types::Codec;
use str0m::Rtc;
use str0m::format::{Codec as Format, CodecSpec, PayloadParams};
use str0m::media::{Mid, Pt};

/// What must agree between publisher and viewer beside the codec: 0 where nothing must. For H.264
/// the profile (not the level, which the decoder reads in the stream) and the packetization mode,
/// for VP9 the profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Variant(u32);

/// How a viewer's leg carries a codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Carrier {
    pub(super) number: Pt,
    /// The publisher sends RED, which this viewer does not know: send what it wraps.
    pub(crate) without_red: bool,
}

/// What a payload type of an arriving packet stands for.
pub(super) fn meaning(rtc: &Rtc, number: Pt) -> Option<(Codec, Variant)> {
    let params = rtc.codec_config().params().iter().find(|p| p.pt() == number || p.red() == Some(number))?;
    if params.red() == Some(number) {
        return Some((Codec::Red, Variant::default()));
    }
    Some((codec_of(params.spec().codec)?, variant(&params.spec())))
}

/// What was agreed on for a section, the preferred first.
pub(super) fn agreed(rtc: &Rtc, mid: Mid) -> Vec<Codec> {
    let mut codecs = Vec::new();
    let mut add = |codec| {
        if !codecs.contains(&codec) {
            codecs.push(codec);
        }
    };
    for params in negotiated(rtc, mid) {
        if params.red().is_some() {
            add(Codec::Red);
        }
        if let Some(codec) = codec_of(params.spec().codec) {
            add(codec);
        }
    }
    codecs
}

/// How to send a codec on a section; `None` where the remote side cannot take it.
pub(super) fn carrier(rtc: &Rtc, mid: Mid, codec: Codec, wanted: Variant) -> Option<Carrier> {
    if codec == Codec::Red {
        let opus = negotiated(rtc, mid).find(|params| params.spec().codec == Format::Opus)?;
        let number = opus.red().unwrap_or_else(|| opus.pt());
        return Some(Carrier { number, without_red: opus.red().is_none() });
    }
    let best = negotiated(rtc, mid)
        .filter(|params| codec_of(params.spec().codec) == Some(codec))
        .min_by_key(|params| Reverse(closeness(variant(&params.spec()), wanted)))?;
    Some(Carrier { number: best.pt(), without_red: false })
}

/// Exact first, then the same packetization mode, then any: decoders read the profile in the stream.
const fn closeness(has: Variant, wanted: Variant) -> u8 {
    if has.0 == wanted.0 {
        2
    } else if has.0 & 1 == wanted.0 & 1 {
        1
    } else {
        0
    }
}

/// The remote side's own list: the library's matching does not look at it.
fn negotiated(rtc: &Rtc, mid: Mid) -> impl Iterator<Item = &PayloadParams> {
    let numbers = rtc.media(mid).map(|media| media.remote_pts()).unwrap_or_default();
    rtc.codec_config().params().iter().filter(move |params| numbers.contains(&params.pt()))
}

fn variant(spec: &CodecSpec) -> Variant {
    match spec.codec {
        Format::H264 => {
            let profile = spec.format.profile_level_id.unwrap_or(0x42_001f) & 0xff_ff00;
            Variant(profile | u32::from(spec.format.packetization_mode.unwrap_or(0)))
        }
        Format::Vp9 => Variant(spec.format.profile_id.unwrap_or(0)),
        _ => Variant::default(),
    }
}

const fn codec_of(format: Format) -> Option<Codec> {
    Some(match format {
        Format::Opus => Codec::Opus,
        Format::PCMU => Codec::Pcmu,
        Format::PCMA => Codec::Pcma,
        Format::G722 => Codec::G722,
        Format::Vp8 => Codec::Vp8,
        Format::Vp9 => Codec::Vp9,
        Format::H264 => Codec::H264,
        Format::H265 => Codec::H265,
        Format::Av1 => Codec::Av1,
        _ => return None,
    })
}
