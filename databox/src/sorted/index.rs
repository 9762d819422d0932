//! Which leaf a member stands in, by its hash.
//!
//! A linear-hash directory of buckets, some sixteen entries each, as in the packed map; an entry
//! is eight bytes, the low half of the hash and the leaf, and the member stands in the leaf alone.
//! So a bucket splits without looking at members, and nearly every hash that is found is the
//! member's.
//!
//! ```text
//! byte  0      2 .. 4    4 .. 8    8 + 8 i           12 + 8 i
//!       kind   chunk's   bucket    hash              leaf + 1; 0 in an entry that is none
//! ```

use alloc::vec::Vec;
use packed_map::{Blocks, Chunks, Handle, Step, Table, UNIT_BYTES};

/// Leaves by the hashes of their members.
#[derive(Debug)]
pub(super) struct Index {
    blocks: Chunks,
    /// The handles of buckets; 0 where one is empty.
    buckets: Table<u32, SEGMENT>,
    len: usize,
}

impl Index {
    pub(super) const fn new() -> Self {
        Self { blocks: Chunks::new(), buckets: Table::new(), len: 0 }
    }

    /// The leaves that may have a member with this hash.
    pub(super) fn find(&self, hash: u32) -> impl Iterator<Item = u32> {
        let entries = if self.len == 0 { &[] } else { self.entries(self.bucket(hash)) };
        entries.iter().filter_map(move |entry| {
            let (own, leaf) = parts(entry);
            if own == hash { leaf.checked_sub(1) } else { None }
        })
    }

    /// Notes that a member with this hash stands in a leaf.
    pub(super) fn insert(&mut self, hash: u32, leaf: u32) {
        if self.buckets.is_empty() {
            self.buckets.push(0);
        }
        self.push(self.bucket(hash), whole(hash, leaf));
        self.len += 1;
        if self.len > self.buckets.len() * ENTRIES {
            self.split();
        }
    }

    /// Forgets that a member with this hash stands in a leaf.
    pub(super) fn remove(&mut self, hash: u32, leaf: u32) {
        let bucket = self.bucket(hash);
        let mut entries = self.entries(bucket).to_vec();
        let Some(at) = entries.iter().position(|entry| *entry == whole(hash, leaf)) else {
            debug_assert!(false, "an entry that is there");
            return;
        };
        entries.swap_remove(at);
        self.write(bucket, &entries);
        self.len -= 1;
        if self.len * 2 < self.buckets.len() * ENTRIES {
            self.merge();
        }
    }

    /// Notes that a member with this hash has moved.
    pub(super) fn moved(&mut self, hash: u32, from: u32, to: u32) {
        let bucket = self.bucket(hash);
        let before = whole(hash, from);
        let at = self.entries(bucket).iter().position(|entry| *entry == before);
        debug_assert!(at.is_some(), "an entry that is there");
        if let (Some(at), Some(handle)) = (at, self.handle(bucket)) {
            let start = HEAD_BYTES + at * ENTRY_BYTES;
            let block = self.blocks.bytes_mut(handle);
            block[start..start + ENTRY_BYTES].copy_from_slice(&whole(hash, to));
        }
    }

    /// Visits the hashes and leaves of one bucket from `cursor` on, and returns the cursor of the
    /// next one; 0 starts and ends. Cursors count through hashes whose bits are turned round, so
    /// that what splits or merges in between stays on its side of them.
    pub(super) fn scan(&self, cursor: u32, mut visit: impl FnMut(u32, u32)) -> u32 {
        if self.len == 0 {
            return 0;
        }
        let bucket = self.bucket(cursor.reverse_bits());
        for (hash, leaf) in self.entries(bucket).iter().map(parts) {
            if hash.reverse_bits() >= cursor && leaf > 0 {
                visit(hash, leaf - 1);
            }
        }
        let depth = self.depth(bucket);
        let first = (bucket as u32).reverse_bits();
        let behind = u64::from(first) + (1 << (u32::BITS - depth));
        u32::try_from(behind).unwrap_or(0)
    }

    /// The bytes that the index has allocated.
    pub(super) fn heap_bytes(&self) -> usize {
        let blocks = self.blocks.used_units() * UNIT_BYTES + self.blocks.table_bytes();
        blocks + self.buckets.bytes()
    }

    /// [`heap_bytes`](Self::heap_bytes), counted again from nothing.
    pub(super) fn recount_bytes(&self) -> usize {
        self.blocks.counted_bytes() + self.buckets.counted_bytes()
    }

    /// At least as many bytes as [`heap_bytes`](Self::heap_bytes) can rise by with one more member.
    pub(super) fn growth_max(&self, hash: u32) -> usize {
        let own = if self.len == 0 { 0 } else { self.entries(self.bucket(hash)).len() };
        let split = match self.buckets.len() {
            0 => 0,
            count => self.entries(count - (1 << count.ilog2())).len(),
        };
        let entries = 2 * (own + split + 4) * ENTRY_BYTES;
        entries + self.blocks.table_growth_max(3) + self.buckets.growth_max(2)
    }

    /// The bytes that writes have copied because clones had them.
    pub(super) const fn copied_bytes(&self) -> usize {
        self.blocks.copied_bytes() + self.buckets.copied_bytes()
    }

    /// Lets go of a piece of the index and tells whether more is left.
    pub(super) fn drop_piece(&mut self) -> bool {
        self.blocks.drop_piece() || self.buckets.pop_segment()
    }

    /// Moves a few blocks together where there is much room between them.
    pub(super) fn compact(&mut self, step: &mut Step) {
        while let Some(moved) = self.blocks.next_move(step) {
            let bucket = bucket_of(self.blocks.bytes(moved.from));
            *self.buckets.get_mut(bucket as usize) = moved.to.bits();
            self.blocks.finish_move(moved, true);
        }
    }

    /// Gives the entries of the next bucket that is too large by half a place of their own.
    fn split(&mut self) {
        let count = self.buckets.len();
        let from = count - (1 << count.ilog2());
        self.buckets.push(0);
        let entries = self.entries(from).to_vec();
        let (kept, moved): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|entry| self.bucket(parts(entry).0) == from);
        self.write(from, &kept);
        self.write(count, &moved);
    }

    /// Puts the entries of the last bucket back to where they came from.
    fn merge(&mut self) {
        let Some(last) = self.buckets.len().checked_sub(1).filter(|&last| last > 0) else { return };
        let to = last - (1 << last.ilog2());
        let mut entries = self.entries(to).to_vec();
        entries.extend_from_slice(self.entries(last));
        self.write(last, &[]);
        self.buckets.pop();
        self.write(to, &entries);
    }

    /// The bucket of a hash.
    #[inline]
    fn bucket(&self, hash: u32) -> usize {
        let count = self.buckets.len();
        let low = (1 << count.ilog2()) - 1;
        let far = hash as usize & (2 * low + 1);
        if far < count { far } else { hash as usize & low }
    }

    /// How many low bits of their hashes the entries of a bucket share.
    fn depth(&self, bucket: usize) -> u32 {
        let count = self.buckets.len();
        let level = count.ilog2();
        // Those before the next split, and those that splits have made, have one more.
        if bucket < count - (1 << level) || bucket >= 1 << level { level + 1 } else { level }
    }

    #[inline]
    fn entries(&self, bucket: usize) -> &[Entry] {
        let Some(handle) = self.handle(bucket) else { return &[] };
        let (entries, _) = self.blocks.bytes(handle)[HEAD_BYTES..].as_chunks();
        match entries.split_last() {
            Some((last, others)) if parts(last).1 == 0 => others,
            _ => entries,
        }
    }

    #[inline]
    fn handle(&self, bucket: usize) -> Option<Handle> {
        Handle::from_bits(*self.buckets.get(bucket))
    }

    /// Adds an entry to a bucket; in place where its block has room.
    fn push(&mut self, bucket: usize, entry: Entry) {
        let count = self.entries(bucket).len();
        if let Some(handle) = self.handle(bucket) {
            let start = HEAD_BYTES + count * ENTRY_BYTES;
            let block = self.blocks.bytes(handle);
            let has_room = block.len() >= start + ENTRY_BYTES;
            if has_room || self.blocks.grow(handle, block.len() / UNIT_BYTES + 1) {
                let block = self.blocks.bytes_mut(handle);
                block[start..start + ENTRY_BYTES].copy_from_slice(&entry);
                block[start + ENTRY_BYTES..].fill(0);
                return;
            }
        }
        let mut entries = Vec::with_capacity(count + 1);
        entries.extend_from_slice(self.entries(bucket));
        entries.push(entry);
        self.write(bucket, &entries);
    }

    fn write(&mut self, bucket: usize, entries: &[Entry]) {
        let before = self.handle(bucket);
        if entries.is_empty() {
            if let Some(handle) = before {
                self.blocks.free(handle);
            }
            *self.buckets.get_mut(bucket) = 0;
            return;
        }
        let units = (HEAD_BYTES + entries.len() * ENTRY_BYTES).div_ceil(UNIT_BYTES);
        let handle = match before {
            Some(handle)
                if self.blocks.bytes(handle).len() == units * UNIT_BYTES
                    || self.blocks.grow(handle, units) =>
            {
                handle
            }
            _ => {
                if let Some(handle) = before {
                    self.blocks.free(handle);
                }
                match self.blocks.alloc(KIND, units) {
                    Ok(handle) => handle,
                    Err(exhausted) => panic!("{exhausted}"),
                }
            }
        };
        *self.buckets.get_mut(bucket) = handle.bits();
        let block = self.blocks.bytes_mut(handle);
        block[4..HEAD_BYTES].copy_from_slice(&(bucket as u32).to_le_bytes());
        let (stored, behind) = block[HEAD_BYTES..].split_at_mut(entries.len() * ENTRY_BYTES);
        stored.copy_from_slice(entries.as_flattened());
        behind.fill(0);
    }

    /// How many entries there are.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Panics where the index contradicts itself.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    pub(super) fn check(&self) {
        let mut count = 0;
        let mut units = 0;
        for bucket in 0..self.buckets.len() {
            for (hash, leaf) in self.entries(bucket).iter().map(parts) {
                assert_eq!(self.bucket(hash), bucket);
                assert!(leaf > 0, "an entry that is none");
                count += 1;
            }
            if let Some(handle) = self.handle(bucket) {
                let block = self.blocks.bytes(handle);
                assert_eq!(bucket_of(block) as usize, bucket);
                units += block.len() / UNIT_BYTES;
            }
        }
        assert_eq!((count, units), (self.len, self.blocks.used_units()));
    }
}

impl Clone for Index {
    /// The same entries, once more; blocks are shared until either writes them.
    fn clone(&self) -> Self {
        Self { blocks: self.blocks.clone(), buckets: self.buckets.lend(), len: self.len }
    }
}

/// An entry as it is stored.
type Entry = [u8; ENTRY_BYTES];

/// The hash of an entry and its leaf plus 1.
#[inline]
const fn parts(entry: &Entry) -> (u32, u32) {
    let [h0, h1, h2, h3, l0, l1, l2, l3] = *entry;
    (u32::from_le_bytes([h0, h1, h2, h3]), u32::from_le_bytes([l0, l1, l2, l3]))
}

const fn whole(hash: u32, leaf: u32) -> Entry {
    let ([h0, h1, h2, h3], [l0, l1, l2, l3]) = (hash.to_le_bytes(), (leaf + 1).to_le_bytes());
    [h0, h1, h2, h3, l0, l1, l2, l3]
}

/// The bucket in this block.
fn bucket_of(block: &[u8]) -> u32 {
    block[4..].first_chunk().map_or(0, |bucket| u32::from_le_bytes(*bucket))
}

const HEAD_BYTES: usize = 8;
const ENTRY_BYTES: usize = 8;

/// The kind of a bucket's block.
const KIND: u8 = 1;

/// Entries a bucket, on average, from which on there is one bucket more.
const ENTRIES: usize = 16;

/// Buckets of a segment of their table.
const SEGMENT: usize = 64;
