//! What a shard is made with.

use std::net::SocketAddr;

use moim_types::Bitrate;

use crate::{Certificate, ShardId, Transport};

/// What a shard is made with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Which shard this is.
    pub shard: ShardId,
    /// Where its legs can be reached.
    pub candidates: Vec<LocalCandidate>,
    /// The certificate of this process.
    pub certificate: Certificate,
    /// How much of everything there may be.
    pub bounds: Bounds,
}

/// One address of a shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalCandidate {
    /// How datagrams travel.
    pub transport: Transport,
    /// The address of the socket, as it stands in [`Input::Datagram`](crate::Input::Datagram).
    pub local: SocketAddr,
    /// The address that the world sends to, which goes into SDP. The same, or that of a 1:1 NAT.
    pub public: SocketAddr,
}

/// How much of everything there may be. Reaching a bound is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Legs of one shard.
    pub legs: usize,
    /// Bytes of one offer or answer.
    pub sdp_bytes: usize,
    /// Sections of one offer of the remote side.
    pub remote_sections: usize,
    /// Lines of one section, or before the first one.
    pub section_lines: usize,
    /// Streams (`a=ssrc`) that the remote side declares, in all of its offers and answers together.
    pub remote_streams: usize,
    /// Sections of one offer of this side.
    pub local_sections: usize,
    /// Remote candidates of one leg, between two ICE restarts.
    pub remote_candidates: usize,
    /// Remote addresses remembered for one leg.
    pub addresses: usize,
    /// Data channels of one leg.
    pub channels: usize,
    /// Bytes that wait for a slow reader of reliable channels, beside what SCTP holds.
    pub queued_bytes: usize,
    /// Bytes of one message over a data channel.
    pub message_bytes: usize,
    /// Bytes that SCTP may hold before messages of lossy channels are dropped.
    pub lossy_bytes: usize,
    /// Publications of one leg.
    pub publications: usize,
    /// Media that one leg may bring. All viewers of it have a share in the cost.
    pub ingress: Bitrate,
    /// Steps of one leg's machine after one input. A leg that needs more has gone wrong.
    pub steps: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            legs: 20_000,
            sdp_bytes: 256 * 1024,
            remote_sections: 500,
            section_lines: 1_000,
            remote_streams: 4_000,
            local_sections: 1_000,
            remote_candidates: 32,
            addresses: 8,
            channels: 32,
            // With what SCTP holds, a megabyte.
            queued_bytes: 512 * 1024,
            message_bytes: 256 * 1024,
            lossy_bytes: 128 * 1024,
            publications: 100,
            // A screen of 4K at 60 frames and a camera, each in three encodings, stay below the half.
            ingress: Bitrate::from_kbps(64_000),
            steps: 10_000,
        }
    }
}
