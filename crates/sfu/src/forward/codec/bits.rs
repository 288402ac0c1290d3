//! Reads numbers of any width from bytes, the highest bit first.

/// A position in some bytes. Reading past the end gives `None`, and nothing after it.
#[derive(Debug, Clone)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next `width` bits, at most 32.
    pub(super) fn number(&mut self, width: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..width {
            value = value << 1 | self.bit()?;
        }
        Some(value)
    }

    /// The next `width` bits, where they are known to fit a byte.
    pub(super) fn small(&mut self, width: u32) -> Option<u8> {
        self.number(width).and_then(|value| u8::try_from(value).ok())
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        Some(self.bit()? == 1)
    }

    /// `ns(n)` of the AV1 specification (§4.10.7): a number below `n` in as few bits as can be.
    /// With n = 5: 0, 1 and 2 take two bits; 3 and 4 take three.
    pub(super) fn below(&mut self, n: u32) -> Option<u32> {
        let width = n.checked_ilog2()? + 1;
        let short = (1_u32 << width) - n;
        let value = self.number(width - 1)?;
        if value < short {
            return Some(value);
        }
        Some((value << 1) - short + self.bit()?)
    }

    fn bit(&mut self) -> Option<u32> {
        let byte = *self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(u32::from(bit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_cross_bytes_and_end_with_them() {
        let mut bits = Bits::new(&[0b1010_0111, 0b0110_0000]);
        assert_eq!((bits.number(3), bits.flag(), bits.number(8)), (Some(0b101), Some(false), Some(0b0111_0110)));
        assert_eq!((bits.small(4), bits.flag(), bits.number(1)), (Some(0), None, None));
    }

    #[test]
    fn small_numbers_take_fewer_bits() {
        let mut bits = Bits::new(&[0b0001_1011, 0b1000_0000]);
        let read: Vec<_> = (0..4).filter_map(|_| bits.below(5)).collect();
        assert_eq!(read, [0, 1, 2, 4]);
        assert_eq!(Bits::new(&[]).below(1), Some(0), "one possibility takes no bits");
        assert_eq!(Bits::new(&[255]).below(0), None);
    }
}
