//! A map together with the blocks that its pages live in.

use crate::arena::{Blocks, Exhausted, Step, UNIT_BYTES};
use crate::chunks::Chunks;
use crate::entry::{Displaced, Entry, Extras, Full, NewValue};
use crate::map::{PageMap, Sweeper, Swept};
use crate::{HashKeys, Heap, Iter};
use core::fmt;

/// The value type of a map whose values are byte strings alone. It has no values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoBox {}

/// A map from byte strings to byte strings, integers, or values of the type `B`, with blocks of
/// its own: allocations, or an [`Arena`](crate::Arena).
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
pub struct PackedMap<B, H, A = Heap> {
    map: PageMap<B, H>,
    blocks: A,
}

impl<B, H: HashKeys> PackedMap<B, H> {
    /// An empty map, which has allocated nothing, whose pages will be allocations.
    pub const fn new(hasher: H) -> Self {
        Self { map: PageMap::new(hasher), blocks: Heap::new() }
    }
}

impl<B, H: HashKeys, A: Blocks> PackedMap<B, H, A> {
    /// An empty map whose pages will live among `blocks`, which are its own.
    pub const fn with_blocks(hasher: H, blocks: A) -> Self {
        Self { map: PageMap::new(hasher), blocks }
    }

    /// How many entries there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.map.len()
    }

    /// Whether there are no entries.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// How many entries expire.
    #[must_use]
    pub const fn expiring(&self) -> usize {
        self.map.expiring()
    }

    /// How many buckets there are, of about one page each.
    #[must_use]
    pub const fn buckets(&self) -> u64 {
        self.map.buckets()
    }

    /// The blocks that the map's pages live in.
    pub const fn blocks(&self) -> &A {
        &self.blocks
    }

    /// The bytes that the map has allocated: its blocks and their table, its directory, and what
    /// stands outside them. What values of the type `B` own is theirs to count, and the
    /// allocator's rounding is not seen.
    #[must_use]
    pub fn used_bytes(&self) -> usize {
        self.map.beside_bytes() + self.blocks_bytes()
    }

    /// The bytes of the entries alone; see [`PageMap::payload_bytes`].
    #[must_use]
    pub const fn payload_bytes(&self) -> usize {
        self.map.payload_bytes()
    }

    /// [`used_bytes`](Self::used_bytes), counted again from nothing.
    ///
    /// # Complexity
    ///
    /// Visits every entry; meant for tests.
    #[must_use]
    pub fn recount_bytes(&self) -> usize {
        self.map.recount_bytes(&self.blocks) + self.blocks.table_bytes()
    }

    /// The hasher that the map was made with.
    pub const fn hasher(&self) -> &H {
        self.map.hasher()
    }

    /// Hints that the keys with these hashes are about to be looked up. Worth its price from
    /// about four keys on.
    pub fn prepare(&self, hashes: &[u64]) {
        self.map.prepare(&self.blocks, hashes);
    }

    /// As [`prepare`](Self::prepare), for keys that are about to be written.
    pub fn prepare_writes(&self, hashes: &[u64]) {
        self.map.prepare_writes(&self.blocks, hashes);
    }

    /// The entry of `key`.
    #[inline]
    #[must_use]
    pub fn get(&self, hash: u64, key: &[u8]) -> Option<Entry<'_, B, A>> {
        self.map.get(&self.blocks, hash, key)
    }

    /// The value of `key`, to be changed in place, if it is of the type `B`.
    pub fn get_mut(&mut self, hash: u64, key: &[u8]) -> Option<&mut B> {
        self.map.get_mut(&self.blocks, hash, key)
    }

    /// Makes `key` hold `value` and `extras`, and returns what it held before.
    ///
    /// # Panics
    ///
    /// Where the blocks are exhausted, which allocations are not; see
    /// [`try_put`](Self::try_put).
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
        match self.try_put(hash, key, value, extras) {
            Ok(displaced) => displaced,
            Err(full) => panic!("{full}"),
        }
    }

    /// Makes `key` hold `value` and `extras`, and returns what it held before.
    ///
    /// # Errors
    ///
    /// [`Full`] where there is no room for the blocks that it takes; nothing has changed then.
    pub fn try_put<'v>(
        &mut self,
        hash: u64,
        key: &[u8],
        value: impl Into<NewValue<'v, B>>,
        extras: Extras,
    ) -> Result<Option<Displaced<B>>, Full<'v, B>>
    where
        B: 'v,
    {
        self.map.put(&mut self.blocks, hash, key, value.into(), extras)
    }

    /// Gives the entry of `key` other extras, and tells whether there is one.
    ///
    /// # Errors
    ///
    /// [`Exhausted`] where there is no room for them; nothing has changed then.
    pub fn set_extras(&mut self, hash: u64, key: &[u8], extras: Extras) -> Result<bool, Exhausted> {
        self.map.set_extras(&mut self.blocks, hash, key, extras)
    }

    /// Removes the entry of `key` and returns what it held.
    pub fn remove(&mut self, hash: u64, key: &[u8]) -> Option<Displaced<B>> {
        self.map.remove(&mut self.blocks, hash, key)
    }

    /// Visits the entries of one bucket and returns the cursor to go on from; see
    /// [`PageMap::scan`].
    pub fn scan<'a>(&'a self, cursor: u64, visit: impl FnMut(Entry<'a, B, A>)) -> u64 {
        self.map.scan(&self.blocks, cursor, visit)
    }

    /// All entries, in no particular order.
    pub fn iter(&self) -> Iter<'_, B, A> {
        self.map.iter(&self.blocks)
    }

    /// Removes what expires at or before `now_ms`, within limits; see [`PageMap::sweep`].
    pub fn sweep(
        &mut self,
        cursor: u64,
        now_ms: u64,
        limits: (usize, usize),
        sweeper: &mut impl Sweeper<B>,
    ) -> Swept {
        self.map.sweep(&mut self.blocks, cursor, now_ms, limits, sweeper)
    }

    /// Removes the entries of one bucket, handing values of the type `B` to `boxed`, and tells
    /// whether there are more buckets.
    pub fn drain_bucket(&mut self, boxed: impl FnMut(B)) -> bool {
        self.map.drain_bucket(&mut self.blocks, boxed)
    }

    /// Moves blocks of an arena together, within what `step` allows, and returns how many moved.
    pub fn compact(&mut self, step: &mut Step) -> usize {
        let mut moves = 0;
        while let Some(own) = self.blocks.next_move(step) {
            let took = self.map.rehome(&mut self.blocks, own.from, own.to);
            debug_assert!(took, "the map has no other blocks than its own");
            self.blocks.finish_move(own, took);
            moves += 1;
        }
        moves
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
        let growth = self.map.put_growth_max(&self.blocks, hash, key, value, extras);
        // A key, a value, a page, and two more by a split.
        if growth == 0 { 0 } else { growth + self.blocks.table_growth_max(5) }
    }

    /// The bytes of the blocks and their table.
    fn blocks_bytes(&self) -> usize {
        self.blocks.used_units() * UNIT_BYTES + self.blocks.table_bytes()
    }

    /// Panics where the map contradicts itself.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    #[doc(hidden)]
    pub fn check(&self) {
        self.map.check(&self.blocks);
        assert_eq!(self.blocks.used_units() * UNIT_BYTES, self.map.block_bytes());
    }

    /// Whether merges have not kept up.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    #[doc(hidden)]
    pub const fn is_thin(&self) -> bool {
        self.map.is_thin()
    }
}

impl<H: HashKeys + Clone> PackedMap<NoBox, H, Chunks> {
    /// Lets go of a piece of the map, up to 64 chunks, and tells whether there is more. Blocks that
    /// others have are not written for it. Nothing but this, and
    /// [`used_bytes`](Self::used_bytes), may be asked of the map afterwards.
    ///
    /// # Complexity
    ///
    /// Bounded, but for strings of more than 4 KiB, which go together.
    pub fn drop_piece(&mut self) -> bool {
        if self.blocks.drop_piece() {
            return true;
        }
        self.map.drop_piece()
    }

    /// [`used_bytes`](Self::used_bytes), counted again from nothing, chunk by chunk.
    ///
    /// # Complexity
    ///
    /// Visits every chunk; meant for tests.
    #[must_use]
    pub fn recount_chunks(&self) -> usize {
        self.map.counted_beside_bytes() + self.blocks.counted_bytes()
    }

    /// The bytes that writes to this map have copied because others had them.
    #[must_use]
    pub const fn copied_bytes(&self) -> usize {
        self.blocks.copied_bytes() + self.map.directory.copied_bytes()
    }
}

impl<H: HashKeys + Clone> Clone for PackedMap<NoBox, H, Chunks> {
    /// The same map, once more. Both share what neither has written since, whatever thread they
    /// are on.
    ///
    /// # Complexity
    ///
    /// Two reference counts for every 64 chunks, some 15,000 short entries, and one for every
    /// string of more than 4 KiB.
    fn clone(&self) -> Self {
        Self { map: self.map.lend(), blocks: self.blocks.clone() }
    }
}

impl<B, H: HashKeys + Default> Default for PackedMap<B, H> {
    fn default() -> Self {
        Self::new(H::default())
    }
}

impl<'a, B, H: HashKeys, A: Blocks> IntoIterator for &'a PackedMap<B, H, A> {
    type Item = Entry<'a, B, A>;
    type IntoIter = Iter<'a, B, A>;

    fn into_iter(self) -> Iter<'a, B, A> {
        self.iter()
    }
}

impl<B, H, A> fmt::Debug for PackedMap<B, H, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.map.fmt(f)
    }
}
