//! The VP9 payload descriptor (RFC 9628 §4.2).

/// What a VP9 payload descriptor says. A frame here is one spatial layer of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::forward) struct Vp9 {
    /// `B`.
    pub start_of_frame: bool,
    /// `E`.
    pub end_of_frame: bool,
    /// `P`: needs earlier pictures.
    pub inter_picture: bool,
    pub spatial: u8,
    pub temporal: u8,
    /// `U`.
    pub switching_up: bool,
    /// `D`: needs the next smaller frame of the same picture.
    pub inter_layer: bool,
    /// `Z`: no frame of a larger spatial layer refers to it.
    pub not_for_upper: bool,
    /// From the scalability structure: how many spatial layers there are.
    pub spatial_layers: Option<u8>,
}

/// Reads the descriptor; `None` where it is cut off or breaks a rule.
pub(in crate::forward) fn parse(payload: &[u8]) -> Option<Vp9> {
    let mut bytes = payload.iter().copied();
    let first = bytes.next()?;
    let has = |bit: u8| first & bit != 0;
    let (picture_id, inter_picture, layers, flexible) = (has(0x80), has(0x40), has(0x20), has(0x10));
    if picture_id && bytes.next()? & 0x80 != 0 {
        bytes.next()?;
    }
    let mut indices = 0;
    if layers {
        indices = bytes.next()?;
        if !flexible {
            bytes.next()?;
        }
    }
    if flexible && inter_picture {
        skip_differences(&mut bytes)?;
    }
    let spatial_layers = if has(0x02) { Some(structure(&mut bytes)?) } else { None };
    Some(Vp9 {
        start_of_frame: has(0x08),
        end_of_frame: has(0x04),
        inter_picture,
        spatial: indices >> 1 & 0x07,
        temporal: indices >> 5,
        switching_up: indices & 0x10 != 0,
        inter_layer: indices & 0x01 != 0,
        not_for_upper: has(0x01),
        spatial_layers,
    })
}

/// One to three `P_DIFF`, each saying whether another follows.
fn skip_differences(bytes: &mut impl Iterator<Item = u8>) -> Option<()> {
    for _ in 0..3 {
        if bytes.next()? & 1 == 0 {
            return Some(());
        }
    }
    None
}

/// The scalability structure (RFC 9628 §4.2.1): skipped but for the number of spatial layers.
fn structure(bytes: &mut impl Iterator<Item = u8>) -> Option<u8> {
    let first = bytes.next()?;
    let spatial_layers = (first >> 5) + 1;
    if first & 0x10 != 0 {
        for _ in 0..u32::from(spatial_layers) * 4 {
            bytes.next()?;
        }
    }
    if first & 0x08 != 0 {
        for _ in 0..bytes.next()? {
            let references = bytes.next()? >> 2 & 0x03;
            for _ in 0..references {
                bytes.next()?;
            }
        }
    }
    Some(spatial_layers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_picture_with_its_structure_is_read() {
        // I, L, F, B, V; picture id 5 in 15 bits; tid 0, sid 0; three layers with sizes, one picture.
        let mut payload = vec![0b1011_1010, 0x80, 5, 0x00, 0b0101_1000];
        payload.extend([1; 12]);
        payload.extend([1, 0b0000_0100, 1, 0xaa]);
        let vp9 = parse(&payload).unwrap();
        assert!(vp9.start_of_frame && !vp9.end_of_frame && !vp9.inter_picture);
        assert_eq!(vp9.spatial_layers, Some(3));
        for length in 0..payload.len() - 1 {
            assert_eq!(parse(&payload[..length]), None, "{length} bytes");
        }
    }

    #[test]
    fn layers_are_read_in_both_modes() {
        // Not flexible: a TL0PICIDX follows the indices.
        let plain = parse(&[0b1110_1101, 7, 0b0101_0011, 9, 0]).unwrap();
        assert_eq!((plain.temporal, plain.spatial, plain.switching_up, plain.not_for_upper), (2, 1, true, true));
        // Flexible: two references follow them.
        let flexible = parse(&[0b1111_1100, 7, 0b0010_0100, 0x03, 0x04, 0]).unwrap();
        assert_eq!((flexible.temporal, flexible.spatial, flexible.switching_up), (1, 2, false));
    }

    #[test]
    fn four_references_are_refused() {
        assert_eq!(parse(&[0b0101_0000, 3, 3, 3, 2, 0]), None);
    }
}
