//! Messages in a byte stream (RFC 8489 §6.2.2, RFC 8656 §12.5).
//!
//! Both kinds carry their length in the first four bytes: a STUN message counts what follows its
//! header, a ChannelData message its data, which a stream pads to a multiple of four.

use thiserror::Error;

/// What arrives that is neither STUN nor ChannelData. The stream cannot be followed any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the stream carries neither STUN nor ChannelData (first byte {first:#04x})")]
pub struct FramingError {
    /// The byte that begins no message.
    pub first: u8,
}

/// Cuts a byte stream into messages. Holds at most one message and what was read behind it.
#[derive(Debug, Default)]
pub struct Framer {
    buffer: Vec<u8>,
    consumed: usize,
}

impl Framer {
    /// Takes in what was read.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.consumed);
        self.consumed = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole message, without padding, or `None` until more was read.
    ///
    /// # Errors
    /// When the stream carries something else; close it.
    pub fn next_message(&mut self) -> Result<Option<&[u8]>, FramingError> {
        let rest = self.buffer.get(self.consumed..).unwrap_or_default();
        let Some(Frame { message, on_wire }) = frame(rest)? else { return Ok(None) };
        if rest.len() < on_wire {
            return Ok(None);
        }
        let start = self.consumed;
        self.consumed += on_wire;
        Ok(self.buffer.get(start..start + message))
    }

    /// How many bytes wait for the rest of their message.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.buffer.len() - self.consumed
    }
}

/// Sizes of the message that begins here.
struct Frame {
    message: usize,
    on_wire: usize,
}

fn frame(bytes: &[u8]) -> Result<Option<Frame>, FramingError> {
    let Some(&first) = bytes.first() else { return Ok(None) };
    if first > 0x7F {
        return Err(FramingError { first });
    }
    let Some(&[_, _, high, low]) = bytes.first_chunk::<4>() else { return Ok(None) };
    let length = usize::from(u16::from_be_bytes([high, low]));
    Ok(Some(if first < 0x40 {
        Frame { message: 20 + length, on_wire: 20 + length }
    } else {
        Frame { message: 4 + length, on_wire: (4 + length).next_multiple_of(4) }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn channel_data(number: u16, data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(data.len()).unwrap();
        let mut bytes = [number.to_be_bytes(), length.to_be_bytes()].concat();
        bytes.extend_from_slice(data);
        bytes
    }

    proptest! {
        #[test]
        fn a_stream_is_cut_the_same_way_however_it_arrives(
            messages in prop::collection::vec((0x4000_u16..0x8000, prop::collection::vec(any::<u8>(), 0..40)), 1..8),
            cuts in prop::collection::vec(1_usize..9, 1..50),
        ) {
            let sent: Vec<_> = messages.iter().map(|(number, data)| channel_data(*number, data)).collect();
            let mut wire = Vec::new();
            for message in &sent {
                wire.extend_from_slice(message);
                wire.resize(wire.len().next_multiple_of(4), 0);
            }
            let mut framer = Framer::default();
            let mut received = Vec::new();
            let mut cuts = cuts.iter().cycle();
            let mut rest = wire.as_slice();
            while !rest.is_empty() {
                let (piece, tail) = rest.split_at((*cuts.next().unwrap()).min(rest.len()));
                rest = tail;
                framer.push(piece);
                while let Some(message) = framer.next_message().unwrap() {
                    received.push(message.to_vec());
                }
            }
            prop_assert_eq!(received, sent);
            prop_assert_eq!(framer.pending(), 0);
        }
    }

    #[test]
    fn a_foreign_first_byte_ends_the_stream() {
        let mut framer = Framer::default();
        framer.push(&[0x80]);
        assert_eq!(framer.next_message(), Err(FramingError { first: 0x80 }));
    }

    #[test]
    fn half_a_message_waits() {
        let mut framer = Framer::default();
        framer.push(&[0x00, 0x01, 0x00, 0x04]);
        assert_eq!(framer.next_message(), Ok(None));
        framer.push(&[0; 20]);
        assert_eq!(framer.next_message().unwrap().map(<[u8]>::len), Some(24));
    }
}
