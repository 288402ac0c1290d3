//! Media packets as they arrive, before anybody knows whose publication they are.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use moim_types::Codec;
use str0m::Rtc;
use str0m::media::{Mid, Rid};
use str0m::rtp::{ExtensionValues, RtpPacket, Ssrc, VideoOrientation};

use super::descriptor_extension::RawDescriptor;
use super::payload_types::{self, Variant};
use crate::{DropReason, Extensions};

/// A media packet that arrived on a leg.
#[derive(Debug)]
pub(crate) struct Arrival {
    /// On which section.
    pub(crate) mid: Mid,
    /// Of which simulcast encoding.
    pub(crate) rid: Option<Rid>,
    pub(crate) codec: Codec,
    pub(crate) variant: Variant,
    pub(crate) sequence: u64,
    pub(crate) timestamp: u64,
    pub(crate) marker: bool,
    pub(crate) payload: Arc<[u8]>,
    pub(crate) extensions: Extensions,
    pub(crate) received: Instant,
    pub(crate) sender_clock: Option<(Instant, u64)>,
}

/// Turns the library's packets into [`Arrival`]s.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    /// The library names section and encoding only in the first packets of a stream.
    streams: BTreeMap<Ssrc, (Mid, Option<Rid>)>,
    /// A moment of the sender's clock, and when it was first heard of here. All sections of a leg
    /// have one sender clock (RFC 3550 §6.4.1), so that one pair serves all.
    clock: Option<(SystemTime, Instant)>,
}

/// Streams remembered. Firefox takes a new one when it likes.
const MOST_STREAMS: usize = 64;
/// The library's own buffer for a packet, header and extensions included, has 2000 bytes. Over TCP
/// anything up to 64 kB can arrive.
const MOST_PAYLOAD: usize = 1_500;

impl Arrivals {
    pub(super) fn take(&mut self, rtc: &mut Rtc, packet: RtpPacket) -> Result<Arrival, DropReason> {
        if packet.payload.len() > MOST_PAYLOAD {
            return Err(DropReason::TooLarge);
        }
        let (mid, rid) = self.stream(rtc, packet.header.ssrc).ok_or(DropReason::NotPublished)?;
        let number = packet.header.payload_type;
        let (codec, variant) = payload_types::meaning(rtc, number).ok_or(DropReason::UnknownEncoding)?;
        Ok(Arrival {
            mid,
            rid,
            codec,
            variant,
            sequence: *packet.seq_no,
            timestamp: packet.time.numer(),
            marker: packet.header.marker,
            sender_clock: self.sender_clock(&packet),
            extensions: extensions(&packet.header.ext_vals),
            received: packet.timestamp,
            payload: packet.payload,
        })
    }

    /// Streams that media arrives on.
    pub(super) fn streams(&self) -> impl Iterator<Item = Ssrc> {
        self.streams.keys().copied()
    }

    fn stream(&mut self, rtc: &mut Rtc, ssrc: Ssrc) -> Option<(Mid, Option<Rid>)> {
        if let Some(known) = self.streams.get(&ssrc) {
            return Some(*known);
        }
        let mut direct = rtc.direct_api();
        let stream = direct.stream_rx(&ssrc)?;
        let found = (stream.mid(), stream.rid());
        if self.streams.len() >= MOST_STREAMS {
            self.streams.clear();
        }
        self.streams.insert(ssrc, found);
        Some(found)
    }

    fn sender_clock(&mut self, packet: &RtpPacket) -> Option<(Instant, u64)> {
        let report = packet.last_sender_info.as_ref()?;
        let (first, at) = *self.clock.get_or_insert((report.ntp_time, packet.timestamp));
        let moment = match report.ntp_time.duration_since(first) {
            Ok(later) => at.checked_add(later)?,
            Err(earlier) => at.checked_sub(earlier.duration())?,
        };
        // The low 32 bits are what was on the wire; the rest is counted apart from the packets'.
        Some((moment, nearest(packet.time.numer(), report.rtp_time.numer() & 0xffff_ffff)))
    }
}

/// The number nearest to `reference` that has the low 32 bits of `low`:
/// with reference 2³² + 10 and low 2³² − 5 it is 2³² − 5, not 2·2³² − 5.
fn nearest(reference: u64, low: u64) -> u64 {
    let ahead = (low as u32).wrapping_sub(reference as u32).cast_signed();
    reference.saturating_add_signed(ahead.into())
}

fn extensions(values: &ExtensionValues) -> Extensions {
    Extensions {
        audio_level: values.audio_level.map(i8::unsigned_abs),
        voice: values.voice_activity,
        dependency_descriptor: values.user_values.get::<RawDescriptor>().map(|raw| Arc::clone(&raw.0)),
        quarter_turns: values.video_orientation.map(quarter_turns),
        absolute_capture_time: values
            .abs_capture_time
            .and_then(|time| Some((to_ntp(time.capture_time)?, time.clock_offset))),
        playout_delay_ms: values
            .play_delay_min
            .zip(values.play_delay_max)
            .map(|(least, most)| (hundredths(least.numer()), hundredths(most.numer()))),
    }
}

/// The library keeps hundredths of a second, as they are on the wire.
fn hundredths(number: u64) -> u32 {
    u32::try_from(number.saturating_mul(10)).unwrap_or(u32::MAX)
}

const fn quarter_turns(orientation: VideoOrientation) -> u8 {
    match orientation {
        VideoOrientation::Deg0 => 0,
        VideoOrientation::Deg90 => 1,
        VideoOrientation::Deg180 => 2,
        VideoOrientation::Deg270 => 3,
    }
}

/// Seconds from 1900 to 1970 (RFC 5905 §6).
pub(super) const NTP_EPOCH: u64 = 2_208_988_800;

/// 32 bits of seconds since 1900, 32 bits of fraction.
fn to_ntp(time: SystemTime) -> Option<u64> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    let fraction = (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000;
    Some(((since.as_secs().wrapping_add(NTP_EPOCH) & 0xffff_ffff) << 32) | fraction)
}

pub(super) fn from_ntp(ntp: u64) -> SystemTime {
    let seconds = (ntp >> 32).saturating_sub(NTP_EPOCH);
    let nanos = ((ntp & 0xffff_ffff) * 1_000_000_000) >> 32;
    SystemTime::UNIX_EPOCH + Duration::new(seconds, u32::try_from(nanos).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_placed_in_the_same_lap_as_the_packets() {
        const LAP: u64 = 1 << 32;
        assert_eq!(nearest(LAP + 10, LAP - 5), LAP - 5);
        assert_eq!(nearest(LAP - 5, 10), LAP + 10);
        assert_eq!(nearest(3 * LAP + 100, 90), 3 * LAP + 90);
        assert_eq!(nearest(u64::MAX - 5, 3), u64::MAX, "a sender's clock that went back beyond the beginning");
    }

    #[test]
    fn ntp_time_goes_there_and_back() {
        let time = SystemTime::UNIX_EPOCH + Duration::new(1_700_000_000, 500_000_000);
        let back = from_ntp(to_ntp(time).unwrap());
        assert!(back.duration_since(time).unwrap_or_else(|e| e.duration()) < Duration::from_micros(1));
    }
}
