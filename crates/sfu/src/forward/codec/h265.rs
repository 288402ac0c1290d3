//! Finds the beginning of an H.265 key frame (RFC 7798 §4.4).

const AGGREGATION: u8 = 48;
const FRAGMENTATION: u8 = 49;

/// Whether a decoder can begin with this packet: it holds a parameter set, or the first part of an
/// intra random access picture.
pub(in crate::forward) fn begins_key_frame(payload: &[u8]) -> bool {
    let [first, _, rest @ ..] = payload else { return false };
    match kind(*first) {
        AGGREGATION => aggregated(rest),
        FRAGMENTATION => rest.first().is_some_and(|header| header & 0x80 != 0 && is_key(header & 0x3f)),
        kind => is_key(kind),
    }
}

fn kind(first: u8) -> u8 {
    first >> 1 & 0x3f
}

/// H.265 table 7-1: 16 to 21 are random access pictures, 32 and 33 the video and sequence
/// parameter sets.
fn is_key(kind: u8) -> bool {
    matches!(kind, 16..=21 | 32 | 33)
}

fn aggregated(mut rest: &[u8]) -> bool {
    while let [high, low, units @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        match units.first() {
            Some(first) if length > 0 && is_key(kind(*first)) => return true,
            _ => rest = units.get(length..).unwrap_or_default(),
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_frames_begin_where_a_decoder_can() {
        for (payload, begins) in [
            (&[32 << 1, 1, 0][..], true),
            (&[19 << 1, 1, 0], true),
            (&[1 << 1, 1, 0], false),
            (&[34 << 1, 1, 0], false),
            (&[49 << 1, 1, 0x80 | 19], true),
            (&[49 << 1, 1, 19], false),
            (&[48 << 1, 1, 0, 2, 34 << 1, 1, 0, 2, 33 << 1, 1], true),
            (&[48 << 1, 1, 0, 2, 34 << 1, 1], false),
            (&[49 << 1, 1], false),
            (&[32 << 1], false),
        ] {
            assert_eq!(begins_key_frame(payload), begins, "{payload:x?}");
        }
    }
}
