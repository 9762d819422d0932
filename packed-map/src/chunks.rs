//! Blocks in reference-counted chunks of 4 KiB, which can be lent.

mod chunk;
mod rooms;

use crate::arena::{Blocks, Exhausted, Handle, Move, Step, UNIT_BYTES, UNITS_MAX};
use crate::prefetch::prefetch;
use crate::shared::Shared;
use crate::shared::table::Table;
use chunk::CHUNK_BYTES;
use core::fmt;
use core::ops::Range;
use rooms::Rooms;

/// Blocks in chunks of 4 KiB that can be lent: a clone shares them all, and each sees
/// only what it writes itself.
///
/// Small blocks stand back to back in a chunk, so they cost neither a pointer nor an allocator's
/// rounding, and a block that grows pushes the others of its chunk on. A block of more than a
/// kilobyte is a chunk of its own. What is written is copied first where others have it, a chunk
/// at a time.
///
/// # Complexity
///
/// A block that is allocated, grows or is freed moves at most its chunk. The first write to a chunk
/// that is lent copies it, and with it the 64 pointers of its segment of the table of chunks.
///
/// # Examples
///
/// ```
/// use packed_map::{Blocks, Chunks};
///
/// let mut own = Chunks::new();
/// let block = own.alloc(1, 4)?;
/// own.bytes_mut(block)[8..].fill(7);
/// let lent = own.clone();
/// own.bytes_mut(block)[8..].fill(9);
/// let reader = std::thread::spawn(move || lent.bytes(block)[8]);
/// assert_eq!((own.bytes(block)[8], reader.join().unwrap()), (9, 7));
/// # Ok::<(), packed_map::Exhausted>(())
/// ```
pub struct Chunks {
    /// The chunks by number; `None` where none has it.
    table: Table<Option<Shared<u8>>, SEGMENT>,
    /// Where the next block goes.
    rooms: Rooms,
    used_units: usize,
    /// The bytes of all chunks.
    held_bytes: usize,
    /// The bytes of chunks that were copied because others had them.
    copied_bytes: usize,
}

impl Chunks {
    /// No chunks; nothing is allocated.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            table: Table::new(),
            rooms: Rooms::new(),
            used_units: 0,
            held_bytes: 0,
            copied_bytes: 0,
        }
    }

    /// The bytes that writes have copied because others had them.
    #[must_use]
    pub const fn copied_bytes(&self) -> usize {
        self.copied_bytes + self.table.copied_bytes() + self.rooms.copied_bytes()
    }

    /// How much of the chunks is free room, in hundredths.
    #[must_use]
    pub const fn free_percent(&self) -> usize {
        match self.held_bytes {
            0 => 0,
            held => (held - self.used_units * UNIT_BYTES) * 100 / held,
        }
    }

    /// The bytes of the chunks and their tables, counted again from nothing; meant for tests.
    #[must_use]
    pub fn counted_bytes(&self) -> usize {
        let chunks: usize = self.table.iter().flatten().map(Shared::bytes).sum();
        chunks + self.table.counted_bytes() + self.rooms.bytes()
    }

    /// Lets go of up to 64 chunks, whatever stands in them, and tells whether there were any.
    /// Nothing but this may be asked afterwards, and how many bytes there still are.
    pub fn drop_piece(&mut self) -> bool {
        self.rooms = Rooms::new();
        self.used_units = 0;
        let start = self.table.len().saturating_sub(1) / SEGMENT * SEGMENT;
        for number in start..self.table.len() {
            if let Some(chunk) = self.table.get(number) {
                self.held_bytes -= chunk.bytes();
            }
        }
        self.table.pop_segment()
    }

    fn chunk_mut(&mut self, number: usize) -> &mut [u8] {
        let Some(chunk) = self.table.get_mut(number) else { panic!("{FREED}") };
        if !chunk.is_alone() {
            self.copied_bytes += chunk.bytes();
        }
        chunk.make_mut()
    }

    /// Puts a chunk of its own or for several blocks under a number that none has.
    fn insert(&mut self, chunk: Shared<u8>) -> u32 {
        self.held_bytes += chunk.bytes();
        let number = self.rooms.take_number();
        if number as usize == self.table.len() {
            self.table.push(Some(chunk));
        } else {
            *self.table.get_mut(number as usize) = Some(chunk);
        }
        number
    }

    /// Gives a chunk up.
    fn remove(&mut self, number: u32) {
        let chunk = self.table.get_mut(number as usize).take();
        self.held_bytes -= chunk.map_or(0, |chunk| chunk.bytes());
        self.rooms.set_unused(number);
        while self.table.len().checked_sub(1).is_some_and(|last| self.table.get(last).is_none()) {
            self.table.pop();
            self.rooms.pop_unused();
        }
    }

    fn alloc_in(
        &mut self,
        kind: u8,
        units: usize,
        except: Option<u32>,
    ) -> Result<Handle, Exhausted> {
        let exhausted = Exhausted { units: units as u32 };
        let found = self.rooms.find(units, except);
        let number = match found {
            Some(number) => number,
            None if self.table.len() >= CHUNKS_MAX => return Err(exhausted),
            None => self.insert(Shared::from_items(chunk::empty().into_iter())),
        };
        let chunk = self.chunk_mut(number as usize);
        let slot = chunk::insert(chunk, units);
        let (range, room) = (chunk::range(chunk, slot), chunk::room(chunk));
        chunk[range.start] = kind;
        self.rooms.set(number, room);
        self.used_units += units;
        handle(number, slot).ok_or(exhausted)
    }

    /// Notes how much room a chunk has, or gives it up where it is empty.
    fn note(&mut self, number: u32) {
        let chunk = chunk_of(&self.table, number as usize);
        if chunk::is_empty(chunk) {
            self.remove(number);
        } else {
            let room = chunk::room(chunk);
            self.rooms.set(number, room);
        }
    }

    /// Panics where the chunks contradict themselves.
    #[cfg(test)]
    fn check(&self) {
        let chunks = self.table.iter().flatten();
        assert_eq!(self.held_bytes, chunks.map(Shared::bytes).sum::<usize>(), "bytes of chunks");
        assert_eq!(self.table.bytes(), self.table.counted_bytes(), "bytes of their table");
        let used: usize = (0..self.table.len()).map(|number| self.used_units_of(number)).sum();
        assert_eq!(self.used_units, used, "units");
    }

    #[cfg(test)]
    fn used_units_of(&self, number: usize) -> usize {
        let Some(chunk) = self.table.get(number) else { return 0 };
        if !is_shared(chunk) {
            return chunk.len() / UNIT_BYTES;
        }
        let slots = chunk::last(chunk).map_or(0, |last| last + 1);
        (0..slots).map(|slot| chunk::range(chunk, slot).len() / UNIT_BYTES).sum()
    }
}

impl Blocks for Chunks {
    fn alloc(&mut self, kind: u8, units: usize) -> Result<Handle, Exhausted> {
        assert!(kind != 0 && (1..=UNITS_MAX).contains(&units), "no block is like that");
        if units <= SHARED_UNITS_MAX {
            return self.alloc_in(kind, units, None);
        }
        if self.table.len() >= CHUNKS_MAX {
            return Err(Exhausted { units: units as u32 });
        }
        let mut chunk = Shared::from_items(core::iter::repeat_n(0, units * UNIT_BYTES));
        chunk.make_mut()[0] = kind;
        let number = self.insert(chunk);
        self.rooms.set_whole(number);
        self.used_units += units;
        handle(number, 0).ok_or(Exhausted { units: units as u32 })
    }

    fn free(&mut self, handle: Handle) {
        let (number, slot) = place(handle);
        let chunk = self.chunk_mut(number);
        let units = block(chunk, slot).len() / UNIT_BYTES;
        let number = number as u32;
        self.used_units -= units;
        if is_shared(self.chunk_mut(number as usize)) {
            chunk::remove(self.chunk_mut(number as usize), slot);
            self.note(number);
        } else {
            self.remove(number);
        }
    }

    fn grow(&mut self, handle: Handle, units: usize) -> bool {
        assert!((1..=UNITS_MAX).contains(&units), "no block is like that");
        let (number, slot) = place(handle);
        let chunk = chunk_of(&self.table, number);
        let before = block(chunk, slot).len() / UNIT_BYTES;
        if is_shared(chunk) {
            if units > SHARED_UNITS_MAX || !chunk::resize(self.chunk_mut(number), slot, units) {
                return false;
            }
            self.note(number as u32);
        } else {
            let kept = chunk.iter().copied().take(units * UNIT_BYTES);
            let zeros = core::iter::repeat_n(0, units.saturating_sub(before) * UNIT_BYTES);
            let resized = Shared::from_items(Exactly(kept.chain(zeros), units * UNIT_BYTES));
            self.held_bytes = self.held_bytes + units * UNIT_BYTES - before * UNIT_BYTES;
            *self.table.get_mut(number) = Some(resized);
        }
        self.used_units = self.used_units + units - before;
        true
    }

    #[inline]
    fn bytes(&self, handle: Handle) -> &[u8] {
        let (number, slot) = place(handle);
        block(chunk_of(&self.table, number), slot)
    }

    #[inline]
    fn bytes_mut(&mut self, handle: Handle) -> &mut [u8] {
        let (number, slot) = place(handle);
        let chunk = self.chunk_mut(number);
        let range = block_range(chunk, slot);
        &mut chunk[range]
    }

    fn pair(&mut self, from: Handle, to: Handle) -> (&[u8], &mut [u8]) {
        let ((one, one_slot), (other, other_slot)) = (place(from), place(to));
        if one == other {
            let target = self.chunk_mut(other);
            let (from, to) = (block_range(target, one_slot), block_range(target, other_slot));
            if from.end <= to.start {
                let (low, high) = target.split_at_mut(to.start);
                return (&low[from], &mut high[..to.end - to.start]);
            }
            assert!(to.end <= from.start, "two different blocks");
            let (low, high) = target.split_at_mut(from.start);
            return (&high[..from.end - from.start], &mut low[to]);
        }
        self.chunk_mut(other);
        let (Some(from), Some(to)) = self.table.get_both_mut(one, other) else { panic!("{FREED}") };
        let range = block_range(to, other_slot);
        (block(from, one_slot), &mut to.make_mut()[range])
    }

    #[inline]
    fn prefetch(&self, handle: Handle, byte: usize) {
        let (number, slot) = place(handle);
        if number < self.table.len()
            && let Some(chunk) = self.table.get(number)
        {
            // The block's own line is known only from the chunk's first, which is as far away.
            let near = if byte == 0 { 0 } else { chunk.len() - 64 * slot.min(chunk.len() / 64) };
            prefetch(chunk.as_ptr().wrapping_add(near));
        }
    }

    fn used_units(&self) -> usize {
        self.used_units
    }

    fn table_bytes(&self) -> usize {
        self.held_bytes - self.used_units * UNIT_BYTES + self.table.bytes() + self.rooms.bytes()
    }

    fn table_growth_max(&self, blocks: usize) -> usize {
        let chunks = blocks * Shared::<u8>::bytes_of(CHUNK_BYTES);
        chunks + self.table.growth_max(blocks) + self.rooms.growth_max(blocks)
    }

    /// A block of the chunk with the most room, to stand in a fuller one.
    fn next_move(&mut self, step: &mut Step) -> Option<Move> {
        if step.units_left == 0
            || step.blocks_left == 0
            || self.free_percent() <= step.free_percent_max as usize
        {
            return None;
        }
        let victim = self.rooms.emptiest()?;
        let slot = chunk::last(chunk_of(&self.table, victim as usize))?;
        let from = handle(victim, slot)?;
        let units = self.bytes(from).len() / UNIT_BYTES;
        // Without another chunk that has the room, it would only move to a new one.
        self.rooms.find(units, Some(victim))?;
        let kind = self.bytes(from)[0];
        let to = self.alloc_in(kind, units, Some(victim)).ok()?;
        let (own, copy) = self.pair(from, to);
        copy.copy_from_slice(own);
        step.units_left = step.units_left.saturating_sub(units);
        step.blocks_left -= 1;
        Some(Move { from, to })
    }

    fn finish_move(&mut self, moved: Move, took: bool) {
        self.free(if took { moved.from } else { moved.to });
    }
}

impl Clone for Chunks {
    /// The same blocks under the same handles, once more: what is written to either, the other
    /// does not see. Bytes that are copied for that are counted by who writes.
    ///
    /// # Complexity
    ///
    /// Two reference counts for every 64 chunks.
    fn clone(&self) -> Self {
        Self {
            table: self.table.lend(),
            rooms: self.rooms.lend(),
            used_units: self.used_units,
            held_bytes: self.held_bytes,
            copied_bytes: 0,
        }
    }
}

impl Default for Chunks {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Chunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunks")
            .field("chunks", &self.table.len())
            .field("used_units", &self.used_units)
            .field("held_bytes", &self.held_bytes)
            .finish_non_exhaustive()
    }
}

/// An iterator of a length that is known to whoever made it.
struct Exactly<I>(I, usize);

impl<I: Iterator> Iterator for Exactly<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.1, Some(self.1))
    }
}

impl<I: Iterator> ExactSizeIterator for Exactly<I> {}

/// The handle of a block.
fn handle(number: u32, slot: usize) -> Option<Handle> {
    Handle::from_bits((number << SLOT_BITS | slot as u32) + 1)
}

/// The chunk and the slot that a handle names.
#[inline]
const fn place(handle: Handle) -> (usize, usize) {
    let bits = handle.bits() - 1;
    ((bits >> SLOT_BITS) as usize, (bits & ((1 << SLOT_BITS) - 1)) as usize)
}

#[inline]
fn chunk_of(table: &Table<Option<Shared<u8>>, SEGMENT>, number: usize) -> &[u8] {
    match table.get(number) {
        Some(chunk) => chunk,
        None => panic!("{FREED}"),
    }
}

/// Whether a chunk is one for several blocks.
#[inline]
const fn is_shared(chunk: &[u8]) -> bool {
    // A block of its own is a whole number of units long.
    chunk.len() == CHUNK_BYTES
}

#[inline]
fn block_range(chunk: &[u8], slot: usize) -> Range<usize> {
    if is_shared(chunk) { chunk::range(chunk, slot) } else { 0..chunk.len() }
}

#[inline]
fn block(chunk: &[u8], slot: usize) -> &[u8] {
    &chunk[block_range(chunk, slot)]
}

/// What is wrong with a handle that should not be used any more.
const FREED: &str = "a handle of a block that was freed";

/// Chunks in a segment of the table.
const SEGMENT: usize = 64;

/// The bits of a handle that tell the slot; the others are the chunk's number.
const SLOT_BITS: u32 = 8;

/// As many chunks as handles can name.
const CHUNKS_MAX: usize = (u32::MAX >> SLOT_BITS) as usize;

/// The largest block that shares a chunk.
const SHARED_UNITS_MAX: usize = 64;

const _: () = assert!(!CHUNK_BYTES.is_multiple_of(UNIT_BYTES));

#[cfg(test)]
mod tests;
