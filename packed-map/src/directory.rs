//! The linear-hash directory: which page serves a hash, and how the number of buckets changes by
//! one.
//!
//! With `n` buckets and `d = floor(log2 n)`, buckets below `n - 2^d` and those from `2^d` on are
//! chosen by `d + 1` bits of the hash, the others by `d`. Growing splits bucket `n - 2^d` into
//! itself and bucket `n`; shrinking undoes the last split. Each bucket takes four bytes, the
//! handle of its first page, or null where it has no entries.

use crate::arena::Handle;
use crate::hash::BUCKET_BITS;
use crate::prefetch::prefetch;
use crate::shared::table::Table;

/// The first page of each bucket of a map.
#[derive(Debug)]
pub(crate) struct Directory {
    heads: Table<Option<Handle>, SEGMENT>,
}

impl Directory {
    pub(crate) const fn new() -> Self {
        Self { heads: Table::new() }
    }

    /// How many buckets there are.
    #[inline]
    pub(crate) const fn buckets(&self) -> u64 {
        self.heads.len() as u64
    }

    /// The bytes the directory has allocated.
    pub(crate) fn bytes(&self) -> usize {
        self.heads.bytes()
    }

    /// What [`bytes`](Self::bytes) must be.
    pub(crate) fn counted_bytes(&self) -> usize {
        self.heads.counted_bytes()
    }

    /// At least as many bytes as [`bytes`](Self::bytes) can rise by in one `push`.
    pub(crate) fn growth_max(&self) -> usize {
        self.heads.growth_max(1)
    }

    /// The bucket that serves `hash`. There is at least one.
    #[inline]
    pub(crate) const fn bucket(&self, hash: u64) -> u64 {
        let low = hash & self.mask();
        if low < self.buckets() { low } else { low & (self.mask() >> 1) }
    }

    /// How many bits of the hash choose this bucket.
    #[inline]
    pub(crate) const fn depth(&self, bucket: u64) -> u32 {
        let level = self.buckets().ilog2();
        let split = self.buckets() - (1 << level);
        level + (bucket & ((1 << level) - 1) < split) as u32
    }

    /// The first page of a bucket.
    #[inline]
    pub(crate) fn head(&self, bucket: u64) -> Option<Handle> {
        *self.heads.get(bucket as usize)
    }

    /// The first page of a bucket, to be set.
    #[inline]
    pub(crate) fn head_mut(&mut self, bucket: u64) -> &mut Option<Handle> {
        self.heads.get_mut(bucket as usize)
    }

    /// The bucket whose split makes the next one, and the bit of the hash that parts them.
    pub(crate) const fn next_split(&self) -> (u64, u32) {
        let level = self.buckets().ilog2();
        (self.buckets() - (1 << level), level)
    }

    /// The bucket that the last one was split from.
    pub(crate) const fn last_split(&self) -> u64 {
        let last = self.buckets() - 1;
        last - (1 << last.ilog2())
    }

    /// Adds a bucket behind the others.
    pub(crate) fn push(&mut self, head: Option<Handle>) {
        self.heads.push(head);
    }

    /// Removes the last bucket.
    pub(crate) fn pop(&mut self) -> Option<Option<Handle>> {
        self.heads.pop()
    }

    /// The same directory, once more; what is written to either, the other does not see.
    pub(crate) fn lend(&self) -> Self {
        Self { heads: self.heads.lend() }
    }

    /// The bytes that were copied because others had them.
    pub(crate) const fn copied_bytes(&self) -> usize {
        self.heads.copied_bytes()
    }

    /// Lets go of a piece, whatever stands in it, and tells whether there was one.
    pub(crate) fn drop_piece(&mut self) -> bool {
        self.heads.pop_segment()
    }

    /// The first page of each bucket.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Option<Handle>> {
        self.heads.iter().copied()
    }

    /// Hints that this bucket will be looked up.
    #[inline]
    pub(crate) fn prefetch(&self, bucket: u64) {
        prefetch(self.heads.get(bucket as usize));
    }

    /// One bit more than all buckets below a power of two need.
    #[inline]
    const fn mask(&self) -> u64 {
        (2u64 << self.buckets().ilog2()) - 1
    }
}

/// The most buckets a directory has: as many as handles in four bytes can name pages, and as the
/// bits of a hash tell apart.
pub(crate) const BUCKETS_MAX: u64 = 1 << 32;

const _: () = assert!(BUCKETS_MAX <= 1 << BUCKET_BITS);
const _: () = assert!(size_of::<Option<Handle>>() == 4);

/// Buckets in a segment.
const SEGMENT: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(buckets: u64) -> Directory {
        let mut directory = Directory::new();
        (0..buckets).for_each(|_| directory.push(None));
        directory
    }

    #[test]
    fn depths_tell_how_many_hashes_a_bucket_serves() {
        for buckets in 1..70 {
            let directory = directory(buckets);
            let mut hashes = vec![0; buckets as usize];
            (0..128).for_each(|hash| hashes[directory.bucket(hash) as usize] += 1);
            for (bucket, served) in hashes.into_iter().enumerate() {
                assert_eq!(served, 128 >> directory.depth(bucket as u64), "{bucket} of {buckets}");
            }
        }
    }

    #[test]
    fn a_split_parts_one_bucket_and_touches_no_other() {
        for buckets in 1..70 {
            let before = directory(buckets);
            let after = directory(buckets + 1);
            let (split, bit) = before.next_split();
            assert_eq!(after.last_split(), split);
            for hash in 0..256 {
                let moved = before.bucket(hash) == split && hash >> bit & 1 == 1;
                let expected = if moved { buckets } else { before.bucket(hash) };
                assert_eq!(after.bucket(hash), expected);
            }
        }
    }
}
