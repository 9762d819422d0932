//! The bytes by which the arena knows its blocks: the header of any block, and the links and the
//! footer of a free one.
//!
//! ```text
//! byte            0      1      2 .. 4          4 .. 8    8 .. 12
//! living block    kind   user   units | mark    user      user ...
//! free block      0      -      units           next      previous   poison ...   units
//!                                                                                 in its last 4
//! ```
//!
//! The mark, in the highest bit of bytes 2 to 4, says that the block to the left is free; then
//! that block's last four bytes are its footer. A free block's left neighbour is never free.

use super::blocks::{UNIT_BYTES, UNITS_MAX};

/// One unit of the arena's memory.
pub(super) type Unit = [u8; UNIT_BYTES];

/// What a block's first unit tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// 0 where the block is free.
    pub(super) kind: u8,
    /// The size of the block.
    pub(super) units: usize,
    /// Whether the block to the left is free.
    pub(super) left_free: bool,
}

impl Header {
    #[inline]
    pub(super) fn read(unit: &Unit) -> Self {
        let [kind, _, low, high, ..] = *unit;
        let own = u16::from_le_bytes([low, high]);
        Self { kind, units: usize::from(own) & UNITS_MAX, left_free: own & LEFT_FREE != 0 }
    }

    /// Writes what is the arena's and the kind; what is the user's stays.
    #[inline]
    pub(super) fn write(self, unit: &mut Unit) {
        let mark = if self.left_free { LEFT_FREE } else { 0 };
        unit[0] = self.kind;
        unit[2..4].copy_from_slice(&(self.units as u16 | mark).to_le_bytes());
    }

    #[inline]
    pub(super) fn is_free(self) -> bool {
        self.kind == FREE
    }
}

/// Sets or removes the mark in a block's first unit.
#[inline]
pub(super) fn mark_left_free(unit: &mut Unit, left_free: bool) {
    let high = (LEFT_FREE >> 8) as u8;
    unit[3] = unit[3] & !high | if left_free { high } else { 0 };
}

/// Where a free block stands in the list of its size. 0 is no block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Links {
    pub(super) next: u32,
    pub(super) previous: u32,
}

impl Links {
    #[inline]
    pub(super) fn read(unit: &Unit) -> Self {
        let [_, _, _, _, a, b, c, d, e, f, g, h, ..] = *unit;
        Self { next: u32::from_le_bytes([a, b, c, d]), previous: u32::from_le_bytes([e, f, g, h]) }
    }

    #[inline]
    pub(super) fn write(self, unit: &mut Unit) {
        set_next(unit, self.next);
        set_previous(unit, self.previous);
    }
}

#[inline]
pub(super) fn set_next(unit: &mut Unit, next: u32) {
    unit[4..8].copy_from_slice(&next.to_le_bytes());
}

#[inline]
pub(super) fn set_previous(unit: &mut Unit, previous: u32) {
    unit[8..LINKS_END].copy_from_slice(&previous.to_le_bytes());
}

/// The size of the free block whose last unit this is.
#[inline]
pub(super) fn footer(unit: &Unit) -> usize {
    let [.., a, b, c, d] = *unit;
    u32::from_le_bytes([a, b, c, d]) as usize
}

#[inline]
pub(super) fn set_footer(unit: &mut Unit, units: usize) {
    unit[LINKS_END..].copy_from_slice(&(units as u32).to_le_bytes());
}

/// The kind of a free block.
pub(super) const FREE: u8 = 0;

/// The bytes of a free block's header and links: a block of one unit has its footer behind them.
pub(super) const LINKS_END: usize = 12;

/// The bytes of a free block's footer.
pub(super) const FOOTER_BYTES: usize = UNIT_BYTES - LINKS_END;

/// The bit in a living block's size that says that its left neighbour is free.
pub(super) const LEFT_FREE: u16 = 1 << 15;
