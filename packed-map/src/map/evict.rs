//! Removing an entry to make room: which one, out of one bucket.

use super::PageMap;
use crate::arena::{Blocks, Handle};
use crate::entry::Entry;
use crate::page::Page;
use crate::rank::{self, LEVELS_MAX};
use crate::{HashKeys, Sweeper};
use core::fmt;

/// Which entry of a bucket is to go.
#[derive(Clone, Copy)]
pub enum Choice<'f> {
    /// One of the lowest level, and of those the oldest. See [`PageMap::keep_levels`].
    Lowest {
        /// How many entries of each level but the lowest go one level down before.
        lower: [usize; LEVELS_MAX - 1],
        /// Whether all entries grow older before.
        ages: bool,
        /// The highest level that the entry may have.
        level_max: usize,
    },
    /// The one with this number, counted round the page.
    Nth(usize),
    /// The first from this number on, counted round the page, of whose hash's low 32 bits the
    /// filter knows nothing; where it knows all, the one with this number.
    Unknown(usize, &'f dyn Fn(u32) -> bool),
}

impl fmt::Debug for Choice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lowest { lower, ages, level_max } => f
                .debug_struct("Lowest")
                .field("lower", lower)
                .field("ages", ages)
                .field("level_max", level_max)
                .finish(),
            Self::Nth(first) => f.debug_tuple("Nth").field(first).finish(),
            Self::Unknown(first, _) => {
                f.debug_tuple("Unknown").field(first).finish_non_exhaustive()
            }
        }
    }
}

/// What one call of [`PageMap::evict`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Evicted {
    /// Pages looked at.
    pub pages: usize,
    /// Entries that were chosen, and that the sweeper did not let go.
    pub kept: usize,
    /// Entries that were removed: one at most.
    pub gone: usize,
}

impl<B, H: HashKeys> PageMap<B, H> {
    /// Removes one entry of the bucket that serves the hash `at`, if there is one that `choice`
    /// and `sweeper` agree on.
    ///
    /// # Complexity
    ///
    /// Linear in the entries of a page, of which a bucket has one, unless hashes are equal; of more
    /// it looks at eight.
    pub fn evict<A: Blocks>(
        &mut self,
        blocks: &mut A,
        at: u64,
        choice: Choice<'_>,
        sweeper: &mut impl Sweeper<B>,
    ) -> Evicted {
        let mut evicted = Evicted::default();
        if self.directory.buckets() == 0 {
            return evicted;
        }
        let bucket = self.directory.bucket(at);
        let (mut previous, mut next) = (None, self.directory.head(bucket));
        while let Some(handle) = next.filter(|_| evicted.pages < PAGES_MAX) {
            evicted.pages += 1;
            if let Choice::Lowest { lower, ages, .. } = choice {
                self.rerank(blocks, handle, lower, ages);
            }
            if self.evict_from(blocks, handle, choice, sweeper, &mut evicted) {
                let head = self.directory.head_mut(bucket);
                self.pages.tighten(blocks, head, (previous, handle));
                self.settle(blocks, 1);
                evicted.gone = 1;
                break;
            }
            (previous, next) = (Some(handle), Page::new(blocks.bytes(handle)).link());
        }
        evicted
    }

    /// Removes one entry of a page, which may be empty then, and tells whether it did.
    fn evict_from<A: Blocks>(
        &mut self,
        blocks: &mut A,
        handle: Handle,
        choice: Choice<'_>,
        sweeper: &mut impl Sweeper<B>,
        evicted: &mut Evicted,
    ) -> bool {
        let mut kept = 0u128;
        while let Some(index) = self.choose(blocks, handle, choice, kept) {
            let page = Page::new(blocks.bytes(handle));
            let at = (index, page.start(index));
            if sweeper.expire(Entry::new(&self.outside, blocks, page, at).key()) {
                sweeper.displaced(self.take(blocks, handle, at));
                return true;
            }
            evicted.kept += 1;
            kept |= 1 << index;
        }
        false
    }

    /// The entry of a page to go, without those that are `kept`.
    fn choose<A: Blocks>(
        &self,
        blocks: &A,
        handle: Handle,
        choice: Choice<'_>,
        kept: u128,
    ) -> Option<usize> {
        let page = Page::new(blocks.bytes(handle));
        let count = page.count();
        let is_left = |index: &usize| kept >> index & 1 == 0;
        let from = |first: usize| (0..count).map(move |step| (first % count + step) % count);
        match choice {
            Choice::Lowest { level_max, .. } => {
                let rank = |index: usize| {
                    let meta = page.meta(index);
                    (rank::level(meta), u8::MAX - rank::age(meta))
                };
                let least = (0..count).filter(is_left).min_by_key(|&index| rank(index))?;
                (rank(least).0 <= level_max).then_some(least)
            }
            Choice::Nth(first) => from(first).find(is_left),
            Choice::Unknown(first, knows) => {
                let unknown = |&index: &usize| {
                    let at = (index, page.start(index));
                    !knows(self.key_hash(blocks, page, at) as u32)
                };
                let left = from(first).filter(is_left);
                left.clone().find(unknown).or_else(|| left.clone().next())
            }
        }
    }
}

/// The pages of one bucket that are looked at.
const PAGES_MAX: usize = 8;
