//! The map: entries by key, over pages by hash.

use crate::directory::{Directory, PAGES_MAX};
use crate::entry::{Displaced, Entry, Extras, NewValue};
use crate::form::{Form, OUT};
use crate::page::{self, Page};
use crate::{HashKeys, Iter, cursor, extras as packed, hash};
use core::fmt;

/// The value type of a map whose values are byte strings alone. It has no values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoBox {}

/// A map from byte strings to byte strings, integers, or values of the type `B`.
///
/// Whoever calls hands the hash of the key along; it must be what `H` makes of the key (debug
/// builds assert it), or the key will not be found.
///
/// # Complexity
///
/// Look-ups touch the directory, the page and the entry. A write moves at most one page's bytes
/// and splits or merges at most one other, whatever the size of the map.
///
/// # Examples
///
/// ```
/// use packed_map::{Extras, NoBox, PackedMap, Text, Value};
///
/// # fn hash(key: &[u8]) -> u64 { xxhash_rust::xxh3::xxh3_64_with_seed(key, 7) }
/// let mut map = PackedMap::<NoBox, _>::new(hash);
/// map.put(hash(b"apples"), b"apples", 12, Extras::default());
/// let entry = map.get(hash(b"apples"), b"apples").unwrap();
/// assert_eq!(entry.value(), Value::Integer(12));
/// ```
pub struct PackedMap<B, H> {
    pub(crate) directory: Directory<B>,
    hasher: H,
    /// Entries.
    pub(crate) len: usize,
    /// Entries that expire.
    pub(crate) expiring: usize,
    /// The bytes that pages have allocated.
    pub(crate) page_bytes: usize,
}

impl<B, H: HashKeys> PackedMap<B, H> {
    /// An empty map, which has allocated nothing.
    pub const fn new(hasher: H) -> Self {
        Self { directory: Directory::new(), hasher, len: 0, expiring: 0, page_bytes: 0 }
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many entries expire.
    #[must_use]
    pub fn expiring(&self) -> usize {
        self.expiring
    }

    /// How many pages there are.
    #[must_use]
    pub fn pages(&self) -> u64 {
        self.directory.pages()
    }

    /// The bytes that the map has allocated: directory, pages, and what stands outside them. What
    /// values of the type `B` own is theirs to count, and the allocator's rounding is not seen.
    #[must_use]
    pub fn used_bytes(&self) -> usize {
        self.directory.bytes() + self.page_bytes
    }

    /// [`used_bytes`](Self::used_bytes), counted again from nothing.
    ///
    /// # Complexity
    ///
    /// Visits every page; meant for tests.
    #[must_use]
    pub fn recount_bytes(&self) -> usize {
        let pages: usize = self.directory.iter().map(Page::heap_bytes).sum();
        self.directory.counted_bytes() + pages
    }

    /// The hasher that the map was made with.
    pub fn hasher(&self) -> &H {
        &self.hasher
    }

    /// Hints that the keys with these hashes are about to be looked up. Worth its price from
    /// about four keys on.
    pub fn prepare(&self, hashes: &[u64]) {
        if self.directory.pages() == 0 {
            return;
        }
        for &hash in hashes {
            self.directory.prefetch(self.directory.bucket(hash));
        }
        for &hash in hashes {
            self.directory.page(self.directory.bucket(hash)).prefetch();
        }
    }

    /// The entry of `key`.
    #[inline]
    #[must_use]
    pub fn get(&self, hash: u64, key: &[u8]) -> Option<Entry<'_, B>> {
        let (bucket, (index, offset)) = self.find(hash, key)?;
        Some(Entry::new(self.directory.page(bucket), index, offset))
    }

    /// The value of `key`, to be changed in place, if it is of the type `B`.
    pub fn get_mut(&mut self, hash: u64, key: &[u8]) -> Option<&mut B> {
        let (bucket, (index, _)) = self.find(hash, key)?;
        self.directory.page_mut(bucket).boxed_mut(index)
    }

    /// Makes `key` hold `value` and `extras`, and returns what it held before.
    pub fn put<'v>(
        &mut self,
        hash: u64,
        key: &[u8],
        value: impl Into<NewValue<'v, B>>,
        extras: Extras,
    ) -> Option<Displaced<B>>
    where
        B: 'v,
    {
        debug_assert_eq!(self.hasher.hash(key), hash, "the hash is not the key's");
        if self.directory.pages() == 0 {
            self.directory.push(Page::new());
        }
        let form = Form::of_bytes(key);
        let bucket = self.directory.bucket(hash);
        let page = self.directory.page_mut(bucket);
        let before = page.heap_bytes();
        let displaced = match page.find(hash::tag(hash), &form) {
            Some(place) => {
                let had = page.extras_at(place.0, place.1).expires_at_ms.is_some();
                self.expiring -= usize::from(had);
                Some(page.replace(place, value.into(), extras))
            }
            None => {
                page.push(hash::tag(hash), &form, value.into(), extras);
                self.len += 1;
                None
            }
        };
        self.expiring += usize::from(extras.expires_at_ms.is_some());
        self.page_bytes = self.page_bytes + page.heap_bytes() - before;
        if displaced.is_none() {
            self.grow();
        }
        displaced
    }

    /// Gives the entry of `key` other extras, and tells whether there is one.
    pub fn set_extras(&mut self, hash: u64, key: &[u8], extras: Extras) -> bool {
        let Some((bucket, place)) = self.find(hash, key) else {
            return false;
        };
        let page = self.directory.page_mut(bucket);
        let had = page.extras_at(place.0, place.1).expires_at_ms.is_some();
        let before = page.heap_bytes();
        page.set_extras(place, extras);
        self.page_bytes = self.page_bytes + page.heap_bytes() - before;
        self.expiring -= usize::from(had);
        self.expiring += usize::from(extras.expires_at_ms.is_some());
        true
    }

    /// Removes the entry of `key` and returns what it held.
    pub fn remove(&mut self, hash: u64, key: &[u8]) -> Option<Displaced<B>> {
        let (bucket, place) = self.find(hash, key)?;
        let page = self.directory.page_mut(bucket);
        let had = page.extras_at(place.0, place.1).expires_at_ms.is_some();
        let before = page.heap_bytes();
        let displaced = page.remove(place);
        self.page_bytes = self.page_bytes + page.heap_bytes() - before;
        self.len -= 1;
        self.expiring -= usize::from(had);
        self.settle(1);
        Some(displaced)
    }

    /// Visits the entries of one page and returns the cursor to go on from; 0 starts and ends.
    ///
    /// Whatever is written between two calls, an entry that is there from the first call to the
    /// last is visited at least once. Cursors are below 2^[`BUCKET_BITS`](crate::BUCKET_BITS);
    /// a number that no call returned starts somewhere and harms nothing.
    pub fn scan<'a>(&'a self, cursor: u64, mut visit: impl FnMut(Entry<'a, B>)) -> u64 {
        if self.directory.pages() == 0 {
            return 0;
        }
        let bucket = self.directory.bucket(cursor);
        let page = self.directory.page(bucket);
        for (index, offset) in page.iter() {
            visit(Entry::new(page, index, offset));
        }
        cursor::after(cursor, self.directory.depth(bucket))
    }

    /// All entries, in no particular order.
    pub fn iter(&self) -> Iter<'_, B> {
        Iter::new(&self.directory, self.len)
    }

    /// Removes the entries of one page, handing values of the type `B` to `boxed`, and tells
    /// whether there are more pages. Emptying a map this way takes bounded steps.
    pub fn drain_page(&mut self, boxed: impl FnMut(B)) -> bool {
        let Some(page) = self.directory.pop() else {
            return false;
        };
        self.page_bytes -= page.heap_bytes();
        self.len -= page.len();
        let expires =
            |&(index, at): &(usize, usize)| page.extras_at(index, at).expires_at_ms.is_some();
        self.expiring -= page.iter().filter(expires).count();
        page.into_boxed().for_each(boxed);
        self.directory.pages() > 0
    }

    /// At least as many bytes as [`used_bytes`](Self::used_bytes) will rise by when `key` is
    /// [`put`](Self::put) with this value and these extras.
    ///
    /// # Complexity
    ///
    /// That of a look-up.
    #[must_use]
    pub fn put_growth_max(
        &self,
        hash: u64,
        key: &[u8],
        value: &NewValue<'_, B>,
        extras: Extras,
    ) -> usize {
        let (value_run, value_out) = match value {
            NewValue::Boxed(_) => (0, Some(0)),
            NewValue::Text(text) => out_of(Form::of(*text)),
        };
        let value_run = value_run + packed::packed_size(extras);
        if let Some((bucket, (index, _))) = self.find(hash, key) {
            let page = self.directory.page(bucket);
            let more = value_run.saturating_sub(page.value_size(index));
            let outs = usize::from(value_out.is_some());
            return page.growth_max(more, outs) + value_out.unwrap_or(0);
        }
        let (key_run, key_out) = out_of(Form::of_bytes(key));
        let run = key_run + value_run + page::ARRAYS;
        let outs = usize::from(key_out.is_some()) + usize::from(value_out.is_some());
        let out_bytes = key_out.unwrap_or(0) + value_out.unwrap_or(0);
        if self.directory.pages() == 0 {
            return Page::<B>::new().growth_max(run, outs)
                + out_bytes
                + self.directory.growth_max();
        }
        let own = self.directory.page(self.directory.bucket(hash)).growth_max(run, outs);
        own + out_bytes + self.split_growth_max(run)
    }

    /// The page that holds `key`, and the number and offset of its entry there.
    #[inline]
    fn find(&self, hash: u64, key: &[u8]) -> Option<(u64, (usize, usize))> {
        debug_assert_eq!(self.hasher.hash(key), hash, "the hash is not the key's");
        if self.directory.pages() == 0 {
            return None;
        }
        let bucket = self.directory.bucket(hash);
        let place = self.directory.page(bucket).find(hash::tag(hash), &Form::of_bytes(key))?;
        Some((bucket, place))
    }

    /// Merges pages where the map has become thin, at most one for each of `removed` entries,
    /// which is more than it takes to keep up.
    pub(crate) fn settle(&mut self, removed: usize) {
        for _ in 0..removed {
            if !self.is_thin() {
                break;
            }
            let stay = self.directory.last_split();
            let Some(last) = self.directory.pop() else { break };
            let target = self.directory.page_mut(stay);
            let before = last.heap_bytes() + target.heap_bytes();
            last.deal(|_| false, target, &mut Page::new());
            self.page_bytes = self.page_bytes + target.heap_bytes() - before;
        }
    }

    /// Splits one page where there are more entries than the pages are meant for.
    fn grow(&mut self) {
        let pages = self.directory.pages();
        if self.len as u64 <= pages * ENTRIES_MEAN || pages == PAGES_MAX {
            return;
        }
        let (bucket, bit) = self.directory.next_split();
        let page = core::mem::replace(self.directory.page_mut(bucket), Page::new());
        let before = page.heap_bytes();
        let (mut stay, mut away) = (Page::new(), Page::new());
        let hasher = &self.hasher;
        let mut digits = crate::decimal::Buffer::new();
        page.deal(|key| hasher.hash(key.bytes(&mut digits)) >> bit & 1 == 1, &mut stay, &mut away);
        self.page_bytes = self.page_bytes + stay.heap_bytes() + away.heap_bytes() - before;
        *self.directory.page_mut(bucket) = stay;
        self.directory.push(away);
    }

    /// What a split can cost that follows the insertion of an entry of `run` bytes.
    fn split_growth_max(&self, run: usize) -> usize {
        if (self.len as u64) < self.directory.pages() * ENTRIES_MEAN {
            return 0;
        }
        let split = self.directory.page(self.directory.next_split().0);
        // Two pages have two slacks, of runs and of what stands outside them.
        let outs = split.len() / 2 + 4;
        self.directory.growth_max()
            + (split.run_len() + run) / 8
            + 32
            + outs * page::out_size::<B>()
    }

    /// Whether the map would still have room to spare with a page less.
    pub(crate) fn is_thin(&self) -> bool {
        let pages = self.directory.pages();
        pages > 1 && (self.len as u64) < (pages - 1) * MERGED_MEAN
    }

    /// Panics where the map contradicts itself.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    #[doc(hidden)]
    pub fn check(&self) {
        let (mut len, mut expiring) = (0, 0);
        for bucket in 0..self.directory.pages() {
            let page = self.directory.page(bucket);
            page.check();
            for (index, offset) in page.iter() {
                let entry = Entry::new(page, index, offset);
                let key = entry.key().to_vec();
                let hash = self.hasher.hash(&key);
                assert_eq!(self.directory.bucket(hash), bucket, "an entry in the wrong page");
                let found = page.find(hash::tag(hash), &Form::of_bytes(&key));
                assert_eq!(found, Some((index, offset)));
                len += 1;
                expiring += usize::from(entry.expires_at_ms().is_some());
            }
        }
        assert_eq!((len, expiring), (self.len, self.expiring), "counters");
        assert_eq!(self.used_bytes(), self.recount_bytes(), "bytes");
    }
}

impl<B, H: HashKeys + Default> Default for PackedMap<B, H> {
    fn default() -> Self {
        Self::new(H::default())
    }
}

impl<'a, B, H: HashKeys> IntoIterator for &'a PackedMap<B, H> {
    type Item = Entry<'a, B>;
    type IntoIter = Iter<'a, B>;

    fn into_iter(self) -> Iter<'a, B> {
        self.iter()
    }
}

impl<B, H> fmt::Debug for PackedMap<B, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PackedMap")
            .field("len", &self.len)
            .field("expiring", &self.expiring)
            .field("pages", &self.directory.pages())
            .finish_non_exhaustive()
    }
}

/// The bytes that a form takes in the page, and those it takes outside it, if it does.
fn out_of(form: Form<'_>) -> (usize, Option<usize>) {
    match form {
        Form::Out(bytes) => (0, Some(bytes.len())),
        form => {
            debug_assert_ne!(form.code(), OUT);
            (form.stored().len(), None)
        }
    }
}

/// Entries a page, on average, above which one is split. Twice as many can be in a page that was
/// not split yet in this doubling, and at 32 tags two lines still hold all there is to search.
const ENTRIES_MEAN: u64 = 16;

/// Entries a page, on average, that a merge may lead to. The distance to the mean above keeps a
/// map that gains and loses entries from splitting and merging in turn.
const MERGED_MEAN: u64 = 12;

#[cfg(test)]
mod tests;
