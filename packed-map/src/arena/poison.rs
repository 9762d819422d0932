//! In debug builds: patterns in freed and in fresh blocks, so that who reads them is surprised,
//! and a look at whether somebody wrote where nothing lives. In release builds: nothing.

use super::blocks::UNIT_BYTES;
use super::header::{FOOTER_BYTES, LINKS_END};
use super::reservation::Reservation;

/// Fills units that nothing lives in any more.
#[inline]
pub(super) fn freed(memory: &mut Reservation, unit: usize, units: usize) {
    if ENABLED {
        memory.bytes_mut(unit, units).fill(FREED);
    }
}

/// Fills the footer of a free block, whose last unit this is, that becomes part of another.
#[inline]
pub(super) fn footer(memory: &mut Reservation, unit: usize) {
    if ENABLED {
        memory.unit_mut(unit)[LINKS_END..].fill(FREED);
    }
}

/// Fills the block at `unit` behind what of its header is written.
#[inline]
pub(super) fn fresh(memory: &mut Reservation, unit: usize, units: usize) {
    if ENABLED {
        let bytes = memory.bytes_mut(unit, units);
        bytes[1] = FRESH;
        bytes[4..].fill(FRESH);
    }
}

/// Fills units that a block has gained.
#[inline]
pub(super) fn fresh_all(memory: &mut Reservation, unit: usize, units: usize) {
    if ENABLED {
        memory.bytes_mut(unit, units).fill(FRESH);
    }
}

/// Panics where somebody wrote to the first `units` units of the free block at `unit`.
#[inline]
pub(super) fn assert_intact(memory: &Reservation, unit: usize, units: usize) {
    if ENABLED {
        let bytes = memory.bytes(unit, units);
        let inside = &bytes[LINKS_END..units * UNIT_BYTES - FOOTER_BYTES];
        let intact = inside.chunks(PATTERN.len()).all(|part| part == &PATTERN[..part.len()]);
        assert!(intact, "a freed block was written to");
    }
}

/// Whether blocks are filled and looked at.
const ENABLED: bool = cfg!(debug_assertions);

/// What freed bytes are, to compare many at once.
const PATTERN: &[u8] = &[FREED; 4096];

const FREED: u8 = 0xdf;
pub(super) const FRESH: u8 = 0xa7;
