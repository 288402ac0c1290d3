//! Spoilt datagrams: copies of real ones, broken in a way that a seed decides.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Makes spoilt copies of datagrams.
#[derive(Debug)]
pub struct Spoiler {
    random: ChaCha8Rng,
    specimens: Vec<Vec<u8>>,
}

/// No datagram of an IPv4 network is longer.
const LONGEST: usize = 65_507;

impl Spoiler {
    /// With these to copy. The same seed and specimens give the same datagrams.
    ///
    /// # Panics
    /// Without any.
    #[must_use]
    pub fn new(seed: u64, specimens: Vec<Vec<u8>>) -> Self {
        assert!(!specimens.is_empty(), "nothing to spoil");
        Self { random: ChaCha8Rng::seed_from_u64(seed), specimens }
    }

    /// The next one: a specimen spoilt in one to four ways.
    pub fn next_datagram(&mut self) -> Vec<u8> {
        let mut datagram = self.specimen();
        for _ in 0..=self.below(4) {
            self.spoil(&mut datagram);
        }
        datagram.truncate(LONGEST);
        datagram
    }

    fn specimen(&mut self) -> Vec<u8> {
        let at = self.below(self.specimens.len());
        self.specimens[at].clone()
    }

    fn below(&mut self, bound: usize) -> usize {
        self.random.next_u32() as usize % bound.max(1)
    }

    fn byte(&mut self) -> u8 {
        self.random.next_u32() as u8
    }

    fn spoil(&mut self, datagram: &mut Vec<u8>) {
        let at = self.below(datagram.len());
        match self.below(10) {
            0 => {
                for _ in 0..=self.below(8) {
                    let (at, bit) = (self.below(datagram.len()), self.below(8));
                    datagram.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << bit);
                }
            }
            1 => datagram.truncate(at),
            2 => {
                let (more, byte) = (1 + self.below(400), self.byte());
                datagram.extend(std::iter::repeat_n(byte, more));
            }
            // A length, a count or an identifier: mostly those near the beginning decide.
            3 | 4 => {
                let at = self.below(datagram.len().min(64));
                let value = [0, 1, 0x7fff, 0x8000, 0xffff, self.random.next_u32() as u16][self.below(6)];
                datagram.iter_mut().skip(at).zip(value.to_be_bytes()).for_each(|(byte, new)| *byte = new);
            }
            5 => {
                let byte = [0, 0xff, self.byte()][self.below(3)];
                let length = self.below(40);
                datagram.iter_mut().skip(at).take(length).for_each(|old| *old = byte);
            }
            6 => {
                let other = self.specimen();
                datagram.truncate(at);
                datagram.extend(other.iter().skip(self.below(other.len())));
            }
            7 => {
                let piece: Vec<u8> = datagram.iter().skip(at).take(self.below(200)).copied().collect();
                let to = self.below(datagram.len());
                datagram.splice(to..to, piece);
            }
            8 => {
                let length = self.below(datagram.len() - at.min(datagram.len()));
                datagram.drain(at..at + length);
            }
            // Another protocol, by the first byte (RFC 7983 §7).
            _ => {
                let first = [0, 1, 20, 22, 23, 63, 64, 79, 128, 144, 191, 255][self.below(12)];
                datagram.iter_mut().take(1).for_each(|byte| *byte = first);
            }
        }
    }
}

/// Writes the checksum that a spoilt SCTP packet should have (RFC 9260 §6.8), so that more than that
/// is looked at.
pub fn seal_sctp(packet: &mut [u8]) {
    if packet.len() < 12 {
        return;
    }
    packet[8..12].fill(0);
    let sum = crc32c(packet);
    packet[8..12].copy_from_slice(&sum.to_le_bytes());
}

/// CRC-32C (RFC 9260, appendix A).
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0x82f6_3b78 & (sum & 1).wrapping_neg()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_spoils_the_same_way() {
        let specimens = vec![vec![1; 100], vec![2; 30], vec![3]];
        let spoilt = |seed| {
            let mut spoiler = Spoiler::new(seed, specimens.clone());
            (0..1000).map(|_| spoiler.next_datagram()).collect::<Vec<_>>()
        };
        assert_eq!(spoilt(1), spoilt(1));
        assert_ne!(spoilt(1), spoilt(2));
        let untouched = spoilt(1).iter().filter(|datagram| specimens.contains(datagram)).count();
        assert!(untouched < 200, "{untouched} of 1000 are as they were");
    }

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        // RFC 3720, appendix B.4: 32 bytes of zeros.
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
    }
}
