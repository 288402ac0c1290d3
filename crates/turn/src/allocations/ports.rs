//! The relay ports: which are free, and a random one of them.

use std::ops::RangeInclusive;

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::RngCore as _;

/// How often a random port is tried before the range is walked.
const RANDOM_TRIES: usize = 16;

/// The ports of one address family. One bit a port.
#[derive(Debug)]
pub(crate) struct PortPool {
    range: RangeInclusive<u16>,
    taken: Vec<u64>,
    free: u32,
}

/// Which ports will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PortWish {
    /// Any.
    Any,
    /// An even one (EVEN-PORT).
    Even,
    /// An even one whose successor is free, and is taken with it (EVEN-PORT with R set).
    EvenAndNext,
}

impl PortPool {
    pub(crate) fn new(range: RangeInclusive<u16>) -> Self {
        let size = range.len();
        Self { range, taken: vec![0; size.div_ceil(64)], free: u32::try_from(size).unwrap_or(u32::MAX) }
    }

    /// A port that nobody can guess (RFC 8656 §7.2: a range and random choice against blind attacks).
    pub(crate) fn take(&mut self, wish: PortWish, rng: &mut ChaCha12Rng) -> Option<u16> {
        if self.free == 0 {
            return None;
        }
        let size = u32::try_from(self.range.len()).ok()?;
        let start = rng.next_u32() % size;
        let random = (0..RANDOM_TRIES).map(|_| rng.next_u32() % size).collect::<Vec<_>>();
        let walk = (0..size).map(|step| (start + step) % size);
        let offset = random.into_iter().chain(walk).find(|&offset| self.suits(offset, wish))?;
        let port = self.port(offset)?;
        self.set(port, true);
        if wish == PortWish::EvenAndNext {
            self.set(port + 1, true);
        }
        Some(port)
    }

    /// Gives a port back.
    pub(crate) fn give_back(&mut self, port: u16) {
        self.set(port, false);
    }

    fn suits(&self, offset: u32, wish: PortWish) -> bool {
        let Some(port) = self.port(offset) else { return false };
        let free = |port: u16| self.range.contains(&port) && !self.is_taken(port);
        match wish {
            PortWish::Any => free(port),
            PortWish::Even => port.is_multiple_of(2) && free(port),
            PortWish::EvenAndNext => port.is_multiple_of(2) && free(port) && free(port.saturating_add(1)),
        }
    }

    fn port(&self, offset: u32) -> Option<u16> {
        u16::try_from(u32::from(*self.range.start()) + offset).ok()
    }

    fn bit(&self, port: u16) -> Option<(usize, u64)> {
        let offset = usize::from(port.checked_sub(*self.range.start())?);
        Some((offset / 64, 1 << (offset % 64)))
    }

    fn is_taken(&self, port: u16) -> bool {
        self.bit(port).and_then(|(word, bit)| Some(self.taken.get(word)? & bit != 0)).unwrap_or(true)
    }

    fn set(&mut self, port: u16, take: bool) {
        if !self.range.contains(&port) || self.is_taken(port) == take {
            return;
        }
        let Some((word, bit)) = self.bit(port) else { return };
        if let Some(word) = self.taken.get_mut(word) {
            *word ^= bit;
            self.free = if take { self.free - 1 } else { self.free + 1 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::rand_core::SeedableRng as _;
    use std::collections::BTreeSet;

    fn rng() -> ChaCha12Rng {
        ChaCha12Rng::from_seed([3; 32])
    }

    #[test]
    fn every_port_is_given_out_once() {
        let mut pool = PortPool::new(50_000..=50_099);
        let mut rng = rng();
        let taken: BTreeSet<_> = std::iter::from_fn(|| pool.take(PortWish::Any, &mut rng)).collect();
        assert_eq!(taken.len(), 100);
        pool.give_back(50_042);
        pool.give_back(50_042);
        assert_eq!(pool.take(PortWish::Any, &mut rng), Some(50_042));
        assert_eq!(pool.take(PortWish::Any, &mut rng), None);
    }

    #[test]
    fn a_pair_takes_both_ports() {
        let mut pool = PortPool::new(65_533..=65_535);
        assert_eq!(pool.take(PortWish::EvenAndNext, &mut rng()), Some(65_534));
        assert_eq!(pool.take(PortWish::Even, &mut rng()), None);
        assert_eq!(pool.take(PortWish::Any, &mut rng()), Some(65_533));
    }

    #[test]
    fn ports_outside_the_range_are_ignored() {
        let mut pool = PortPool::new(50_000..=50_000);
        pool.give_back(1);
        pool.give_back(50_001);
        assert_eq!(pool.take(PortWish::Any, &mut rng()), Some(50_000));
        assert_eq!(pool.take(PortWish::Any, &mut rng()), None);
    }
}
