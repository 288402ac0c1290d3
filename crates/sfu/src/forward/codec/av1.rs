//! The AV1 aggregation header (RTP Payload Format For AV1, §4.4).

const SEQUENCE_HEADER: u8 = 1;

/// Whether a coded video sequence, and with it a key frame, begins in this packet: the `N` bit says
/// so, or the first unit is a whole sequence header.
pub(in crate::forward) fn begins_sequence(payload: &[u8]) -> bool {
    let [header, rest @ ..] = payload else { return false };
    let (continues, units, new_sequence) = (header & 0x80 != 0, header >> 4 & 0x03, header & 0x08 != 0);
    if continues {
        // Section 4.4: where N is set, Z must not be.
        return false;
    }
    new_sequence || first_unit(rest, units).is_some_and(|first| first >> 3 & 0x0f == SEQUENCE_HEADER)
}

/// The first byte of the first unit. Its length stands before it unless it is the only one (`W` = 1).
fn first_unit(mut rest: &[u8], units: u8) -> Option<u8> {
    if units != 1 {
        // leb128, at most eight bytes.
        let length = rest.iter().take(8).position(|byte| byte & 0x80 == 0)? + 1;
        rest = rest.get(length..)?;
    }
    rest.first().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_begin_where_the_header_says_so() {
        for (payload, begins) in [
            (&[0x08, 0][..], true),
            (&[0x88, 0], false),
            (&[0x10, 0x0a], true),
            (&[0x20, 0x01, 0x0a, 0x32], true),
            (&[0x20, 0x81, 0x00, 0x0a], true),
            (&[0x10, 0x32], false),
            (&[0x20, 0xff, 0xff, 0xff], false),
            (&[0x10], false),
            (&[], false),
        ] {
            assert_eq!(begins_sequence(payload), begins, "{payload:x?}");
        }
    }
}
