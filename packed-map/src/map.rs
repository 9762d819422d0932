//! The map whose pages live among blocks that are lent to each call.

mod bound;
#[cfg(any(test, fuzzing, feature = "fuzzing"))]
mod check;
mod evict;
mod growth;
mod rank;
mod rehome;
mod sweep;
mod write;

pub use evict::{Choice, Evicted};
pub use sweep::{Sweeper, Swept};

use crate::arena::{Blocks, Handle};
use crate::code::{self, BLOCK, BOXED, Form, PACKED};
use crate::directory::Directory;
use crate::entry::Entry;
use crate::outside::{self, Outside};
use crate::page::Page;
use crate::pages::{OWNERS, Pages, Place};
use crate::rank::LEVELS_MAX;
use crate::{HashKeys, Iter, NoBox, cursor, hash};
use core::fmt;

/// A map from byte strings to byte strings, integers, or values of the type `B`, whose pages live
/// among blocks that several maps may share, and that are lent to each call.
///
/// [`PackedMap`](crate::PackedMap) is such a map with blocks of its own, and the place to begin.
///
/// Whoever calls hands the hash of the key along; it must be what `H` makes of the key (debug
/// builds assert it), or the key will not be found. The blocks must be the same in every call:
/// others hold other pages, and the map panics or finds nothing. Blocks that move are to be
/// announced to [`rehome`](Self::rehome). A map that is dropped leaves its blocks behind; it is
/// emptied by [`drain_bucket`](Self::drain_bucket).
///
/// # Complexity
///
/// Look-ups touch the directory, the page and the entry. A write moves at most one page's bytes
/// and splits or merges at most one other, whatever the size of the map.
///
/// # Examples
///
/// ```
/// use packed_map::{Extras, Heap, NewValue, NoBox, PageMap, Value};
///
/// # fn hash(key: &[u8]) -> u64 { xxhash_rust::xxh3::xxh3_64_with_seed(key, 7) }
/// let mut blocks = Heap::new();
/// let (mut fruit, mut nuts) = (PageMap::<NoBox, _>::new(hash), PageMap::<NoBox, _>::new(hash));
/// let none = Extras::default();
/// fruit.put(&mut blocks, hash(b"apples"), b"apples", NewValue::from(12), none)?;
/// nuts.put(&mut blocks, hash(b"almonds"), b"almonds", NewValue::from(7), none)?;
/// let entry = fruit.get(&blocks, hash(b"apples"), b"apples").unwrap();
/// assert_eq!(entry.value(), Value::Integer(12));
/// # Ok::<(), packed_map::Full<'_, NoBox>>(())
/// ```
pub struct PageMap<B, H> {
    pub(crate) directory: Directory,
    pub(crate) pages: Pages,
    pub(crate) outside: Outside<B>,
    hasher: H,
    /// Entries.
    len: usize,
    /// Entries that expire.
    expiring: usize,
    /// The bytes of all entries in their pages, arrays not included.
    data_bytes: usize,
    /// How many levels are kept of entries; 0 where none are.
    levels: u8,
    /// The entries at each level but the lowest.
    raised: [usize; LEVELS_MAX - 1],
}

/// Where an entry is, good until the map or its blocks are next written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position(Place);

impl<B, H: HashKeys> PageMap<B, H> {
    /// An empty map, which has allocated nothing, and is the only one among its blocks.
    pub const fn new(hasher: H) -> Self {
        Self::with_owner(hasher, OWNERS - 1)
    }

    /// An empty map that marks its blocks with `owner`, a number below 32, so that whoever moves
    /// them knows which map to tell. Several maps may have the same mark.
    ///
    /// # Panics
    ///
    /// Where `owner` is 32 or more.
    pub const fn with_owner(hasher: H, owner: u8) -> Self {
        Self {
            directory: Directory::new(),
            pages: Pages::new(owner),
            outside: Outside::new(),
            hasher,
            len: 0,
            expiring: 0,
            data_bytes: 0,
            levels: 0,
            raised: [0; LEVELS_MAX - 1],
        }
    }

    /// The mark of the map's blocks.
    #[must_use]
    pub const fn owner(&self) -> u8 {
        self.pages.owner()
    }

    /// How many entries there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no entries.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many entries expire.
    #[must_use]
    pub const fn expiring(&self) -> usize {
        self.expiring
    }

    /// Says what time it is, so that expiries around it take least: five bytes each. Nothing
    /// happens while any entry expires. A map that is never told takes the first expiry for the
    /// time.
    pub fn expect_times_around(&mut self, now_ms: u64) {
        if self.expiring == 0 {
            self.outside.times.center(now_ms);
        }
    }

    /// How many buckets there are, of about one page each.
    #[must_use]
    pub const fn buckets(&self) -> u64 {
        self.directory.buckets()
    }

    /// The bytes that the map has allocated: its blocks, its directory, and what stands outside
    /// both. What values of the type `B` own is theirs to count.
    #[must_use]
    pub fn used_bytes(&self) -> usize {
        self.block_bytes() + self.directory.bytes() + self.outside.bytes()
    }

    /// The bytes of the directory, and of what stands outside the blocks.
    pub(crate) fn beside_bytes(&self) -> usize {
        self.directory.bytes() + self.outside.bytes()
    }

    /// What [`beside_bytes`](Self::beside_bytes) must be.
    pub(crate) fn counted_beside_bytes(&self) -> usize {
        self.directory.counted_bytes() + self.outside.counted_bytes()
    }

    /// The bytes of the map's blocks.
    #[must_use]
    pub const fn block_bytes(&self) -> usize {
        self.pages.bytes()
    }

    /// The bytes of the entries alone: their keys, values and extras as they are packed. The rest
    /// of [`used_bytes`](Self::used_bytes) is what the map costs.
    #[must_use]
    pub const fn payload_bytes(&self) -> usize {
        self.data_bytes + self.pages.string_bytes() + self.outside.string_bytes()
    }

    /// [`used_bytes`](Self::used_bytes), counted again from nothing.
    ///
    /// # Complexity
    ///
    /// Visits every entry; meant for tests.
    #[must_use]
    pub fn recount_bytes<A: Blocks>(&self, blocks: &A) -> usize {
        let mut bytes = self.counted_beside_bytes();
        for head in self.directory.iter() {
            let mut next = head;
            while let Some(handle) = next {
                let page = Page::new(blocks.bytes(handle));
                bytes += page.len();
                for (index, start) in page.iter() {
                    let key = (page.key_code(index), page.key(index, start));
                    let value = (page.value_code(index), page.value(index, start));
                    let in_blocks = |part: &(u8, &[u8])| matches!(part.0, BLOCK | PACKED);
                    for (_, stored) in [key, value].into_iter().filter(in_blocks) {
                        bytes += blocks.bytes(outside::handle(stored)).len();
                    }
                }
                next = page.link();
            }
        }
        bytes
    }

    /// The hasher that the map was made with.
    pub const fn hasher(&self) -> &H {
        &self.hasher
    }

    /// Hints that the keys with these hashes are about to be looked up: fetches all directory
    /// slots, then all pages' arrays, then the data that the tags point at. Worth its price from
    /// about four keys on. Nothing depends on it.
    pub fn prepare<A: Blocks>(&self, blocks: &A, hashes: &[u64]) {
        self.fetch(blocks, hashes, false);
    }

    /// As [`prepare`](Self::prepare), for keys that are about to be written: of one that seems to
    /// be new, the whole page is fetched, as it will move.
    pub fn prepare_writes<A: Blocks>(&self, blocks: &A, hashes: &[u64]) {
        self.fetch(blocks, hashes, true);
    }

    #[inline]
    fn fetch<A: Blocks>(&self, blocks: &A, hashes: &[u64], writes: bool) {
        if self.directory.buckets() == 0 {
            return;
        }
        for group in hashes.chunks(GROUP) {
            for &hash in group {
                self.directory.prefetch(self.directory.bucket(hash));
            }
            let mut pages = [None; GROUP];
            for (page, &hash) in pages.iter_mut().zip(group) {
                *page = self.directory.head(self.directory.bucket(hash));
                if let Some(page) = *page {
                    blocks.prefetch(page, 0);
                    blocks.prefetch(page, CACHE_LINE);
                }
            }
            for (page, &hash) in pages.iter().zip(group) {
                let Some(handle) = *page else { continue };
                let page = Page::new(blocks.bytes(handle));
                match page.likely_start(hash::tag(hash)) {
                    Some(start) => {
                        blocks.prefetch(handle, start);
                        blocks.prefetch(handle, start + CACHE_LINE - 1);
                    }
                    None if writes => {
                        let rest = (2 * CACHE_LINE..page.len()).step_by(CACHE_LINE);
                        rest.for_each(|byte| blocks.prefetch(handle, byte));
                    }
                    None => {}
                }
            }
        }
    }

    /// The entry of `key`.
    #[inline]
    #[must_use]
    pub fn get<'a, A: Blocks>(
        &'a self,
        blocks: &'a A,
        hash: u64,
        key: &[u8],
    ) -> Option<Entry<'a, B, A>> {
        debug_assert_eq!(self.hasher.hash(key), hash, "the hash is not the key's");
        let (page, at) = self.search(blocks, hash, &Form::of_bytes(key))?;
        Some(Entry::new(&self.outside, blocks, page, (at.index, at.start)))
    }

    /// Where the entry of `key` is.
    #[inline]
    #[must_use]
    pub fn find<A: Blocks>(&self, blocks: &A, hash: u64, key: &[u8]) -> Option<Position> {
        debug_assert_eq!(self.hasher.hash(key), hash, "the hash is not the key's");
        self.locate(blocks, hash, &Form::of_bytes(key)).map(Position)
    }

    /// The entry at a position that [`find`](Self::find) returned.
    ///
    /// # Panics
    ///
    /// May panic, or return another entry, where the map was written since.
    #[inline]
    #[must_use]
    pub fn entry<'a, A: Blocks>(&'a self, blocks: &'a A, at: Position) -> Entry<'a, B, A> {
        let page = Page::new(blocks.bytes(at.0.page));
        Entry::new(&self.outside, blocks, page, (at.0.index, at.0.start))
    }

    /// The value of `key`, to be changed in place, if it is of the type `B`.
    pub fn get_mut<A: Blocks>(&mut self, blocks: &A, hash: u64, key: &[u8]) -> Option<&mut B> {
        let Position(place) = self.find(blocks, hash, key)?;
        let page = Page::new(blocks.bytes(place.page));
        if page.value_code(place.index) != BOXED {
            return None;
        }
        let number = outside::number(page.value(place.index, place.start));
        Some(self.outside.boxed.get_mut(number))
    }

    /// Visits the entries of one bucket and returns the cursor to go on from; 0 starts and ends.
    ///
    /// Whatever is written between two calls, an entry that is there from the first call to the
    /// last is visited at least once. Cursors are below 2^[`BUCKET_BITS`](crate::BUCKET_BITS);
    /// a number that no call returned starts somewhere and harms nothing.
    pub fn scan<'a, A: Blocks>(
        &'a self,
        blocks: &'a A,
        cursor: u64,
        mut visit: impl FnMut(Entry<'a, B, A>),
    ) -> u64 {
        if self.directory.buckets() == 0 {
            return 0;
        }
        let bucket = self.directory.bucket(cursor);
        let mut next = self.directory.head(bucket);
        while let Some(handle) = next {
            let page = Page::new(blocks.bytes(handle));
            page.iter().for_each(|at| visit(Entry::new(&self.outside, blocks, page, at)));
            next = page.link();
        }
        cursor::after(cursor, self.directory.depth(bucket))
    }

    /// All entries, in no particular order.
    pub fn iter<'a, A: Blocks>(&'a self, blocks: &'a A) -> Iter<'a, B, A> {
        Iter::new(&self.directory, &self.outside, blocks, self.len)
    }

    #[inline]
    fn locate<A: Blocks>(&self, blocks: &A, hash: u64, key: &Form<'_>) -> Option<Place> {
        self.search(blocks, hash, key).map(|(_, place)| place)
    }

    /// The page of a key's entry, and where that is.
    #[inline]
    fn search<'a, A: Blocks>(
        &self,
        blocks: &'a A,
        hash: u64,
        key: &Form<'_>,
    ) -> Option<(Page<'a>, Place)> {
        // The form is looked at once, not page by page.
        match *key {
            Form::Literal(bytes) => {
                self.search_chain(blocks, hash, key.code(), |own| begins_with(own, bytes))
            }
            Form::Integer(bytes, width) => {
                let bytes = &bytes[..usize::from(width)];
                self.search_chain(blocks, hash, key.code(), |own| begins_with(own, bytes))
            }
            Form::Long(bytes) => self.search_long(blocks, hash, key.code(), bytes),
        }
    }

    #[cold]
    #[inline(never)]
    fn search_long<'a, A: Blocks>(
        &self,
        blocks: &'a A,
        hash: u64,
        code: u8,
        key: &[u8],
    ) -> Option<(Page<'a>, Place)> {
        let holds = |own| self.outside.string(blocks, code, own) == key;
        self.search_chain(blocks, hash, code, holds)
    }

    #[inline]
    fn search_chain<'a, A: Blocks>(
        &self,
        blocks: &'a A,
        hash: u64,
        code: u8,
        holds: impl Fn(&'a [u8]) -> bool,
    ) -> Option<(Page<'a>, Place)> {
        if self.directory.buckets() == 0 {
            return None;
        }
        let tag = hash::tag(hash);
        let handle = self.directory.head(self.directory.bucket(hash))?;
        let page = Page::new(blocks.bytes(handle));
        if let Some((index, start)) = page.find(tag, code, &holds) {
            return Some((page, Place { previous: None, page: handle, index, start }));
        }
        match page.link() {
            None => None,
            Some(next) => Self::search_links(blocks, (handle, next), (tag, code), holds),
        }
    }

    #[cold]
    #[inline(never)]
    fn search_links<'a, A: Blocks>(
        blocks: &'a A,
        (mut previous, mut handle): (Handle, Handle),
        (tag, code): (u8, u8),
        holds: impl Fn(&'a [u8]) -> bool,
    ) -> Option<(Page<'a>, Place)> {
        loop {
            let page = Page::new(blocks.bytes(handle));
            if let Some((index, start)) = page.find(tag, code, &holds) {
                let place = Place { previous: Some(previous), page: handle, index, start };
                return Some((page, place));
            }
            (previous, handle) = (handle, page.link()?);
        }
    }

    /// The low 32 bits, at least, of the hash of an entry's key.
    fn key_hash<A: Blocks>(
        &self,
        blocks: &A,
        page: Page<'_>,
        (index, start): (usize, usize),
    ) -> u64 {
        let stored = page.key(index, start);
        match page.key_code(index) {
            code if code < code::REFERENCE => {
                let mut digits = crate::decimal::Buffer::new();
                self.hasher.hash(code::text(code, stored).bytes(&mut digits))
            }
            BLOCK => crate::string_block::hash(blocks.bytes(outside::handle(stored))),
            _ => self.outside.hash(stored),
        }
    }
}

impl<H: Clone> PageMap<NoBox, H> {
    /// The same map, once more, for a copy of its blocks.
    pub(crate) fn lend(&self) -> Self {
        Self {
            directory: self.directory.lend(),
            pages: self.pages.clone(),
            outside: self.outside.lend(),
            hasher: self.hasher.clone(),
            ..*self
        }
    }
}

impl<B, H: HashKeys + Default> Default for PageMap<B, H> {
    fn default() -> Self {
        Self::new(H::default())
    }
}

impl<B, H> fmt::Debug for PageMap<B, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageMap")
            .field("len", &self.len)
            .field("expiring", &self.expiring)
            .field("buckets", &self.directory.buckets())
            .finish_non_exhaustive()
    }
}

#[inline]
fn begins_with(bytes: &[u8], prefix: &[u8]) -> bool {
    bytes.get(..prefix.len()).is_some_and(|own| code::same(own, prefix))
}

/// The bytes that are fetched together.
const CACHE_LINE: usize = 64;

/// Look-ups that are prepared together: more lines than this are not on their way at once.
const GROUP: usize = 32;

#[cfg(test)]
mod tests;
