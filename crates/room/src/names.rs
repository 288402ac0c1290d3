//! Where names come from: one seeded generator, so that the same seed gives the same trace.

use moim_types::Id;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

#[derive(Debug)]
pub(crate) struct Names {
    random: ChaCha12Rng,
}

impl Names {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        Self { random: ChaCha12Rng::from_seed(seed) }
    }

    pub(crate) fn next<const N: usize>(&mut self) -> Id<N> {
        let mut bytes = [0; N];
        self.random.fill_bytes(&mut bytes);
        Id::from_random(bytes)
    }
}
