//! VP8 frames in RTP payloads (RFC 7741), with noise for a picture and the time of sending at the
//! end of each.

use std::sync::Arc;
use std::time::{Duration, Instant};

/// One frame to be sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) bytes: usize,
    pub(crate) key: bool,
    pub(crate) size: (u16, u16),
    pub(crate) picture_id: u16,
    /// `TL0PICIDX`
    pub(crate) base_layer: u8,
}

/// As libwebrtc leaves room for in 1200 bytes, beside the headers and extensions.
const LARGEST_PAYLOAD: usize = 1160;
/// The descriptor with picture id, `TL0PICIDX` and `TID`.
const DESCRIPTOR: usize = 6;
/// The frame header of a key frame (RFC 6386 §9.1).
const KEY_FRAME_HEADER: usize = 10;
/// Nanoseconds since the load began.
const TIME: usize = 8;

/// Cuts a frame into payloads of about equal size, as libwebrtc does.
pub(crate) fn payloads(frame: Frame, began: Instant, now: Instant) -> Vec<Arc<[u8]>> {
    let sizes = split(frame.bytes);
    let mut payloads = Vec::with_capacity(sizes.len());
    for (index, bytes) in sizes.into_iter().enumerate() {
        let mut payload = Vec::with_capacity(DESCRIPTOR + bytes + TIME);
        descriptor(&mut payload, frame, index == 0);
        let end = DESCRIPTOR + bytes.saturating_sub(TIME).max(KEY_FRAME_HEADER);
        if index == 0 {
            header(&mut payload, frame);
        }
        let noise = usize::from(frame.picture_id) * 31 % 61;
        payload.extend((payload.len()..end).map(|at| ((at + noise) * 167 % 251) as u8));
        let sent = now.saturating_duration_since(began).as_nanos() as u64;
        payload.extend_from_slice(&sent.to_be_bytes());
        payloads.push(Arc::from(payload));
    }
    payloads
}

/// The bytes of the frame that go into each packet: equal, or one more in the later ones.
pub(crate) fn split(bytes: usize) -> Vec<usize> {
    let room = LARGEST_PAYLOAD - DESCRIPTOR;
    let count = bytes.div_ceil(room).max(1);
    let (each, larger) = (bytes / count, bytes % count);
    (0..count).map(|index| each + usize::from(index >= count - larger)).collect()
}

/// Whether a payload begins a key frame: the first packet of partition 0, and P is 0.
pub(crate) fn begins_key_frame(payload: &[u8]) -> bool {
    let Some(first) = payload.first() else { return false };
    if first & 0x1f != 0x10 {
        return false;
    }
    let header = match first & 0x80 {
        0 => 1,
        _ => 2 + extension_length(payload),
    };
    payload.get(header).is_some_and(|byte| byte & 1 == 0)
}

/// How long a packet was on its way; `None` if it carries no time.
pub(crate) fn age(payload: &[u8], began: Instant, now: Instant) -> Option<Duration> {
    let sent = payload.last_chunk::<TIME>().map(|bytes| Duration::from_nanos(u64::from_be_bytes(*bytes)))?;
    let now = now.saturating_duration_since(began);
    // What is not of this load, such as padding, has no time that can be.
    now.checked_sub(sent).filter(|age| *age < Duration::from_secs(60))
}

fn descriptor(payload: &mut Vec<u8>, frame: Frame, first: bool) {
    payload.push(0x80 | if first { 0x10 } else { 0 });
    payload.push(0xe0);
    payload.extend_from_slice(&(0x8000 | frame.picture_id & 0x7fff).to_be_bytes());
    payload.push(frame.base_layer);
    payload.push(0);
}

fn header(payload: &mut Vec<u8>, frame: Frame) {
    payload.extend_from_slice(&[if frame.key { 0x10 } else { 0x11 }, 0, 0]);
    if frame.key {
        payload.extend_from_slice(&[0x9d, 0x01, 0x2a]);
        payload.extend_from_slice(&frame.size.0.to_le_bytes());
        payload.extend_from_slice(&frame.size.1.to_le_bytes());
    }
}

fn extension_length(payload: &[u8]) -> usize {
    let Some(flags) = payload.get(1) else { return 0 };
    let picture_id = match (flags & 0x80, payload.get(2)) {
        (0, _) => 0,
        (_, Some(long)) if long & 0x80 != 0 => 2,
        _ => 1,
    };
    picture_id + usize::from(flags & 0x40 != 0) + usize::from(flags & 0x30 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(bytes: usize, key: bool) -> Frame {
        Frame { bytes, key, size: (1280, 720), picture_id: 0x1234, base_layer: 7 }
    }

    #[test]
    fn a_frame_is_cut_into_packets_of_about_equal_size() {
        let now = Instant::now();
        let payloads = payloads(frame(10_000, true), now, now);
        assert_eq!(payloads.len(), 9);
        let sizes: Vec<_> = payloads.iter().map(|payload| payload.len()).collect();
        assert_eq!(sizes.iter().sum::<usize>(), 10_000 + 9 * DESCRIPTOR);
        assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1, "{sizes:?}");
        assert!(sizes.iter().all(|size| *size <= LARGEST_PAYLOAD));
    }

    #[test]
    fn only_the_first_packet_of_a_key_frame_begins_one() {
        let now = Instant::now();
        let key = payloads(frame(3000, true), now, now);
        assert!(begins_key_frame(&key[0]));
        assert!(!begins_key_frame(&key[1]));
        assert!(!begins_key_frame(&payloads(frame(3000, false), now, now)[0]));
        for nonsense in [&[][..], &[0x90], &[0x90, 0xff], &[0x10]] {
            assert!(!begins_key_frame(nonsense), "{nonsense:?}");
        }
        // Without any extension, as other encoders send it.
        assert!(begins_key_frame(&[0x10, 0x10, 0, 0]));
    }

    #[test]
    fn a_packet_tells_how_long_it_was_on_its_way() {
        let began = Instant::now();
        let sent = began + Duration::from_secs(3);
        let payload = &payloads(frame(500, false), began, sent)[0];
        let way = Duration::from_micros(250);
        assert_eq!(age(payload, began, sent + way), Some(way));
        assert_eq!(age(&[1; 4], began, sent), None);
        assert_eq!(age(&[0; 100], began, sent + Duration::from_secs(100)), None);
    }
}
