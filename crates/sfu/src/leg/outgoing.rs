//! Media packets as they leave for one viewer.

use std::sync::Arc;

use moim_types::MediaKind;
use str0m::media::MediaTime;
use str0m::rtp::{AbsCaptureTime, ExtensionValues, RtpWrite, VideoOrientation, Vp8Descriptor, Vp8Patch};

use super::arrivals::from_ntp;
use super::descriptor_extension::RawDescriptor;
use super::payload_types::Carrier;
use crate::{Extensions, MediaPacket};

/// What is different for each viewer.
#[derive(Debug, Clone)]
pub(crate) struct Stamp {
    /// Extended, begins below 65 536: the receiver's rollover counter begins at 0 (RFC 3711 §3.3.1).
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    /// The VP8 picture id (RFC 7741 §4.2), where it is to be replaced.
    pub(crate) picture_id: Option<u16>,
    /// TL0PICIDX, likewise.
    pub(crate) tl0_pic_idx: Option<u8>,
    /// Instead of the one that came.
    pub(crate) dependency_descriptor: Option<Arc<[u8]>>,
}

/// A packet for one viewer.
#[derive(Debug)]
pub(crate) struct Departure<'a> {
    pub(crate) packet: &'a MediaPacket,
    /// That of the packet, or what remains when RED is taken off.
    pub(crate) payload: Arc<[u8]>,
    pub(crate) stamp: Stamp,
    pub(crate) carrier: Carrier,
}

/// Puts a packet together. The payload is shared, not copied.
pub(super) fn to_write(departure: Departure<'_>) -> RtpWrite {
    let Departure { packet, payload, stamp, carrier } = departure;
    let patch = vp8_patch(&payload, &stamp);
    let write = RtpWrite::new(carrier.number, stamp.sequence.into(), stamp.timestamp, packet.received, payload)
        .marker(stamp.marker)
        // Sound is not sent again: it would come too late (and RED is for that).
        .nackable(packet.codec.kind() == MediaKind::Video)
        .ext_vals(values(&packet.extensions, stamp.dependency_descriptor));
    match patch {
        Some(patch) => write.vp8_patch(patch),
        None => write,
    }
}

fn vp8_patch(payload: &[u8], stamp: &Stamp) -> Option<Vp8Patch> {
    if stamp.picture_id.is_none() && stamp.tl0_pic_idx.is_none() {
        return None;
    }
    let mut patch = Vp8Descriptor::parse(payload).ok()?.patch();
    if let Some(picture_id) = stamp.picture_id {
        patch = patch.picture_id(picture_id);
    }
    if let Some(tl0_pic_idx) = stamp.tl0_pic_idx {
        patch = patch.tl0_pic_idx(tl0_pic_idx);
    }
    patch.build().ok()
}

fn values(extensions: &Extensions, descriptor: Option<Arc<[u8]>>) -> ExtensionValues {
    let mut values = ExtensionValues {
        audio_level: extensions.audio_level.and_then(|level| i8::try_from(level).ok()).map(|level| -level),
        voice_activity: extensions.audio_level.map(|_| extensions.voice.unwrap_or(false)),
        video_orientation: extensions.quarter_turns.map(orientation),
        abs_capture_time: extensions
            .absolute_capture_time
            .map(|(ntp, clock_offset)| AbsCaptureTime { capture_time: from_ntp(ntp), clock_offset }),
        ..ExtensionValues::default()
    };
    if let Some((least, most)) = extensions.playout_delay_ms {
        values.play_delay_min = Some(MediaTime::from_hundredths(u64::from(least / 10)));
        values.play_delay_max = Some(MediaTime::from_hundredths(u64::from(most / 10)));
    }
    if let Some(descriptor) = descriptor.or_else(|| extensions.dependency_descriptor.clone()) {
        values.user_values.set(RawDescriptor(descriptor));
    }
    values
}

const fn orientation(quarter_turns: u8) -> VideoOrientation {
    match quarter_turns % 4 {
        1 => VideoOrientation::Deg90,
        2 => VideoOrientation::Deg180,
        3 => VideoOrientation::Deg270,
        _ => VideoOrientation::Deg0,
    }
}
