//! What the environment says about tests of random inputs.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

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
