//! Packets over a byte stream (RFC 4571 §2): each behind its length in two bytes.

use bytes::{Buf as _, Bytes, BytesMut};

/// The longest packet taken. What WebRTC sends stays below 1500 bytes; a length beyond this is a lie.
const LONGEST_FRAME: usize = 8192;

/// A null frame keeps a connection open; so many in a row keep it busy.
const NULL_FRAMES_IN_A_ROW: u32 = 32;

/// The other side does not frame as it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum FramingError {
    #[error("a frame of {0} bytes is longer than any packet")]
    TooLong(usize),
    #[error("too many frames without content")]
    Empty,
}

/// Cuts a byte stream into packets. Holds at most one frame and one read.
#[derive(Debug, Default)]
pub(super) struct Deframer {
    buffer: BytesMut,
    null_frames: u32,
}

impl Deframer {
    /// Takes what was read.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole packet.
    pub(super) fn next_frame(&mut self) -> Result<Option<Bytes>, FramingError> {
        while let Some(&[high, low]) = self.buffer.first_chunk::<2>() {
            let length = usize::from(u16::from_be_bytes([high, low]));
            if length > LONGEST_FRAME {
                return Err(FramingError::TooLong(length));
            }
            if self.buffer.len() < 2 + length {
                return Ok(None);
            }
            self.buffer.advance(2);
            if length > 0 {
                self.null_frames = 0;
                return Ok(Some(self.buffer.split_to(length).freeze()));
            }
            self.null_frames += 1;
            if self.null_frames > NULL_FRAMES_IN_A_ROW {
                return Err(FramingError::Empty);
            }
        }
        Ok(None)
    }

    /// Whether a frame has begun and not ended.
    pub(super) fn is_within_frame(&self) -> bool {
        !self.buffer.is_empty()
    }
}

/// Appends a packet with its length in front. One that is too long for the length is left out.
pub(super) fn frame(packet: &[u8], into: &mut Vec<u8>) {
    let Ok(length) = u16::try_from(packet.len()) else { return };
    into.extend_from_slice(&length.to_be_bytes());
    into.extend_from_slice(packet);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(deframer: &mut Deframer) -> Vec<Bytes> {
        std::iter::from_fn(|| deframer.next_frame().unwrap()).collect()
    }

    #[test]
    fn packets_are_found_wherever_the_stream_is_cut() {
        let mut stream = Vec::new();
        for packet in [&b"one"[..], b"", b"three", &[7; 1400]] {
            frame(packet, &mut stream);
        }
        for cut in 1..stream.len() {
            let mut deframer = Deframer::default();
            let mut found = Vec::new();
            for part in stream.chunks(cut) {
                deframer.push(part);
                found.extend(frames(&mut deframer));
            }
            assert_eq!(found, [&b"one"[..], b"three", &[7; 1400]], "cut every {cut} bytes");
            assert!(!deframer.is_within_frame());
        }
    }

    #[test]
    fn a_length_that_no_packet_has_is_refused_at_once() {
        let mut deframer = Deframer::default();
        deframer.push(&[0xff, 0xff]);
        assert_eq!(deframer.next_frame(), Err(FramingError::TooLong(65_535)));
    }

    #[test]
    fn a_flood_of_empty_frames_is_refused() {
        let mut deframer = Deframer::default();
        deframer.push(&[0; 2 * NULL_FRAMES_IN_A_ROW as usize]);
        assert_eq!(deframer.next_frame(), Ok(None));
        deframer.push(&[0; 2]);
        assert_eq!(deframer.next_frame(), Err(FramingError::Empty));
    }
}
