//! Finds the beginning of an H.264 key frame (RFC 6184 §5).

const IDR: u8 = 5;
const SEQUENCE_PARAMETER_SET: u8 = 7;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;

/// Whether a decoder can begin with this packet: it holds a sequence parameter set, or the first
/// part of an IDR picture. Only the headers of NAL units are looked at.
pub(in crate::forward) fn begins_key_frame(payload: &[u8]) -> bool {
    match payload {
        [] => false,
        [first, rest @ ..] => match first & 0x1f {
            STAP_A => aggregated(rest),
            FU_A => rest.first().is_some_and(|header| header & 0x80 != 0 && is_key(header & 0x1f)),
            kind => is_key(kind),
        },
    }
}

fn is_key(kind: u8) -> bool {
    matches!(kind, IDR | SEQUENCE_PARAMETER_SET)
}

/// RFC 6184 §5.7.1: each NAL unit behind its length.
fn aggregated(mut rest: &[u8]) -> bool {
    while let [high, low, units @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        match units.first() {
            Some(header) if length > 0 && is_key(header & 0x1f) => return true,
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
            (&[0x67, 0x42][..], true),
            (&[0x65, 0x88], true),
            (&[0x61, 0x88], false),
            (&[0x68, 0x01], false),
            (&[0x7c, 0x85, 0], true),
            (&[0x7c, 0x05, 0], false),
            (&[0x7c, 0x81, 0], false),
            (&[0x78, 0, 2, 0x67, 0x42, 0, 1, 0x68], true),
            (&[0x78, 0, 1, 0x68, 0, 1, 0x65], true),
            (&[0x78, 0, 1, 0x68, 0, 2, 0x61, 0], false),
            (&[0x78, 0xff, 0xff, 0x68], false),
            (&[0x78, 0, 0, 0x67], false),
            (&[0x7c], false),
            (&[], false),
        ] {
            assert_eq!(begins_key_frame(payload), begins, "{payload:x?}");
        }
    }
}
