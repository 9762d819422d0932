//! The hash of the members of one container.

use packed_map::HashKeys;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The seed of a container's hash.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seed(pub(crate) u64);

impl HashKeys for Seed {
    #[inline]
    fn hash(&self, key: &[u8]) -> u64 {
        xxh3_64_with_seed(key, self.0)
    }
}
