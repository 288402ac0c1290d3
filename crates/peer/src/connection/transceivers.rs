//! The transceivers of a connection: who they are, and what each may send.

use std::collections::BTreeMap;
use std::time::Instant;

use moim_types::{Codec, MediaKind};
use str0m::Rtc;
use str0m::media::{Mid, Pt, Rid, Rids};
use str0m::rtp::{ExtensionValues, RtpWrite};

use super::codec;
use super::event::{Event, OutgoingPacket};
use super::sections::Section;
use super::words::{Direction, Track, TransceiverId, TransceiverInit};
use crate::Error;

#[derive(Debug, Default)]
pub(super) struct Transceivers(Vec<Transceiver>);

#[derive(Debug)]
pub(super) struct Transceiver {
    pub(super) kind: MediaKind,
    /// `None` until it was offered.
    pub(super) mid: Option<Mid>,
    pub(super) init: TransceiverInit,
    /// Whether the other side sends, by its last description.
    receiving: bool,
    /// Whether its user knows that it may send.
    ready: bool,
    /// Where each encoding is, by its rid; empty without simulcast.
    next_sequence_by_rid: BTreeMap<String, u64>,
    payload_type: Option<(Codec, Pt)>,
}

/// Far from 0, so that what comes late after a start is not taken for a wrap; below 65 536, since
/// the other side begins with a rollover count of 0 (RFC 3711 §3.3.1).
const FIRST_SEQUENCE: u64 = 1000;

impl Transceiver {
    fn new(kind: MediaKind, init: TransceiverInit, mid: Option<Mid>) -> Self {
        Self {
            kind,
            mid,
            init,
            receiving: false,
            ready: false,
            next_sequence_by_rid: BTreeMap::new(),
            payload_type: None,
        }
    }

    fn next_sequence(&mut self, rid: &str) -> u64 {
        if let Some(next) = self.next_sequence_by_rid.get_mut(rid) {
            *next += 1;
            return *next;
        }
        self.next_sequence_by_rid.insert(rid.to_owned(), FIRST_SEQUENCE);
        FIRST_SEQUENCE
    }

    fn payload_type(&mut self, rtc: &Rtc, mid: Mid, codec: Codec) -> Option<Pt> {
        if let Some((known, payload_type)) = self.payload_type
            && known == codec
        {
            return Some(payload_type);
        }
        let taken = rtc.media(mid)?.remote_pts();
        let mut params = rtc.codec_config().params().iter();
        let found = params.find(|params| codec::of(params) == Some(codec) && taken.contains(&params.pt()))?;
        self.payload_type = Some((codec, found.pt()));
        Some(found.pt())
    }
}

impl Transceivers {
    pub(super) fn add(&mut self, kind: MediaKind, init: TransceiverInit) -> TransceiverId {
        self.push(Transceiver::new(kind, init, None))
    }

    pub(super) fn get(&self, id: TransceiverId) -> Result<&Transceiver, Error> {
        self.0.get(id.0 as usize).ok_or(Error::UnknownTransceiver(id))
    }

    pub(super) fn get_mut(&mut self, id: TransceiverId) -> Result<&mut Transceiver, Error> {
        self.0.get_mut(id.0 as usize).ok_or(Error::UnknownTransceiver(id))
    }

    pub(super) fn by_mid(&self, mid: Mid) -> Option<(TransceiverId, &Transceiver)> {
        let index = self.0.iter().position(|transceiver| transceiver.mid == Some(mid))?;
        Some((id_of(index), self.0.get(index)?))
    }

    /// Takes over what the other side's description says, and tells what changed.
    pub(super) fn describe(&mut self, sections: &[Section]) -> Vec<Event> {
        let mut events = Vec::new();
        for section in sections {
            let mid = Mid::from(section.mid.as_str());
            let id = match self.by_mid(mid) {
                Some((id, _)) => id,
                None => {
                    let init = TransceiverInit::new(Direction::RecvOnly);
                    self.push(Transceiver::new(section.kind, init, Some(mid)))
                }
            };
            let Ok(transceiver) = self.get_mut(id) else { continue };
            // What was negotiated may have another number now.
            transceiver.payload_type = None;
            if section.sends == transceiver.receiving {
                continue;
            }
            transceiver.receiving = section.sends;
            events.push(if section.sends { Event::Track(track(id, section)) } else { Event::TrackEnded(id) });
        }
        events
    }

    /// Transceivers that may send now and could not before.
    pub(super) fn newly_ready(&mut self, rtc: &Rtc) -> Vec<Event> {
        let mut events = Vec::new();
        for (index, transceiver) in self.0.iter_mut().enumerate() {
            let Some(media) = transceiver.mid.and_then(|mid| rtc.media(mid)) else { continue };
            let may = media.direction().is_sending() && !media.disabled();
            if may && !transceiver.ready {
                let rids = match media.rids_tx() {
                    Rids::Specific(rids) => rids.iter().map(ToString::to_string).collect(),
                    Rids::None | Rids::Any => Vec::new(),
                };
                events.push(Event::SenderReady { transceiver: id_of(index), kind: transceiver.kind, rids });
            }
            transceiver.ready = may;
        }
        events
    }

    pub(super) fn write(&mut self, rtc: &mut Rtc, now: Instant, packet: OutgoingPacket) -> Result<(), Error> {
        let id = packet.transceiver;
        let refused = Error::NotNegotiated(id);
        let transceiver = self.get_mut(id)?;
        if !transceiver.ready {
            return Err(refused);
        }
        let Some(mid) = transceiver.mid else { return Err(refused) };
        let Some(payload_type) = transceiver.payload_type(rtc, mid, packet.codec) else { return Err(refused) };
        let rid = (!packet.rid.is_empty()).then(|| Rid::from(packet.rid.as_str()));
        let mut api = rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(mid, rid) else { return Err(refused) };
        let sequence = transceiver.next_sequence(&packet.rid);
        let extensions = ExtensionValues {
            audio_level: packet.audio_level.map(|level| -(level.min(127).cast_signed())),
            voice_activity: packet.audio_level.map(|level| level < 60),
            ..ExtensionValues::default()
        };
        stream.write_rtp(
            RtpWrite::new(payload_type, sequence.into(), packet.timestamp, now, packet.payload)
                .marker(packet.marker)
                .ext_vals(extensions)
                .nackable(transceiver.kind == MediaKind::Video),
        );
        Ok(())
    }

    fn push(&mut self, transceiver: Transceiver) -> TransceiverId {
        self.0.push(transceiver);
        id_of(self.0.len() - 1)
    }
}

fn id_of(index: usize) -> TransceiverId {
    TransceiverId(u32::try_from(index).unwrap_or(u32::MAX))
}

fn track(transceiver: TransceiverId, section: &Section) -> Track {
    let (stream, track) = section.msid.clone().unwrap_or_default();
    Track { transceiver, mid: section.mid.clone(), kind: section.kind, stream, track }
}
