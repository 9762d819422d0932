//! The keyed hash, and which of its bits serve what.
//!
//! The three uses must not share bits: keys of one shard have equal shard bits and keys of one
//! page equal bucket bits, so a tag made of either would tell nothing.

/// The hash of a map's keys.
///
/// The map is handed each key's hash by its caller, who has it already, and asks for it again
/// only when a page splits or merges. Both must agree.
pub trait HashKeys {
    /// The hash of `key`; the same for the same bytes as long as the map lives.
    fn hash(&self, key: &[u8]) -> u64;
}

impl<F: Fn(&[u8]) -> u64> HashKeys for F {
    fn hash(&self, key: &[u8]) -> u64 {
        self(key)
    }
}

/// The top bits, left to the caller to choose a shard by.
pub const SHARD_BITS: u32 = 16;

/// The bits below them, kept beside each entry to tell most absent keys without reading any.
pub const TAG_BITS: u32 = 8;

/// The lowest bits, which choose the page.
pub const BUCKET_BITS: u32 = 64 - SHARD_BITS - TAG_BITS;

/// The tag of a hash.
#[inline]
pub(crate) const fn tag(hash: u64) -> u8 {
    (hash >> BUCKET_BITS) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bit_serves_two_purposes() {
        let shard = u64::MAX << (64 - SHARD_BITS);
        let bucket = (1u64 << BUCKET_BITS) - 1;
        let tag_bits: u64 =
            (0..64).filter(|&bit| tag(1 << bit) != 0).fold(0, |all, bit| all | 1 << bit);
        assert_eq!(tag_bits.count_ones(), TAG_BITS);
        assert_eq!(shard & tag_bits, 0);
        assert_eq!(shard & bucket, 0);
        assert_eq!(tag_bits & bucket, 0);
        assert_eq!(shard | tag_bits | bucket, u64::MAX);
    }
}
