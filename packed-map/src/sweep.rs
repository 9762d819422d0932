//! Removing what has expired, a bounded piece at a time.

use crate::{Displaced, HashKeys, PackedMap, Text, cursor};

/// Decides about due entries and receives what they held.
pub trait Sweeper<B> {
    /// An entry is due. Says whether it may go; one that may not stays, and is due again in the
    /// next round.
    fn expire(&mut self, key: Text<'_>) -> bool;

    /// What the entry held that [`expire`](Self::expire) let go just now.
    fn displaced(&mut self, old: Displaced<B>);
}

/// What one call of [`PackedMap::sweep`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Where the next call goes on; 0 where a round was completed.
    pub cursor: u64,
    /// Pages looked at, those included that had nothing due.
    pub pages: usize,
    /// Entries that were due.
    pub due: usize,
    /// Those of them that the sweeper did not let go.
    pub kept: usize,
}

impl<B, H: HashKeys> PackedMap<B, H> {
    /// Looks at pages from `cursor` on (0 starts) and removes the entries that expire at or
    /// before `now_ms`, until `pages_max` pages were looked at, `entries_max` entries were due,
    /// or the round is complete.
    ///
    /// `entries_max` is looked at between pages, so it may be exceeded by one page's entries.
    /// Entries that move while a round is under way are found in this round or the next.
    ///
    /// # Complexity
    ///
    /// A page without a due entry costs one comparison; any other costs its entries.
    pub fn sweep(
        &mut self,
        cursor: u64,
        now_ms: u64,
        pages_max: usize,
        entries_max: usize,
        sweeper: &mut impl Sweeper<B>,
    ) -> Swept {
        let mut swept = Swept { cursor, ..Swept::default() };
        while swept.pages < pages_max && swept.due < entries_max && self.directory.pages() > 0 {
            let bucket = self.directory.bucket(swept.cursor);
            swept.pages += 1;
            swept.cursor = cursor::after(swept.cursor, self.directory.depth(bucket));
            if self.directory.page(bucket).earliest_ms() <= now_ms {
                let before = self.len;
                self.sweep_page(bucket, now_ms, sweeper, &mut swept);
                self.settle(before - self.len);
            }
            if swept.cursor == 0 {
                return swept;
            }
        }
        if self.directory.pages() == 0 {
            swept.cursor = 0;
        }
        swept
    }

    fn sweep_page(
        &mut self,
        bucket: u64,
        now_ms: u64,
        sweeper: &mut impl Sweeper<B>,
        swept: &mut Swept,
    ) {
        let page = self.directory.page_mut(bucket);
        let before = page.heap_bytes();
        let (mut index, mut offset) = (0, 0);
        while index < page.len() {
            let due = page.extras_at(index, offset).expires_at_ms.is_some_and(|at| at <= now_ms);
            if due {
                swept.due += 1;
                if sweeper.expire(page.key_at(index, offset)) {
                    sweeper.displaced(page.remove((index, offset)));
                    self.len -= 1;
                    self.expiring -= 1;
                    continue;
                }
                swept.kept += 1;
            }
            offset = page.end(index, offset);
            index += 1;
        }
        page.refresh_earliest();
        self.page_bytes = self.page_bytes - before + page.heap_bytes();
    }
}
