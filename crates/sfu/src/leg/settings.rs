//! How the WebRTC library is set up for a leg.

use std::time::Duration;

use moim_types::Codec;
use str0m::bwe::Bitrate;
use str0m::config::DtlsVersion;
use str0m::format::CodecConfig;
use str0m::rtp::{Extension, ExtensionMap};
use str0m::{IceCreds, RtcConfig};

use super::{descriptor_extension, opening};
use crate::{Certificate, Directions, IceMode, LegConfig};

/// What the sender assumes before it has measured anything: enough for one large picture or for many
/// small ones, so that who has a good way sees it at once. A way that carries less shows so within a
/// second; one that is thought too little of is slow to show more.
pub(super) const START_ESTIMATE: Bitrate = Bitrate::mbps(4);
/// Twice the largest message, so that one that is being sent does not hold up the next. What waits
/// before it has a bound of its own, [`Bounds::queued_bytes`](crate::Bounds::queued_bytes).
const SCTP_BUFFER: usize = 512 * 1024;
/// Browsers take no more.
const SCTP_MESSAGE: u32 = 262_144;
/// How often loss and round trip are reported.
pub(super) const REPORT_INTERVAL: Duration = Duration::from_secs(5);

/// The settings for a leg.
pub(super) fn rtc_config(leg: &LegConfig, certificate: &Certificate, credentials: IceCreds) -> RtcConfig {
    let egress = leg.directions != Directions::Ingress;
    let mut config = RtcConfig::new()
        .set_crypto_provider(opening::provider())
        .set_rtp_mode(true)
        .set_ice_lite(leg.ice == IceMode::Lite)
        .set_dtls_version(DtlsVersion::Auto)
        .set_dtls_cert(certificate.to_dtls())
        .set_local_ice_credentials(credentials)
        .set_stats_interval(Some(REPORT_INTERVAL))
        .set_sctp_max_buffered_amount(SCTP_BUFFER)
        .set_sctp_max_message_size(SCTP_MESSAGE)
        .set_extension_map(extensions())
        .enable_bwe(egress.then_some(START_ESTIMATE))
        .clear_codecs();
    add_codecs(config.codec_config(), &leg.codecs);
    config
}

/// The numbers are those that Chromium offers by itself; in answers those of the offer are taken.
fn extensions() -> ExtensionMap {
    let mut map = ExtensionMap::empty();
    map.set(1, Extension::AudioLevel);
    map.set(2, Extension::AbsoluteSendTime);
    map.set(3, Extension::TransportSequenceNumber);
    map.set(4, Extension::RtpMid);
    map.set(5, Extension::PlayoutDelay);
    map.set(8, descriptor_extension::extension());
    map.set(9, Extension::AbsoluteCaptureTime);
    map.set(10, Extension::RtpStreamId);
    map.set(11, Extension::RepairedRtpStreamId);
    map.set(13, Extension::VideoOrientation);
    map
}

/// Codecs in the order of preference.
fn add_codecs(config: &mut CodecConfig, codecs: &[Codec]) {
    let red = codecs.contains(&Codec::Red);
    for codec in codecs {
        match codec {
            Codec::Opus => config.enable_opus(true, red),
            // A wrapping of Opus, not a codec of its own.
            Codec::Red => {}
            Codec::Pcmu => config.enable_pcmu(true, false),
            Codec::Pcma => config.enable_pcma(true, false),
            Codec::G722 => config.enable_g722(true, false),
            Codec::Vp8 => config.enable_vp8(true),
            Codec::Vp9 => config.enable_vp9(true),
            Codec::H264 => add_h264(config),
            Codec::H265 => config.enable_h265(true),
            Codec::Av1 => config.enable_av1(true),
        }
    }
}

/// Payload type, that of its repair, packetization mode 1 or 0, profile and level (RFC 6184 §8.1).
/// Constrained baseline comes first: every browser and every hardware decodes it.
const H264: [(u8, u8, bool, u32); 5] = [
    (108, 109, true, 0x42_e01f),
    (127, 121, true, 0x42_001f),
    (123, 119, true, 0x4d_001f),
    (114, 115, true, 0x64_001f),
    (124, 120, false, 0x42_e01f),
];

fn add_h264(config: &mut CodecConfig) {
    for (number, repair, mode, profile) in H264 {
        config.add_h264(number.into(), Some(repair.into()), mode, profile);
    }
}
