//! The free blocks by size: a doubly linked list for each number of units, kept inside the blocks
//! themselves, and a bitmap of the sizes that have any.

use super::blocks::UNITS_MAX;
use super::header::{self, Links};
use super::reservation::Reservation;
use alloc::boxed::Box;
use alloc::vec;

/// The lists.
#[derive(Debug)]
pub(super) struct FreeLists {
    /// The first block of each size; 0 is none.
    heads: Box<[u32; SIZES]>,
    /// A bit for each size that has a block.
    filled: Box<[u64; WORDS]>,
    /// A bit for each word of `filled` that is not 0.
    words: [u64; WORDS / 64],
}

impl FreeLists {
    pub(super) fn new() -> Self {
        let heads = vec![0; SIZES].into_boxed_slice();
        let filled = vec![0; WORDS].into_boxed_slice();
        Self {
            heads: heads.try_into().unwrap_or_else(|_| unreachable!("it has that length")),
            filled: filled.try_into().unwrap_or_else(|_| unreachable!("it has that length")),
            words: [0; WORDS / 64],
        }
    }

    /// The free block of exactly `units` that was linked last.
    #[inline]
    pub(super) fn first(&self, units: usize) -> Option<usize> {
        match self.heads[units] {
            0 => None,
            unit => Some(unit as usize),
        }
    }

    /// The smallest size above `units` that has a block.
    pub(super) fn next_size(&self, units: usize) -> Option<usize> {
        let from = units + 1;
        if from >= SIZES {
            return None;
        }
        let here = self.filled[from / 64] & (u64::MAX << (from % 64));
        if here != 0 {
            return Some(from & !63 | here.trailing_zeros() as usize);
        }
        let word = self.next_word(from / 64 + 1)?;
        Some(word * 64 + self.filled[word].trailing_zeros() as usize)
    }

    /// Puts the free block at `unit` into the list of its size.
    #[inline]
    pub(super) fn link(&mut self, memory: &mut Reservation, unit: usize, units: usize) {
        let next = self.heads[units];
        Links { next, previous: 0 }.write(memory.unit_mut(unit));
        if next == 0 {
            self.filled[units / 64] |= 1 << (units % 64);
            self.words[units / 4096] |= 1 << (units / 64 % 64);
        } else {
            header::set_previous(memory.unit_mut(next as usize), unit as u32);
        }
        self.heads[units] = unit as u32;
    }

    /// Takes the free block at `unit` out of the list of its size.
    #[inline]
    pub(super) fn unlink(&mut self, memory: &mut Reservation, unit: usize, units: usize) {
        let Links { next, previous } = Links::read(memory.unit(unit));
        if next != 0 {
            header::set_previous(memory.unit_mut(next as usize), previous);
        }
        if previous != 0 {
            header::set_next(memory.unit_mut(previous as usize), next);
            return;
        }
        debug_assert_eq!(self.heads[units] as usize, unit);
        self.heads[units] = next;
        if next == 0 {
            self.filled[units / 64] &= !(1 << (units % 64));
            if self.filled[units / 64] == 0 {
                self.words[units / 4096] &= !(1 << (units / 64 % 64));
            }
        }
    }

    /// The bytes of the lists' own tables.
    pub(super) const fn table_bytes() -> usize {
        SIZES * size_of::<u32>() + WORDS * size_of::<u64>()
    }

    /// Panics unless the bitmap tells which lists are empty.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    pub(super) fn check_bitmap(&self) {
        for (units, &head) in self.heads.iter().enumerate() {
            assert_eq!(self.filled[units / 64] >> (units % 64) & 1 == 1, head != 0, "{units}");
        }
        for (word, &filled) in self.filled.iter().enumerate() {
            assert_eq!(self.words[word / 64] >> (word % 64) & 1 == 1, filled != 0, "{word}");
        }
    }

    /// The first word from `from` on that is not 0.
    fn next_word(&self, from: usize) -> Option<usize> {
        (from / 64..WORDS / 64).find_map(|group| {
            let skipped = if group == from / 64 { from % 64 } else { 0 };
            let here = self.words[group] & (u64::MAX << skipped);
            (here != 0).then(|| group * 64 + here.trailing_zeros() as usize)
        })
    }
}

/// One list for each size, and one that stays empty for size 0.
pub(super) const SIZES: usize = UNITS_MAX + 1;

/// The words of a bitmap of all sizes.
const WORDS: usize = SIZES / 64;

const _: () = assert!(SIZES.is_multiple_of(64 * 64));
