//! The keyed hash that routes and finds keys.
//!
//! XXH3 over a secret of 192 bytes that is drawn from two random words: a few nanoseconds for a
//! short key, where SipHash takes several times that, and all 64 bits are good, which matters
//! here because shard, tag and page are chosen by different bits. It is not a cryptographic
//! function. What it has to withstand is somebody who chooses keys without seeing hashes, and no
//! reply shows one.

use core::fmt;
use packed_map::{HashKeys, SHARD_BITS};
use xxhash_rust::xxh3::xxh3_64_with_secret;

/// The secret of the hash. Whatever shares keys shares it: all shards of a process.
#[derive(Clone)]
pub struct HashKey {
    secret: [u8; SECRET_BYTES],
}

impl HashKey {
    /// The secret drawn from two words, which the caller takes from the system's randomness.
    #[must_use]
    pub fn new(words: [u64; 2]) -> Self {
        let mut secret = [0; SECRET_BYTES];
        let (mut one, mut two) = (words[0], words[1].rotate_left(32));
        for chunk in secret.as_chunks_mut::<8>().0 {
            one = one.wrapping_add(STEP);
            two = two.wrapping_sub(STEP);
            *chunk = mix(mix(one) ^ two).to_le_bytes();
        }
        Self { secret }
    }

    /// The hash of `key`.
    #[inline]
    #[must_use]
    pub fn hash(&self, key: &[u8]) -> u64 {
        xxh3_64_with_secret(key, &self.secret)
    }
}

impl HashKeys for HashKey {
    #[inline]
    fn hash(&self, key: &[u8]) -> u64 {
        Self::hash(self, key)
    }
}

impl fmt::Debug for HashKey {
    /// Does not show the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HashKey").finish_non_exhaustive()
    }
}

/// Which of `shards` shards a key with this hash belongs to.
///
/// # Panics
///
/// Where there are no shards, in debug builds.
#[inline]
#[must_use]
pub const fn route(hash: u64, shards: usize) -> usize {
    debug_assert!(shards > 0);
    let top = hash >> (u64::BITS - SHARD_BITS);
    ((top * shards as u64) >> SHARD_BITS) as usize
}

/// A bijection under which neighbours share no pattern (the finaliser of SplitMix64, Steele, Lea
/// and Flood 2014).
const fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// The odd number nearest to 2^64 divided by the golden ratio.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// What XXH3 takes for its own secret.
const SECRET_BYTES: usize = 192;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_spread_evenly_over_any_number_of_shards() {
        let key = HashKey::new([1, 2]);
        for shards in [1, 2, 3, 7, 16] {
            let mut counts = vec![0; shards];
            for number in 0..10_000 * shards {
                counts[route(key.hash(format!("key:{number}").as_bytes()), shards)] += 1;
            }
            assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
        }
    }

    #[test]
    fn either_word_changes_every_hash() {
        let keys = [[0, 0], [1, 0], [0, 1], [1, 1], [u64::MAX, 7]].map(HashKey::new);
        for text in [&b""[..], b"a", b"user:1000", &[b'x'; 300]] {
            let mut hashes = keys.each_ref().map(|key| key.hash(text));
            hashes.sort_unstable();
            assert!(hashes.windows(2).all(|pair| pair[0] != pair[1]));
        }
    }

    #[test]
    fn one_bit_of_a_key_turns_half_of_the_hash() {
        let key = HashKey::new([3, 4]);
        let mut turned = 0;
        for number in 0u64..1000 {
            let hash = key.hash(&number.to_le_bytes());
            turned += (hash ^ key.hash(&(number ^ 1).to_le_bytes())).count_ones();
        }
        assert!((31_000..33_000).contains(&turned), "{turned}");
    }

    #[test]
    fn the_secret_is_not_shown() {
        assert_eq!(format!("{:?}", HashKey::new([1, 2])), "HashKey { .. }");
    }
}
