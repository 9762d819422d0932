//! Blocks that are allocations of their own.

use crate::arena::{Blocks, Exhausted, Handle, Move, Step, UNIT_BYTES, UNITS_MAX};
use crate::prefetch::prefetch;
use crate::slab::Slab;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

/// Blocks that are each an allocation of their own, from the global allocator.
///
/// For maps that come and go with what owns them. A block costs the allocator's rounding and 16
/// bytes for its place in a table; it never moves by itself.
///
/// # Examples
///
/// ```
/// use packed_map::{Blocks, Heap};
///
/// let mut heap = Heap::new();
/// let block = heap.alloc(1, 4)?;
/// assert_eq!(heap.bytes(block).len(), 64);
/// assert_eq!(heap.used_units(), 4);
/// heap.free(block);
/// # Ok::<(), packed_map::Exhausted>(())
/// ```
pub struct Heap {
    blocks: Slab<Box<[u8]>>,
    used_units: usize,
}

impl Heap {
    /// A heap without blocks, which has allocated nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { blocks: Slab::new(), used_units: 0 }
    }

    const fn number(handle: Handle) -> u32 {
        handle.bits() - 1
    }
}

impl Blocks for Heap {
    fn alloc(&mut self, kind: u8, units: usize) -> Result<Handle, Exhausted> {
        assert!(
            kind != 0 && (1..=UNITS_MAX).contains(&units),
            "a kind, and 1 to {UNITS_MAX} units"
        );
        if self.blocks.len() >= BLOCKS_MAX {
            return Err(Exhausted { units: units as u32 });
        }
        let mut block = alloc::vec![0; units * UNIT_BYTES].into_boxed_slice();
        block[0] = kind;
        self.used_units += units;
        let number = self.blocks.insert(block);
        Handle::from_bits(number + 1).ok_or(Exhausted { units: units as u32 })
    }

    fn free(&mut self, handle: Handle) {
        let block = self.blocks.remove(Self::number(handle));
        self.used_units -= block.len() / UNIT_BYTES;
    }

    fn grow(&mut self, handle: Handle, units: usize) -> bool {
        assert!((1..=UNITS_MAX).contains(&units), "1 to {UNITS_MAX} units");
        let block = self.blocks.get_mut(Self::number(handle));
        self.used_units = self.used_units - block.len() / UNIT_BYTES + units;
        let mut bytes = Vec::from(core::mem::take(block));
        if units * UNIT_BYTES > bytes.len() {
            bytes.reserve_exact(units * UNIT_BYTES - bytes.len());
        }
        bytes.resize(units * UNIT_BYTES, 0);
        *block = bytes.into_boxed_slice();
        true
    }

    #[inline]
    fn bytes(&self, handle: Handle) -> &[u8] {
        self.blocks.get(Self::number(handle))
    }

    #[inline]
    fn bytes_mut(&mut self, handle: Handle) -> &mut [u8] {
        self.blocks.get_mut(Self::number(handle))
    }

    #[inline]
    fn pair(&mut self, from: Handle, to: Handle) -> (&[u8], &mut [u8]) {
        let (from, to) = self.blocks.get_both(Self::number(from), Self::number(to));
        (from, to)
    }

    #[inline]
    fn prefetch(&self, handle: Handle, byte: usize) {
        prefetch(self.bytes(handle).as_ptr().wrapping_add(byte));
    }

    fn used_units(&self) -> usize {
        self.used_units
    }

    fn table_bytes(&self) -> usize {
        self.blocks.bytes()
    }

    fn table_growth_max(&self, blocks: usize) -> usize {
        self.blocks.growth_max_of(blocks)
    }

    /// `None`: the allocator decides where blocks stand.
    fn next_move(&mut self, _: &mut Step) -> Option<Move> {
        None
    }

    fn finish_move(&mut self, _: Move, _: bool) {
        unreachable!("no move was handed out")
    }
}

impl Default for Heap {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Heap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heap")
            .field("blocks", &self.blocks.len())
            .field("used_units", &self.used_units)
            .finish()
    }
}

/// As many as numbers of four bytes can name.
const BLOCKS_MAX: usize = u32::MAX as usize - 1;
