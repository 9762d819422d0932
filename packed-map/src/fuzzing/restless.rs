//! Blocks that are moved whenever they can be, and that run out when they are told to.

use crate::arena::{Blocks, Exhausted, Handle, Move, Step, UNIT_BYTES};
use crate::{HashKeys, PageMap};

/// Other blocks, made difficult.
pub(super) struct Restless<A> {
    blocks: A,
    /// Allocations that will still succeed; `None`: all.
    allocations_left: Option<u8>,
    /// How many allocations have failed.
    refused: usize,
}

impl<A: Blocks> Restless<A> {
    pub(super) fn new(blocks: A) -> Self {
        Self { blocks, allocations_left: None, refused: 0 }
    }

    pub(super) fn run_out_after(&mut self, allocations: Option<u8>) {
        self.allocations_left = allocations;
    }

    /// How many allocations have failed.
    pub(super) const fn refused(&self) -> usize {
        self.refused
    }

    /// Gives every block of the map another place.
    pub(super) fn move_all<B, H: HashKeys>(&mut self, map: &mut PageMap<B, H>) {
        let left = self.allocations_left.take();
        for from in map.handles(self) {
            let block = self.bytes(from);
            let (kind, units) = (block[0], block.len() / UNIT_BYTES);
            // Where the place is full, blocks stay.
            let Ok(to) = self.alloc(kind, units) else { break };
            let (source, target) = self.pair(from, to);
            target[1] = source[1];
            target[4..].copy_from_slice(&source[4..]);
            assert!(map.rehome(self, from, to), "a map does not know its own block");
            assert!(!map.rehome(self, from, to), "a map knows a block that it has left");
            self.free(from);
        }
        self.allocations_left = left;
    }
}

impl<A: Blocks> Blocks for Restless<A> {
    fn alloc(&mut self, kind: u8, units: usize) -> Result<Handle, Exhausted> {
        let allocated = match &mut self.allocations_left {
            Some(0) => Err(Exhausted { units: units as u32 }),
            Some(left) => {
                *left -= 1;
                self.blocks.alloc(kind, units)
            }
            None => self.blocks.alloc(kind, units),
        };
        self.refused += usize::from(allocated.is_err());
        allocated
    }

    fn free(&mut self, handle: Handle) {
        self.blocks.free(handle);
    }

    fn grow(&mut self, handle: Handle, units: usize) -> bool {
        let shrinks = units * UNIT_BYTES <= self.bytes(handle).len();
        (shrinks || self.allocations_left.is_none()) && self.blocks.grow(handle, units)
    }

    fn bytes(&self, handle: Handle) -> &[u8] {
        self.blocks.bytes(handle)
    }

    fn bytes_mut(&mut self, handle: Handle) -> &mut [u8] {
        self.blocks.bytes_mut(handle)
    }

    fn pair(&mut self, from: Handle, to: Handle) -> (&[u8], &mut [u8]) {
        self.blocks.pair(from, to)
    }

    fn prefetch(&self, handle: Handle, byte: usize) {
        self.blocks.prefetch(handle, byte);
    }

    fn used_units(&self) -> usize {
        self.blocks.used_units()
    }

    fn next_move(&mut self, step: &mut Step) -> Option<Move> {
        self.blocks.next_move(step)
    }

    fn finish_move(&mut self, moved: Move, took: bool) {
        self.blocks.finish_move(moved, took);
    }
}
