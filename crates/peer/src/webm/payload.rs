//! Frames in RTP payloads, and payloads back into frames: VP8 (RFC 7741), VP9 (RFC 9628), Opus
//! (RFC 7587).

use std::sync::Arc;

use moim_types::Codec;

/// As browsers leave room for in 1200 bytes.
const LARGEST_PAYLOAD: usize = 1160;

/// Counts the frames of one stream and cuts them.
#[derive(Debug)]
pub(super) struct Packetizer {
    codec: Codec,
    picture_id: u16,
}

impl Packetizer {
    pub(super) const fn new(codec: Codec) -> Self {
        Self { codec, picture_id: 0 }
    }

    pub(super) fn cut(&mut self, frame: &[u8]) -> Vec<Arc<[u8]>> {
        match self.codec {
            Codec::Vp8 | Codec::Vp9 => {
                self.picture_id = (self.picture_id + 1) & 0x7fff;
                let most = LARGEST_PAYLOAD - 4;
                let count = frame.len().div_ceil(most).max(1);
                let each = frame.len().div_ceil(count).max(1);
                let chunks = frame.chunks(each).enumerate();
                chunks.map(|(index, chunk)| self.payload(index == 0, index + 1 == count, frame, chunk)).collect()
            }
            _ => vec![Arc::from(frame)],
        }
    }

    fn payload(&self, first: bool, last: bool, frame: &[u8], chunk: &[u8]) -> Arc<[u8]> {
        let [high, low] = (0x8000 | self.picture_id).to_be_bytes();
        let mut payload = Vec::with_capacity(chunk.len() + 4);
        if self.codec == Codec::Vp8 {
            // X, S; I.
            payload.extend_from_slice(&[0x80 | u8::from(first) << 4, 0x80, high, low]);
        } else {
            let predicted = u8::from(!is_key_frame(Codec::Vp9, frame)) << 6;
            // I, P, B, E.
            payload.extend_from_slice(&[0x80 | predicted | u8::from(first) << 3 | u8::from(last) << 2, high, low]);
        }
        payload.extend_from_slice(chunk);
        Arc::from(payload)
    }
}

/// Whether a whole frame is a key frame. Every frame of sound is.
pub(super) fn is_key_frame(codec: Codec, frame: &[u8]) -> bool {
    let Some(first) = frame.first() else { return false };
    match codec {
        // RFC 6386 §9.1: the inverse key frame flag.
        Codec::Vp8 => first & 1 == 0,
        // The uncompressed header: marker, profile, show_existing_frame, frame_type. Profile 3 has
        // one bit more before them.
        Codec::Vp9 if first & 0x30 == 0x30 => first & 0x06 == 0,
        Codec::Vp9 => first & 0x0c == 0,
        _ => true,
    }
}

/// The size of the picture that a key frame begins.
pub(super) fn picture_size(codec: Codec, frame: &[u8]) -> Option<(u16, u16)> {
    match codec {
        // RFC 6386 §9.1: after the frame tag and the start code, 14 bits each.
        Codec::Vp8 => {
            let [width, height] = [frame.get(6..8)?, frame.get(8..10)?];
            let read = |bytes: &[u8]| Some(u16::from_le_bytes(bytes.try_into().ok()?) & 0x3fff);
            Some((read(width)?, read(height)?))
        }
        // Profile 0 after the sync code: four bits of colours, then 16 bits each, less one.
        Codec::Vp9 if frame.first()? & 0x30 == 0 => {
            let bits = u64::from_be_bytes(frame.get(4..12)?.try_into().ok()?);
            let read = |shift: u32| ((bits >> shift & 0xffff) as u16).saturating_add(1);
            Some((read(44), read(28)))
        }
        _ => None,
    }
}

/// The part of a frame that a payload carries, and whether it is the first part of one.
pub(super) fn part(codec: Codec, payload: &[u8]) -> Option<(&[u8], bool)> {
    match codec {
        Codec::Vp8 => vp8_part(payload),
        Codec::Vp9 => vp9_part(payload),
        Codec::Opus => Some((payload, true)),
        _ => None,
    }
}

fn vp8_part(payload: &[u8]) -> Option<(&[u8], bool)> {
    let first = *payload.first()?;
    let begins = first & 0x1f == 0x10;
    if first & 0x80 == 0 {
        return Some((payload.get(1..)?, begins));
    }
    let flags = *payload.get(1)?;
    let mut length = 2;
    if flags & 0x80 != 0 {
        length += if payload.get(length)? & 0x80 == 0 { 1 } else { 2 };
    }
    length += usize::from(flags & 0x40 != 0) + usize::from(flags & 0x30 != 0);
    Some((payload.get(length..)?, begins))
}

fn vp9_part(payload: &[u8]) -> Option<(&[u8], bool)> {
    let flags = *payload.first()?;
    let mut length = 1;
    if flags & 0x80 != 0 {
        length += if payload.get(length)? & 0x80 == 0 { 1 } else { 2 };
    }
    let mut spatial = 0;
    if flags & 0x20 != 0 {
        spatial = payload.get(length)? >> 1 & 7;
        // Without flexible mode TL0PICIDX follows.
        length += if flags & 0x10 == 0 { 2 } else { 1 };
    }
    if flags & 0x50 == 0x50 {
        // Up to three reference indices, each telling whether another follows.
        for _ in 0..3 {
            length += 1;
            if payload.get(length - 1)? & 1 == 0 {
                break;
            }
        }
    }
    if flags & 0x02 != 0 {
        length += scalability_length(payload.get(length..)?)?;
    }
    Some((payload.get(length..)?, flags & 0x08 != 0 && spatial == 0))
}

/// RFC 9628 §4.2.1: the scalability structure.
fn scalability_length(structure: &[u8]) -> Option<usize> {
    let flags = *structure.first()?;
    let mut length = 1;
    if flags & 0x10 != 0 {
        length += 4 * (usize::from(flags >> 5) + 1);
    }
    if flags & 0x08 != 0 {
        let pictures = *structure.get(length)?;
        length += 1;
        for _ in 0..pictures {
            length += 1 + usize::from(structure.get(length)? >> 2 & 3);
        }
    }
    Some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(codec: Codec, frame: &[u8]) {
        let payloads = Packetizer::new(codec).cut(frame);
        let parts: Vec<_> = payloads.iter().map(|payload| part(codec, payload).unwrap()).collect();
        assert!(parts.iter().enumerate().all(|(index, (_, begins))| *begins == (index == 0)));
        assert_eq!(parts.iter().flat_map(|(part, _)| part.to_vec()).collect::<Vec<_>>(), frame);
        assert!(payloads.iter().all(|payload| payload.len() <= LARGEST_PAYLOAD));
    }

    #[test]
    fn frames_are_the_same_after_the_way() {
        for bytes in [1, 500, 1156, 1157, 20_000] {
            let frame: Vec<u8> = (0..bytes).map(|at| (at % 251) as u8).collect();
            there_and_back(Codec::Vp8, &frame);
            there_and_back(Codec::Vp9, &frame);
        }
        there_and_back(Codec::Opus, &[0x78, 1, 2, 3]);
    }

    #[test]
    fn descriptors_of_other_senders_are_skipped() {
        // VP8 with a short picture id, TL0PICIDX and TID.
        assert_eq!(part(Codec::Vp8, &[0x90, 0xe0, 0x11, 7, 0x40, 9]), Some((&[9][..], true)));
        // VP9 in layers with a scalability structure of one size and one picture.
        let payload = [0xaa, 0x81, 0x02, 0x00, 0x05, 0x18, 2, 128, 1, 104, 1, 4, 1, 9];
        assert_eq!(part(Codec::Vp9, &payload), Some((&[9][..], true)));
    }

    #[test]
    fn what_is_cut_short_is_nothing() {
        for codec in [Codec::Vp8, Codec::Vp9] {
            for payload in [&[][..], &[0x90], &[0xff], &[0xff, 0xff], &[0xff, 0xff, 0xff, 0xff]] {
                assert_eq!(part(codec, payload), None, "{codec:?} {payload:?}");
            }
        }
    }
}
