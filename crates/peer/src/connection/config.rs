//! How a connection is made.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use moim_types::{Bitrate, Codec};
use str0m::config::DtlsVersion;
use str0m::{Rtc, RtcConfig};

use crate::TurnServer;

/// How a connection is made.
#[derive(Debug, Clone)]
pub struct ConnectionConfig {
    /// Host candidates: the addresses of the socket that carries it. A [`Fleet`](crate::Fleet)
    /// fills them in when there are none.
    pub addresses: Vec<SocketAddr>,
    /// Send everything through this server, and have no other candidate (`iceTransportPolicy: "relay"`).
    pub relay: Option<TurnServer>,
    /// Codecs to offer and accept; empty for all that are known.
    pub codecs: Vec<Codec>,
    /// Estimate what can be sent, beginning here. `None` sends without asking.
    pub bandwidth_estimate: Option<Bitrate>,
    /// How often statistics are taken; `None` never.
    pub stats_interval: Option<Duration>,
}

impl Default for ConnectionConfig {
    fn default() -> Self {
        Self {
            addresses: Vec::new(),
            relay: None,
            codecs: Vec::new(),
            bandwidth_estimate: None,
            stats_interval: Some(Duration::from_secs(1)),
        }
    }
}

impl ConnectionConfig {
    pub(super) fn build(&self, now: Instant) -> Rtc {
        let mut config = RtcConfig::new()
            .set_rtp_mode(true)
            .set_dtls_version(DtlsVersion::Auto)
            .set_stats_interval(self.stats_interval)
            .set_sctp_max_buffered_amount(MOST_BUFFERED_BYTES);
        if let Some(estimate) = self.bandwidth_estimate {
            config = config.enable_bwe(Some(str0m::bwe::Bitrate::bps(estimate.bps())));
        }
        if !self.codecs.is_empty() {
            config = self.codecs.iter().fold(config.clear_codecs(), |config, codec| enable(config, *codec));
        }
        config.build(now)
    }
}

fn enable(config: RtcConfig, codec: Codec) -> RtcConfig {
    match codec {
        Codec::Opus => config.enable_opus(true, false),
        Codec::Red => config.enable_opus(true, true),
        Codec::Pcmu => config.enable_pcmu(true, false),
        Codec::Pcma => config.enable_pcma(true, false),
        Codec::G722 => config.enable_g722(true, false),
        Codec::Vp8 => config.enable_vp8(true),
        Codec::Vp9 => config.enable_vp9(true),
        Codec::H264 => config.enable_h264(true),
        Codec::H265 => config.enable_h265(true),
        Codec::Av1 => config.enable_av1(true),
    }
}

/// What all channels of one connection may hold together: twice the largest message that browsers
/// accept.
const MOST_BUFFERED_BYTES: usize = 1 << 20;
