//! Who sends what: synchronization sources that were heard, and where their packets belong.

use std::collections::BTreeMap;

use moim_types::{Codec, MediaKind};
use str0m::Rtc;
use str0m::media::Pt;
use str0m::rtp::RtpPacket;

use super::codec;
use super::event::ReceivedPacket;
use super::transceivers::Transceivers;
use super::words::TransceiverId;

#[derive(Debug, Default)]
pub(super) struct Sources(BTreeMap<u32, Source>);

#[derive(Debug, Clone)]
struct Source {
    transceiver: TransceiverId,
    kind: MediaKind,
    rid: Option<String>,
    payload_type: Pt,
    codec: Option<Codec>,
}

/// Beyond this all are looked up again: no sound connection has so many at once.
const MOST_SOURCES: usize = 1024;

impl Sources {
    /// Says whose packet it is; `None` if it is of no known source.
    pub(super) fn receive(
        &mut self,
        rtc: &mut Rtc,
        transceivers: &Transceivers,
        packet: RtpPacket,
    ) -> Option<ReceivedPacket> {
        let source = self.find(rtc, transceivers, &packet)?;
        Some(ReceivedPacket {
            transceiver: source.transceiver,
            kind: source.kind,
            rid: source.rid.clone(),
            ssrc: *packet.header.ssrc,
            codec: source.codec,
            sequence: *packet.seq_no,
            timestamp: packet.header.timestamp,
            marker: packet.header.marker,
            audio_level: packet.header.ext_vals.audio_level.map(|level| level.unsigned_abs().min(127)),
            payload: packet.payload,
            received: packet.timestamp,
        })
    }

    /// What was negotiated anew may mean something else.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    fn find(&mut self, rtc: &mut Rtc, transceivers: &Transceivers, packet: &RtpPacket) -> Option<&Source> {
        let (ssrc, payload_type) = (*packet.header.ssrc, packet.header.payload_type);
        let known = self.0.get(&ssrc).is_some_and(|source| source.payload_type == payload_type);
        if !known {
            let mut api = rtc.direct_api();
            let stream = api.stream_rx(&packet.header.ssrc)?;
            let (mid, rid) = (stream.mid(), stream.rid().map(|rid| rid.to_string()));
            let (transceiver, found) = transceivers.by_mid(mid)?;
            let mut params = rtc.codec_config().params().iter();
            let codec = params.find(|params| params.pt() == payload_type).and_then(codec::of);
            if self.0.len() >= MOST_SOURCES {
                self.0.clear();
            }
            self.0.insert(ssrc, Source { transceiver, kind: found.kind, rid, payload_type, codec });
        }
        self.0.get(&ssrc)
    }
}
