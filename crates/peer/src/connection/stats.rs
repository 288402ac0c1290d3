//! Statistics, as they were taken last.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use moim_types::Bitrate;
use str0m::media::{Mid, Rid};
use str0m::stats::{MediaEgressStats, MediaIngressStats, PeerStats};

use super::transceivers::Transceivers;
use super::words::TransceiverId;

/// `RTCStatsReport`: what `getStats` gives.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StatsReport {
    /// The transport that carries everything.
    pub transport: TransportStats,
    /// `inbound-rtp`: what arrives, by transceiver and rid.
    pub inbound: Vec<StreamStats>,
    /// `outbound-rtp`: what is sent, by transceiver and rid.
    pub outbound: Vec<StreamStats>,
}

/// `transport`, with its selected candidate pair.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TransportStats {
    /// Bytes sent.
    pub bytes_sent: u64,
    /// Bytes received.
    pub bytes_received: u64,
    /// The last round trip of a check on the selected pair.
    pub current_round_trip_time: Option<Duration>,
    /// What can be sent, as far as it is known.
    pub available_outgoing_bitrate: Option<Bitrate>,
    /// The selected pair: this side and the other.
    pub selected_pair: Option<(SocketAddr, SocketAddr)>,
}

/// One RTP stream.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamStats {
    /// Its transceiver.
    pub transceiver: TransceiverId,
    /// Its encoding; `None` without simulcast.
    pub rid: Option<String>,
    /// Packets, with those that were sent again.
    pub packets: u64,
    /// Bytes, with those that were sent again.
    pub bytes: u64,
    /// Key frames asked for by PLI.
    pub plis: u64,
    /// Key frames asked for by FIR.
    pub firs: u64,
    /// Reports of lost packets.
    pub nacks: u64,
    /// The round trip by RTCP.
    pub round_trip_time: Option<Duration>,
    /// The share of packets lost, from 0 to 1, as last reported.
    pub loss: Option<f32>,
}

#[derive(Debug, Default)]
pub(super) struct Stats {
    transport: TransportStats,
    inbound: BTreeMap<(TransceiverId, Option<String>), StreamStats>,
    outbound: BTreeMap<(TransceiverId, Option<String>), StreamStats>,
}

impl Stats {
    pub(super) fn report(&self) -> StatsReport {
        StatsReport {
            transport: self.transport.clone(),
            inbound: self.inbound.values().cloned().collect(),
            outbound: self.outbound.values().cloned().collect(),
        }
    }

    pub(super) fn transport(&mut self, stats: &PeerStats) {
        let pair = stats.selected_candidate_pair.as_ref();
        self.transport = TransportStats {
            // The engine's documentation has these two the wrong way round; its code has not.
            bytes_sent: stats.peer_bytes_tx,
            bytes_received: stats.peer_bytes_rx,
            current_round_trip_time: pair.and_then(|pair| pair.current_round_trip_time),
            available_outgoing_bitrate: stats.bwe_tx.map(|rate| Bitrate::from_bps(rate.as_u64())),
            selected_pair: pair.map(|pair| (pair.local.addr, pair.remote.addr)),
        };
    }

    pub(super) fn ingress(&mut self, transceivers: &Transceivers, stats: &MediaIngressStats) {
        let Some(key) = key(transceivers, stats.mid, stats.rid) else { return };
        let stream = StreamStats {
            transceiver: key.0,
            rid: key.1.clone(),
            packets: stats.packets,
            bytes: stats.bytes,
            plis: stats.plis,
            firs: stats.firs,
            nacks: stats.nacks,
            round_trip_time: stats.rtt,
            loss: stats.loss,
        };
        self.inbound.insert(key, stream);
    }

    pub(super) fn egress(&mut self, transceivers: &Transceivers, stats: &MediaEgressStats) {
        let Some(key) = key(transceivers, stats.mid, stats.rid) else { return };
        let stream = StreamStats {
            transceiver: key.0,
            rid: key.1.clone(),
            packets: stats.packets,
            bytes: stats.bytes,
            plis: stats.plis,
            firs: stats.firs,
            nacks: stats.nacks,
            round_trip_time: stats.rtt,
            loss: stats.loss,
        };
        self.outbound.insert(key, stream);
    }
}

fn key(transceivers: &Transceivers, mid: Mid, rid: Option<Rid>) -> Option<(TransceiverId, Option<String>)> {
    let (transceiver, _) = transceivers.by_mid(mid)?;
    Some((transceiver, rid.map(|rid| rid.to_string())))
}
