//! Splitting and merging buckets, one at a time.

use super::{CACHE_LINE, PageMap};
use crate::HashKeys;
use crate::arena::{Blocks, Exhausted, Handle};
use crate::directory::BUCKETS_MAX;
use crate::extras::Packed;
use crate::page::{self, LINK, META, Page, edit};
use crate::pages::{PAGE_BYTES_MAX, PAGE_ENTRIES_MAX};
use crate::times::NEVER;

/// What some entries of a page come to.
#[derive(Clone, Copy)]
struct Sum {
    entries: u128,
    /// Their bytes beside the arrays.
    data: usize,
    /// META where one of them has something to say there.
    flags: u8,
    /// The first moment at which one of them may expire.
    earliest: u32,
}

impl<B, H: HashKeys> PageMap<B, H> {
    /// Splits one bucket where there is more in the map than its buckets are meant for. Without
    /// room for another page nothing happens; the next write tries again.
    pub(super) fn grow<A: Blocks>(&mut self, blocks: &mut A) {
        if !self.is_full() {
            return;
        }
        let (bucket, bit) = self.directory.next_split();
        let head = self.directory.head(bucket);
        let split = match head {
            None => Ok([None, None]),
            Some(page) if Page::new(blocks.bytes(page)).flags() & LINK == 0 => {
                self.split_page(blocks, page, bit)
            }
            Some(_) => {
                let leaves = |hash: u64| hash >> bit & 1 == 1;
                let built = self.rebuild(blocks, [head, None], leaves);
                if built.is_ok() {
                    self.pages.free_chain(blocks, head);
                }
                built
            }
        };
        if let Ok([stay, away]) = split {
            *self.directory.head_mut(bucket) = stay;
            self.directory.push(away);
            self.look_ahead(blocks);
        }
    }

    /// Hints that the next bucket will be split, some insertions from now, and that the size of
    /// the one after it will be asked for then.
    fn look_ahead<A: Blocks>(&self, blocks: &A) {
        let (bucket, _) = self.directory.next_split();
        if let Some(page) = self.directory.head(bucket) {
            let len = blocks.bytes(page).len().min(LOOK_AHEAD_BYTES);
            (0..len).step_by(CACHE_LINE).for_each(|byte| blocks.prefetch(page, byte));
        }
        if bucket + 1 < self.directory.buckets()
            && let Some(page) = self.directory.head(bucket + 1)
        {
            blocks.prefetch(page, 0);
        }
    }

    /// Merges buckets where the map has become thin, at most one for each of `removed` entries,
    /// which is more than it takes to keep up.
    pub(super) fn settle<A: Blocks>(&mut self, blocks: &mut A, removed: usize) {
        for _ in 0..removed {
            if !self.is_thin() {
                return;
            }
            let bucket = self.directory.last_split();
            let Some(last) = self.directory.pop() else { return };
            match self.merge(blocks, self.directory.head(bucket), last) {
                Ok(head) => *self.directory.head_mut(bucket) = head,
                Err(_) => {
                    self.directory.push(last);
                    return;
                }
            }
        }
    }

    /// Whether there is more in the map than its buckets are meant for.
    pub(super) const fn is_full(&self) -> bool {
        let buckets = self.directory.buckets();
        let mean = buckets as usize * ENTRIES_MEAN < self.len
            || buckets as usize * DATA_MEAN < self.data_bytes;
        mean && buckets < BUCKETS_MAX
    }

    /// Whether the map would still have room to spare with a bucket less.
    pub(crate) const fn is_thin(&self) -> bool {
        self.would_be_thin(0)
    }

    /// Whether it would if `bytes` of data were gone.
    pub(super) const fn would_be_thin(&self, bytes: usize) -> bool {
        let less = self.directory.buckets().saturating_sub(1) as usize;
        less > 0
            && self.len * 100 < less * ENTRIES_MEAN * MERGED_PERCENT
            && (self.data_bytes - bytes) * 100 < less * DATA_MEAN * MERGED_PERCENT
    }

    /// Parts the entries of a page by one bit of their hashes.
    fn split_page<A: Blocks>(
        &mut self,
        blocks: &mut A,
        handle: Handle,
        bit: u32,
    ) -> Result<[Option<Handle>; 2], Exhausted> {
        let page = Page::new(blocks.bytes(handle));
        let mut sums = [self.empty_sum(); 2];
        let mut own = 1;
        for (at, size) in page.sized() {
            let leaves = (self.key_hash(blocks, page, at) >> bit & 1) as usize;
            sums[leaves].entries |= own;
            self.add(&mut sums[leaves], page, at, size);
            own <<= 1;
        }
        let [stay, away] = sums;
        if away.entries == 0 {
            return Ok([Some(handle), None]);
        }
        if stay.entries == 0 {
            return Ok([None, Some(handle)]);
        }
        let staying = self.pages.alloc_page(blocks, stay.flags, None, stay.bytes())?;
        let leaving = match self.pages.alloc_page(blocks, away.flags, None, away.bytes()) {
            Ok(leaving) => leaving,
            Err(error) => {
                self.pages.free(blocks, staying);
                return Err(error);
            }
        };
        for (target, sum) in [(staying, stay), (leaving, away)] {
            let (from, to) = blocks.pair(handle, target);
            edit::append(from, to, sum.entries);
            edit::set_earliest(to, sum.earliest);
        }
        self.pages.free(blocks, handle);
        Ok([Some(staying), Some(leaving)])
    }

    /// Makes one bucket of two.
    fn merge<A: Blocks>(
        &mut self,
        blocks: &mut A,
        stay: Option<Handle>,
        last: Option<Handle>,
    ) -> Result<Option<Handle>, Exhausted> {
        let (Some(one), Some(two)) = (stay, last) else { return Ok(stay.or(last)) };
        let (page, other) = (Page::new(blocks.bytes(one)), Page::new(blocks.bytes(two)));
        let flags = page.flags() | other.flags();
        let count = page.count() + other.count();
        let data = page.len() - page.data_start();
        let used = page::overhead(flags, count) + data + other.len() - other.data_start();
        if flags & LINK != 0 || count > PAGE_ENTRIES_MAX || used > PAGE_BYTES_MAX {
            let [head, _] = self.rebuild(blocks, [stay, last], |_| false)?;
            self.pages.free_chain(blocks, stay);
            self.pages.free_chain(blocks, last);
            return Ok(head);
        }
        let earliest = page.earliest().min(other.earliest());
        let all = u128::MAX >> (u128::BITS as usize - other.count());
        let mut head = stay;
        let target = self.pages.ensure(blocks, &mut head, (None, one), (used, data), flags)?;
        let (from, to) = blocks.pair(two, target);
        edit::append(from, to, all);
        edit::set_earliest(to, earliest);
        self.pages.free(blocks, two);
        Ok(head)
    }

    /// Copies the entries of two chains into two new ones, of which the second takes those whose
    /// hash `leaves`. The old chains are as they were.
    ///
    /// # Complexity
    ///
    /// Linear in the entries, one by one. Only buckets of hundreds of entries come here, which
    /// takes keys with equal hashes.
    fn rebuild<A: Blocks>(
        &mut self,
        blocks: &mut A,
        sources: [Option<Handle>; 2],
        leaves: impl Fn(u64) -> bool,
    ) -> Result<[Option<Handle>; 2], Exhausted> {
        let mut heads = [None; 2];
        for source in sources {
            let mut next = source;
            while let Some(handle) = next {
                let copied = self.rebuild_page(blocks, handle, &leaves, &mut heads);
                if let Err(error) = copied {
                    heads.into_iter().for_each(|head| self.pages.free_chain(blocks, head));
                    return Err(error);
                }
                next = Page::new(blocks.bytes(handle)).link();
            }
        }
        Ok(heads)
    }

    fn rebuild_page<A: Blocks>(
        &mut self,
        blocks: &mut A,
        source: Handle,
        leaves: &impl Fn(u64) -> bool,
        heads: &mut [Option<Handle>; 2],
    ) -> Result<(), Exhausted> {
        for index in 0..Page::new(blocks.bytes(source)).count() {
            let page = Page::new(blocks.bytes(source));
            let at = (index, page.start(index));
            let mut sum = self.empty_sum();
            self.add(&mut sum, page, at, page.size(index));
            let head = &mut heads[usize::from(leaves(self.key_hash(blocks, page, at)))];
            let entry = (page.codes(index), sum.data);
            let (target, start) = self.pages.push(blocks, head, entry, sum.flags)?;
            let (from, to) = blocks.pair(source, target);
            to[start..start + sum.data].copy_from_slice(Page::new(from).entry(index, at.1));
            edit::set_earliest(to, sum.earliest.min(Page::new(to).earliest()));
        }
        Ok(())
    }

    const fn empty_sum(&self) -> Sum {
        Sum { entries: 0, data: 0, flags: self.level_flag(), earliest: NEVER }
    }

    #[inline]
    fn add(&self, sum: &mut Sum, page: Page<'_>, (index, start): (usize, usize), size: usize) {
        sum.data += size;
        let meta = page.meta(index);
        if meta != 0 {
            sum.flags = META;
            let packed = Packed::read(meta, page.entry(index, start));
            if let Some(expiry) = packed.expiry() {
                let times = &self.outside.times;
                sum.earliest = sum.earliest.min(times.coarse(times.unpack(expiry)));
            }
        }
    }
}

impl Sum {
    /// The bytes of a page for them alone.
    const fn bytes(&self) -> usize {
        page::overhead(self.flags, self.entries.count_ones() as usize) + self.data
    }
}

/// Entries a bucket, on average, above which one is split. Twice as many can be in a bucket that
/// was not split yet in this doubling, and at 32 tags two lines still hold all there is to search.
pub(crate) const ENTRIES_MEAN: usize = 16;

/// Bytes of data a bucket, on average, above which one is split: what an insertion may move.
pub(super) const DATA_MEAN: usize = 1200;

/// The most that is fetched of a page before it is split: what nearly all pages have.
const LOOK_AHEAD_BYTES: usize = 2 * DATA_MEAN;

/// Hundredths of both means that a merge may lead to. The distance keeps a map that gains and
/// loses entries from splitting and merging in turn.
const MERGED_PERCENT: usize = 85;
