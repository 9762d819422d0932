//! The linear-hash directory: which page serves a hash, and how the number of pages changes by
//! one.
//!
//! With `n` pages and `d = floor(log2 n)`, pages below `n - 2^d` and those from `2^d` on are
//! chosen by `d + 1` bits of the hash, the others by `d`. Growing splits page `n - 2^d` into
//! itself and page `n`; shrinking undoes the last split. Pages stand in segments, so that growing
//! never moves the directory.

use crate::hash::BUCKET_BITS;
use crate::page::Page;
use alloc::vec::Vec;

/// The pages of a map.
pub(crate) struct Directory<B> {
    /// Full segments, but for the last one.
    segments: Vec<Vec<Page<B>>>,
    /// How many pages there are.
    pages: u64,
    /// The bytes allocated for segments and their list.
    bytes: usize,
}

impl<B> Directory<B> {
    pub(crate) const fn new() -> Self {
        Self { segments: Vec::new(), pages: 0, bytes: 0 }
    }

    pub(crate) fn pages(&self) -> u64 {
        self.pages
    }

    /// The bytes the directory has allocated, its pages' own not included.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The number of the page that serves `hash`. There is at least one page.
    #[inline]
    pub(crate) fn bucket(&self, hash: u64) -> u64 {
        let low = hash & self.mask();
        if low < self.pages { low } else { low & (self.mask() >> 1) }
    }

    /// How many bits of the hash choose page `bucket`.
    #[inline]
    pub(crate) fn depth(&self, bucket: u64) -> u32 {
        let level = self.pages.ilog2();
        let split = self.pages - (1 << level);
        level + u32::from(bucket & ((1 << level) - 1) < split)
    }

    #[inline]
    pub(crate) fn page(&self, bucket: u64) -> &Page<B> {
        &self.segments[(bucket / SEGMENT) as usize][(bucket % SEGMENT) as usize]
    }

    #[inline]
    pub(crate) fn page_mut(&mut self, bucket: u64) -> &mut Page<B> {
        &mut self.segments[(bucket / SEGMENT) as usize][(bucket % SEGMENT) as usize]
    }

    /// The page whose split makes the next one, and the bit of the hash that parts them.
    pub(crate) fn next_split(&self) -> (u64, u32) {
        let level = self.pages.ilog2();
        (self.pages - (1 << level), level)
    }

    /// The page that the last one was split from.
    pub(crate) fn last_split(&self) -> u64 {
        let last = self.pages - 1;
        last - (1 << last.ilog2())
    }

    /// Adds a page behind the others.
    pub(crate) fn push(&mut self, page: Page<B>) {
        if self.pages.is_multiple_of(SEGMENT) {
            // The first segment starts small, as most maps stay small.
            let capacity = if self.pages == 0 { 1 } else { SEGMENT as usize };
            self.segments.push(Vec::with_capacity(capacity));
        }
        if let Some(segment) = self.segments.last_mut() {
            segment.push(page);
        }
        self.pages += 1;
        self.recount();
    }

    /// Removes the last page.
    pub(crate) fn pop(&mut self) -> Option<Page<B>> {
        let page = self.segments.last_mut()?.pop();
        self.pages -= 1;
        if self.pages.is_multiple_of(SEGMENT) {
            self.segments.pop();
            self.segments.shrink_to(self.segments.len() * 2);
        } else if self.pages < SEGMENT {
            let pages = self.pages as usize;
            if self.segments[0].capacity() >= 4 * pages {
                self.segments[0].shrink_to(2 * pages);
            }
        }
        self.recount();
        page
    }

    /// At least as many bytes as [`bytes`](Self::bytes) can rise by in one `push`.
    pub(crate) fn growth_max(&self) -> usize {
        let list = if self.segments.len() == self.segments.capacity() {
            (self.segments.len() + LIST_MIN) * size_of::<Vec<Page<B>>>()
        } else {
            0
        };
        let segment = match self.segments.last() {
            Some(last) if self.pages < SEGMENT => {
                if last.len() < last.capacity() {
                    0
                } else {
                    last.len().max(LIST_MIN)
                }
            }
            Some(_) if !self.pages.is_multiple_of(SEGMENT) => 0,
            Some(_) => SEGMENT as usize,
            None => 1,
        };
        list + segment * size_of::<Page<B>>()
    }

    /// All pages, in their order.
    pub(crate) fn iter(&self) -> core::iter::Flatten<core::slice::Iter<'_, Vec<Page<B>>>> {
        self.segments.iter().flatten()
    }

    /// Hints that the page of `bucket` will be read.
    pub(crate) fn prefetch(&self, bucket: u64) {
        crate::prefetch::prefetch(self.page(bucket));
    }

    /// One bit more than all pages below a power of two need.
    #[inline]
    fn mask(&self) -> u64 {
        (2u64 << self.pages.ilog2()) - 1
    }

    fn recount(&mut self) {
        // All segments but the first and the last have the same capacity.
        let first = self.segments.first().map_or(0, Vec::capacity);
        let others = self.segments.len().saturating_sub(1) * SEGMENT as usize;
        self.bytes = self.segments.capacity() * size_of::<Vec<Page<B>>>()
            + (first + others) * size_of::<Page<B>>();
    }

    /// What [`bytes`](Self::bytes) must be.
    pub(crate) fn counted_bytes(&self) -> usize {
        self.segments.capacity() * size_of::<Vec<Page<B>>>()
            + self.segments.iter().map(Vec::capacity).sum::<usize>() * size_of::<Page<B>>()
    }
}

/// The most pages a directory has: one for each value of the hash's bucket bits.
pub(crate) const PAGES_MAX: u64 = 1 << BUCKET_BITS;

/// Pages in a segment.
const SEGMENT: u64 = 256;

/// The least capacity that a growing vector takes.
const LIST_MIN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(pages: u64) -> Directory<()> {
        let mut directory = Directory::new();
        (0..pages).for_each(|_| directory.push(Page::new()));
        directory
    }

    #[test]
    fn depths_tell_how_many_hashes_a_page_serves() {
        for pages in 1..70 {
            let directory = directory(pages);
            let mut hashes = vec![0; pages as usize];
            (0..128).for_each(|hash| hashes[directory.bucket(hash) as usize] += 1);
            for (bucket, served) in hashes.into_iter().enumerate() {
                assert_eq!(served, 128 >> directory.depth(bucket as u64), "{bucket} of {pages}");
            }
        }
    }

    #[test]
    fn a_split_parts_one_page_and_touches_no_other() {
        for pages in 1..70 {
            let before = directory(pages);
            let after = directory(pages + 1);
            let (split, bit) = before.next_split();
            assert_eq!(after.last_split(), split);
            for hash in 0..256 {
                let moved = before.bucket(hash) == split && hash >> bit & 1 == 1;
                let expected = if moved { pages } else { before.bucket(hash) };
                assert_eq!(after.bucket(hash), expected);
            }
        }
    }

    #[test]
    fn bytes_are_counted_and_bounded_through_growth_and_shrinking() {
        let mut directory = directory(0);
        for _ in 0..1500 {
            let bound = directory.bytes() + directory.growth_max();
            directory.push(Page::new());
            assert_eq!(directory.bytes(), directory.counted_bytes());
            assert!(directory.bytes() <= bound);
        }
        while directory.pop().is_some() {
            assert_eq!(directory.bytes(), directory.counted_bytes());
        }
        assert_eq!(directory.pages(), 0);
        assert!(directory.bytes() <= 4 * size_of::<Vec<Page<()>>>());
    }
}
