//! Codecs as MIME types.

use moim_types::Codec;

/// LiveKit's spelling of a codec.
pub(crate) const fn mime_type(codec: Codec) -> &'static str {
    match codec {
        Codec::Opus => "audio/opus",
        Codec::Red => "audio/red",
        Codec::Pcmu => "audio/PCMU",
        Codec::Pcma => "audio/PCMA",
        Codec::G722 => "audio/G722",
        Codec::Vp8 => "video/VP8",
        Codec::Vp9 => "video/VP9",
        Codec::H264 => "video/H264",
        Codec::H265 => "video/H265",
        Codec::Av1 => "video/AV1",
    }
}

/// The codec of a MIME type, or of the bare name that some SDKs send, in any case.
pub(crate) fn from_mime_type(mime: &str) -> Option<Codec> {
    let name = mime.rsplit_once('/').map_or(mime, |(_, name)| name);
    Codec::from_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_codec_comes_back_from_its_mime_type() {
        for codec in [Codec::Opus, Codec::Red, Codec::Pcma, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1] {
            assert_eq!(from_mime_type(mime_type(codec)), Some(codec));
        }
        assert_eq!(from_mime_type("vp8"), Some(Codec::Vp8));
        assert_eq!(from_mime_type("video/rtx"), None);
    }
}
