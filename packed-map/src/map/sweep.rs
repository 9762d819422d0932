//! Removing what has expired, a bounded piece at a time; and emptying a whole map.

use super::PageMap;
use crate::arena::{Blocks, Handle};
use crate::entry::{Displaced, Entry};
use crate::page::{Page, edit};
use crate::times::NEVER;
use crate::{HashKeys, Text, cursor};

/// Decides about entries that are to go, and receives what they held.
pub trait Sweeper<B> {
    /// An entry is due, or was chosen to make room. Says whether it may go; one that may not
    /// stays, and is due again in the next round.
    fn expire(&mut self, key: Text<'_>) -> bool;

    /// What the entry held that [`expire`](Self::expire) let go just now.
    fn displaced(&mut self, old: Displaced<B>);
}

/// What one call of [`PageMap::sweep`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Where the next call goes on; 0 where a round was completed.
    pub cursor: u64,
    /// Buckets looked at, those included that had nothing due.
    pub pages: usize,
    /// Entries that were due.
    pub due: usize,
    /// Those of them that the sweeper did not let go.
    pub kept: usize,
}

impl<B, H: HashKeys> PageMap<B, H> {
    /// Looks at buckets from `cursor` on (0 starts) and removes the entries that expire at or
    /// before `now_ms`, until `pages_max` buckets were looked at, `entries_max` entries were due,
    /// or the round is complete.
    ///
    /// `entries_max` is looked at between buckets, so it may be exceeded by one bucket's entries.
    /// Entries that move while a round is under way are found in this round or the next.
    ///
    /// # Complexity
    ///
    /// A page without a due entry costs one comparison; any other costs its entries.
    pub fn sweep<A: Blocks>(
        &mut self,
        blocks: &mut A,
        cursor: u64,
        now_ms: u64,
        (pages_max, entries_max): (usize, usize),
        sweeper: &mut impl Sweeper<B>,
    ) -> Swept {
        let mut swept = Swept { cursor, ..Swept::default() };
        while swept.pages < pages_max && swept.due < entries_max && self.directory.buckets() > 0 {
            let bucket = self.directory.bucket(swept.cursor);
            swept.pages += 1;
            swept.cursor = cursor::after(swept.cursor, self.directory.depth(bucket));
            let before = self.len;
            self.sweep_bucket(blocks, bucket, now_ms, sweeper, &mut swept);
            self.settle(blocks, before - self.len);
            if swept.cursor == 0 {
                return swept;
            }
        }
        if self.directory.buckets() == 0 {
            swept.cursor = 0;
        }
        swept
    }

    /// Removes the entries of one bucket, handing values of the type `B` to `boxed`, and tells
    /// whether there are more buckets. Emptying a map this way takes bounded steps.
    pub fn drain_bucket<A: Blocks>(&mut self, blocks: &mut A, mut boxed: impl FnMut(B)) -> bool {
        let Some(head) = self.directory.pop() else { return false };
        let mut next = head;
        while let Some(handle) = next {
            let page = Page::new(blocks.bytes(handle));
            let count = page.count();
            self.data_bytes -= page.len() - page.data_start();
            self.len -= count;
            (0..count).for_each(|index| self.forget_level(page.meta(index)));
            next = page.link();
            for index in 0..count {
                let start = Page::new(blocks.bytes(handle)).start(index);
                if let Displaced::Boxed(value) = self.release(blocks, handle, (index, start)) {
                    boxed(value);
                }
            }
            self.pages.free(blocks, handle);
        }
        self.directory.buckets() > 0
    }

    /// Lets go of a piece of what stands beside the blocks, and tells whether there is more.
    pub(crate) fn drop_piece(&mut self) -> bool {
        let more = self.directory.drop_piece();
        if !more {
            self.outside.clear();
        }
        more
    }

    fn sweep_bucket<A: Blocks>(
        &mut self,
        blocks: &mut A,
        bucket: u64,
        now_ms: u64,
        sweeper: &mut impl Sweeper<B>,
        swept: &mut Swept,
    ) {
        let (mut previous, mut next) = (None, self.directory.head(bucket));
        while let Some(handle) = next {
            let page = Page::new(blocks.bytes(handle));
            next = page.link();
            if self.outside.times.may_be_due(page.earliest(), now_ms) {
                let before = self.len;
                self.sweep_page(blocks, handle, now_ms, sweeper, swept);
                let emptied = Page::new(blocks.bytes(handle)).count() == 0;
                if self.len < before {
                    let head = self.directory.head_mut(bucket);
                    self.pages.tighten(blocks, head, (previous, handle));
                }
                if emptied {
                    continue;
                }
            }
            previous = Some(handle);
        }
    }

    fn sweep_page<A: Blocks>(
        &mut self,
        blocks: &mut A,
        handle: Handle,
        now_ms: u64,
        sweeper: &mut impl Sweeper<B>,
        swept: &mut Swept,
    ) {
        let (mut index, mut earliest) = (0, NEVER);
        let mut end = blocks.bytes(handle).len();
        loop {
            let page = Page::new(blocks.bytes(handle));
            if index >= page.count() {
                break;
            }
            let start = end - page.size(index);
            let entry = Entry::new(&self.outside, blocks, page, (index, start));
            let expires_at_ms = entry.expires_at_ms();
            if expires_at_ms.is_some_and(|at_ms| at_ms <= now_ms) {
                swept.due += 1;
                if sweeper.expire(entry.key()) {
                    sweeper.displaced(self.take(blocks, handle, (index, start)));
                    continue;
                }
                swept.kept += 1;
            }
            if let Some(at_ms) = expires_at_ms {
                earliest = earliest.min(self.outside.times.coarse(at_ms));
            }
            (index, end) = (index + 1, start);
        }
        edit::set_earliest(blocks.bytes_mut(handle), earliest);
    }

    /// The pages of a bucket.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    pub(super) fn chain<'a, A: Blocks>(
        &'a self,
        blocks: &'a A,
        bucket: u64,
    ) -> impl Iterator<Item = (Handle, Page<'a>)> + 'a {
        let page = |handle: Handle| (handle, Page::new(blocks.bytes(handle)));
        core::iter::successors(self.directory.head(bucket).map(page), move |(_, own)| {
            own.link().map(page)
        })
    }
}
