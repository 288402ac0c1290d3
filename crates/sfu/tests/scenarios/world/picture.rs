//! Pictures that look like VP8 to whoever reads their headers.

/// A packet that holds one frame: payload descriptor (RFC 7741 §4.2) with 15 bits of picture id,
/// TL0PICIDX and TID, then a frame header (§4.3) with 1000 bytes of nothing after it.
pub(crate) fn vp8(picture: u16, base: u8, key: bool) -> Vec<u8> {
    let [high, low] = picture.to_be_bytes();
    let mut payload = vec![0x90, 0xe0, 0x80 | high, low, base, 0x20];
    if key {
        payload.extend([0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01]);
    } else {
        payload.extend([0x31, 0x02, 0x00]);
    }
    payload.resize(1000, 0);
    payload
}

/// Picture id, TL0PICIDX, and whether it is a key frame.
pub(crate) fn read_vp8(payload: &[u8]) -> (u16, u8, bool) {
    assert_eq!(payload[..2], [0x90, 0xe0], "not one of ours");
    (u16::from_be_bytes([payload[2] & 0x7f, payload[3]]), payload[4], payload[6] & 1 == 0)
}
