//! Levels of entries, for a map that is a cache.

use super::{PageMap, Position};
use crate::HashKeys;
use crate::arena::{Blocks, Handle};
use crate::page::{META, Page, edit};
use crate::rank::{self, LEVELS_MAX};

impl<B, H: HashKeys> PageMap<B, H> {
    /// Keeps a level of each entry from now on, below `levels`: a new entry is at level 0,
    /// [`touch`](Self::touch) raises it and [`evict`](Self::evict) lowers it. That takes a byte an
    /// entry; with 0, as in a new map, no levels are kept and nothing is taken for them.
    ///
    /// Entries that are there already are at level 0, and stay there until their page is next
    /// split or gains an entry.
    ///
    /// # Panics
    ///
    /// Where `levels` is above [`LEVELS_MAX`].
    pub const fn keep_levels(&mut self, levels: usize) {
        assert!(levels <= LEVELS_MAX, "more levels than a map can keep");
        self.levels = levels as u8;
    }

    /// How many levels are kept; see [`keep_levels`](Self::keep_levels).
    #[must_use]
    pub const fn levels(&self) -> usize {
        self.levels as usize
    }

    /// How many entries each level has.
    #[must_use]
    pub fn level_lens(&self) -> [usize; LEVELS_MAX] {
        let mut lens = [0; LEVELS_MAX];
        lens[1..].copy_from_slice(&self.raised);
        lens[0] = self.len - self.raised.iter().sum::<usize>();
        lens
    }

    /// The level of the entry; the lowest, 0, where no levels are kept.
    ///
    /// # Panics
    ///
    /// May panic where the map was written since the position was found.
    #[must_use]
    pub fn level<A: Blocks>(&self, blocks: &A, Position(place): Position) -> usize {
        rank::level(Page::new(blocks.bytes(place.page)).meta(place.index))
    }

    /// Notes that the entry was asked for: it rises by one level and is of age 0. Nothing happens
    /// where no levels are kept.
    ///
    /// The position stays good. Returns the level before.
    ///
    /// # Panics
    ///
    /// May panic where the map was written since the position was found.
    #[inline]
    pub fn touch<A: Blocks>(&mut self, blocks: &mut A, Position(place): Position) -> usize {
        if self.levels == 0 {
            return 0;
        }
        let page = Page::new(blocks.bytes(place.page));
        if page.flags() & META == 0 {
            return 0;
        }
        let meta = page.meta(place.index);
        let level = rank::level(meta);
        let next = (level + 1).min(usize::from(self.levels) - 1);
        let touched = rank::at_level(meta, next);
        if touched != meta {
            edit::metas(blocks.bytes_mut(place.page))[place.index] = touched;
            self.count_level(level, next);
        }
        level
    }

    /// The flag of the pages of a map that keeps levels.
    #[inline]
    pub(super) const fn level_flag(&self) -> u8 {
        if self.levels == 0 { 0 } else { META }
    }

    /// Counts that an entry has gone from one level to another.
    #[inline]
    pub(super) fn count_level(&mut self, from: usize, to: usize) {
        if let Some(left) = from.checked_sub(1) {
            self.raised[left] -= 1;
        }
        if let Some(entered) = to.checked_sub(1) {
            self.raised[entered] += 1;
        }
    }

    /// Lowers the oldest entries of a page by a level, up to `lower[l - 1]` of those at level `l`,
    /// after all have grown older where `ages` says so.
    pub(super) fn rerank<A: Blocks>(
        &mut self,
        blocks: &mut A,
        handle: Handle,
        lower: [usize; LEVELS_MAX - 1],
        ages: bool,
    ) {
        let bytes = blocks.bytes_mut(handle);
        if Page::new(bytes).flags() & META == 0 {
            return;
        }
        let metas = edit::metas(bytes);
        if ages {
            metas.iter_mut().for_each(|meta| *meta = rank::aged(*meta));
        }
        for level in (1..LEVELS_MAX).rev() {
            for _ in 0..lower[level - 1] {
                let own = metas.iter_mut().filter(|meta| rank::level(**meta) == level);
                // The first of the oldest: entries are appended, so it came first.
                let Some(oldest) = own.rev().max_by_key(|meta| rank::age(**meta)) else { break };
                *oldest = rank::at_level(*oldest, level - 1);
                self.count_level(level, level - 1);
            }
        }
    }
}
