//! Blocks for tests: each an allocation of its own of exactly its size, so that a sanitizer or an
//! index out of bounds shows every byte too far, and a handle that is not good any more panics.
//!
//! What an arena may do, this does often: it refuses to grow in place, flips the arena's mark in
//! other blocks' headers, fills what is not written with a pattern, and moves every block in turn
//! whenever it is asked for moves.

use super::header::{FREE, Header, Unit, mark_left_free};
use super::{Blocks, Exhausted, Handle, Move, Step, UNIT_BYTES, UNITS_MAX};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec;

/// A place for blocks that is slow and strict.
#[derive(Debug)]
pub struct Exact {
    blocks: BTreeMap<u32, Block>,
    /// The number of the next handle; none is used twice.
    next: u32,
    used_units: usize,
    units_max: usize,
    /// The state of a generator of numbers, not 0.
    random: u64,
    /// The walk of the moves: the next block, and the first that was allocated after its begin.
    walk: Option<(u32, u32)>,
}

#[derive(Debug)]
struct Block {
    bytes: Box<[u8]>,
    /// What must stand in the header.
    units: usize,
    marked: bool,
}

impl Exact {
    /// A place for `units_max` units. What it does at random follows from `seed`.
    pub fn new(seed: u64, units_max: usize) -> Self {
        Self {
            blocks: BTreeMap::new(),
            next: 1,
            used_units: 0,
            units_max,
            random: seed | 1,
            walk: None,
        }
    }

    /// Panics where a header's own bytes were written over, or units are counted wrong.
    pub fn check(&self) {
        self.blocks.values().for_each(Block::check);
        let units: usize = self.blocks.values().map(|block| block.units).sum();
        assert_eq!(units, self.used_units);
    }

    /// How many blocks live.
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Whether no block lives.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    fn block(&self, handle: Handle) -> &Block {
        self.blocks.get(&handle.bits()).expect("a handle of a living block")
    }

    fn block_mut(&mut self, handle: Handle) -> &mut Block {
        self.blocks.get_mut(&handle.bits()).expect("a handle of a living block")
    }

    /// The next number of Marsaglia's xorshift.
    fn random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    /// Flips the mark of some block, as the coming and going of its neighbours would.
    fn disturb(&mut self) {
        let from = self.random() as u32 % self.next;
        if let Some((_, block)) = self.blocks.range_mut(from..).next() {
            block.check();
            block.mark(!block.marked);
        }
    }
}

impl Blocks for Exact {
    fn alloc(&mut self, kind: u8, units: usize) -> Result<Handle, Exhausted> {
        assert!(kind != FREE && (1..=UNITS_MAX).contains(&units), "no block is like that");
        if self.used_units + units > self.units_max {
            return Err(Exhausted { units: units as u32 });
        }
        self.disturb();
        let marked = self.random().is_multiple_of(2);
        let handle = Handle::at(self.next as usize);
        self.blocks.insert(self.next, Block::new(kind, units, marked));
        self.next += 1;
        self.used_units += units;
        Ok(handle)
    }

    fn free(&mut self, handle: Handle) {
        let block = self.blocks.remove(&handle.bits()).expect("a handle of a living block");
        block.check();
        self.used_units -= block.units;
        self.disturb();
    }

    fn grow(&mut self, handle: Handle, units: usize) -> bool {
        assert!((1..=UNITS_MAX).contains(&units), "no block is like that");
        let refuses = self.random().is_multiple_of(2);
        let room = self.units_max - self.used_units;
        let block = self.block_mut(handle);
        block.check();
        let before = block.units;
        if units > before && (refuses || units - before > room) {
            return false;
        }
        block.resize(units);
        self.used_units = self.used_units - before + units;
        true
    }

    fn bytes(&self, handle: Handle) -> &[u8] {
        &self.block(handle).bytes
    }

    fn bytes_mut(&mut self, handle: Handle) -> &mut [u8] {
        &mut self.block_mut(handle).bytes
    }

    fn pair(&mut self, from: Handle, to: Handle) -> (&[u8], &mut [u8]) {
        assert_ne!(from, to, "one block twice");
        let (low, high) = (from.min(to).bits(), from.max(to).bits());
        let mut both = self.blocks.range_mut(low..=high);
        let first = both.next().expect("a handle of a living block");
        let last = both.next_back().expect("a handle of a living block");
        assert_eq!((*first.0, *last.0), (low, high), "a handle of a block that was freed");
        let (first, last) = (&mut *first.1.bytes, &mut *last.1.bytes);
        if from < to { (first, last) } else { (last, first) }
    }

    fn prefetch(&self, _handle: Handle, _byte: usize) {}

    fn used_units(&self) -> usize {
        self.used_units
    }

    fn next_move(&mut self, step: &mut Step) -> Option<Move> {
        if step.free_percent_max >= 100 || step.units_left == 0 || step.blocks_left == 0 {
            return None;
        }
        let (from, end) = *self.walk.get_or_insert((1, self.next));
        let Some((&from, block)) = self.blocks.range(from..end).next() else {
            self.walk = None;
            return None;
        };
        let (kind, units) = (block.bytes[0], block.units);
        let to = self.alloc(kind, units).ok()?;
        self.walk = Some((from + 1, end));
        step.units_left = step.units_left.saturating_sub(units);
        step.blocks_left -= 1;
        let from = Handle::at(from as usize);
        let copy = self.block(from).bytes.clone();
        let block = self.block_mut(to);
        let marked = block.marked;
        block.bytes = copy;
        block.mark(marked);
        Some(Move { from, to })
    }

    fn finish_move(&mut self, moved: Move, took: bool) {
        let Move { from, to } = moved;
        self.free(if took { from } else { to });
    }
}

impl Block {
    fn new(kind: u8, units: usize, marked: bool) -> Self {
        let bytes = vec![FRESH; units * UNIT_BYTES].into_boxed_slice();
        let mut block = Self { bytes, units, marked };
        Header { kind, units, left_free: marked }.write(block.first());
        block
    }

    fn check(&self) {
        let first = self.bytes.first_chunk::<UNIT_BYTES>().expect("a block has a unit");
        let Header { kind, units, left_free } = Header::read(first);
        assert!(kind != FREE, "the kind of a living block was made 0");
        let own = (self.units, self.marked);
        assert_eq!((units, left_free), own, "bytes 2 to 4 of a header were written over");
    }

    fn mark(&mut self, marked: bool) {
        self.marked = marked;
        mark_left_free(self.first(), marked);
    }

    fn resize(&mut self, units: usize) {
        let kept = self.bytes.len().min(units * UNIT_BYTES);
        let header = Header { kind: self.bytes[0], units, left_free: self.marked };
        let mut bytes = vec![FRESH; units * UNIT_BYTES].into_boxed_slice();
        bytes[..kept].copy_from_slice(&self.bytes[..kept]);
        (self.bytes, self.units) = (bytes, units);
        header.write(self.first());
    }

    fn first(&mut self) -> &mut Unit {
        self.bytes.first_chunk_mut().expect("a block has a unit")
    }
}

/// What fills the bytes that nobody has written.
const FRESH: u8 = 0xa7;
