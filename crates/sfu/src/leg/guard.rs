//! What comes in is believed only when it has proven to come from the remote side.
//!
//! [`Guard`] stands between a leg's datagrams and its connection, and routes between its parts: the
//! SSRCs that have proven themselves, the SRTCP packets heard before, how much is sent again, how much
//! media is taken, and which numbers it may have.

use std::time::Instant;

use moim_types::Bitrate;
use str0m::net::Receive;
use str0m::rtp::Ssrc;
use str0m::{Rtc, RtcError};

use super::Datagram;
use super::connection::{Connection, Drained, Traffic};
use super::latch::{Admission, Latch};
use super::numbering::Numbering;
use super::opening;
use super::repairs::Repairs;
use super::replays::Replays;
use super::share::Share;
use crate::{DropReason, OfferedSection, SectionDirection};

/// Stands between a leg's datagrams and its connection.
#[derive(Debug)]
pub(super) struct Guard {
    latch: Latch,
    replays: Replays,
    repairs: Repairs,
    share: Share,
    numbering: Numbering,
}

/// What became of a datagram.
pub(super) enum Verdict {
    /// Only the remote side can have sent it.
    Authentic,
    /// The library took it; whose it is does not show.
    Taken,
    /// It is of no use.
    Dropped(DropReason),
    /// The library refused it.
    Refused(RtcError),
}

/// What a datagram is (RFC 7983 §7, RFC 5761 §4).
enum Kind {
    Media(Ssrc),
    Control,
    /// STUN or DTLS.
    Other,
}

impl Guard {
    pub(super) fn new(now: Instant, ingress: Bitrate) -> Self {
        Self {
            latch: Latch::new(now),
            replays: Replays::new(),
            repairs: Repairs::default(),
            share: Share::new(now, ingress),
            numbering: Numbering::new(now),
        }
    }

    /// The remote side sends on these sections.
    pub(super) fn expect(&mut self, rtc: &Rtc, sections: &[OfferedSection]) {
        let sends = sections.iter().filter(|section| section.direction == SectionDirection::Sends);
        self.numbering.expect(rtc, sections.iter().map(|section| section.mid.as_str().into()));
        self.latch.expect(sends.map(|section| {
            (section.mid.as_str().into(), section.rids.iter().map(|rid| rid.as_str().into()).collect())
        }));
    }

    /// Whether a media packet of this size is not one too many.
    pub(super) fn takes(&mut self, now: Instant, bytes: usize) -> bool {
        self.share.takes(now, bytes)
    }

    /// A packet of this stream was sent, for the first time.
    pub(super) fn sent(&mut self, stream: Ssrc) {
        self.repairs.sent(stream);
    }

    /// Hands a datagram to the connection, unless it cannot be the remote side's.
    pub(super) fn pass(
        &mut self,
        (connection, drained): (&mut Connection, &mut Drained),
        now: Instant,
        datagram: &Datagram<'_>,
        receive: Receive<'_>,
    ) -> Verdict {
        match kind(datagram.payload) {
            Kind::Media(ssrc) => self.pass_media((connection, drained), now, (ssrc, datagram.payload), receive),
            Kind::Control => self.pass_control((connection, drained), now, datagram.payload, receive),
            Kind::Other => {
                let before = drained.transmits.len();
                if let Err(error) = connection.receive(now, drained, receive, Traffic::of(datagram.payload)) {
                    return Verdict::Refused(error);
                }
                // A check is answered when its integrity is right (RFC 8445 §7.3).
                let answers = drained.transmits.iter().skip(before).filter(|sent| sent.destination == datagram.from);
                let answered = answers.map(|sent| &*sent.contents).any(|sent| sent.starts_with(&BINDING_SUCCESS));
                if answered { Verdict::Authentic } else { Verdict::Taken }
            }
        }
    }

    fn pass_media(
        &mut self,
        (connection, drained): (&mut Connection, &mut Drained),
        now: Instant,
        (ssrc, packet): (Ssrc, &[u8]),
        receive: Receive<'_>,
    ) -> Verdict {
        let Ok(number) = self.numbering.read(now, packet) else { return Verdict::Dropped(DropReason::Astray) };
        let held = match connection.peek(|rtc| self.latch.admit(now, rtc, ssrc)) {
            Admission::Proven => None,
            Admission::Trial(held) => Some(held),
            Admission::TooManyTrials => return Verdict::Dropped(DropReason::Unopened),
            Admission::TooManyStreams => return Verdict::Dropped(DropReason::OverBound),
        };
        let (result, opened) = opening::watch(|| connection.receive(now, drained, receive, Traffic::Payload));
        match (opened, held) {
            (Some(_), _) => {
                self.latch.prove(ssrc);
                number.into_iter().for_each(|number| self.numbering.note(number));
            }
            (None, None) => return Verdict::Dropped(DropReason::Unopened),
            (None, Some(held)) => {
                connection.mutate(now, drained, |rtc| self.latch.undo(rtc, held));
                return Verdict::Dropped(DropReason::Unopened);
            }
        }
        result.map_or_else(Verdict::Refused, |()| Verdict::Authentic)
    }

    fn pass_control(
        &mut self,
        (connection, drained): (&mut Connection, &mut Drained),
        now: Instant,
        packet: &[u8],
        receive: Receive<'_>,
    ) -> Verdict {
        if self.replays.knows(packet) {
            return Verdict::Dropped(DropReason::Replayed);
        }
        let receive = || connection.receive(now, drained, receive, Traffic::Upkeep);
        let (result, opened) = opening::watch_control(packet, &mut self.repairs, receive);
        let Some(protection) = opened else { return Verdict::Dropped(DropReason::Unopened) };
        self.replays.note(packet, protection);
        result.map_or_else(Verdict::Refused, |()| Verdict::Authentic)
    }
}

/// The type of a success response to a Binding request (RFC 8489 §5).
const BINDING_SUCCESS: [u8; 2] = [0x01, 0x01];

/// Whether this is SRTP or SRTCP.
pub(super) fn is_protected(datagram: &[u8]) -> bool {
    matches!(datagram, [128..=191, ..])
}

fn kind(payload: &[u8]) -> Kind {
    match *payload {
        [128..=191, 192..=223, ..] => Kind::Control,
        [128..=191, _, _, _, _, _, _, _, a, b, c, d, ..] => Kind::Media(u32::from_be_bytes([a, b, c, d]).into()),
        _ => Kind::Other,
    }
}
