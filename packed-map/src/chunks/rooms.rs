//! Which chunks have how much room: lists of chunks by the units of the largest block that fits,
//! eight to a class, and the numbers that no chunk has.

use crate::shared::table::Table;
use alloc::vec::Vec;

/// The room of each chunk, and lists of them.
#[derive(Debug)]
pub(super) struct Rooms {
    chunks: Table<Room, SEGMENT>,
    /// The first chunk of each list; [`NONE`] where it is empty. Made with the first chunk.
    heads: Vec<u32>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Room {
    next: u32,
    previous: u32,
    list: u8,
}

impl Rooms {
    pub(super) const fn new() -> Self {
        Self { chunks: Table::new(), heads: Vec::new() }
    }

    /// The same lists, once more; what is written to either, the other does not see.
    pub(super) fn lend(&self) -> Self {
        let mut heads = Vec::new();
        heads.reserve_exact(self.heads.len());
        heads.extend_from_slice(&self.heads);
        Self { chunks: self.chunks.lend(), heads }
    }

    /// The bytes that writes have copied because others had them.
    pub(super) const fn copied_bytes(&self) -> usize {
        self.chunks.copied_bytes()
    }

    /// The bytes that the lists have allocated.
    pub(super) fn bytes(&self) -> usize {
        self.chunks.bytes() + self.heads.capacity() * size_of::<u32>()
    }

    /// At least as many bytes as [`bytes`](Self::bytes) can rise by with `count` more chunks.
    pub(super) fn growth_max(&self, count: usize) -> usize {
        let heads = if self.heads.is_empty() { LISTS * size_of::<u32>() } else { 0 };
        heads + self.chunks.growth_max(count)
    }

    /// A number that no chunk has.
    pub(super) fn take_number(&mut self) -> u32 {
        let free = self.heads.get(UNUSED).copied().filter(|&free| free != NONE);
        free.unwrap_or_else(|| {
            if self.heads.is_empty() {
                self.heads.reserve_exact(LISTS);
                self.heads.resize(LISTS, NONE);
            }
            let number = self.chunks.len() as u32;
            self.chunks.push(Room { next: NONE, previous: NONE, list: UNLISTED });
            self.link(number, UNUSED);
            number
        })
    }

    /// Says that a chunk has room for a block of so many units.
    pub(super) fn set(&mut self, number: u32, units: usize) {
        self.relink(number, units / CLASS_UNITS);
    }

    /// Says that a chunk is a block of its own.
    pub(super) fn set_whole(&mut self, number: u32) {
        self.relink(number, 0);
    }

    /// Says that there is no chunk with this number.
    pub(super) fn set_unused(&mut self, number: u32) {
        self.relink(number, UNUSED);
    }

    /// Forgets the highest number, which no chunk has. Numbers are those below what is returned.
    pub(super) fn pop_unused(&mut self) {
        let last = self.chunks.len() as u32 - 1;
        debug_assert_eq!(usize::from(self.chunks.get(last as usize).list), UNUSED);
        self.unlink(last);
        self.chunks.pop();
        if self.chunks.is_empty() {
            self.heads = Vec::new();
        }
    }

    /// A chunk with room for a block of so many units, of those the fullest class, that is not
    /// `except`.
    pub(super) fn find(&self, units: usize, except: Option<u32>) -> Option<u32> {
        let lists = self.heads.get(units.div_ceil(CLASS_UNITS).max(1)..UNUSED)?;
        let other = |&head: &u32| {
            let next =
                if Some(head) == except { self.chunks.get(head as usize).next } else { head };
            (next != NONE).then_some(next)
        };
        lists.iter().filter(|&&head| head != NONE).find_map(other)
    }

    /// The chunk of the emptiest class.
    pub(super) fn emptiest(&self) -> Option<u32> {
        let lists = self.heads.get(1..UNUSED)?;
        lists.iter().rev().copied().find(|&head| head != NONE)
    }

    fn relink(&mut self, number: u32, list: usize) {
        if usize::from(self.chunks.get(number as usize).list) != list {
            self.unlink(number);
            self.link(number, list);
        }
    }

    fn link(&mut self, number: u32, list: usize) {
        let next = core::mem::replace(&mut self.heads[list], number);
        let list = list as u8;
        *self.chunks.get_mut(number as usize) = Room { next, previous: NONE, list };
        if next != NONE {
            self.chunks.get_mut(next as usize).previous = number;
        }
    }

    fn unlink(&mut self, number: u32) {
        let Room { next, previous, list } = *self.chunks.get(number as usize);
        match previous {
            NONE => self.heads[usize::from(list)] = next,
            previous => self.chunks.get_mut(previous as usize).next = next,
        }
        if next != NONE {
            self.chunks.get_mut(next as usize).previous = previous;
        }
    }
}

/// No chunk.
const NONE: u32 = u32::MAX;

/// Units of room that a class spans. Chunks of class 0 are full.
const CLASS_UNITS: usize = 8;

/// The list of numbers that no chunk has, behind a class for each room that a chunk can have.
const UNUSED: usize = super::chunk::CHUNK_BYTES / crate::arena::UNIT_BYTES / CLASS_UNITS + 1;

const LISTS: usize = UNUSED + 1;

/// In no list yet.
const UNLISTED: u8 = u8::MAX;

/// Chunks in a segment.
const SEGMENT: usize = 64;
