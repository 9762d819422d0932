//! A small seeded generator of numbers (SplitMix64): one seed gives one test, on every machine.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// A stream of numbers that its seed determines.
#[derive(Debug, Clone)]
pub(crate) struct Random {
    state: u64,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number in `0..end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        assert!(end > 0);
        (self.next() % end as u64) as usize
    }

    /// True once in `n` times.
    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next() as u8).collect()
    }
}

/// The seed of this run: `CARRIER_SEED`, a number or `random`; without it always the same.
pub(crate) fn seed() -> u64 {
    match std::env::var("CARRIER_SEED") {
        Err(_) => DEFAULT_SEED,
        Ok(word) if word == "random" => RandomState::new().build_hasher().finish(),
        Ok(word) => word.parse().expect("CARRIER_SEED is a number or the word random"),
    }
}

/// How much more than the default to test: `CARRIER_SCALE`, a factor.
pub(crate) fn scale() -> usize {
    std::env::var("CARRIER_SCALE")
        .map_or(1, |word| word.parse().expect("CARRIER_SCALE is a number"))
}

const DEFAULT_SEED: u64 = 64_175;
