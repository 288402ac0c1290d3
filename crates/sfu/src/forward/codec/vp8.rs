//! The VP8 payload descriptor (RFC 7741 §4.2), and the one bit of the payload that makes a key frame.

/// What a VP8 payload descriptor says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::forward) struct Vp8 {
    /// The first packet of a frame.
    pub start_of_frame: bool,
    /// Meaningful where a frame starts.
    pub key_frame: bool,
    /// No other frame refers to it (`N`).
    pub discardable: bool,
    pub temporal: u8,
    /// `Y`: needs nothing but frames of the lowest temporal layer.
    pub layer_sync: bool,
    pub ids: Vp8Ids,
}

/// The counters in a VP8 payload descriptor, which a viewer must see go on without a jump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Vp8Ids {
    /// `PictureID`.
    pub picture_id: Option<u16>,
    /// How many bits it has: 7 or 15; 0 where there is none.
    pub picture_id_bits: u8,
    /// `TL0PICIDX`.
    pub tl0_pic_idx: Option<u8>,
}

/// Reads the descriptor; `None` where it is cut off.
pub(in crate::forward) fn parse(payload: &[u8]) -> Option<Vp8> {
    let mut bytes = payload.iter().copied();
    let first = bytes.next()?;
    let extension = if first & 0x80 == 0 { 0 } else { bytes.next()? };
    let mut ids = Vp8Ids::default();
    if extension & 0x80 != 0 {
        let high = bytes.next()?;
        if high & 0x80 == 0 {
            ids.picture_id = Some(u16::from(high));
            ids.picture_id_bits = 7;
        } else {
            ids.picture_id = Some(u16::from_be_bytes([high & 0x7f, bytes.next()?]));
            ids.picture_id_bits = 15;
        }
    }
    if extension & 0x40 != 0 {
        ids.tl0_pic_idx = Some(bytes.next()?);
    }
    let (mut temporal, mut layer_sync) = (0, false);
    if extension & 0x30 != 0 {
        let octet = bytes.next()?;
        if extension & 0x20 != 0 {
            temporal = octet >> 6;
            layer_sync = octet & 0x20 != 0;
        }
    }
    // The first bit of the frame header is 0 for a key frame (RFC 7741 §4.3). It stays readable when
    // the frame is end-to-end encrypted.
    let header = bytes.next()?;
    let start_of_frame = first & 0x10 != 0 && first & 0x07 == 0;
    Some(Vp8 {
        start_of_frame,
        key_frame: start_of_frame && header & 1 == 0,
        discardable: first & 0x20 != 0,
        temporal,
        layer_sync,
        ids,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_descriptor_is_read() {
        let vp8 = parse(&[0x90, 0xf0, 0x81, 0x23, 0x42, 0x60, 0x00]).unwrap();
        assert_eq!(vp8.ids, Vp8Ids { picture_id: Some(0x123), picture_id_bits: 15, tl0_pic_idx: Some(0x42) });
        assert_eq!((vp8.temporal, vp8.layer_sync), (1, true));
        assert!(vp8.start_of_frame && vp8.key_frame && !vp8.discardable);
    }

    #[test]
    fn frames_and_key_frames_are_told_apart() {
        for (payload, start, key) in [
            (&[0x10, 0x00][..], true, true),
            (&[0x10, 0x01], true, false),
            (&[0x00, 0x00], false, false),
            (&[0x11, 0x00], false, false),
        ] {
            let vp8 = parse(payload).unwrap();
            assert_eq!((vp8.start_of_frame, vp8.key_frame), (start, key), "{payload:?}");
        }
    }

    #[test]
    fn short_picture_ids_have_seven_bits() {
        let ids = parse(&[0x90, 0x80, 0x7f, 0x01]).unwrap().ids;
        assert_eq!((ids.picture_id, ids.picture_id_bits, ids.tl0_pic_idx), (Some(127), 7, None));
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        let whole = [0x90, 0xf0, 0x81, 0x23, 0x42, 0x60, 0x00];
        for length in 0..whole.len() {
            assert_eq!(parse(&whole[..length]), None, "{length} bytes");
        }
    }
}
