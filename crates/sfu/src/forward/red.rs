//! Redundant audio data (RFC 2198): earlier packets repeated in later ones.

use std::collections::VecDeque;

/// Blocks that are accepted in one packet.
const MOST_BLOCKS: usize = 32;
/// Block lengths have ten bits, timestamp offsets fourteen.
const LONGEST_BLOCK: usize = (1 << 10) - 1;
const LONGEST_OFFSET: u64 = (1 << 14) - 1;

/// The newest block of a packet, which is what a receiver without RED gets. `None` where the headers
/// do not fit the packet.
#[must_use]
pub fn primary(payload: &[u8]) -> Option<&[u8]> {
    let (mut at, mut redundant) = (0, 0);
    for _ in 0..MOST_BLOCKS {
        if payload.get(at)? & 0x80 == 0 {
            return payload.get(at + 1 + redundant..);
        }
        let header: &[u8; 4] = payload.get(at..)?.first_chunk()?;
        redundant += usize::from(u16::from_be_bytes([header[2] & 0x03, header[3]]));
        at += header.len();
    }
    None
}

/// Makes RED of single packets, each with the ones before.
#[derive(Debug)]
pub struct RedEncoder {
    payload_type: u8,
    redundancy: usize,
    before: VecDeque<(u64, Vec<u8>)>,
}

impl RedEncoder {
    /// `payload_type` is that of the blocks; `redundancy` how many earlier packets are repeated.
    #[must_use]
    pub fn new(payload_type: u8, redundancy: usize) -> Self {
        Self { payload_type: payload_type & 0x7f, redundancy: redundancy.min(MOST_BLOCKS - 1), before: VecDeque::new() }
    }

    /// The payload for a packet. Earlier ones that lie too far back, or are too long, are left out.
    pub fn encode(&mut self, timestamp: u64, payload: &[u8]) -> Vec<u8> {
        let offset = |of: u64| timestamp.checked_sub(of).filter(|offset| (1..=LONGEST_OFFSET).contains(offset));
        let repeated = || self.before.iter().filter_map(|(of, block)| Some((offset(*of)?, block)));
        let mut out = Vec::with_capacity(payload.len() * (self.redundancy + 1) + 4 * self.redundancy + 1);
        for (offset, block) in repeated() {
            out.push(0x80 | self.payload_type);
            // Fourteen bits of offset, ten of length.
            let [_, rest @ ..] = ((offset as u32) << 10 | block.len() as u32).to_be_bytes();
            out.extend(rest);
        }
        out.push(self.payload_type);
        repeated().for_each(|(_, block)| out.extend(block));
        out.extend(payload);
        self.remember(timestamp, payload);
        out
    }

    fn remember(&mut self, timestamp: u64, payload: &[u8]) {
        if self.redundancy == 0 || payload.len() > LONGEST_BLOCK {
            return;
        }
        if self.before.len() == self.redundancy {
            self.before.pop_front();
        }
        self.before.push_back((timestamp, payload.to_vec()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_block_is_found() {
        let packet = [0x80 | 111, 0x0f, 0x00, 3, 111, 1, 2, 3, 7, 8];
        assert_eq!(primary(&packet), Some(&[7, 8][..]));
        assert_eq!(primary(&[111, 5]), Some(&[5][..]));
        assert_eq!(primary(&[111]), Some(&[][..]), "silence");
    }

    #[test]
    fn lies_about_lengths_are_refused() {
        for packet in [&[][..], &[0x80], &[0x80, 0, 0], &[0x80, 0, 0, 3], &[0x80, 0, 3, 0xff, 0, 1], &[0xff; 400]] {
            assert_eq!(primary(packet), None, "{packet:x?}");
        }
    }

    #[test]
    fn what_was_made_is_read() {
        let mut red = RedEncoder::new(111, 2);
        assert_eq!(red.encode(960, &[1]), [111, 1]);
        assert_eq!(red.encode(1920, &[2, 2]), [0x80 | 111, 0x0f, 0x00, 1, 111, 1, 2, 2]);
        let third = red.encode(2880, &[3]);
        assert_eq!(third.len(), 4 + 4 + 1 + 1 + 2 + 1);
        assert_eq!(primary(&third), Some(&[3][..]));
        let after_silence = red.encode(2880 + 20_000, &[4]);
        assert_eq!(after_silence, [111, 4], "too far back");
    }
}
