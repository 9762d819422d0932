//! The memory of an arena: a range of address space, read and written by unit number.
//!
//! All pointers of the arena are in this file and in the two that reserve the range. What they
//! rely on:
//!
//! - A1: the mapping is one allocation of `bytes` bytes from `base` on, aligned to a unit and
//!   more, that stays until the `Mapping` is dropped. The reservation shares the mapping's
//!   ownership, so every pointer into the range is good while the reservation is.
//! - A2: every byte of the range is initialised at all times. The system hands it out as zeros,
//!   and gives back what it takes away as zeros or unchanged.
//! - A3: only the reservation reads or writes the range, through references that borrow it. Who
//!   else shares the mapping asks the system to change how pages are backed, which changes no
//!   byte of a page in use.
//! - A4: a unit's number is compared with the size of the range before it becomes an address.

#![allow(unsafe_code, reason = "the memory is not an allocation that the language knows")]

#[cfg(any(not(unix), miri))]
mod heap;
#[cfg(all(unix, not(miri)))]
mod mapped;

#[cfg(any(not(unix), miri))]
use heap as system;
#[cfg(all(unix, not(miri)))]
use mapped as system;

use super::blocks::UNIT_BYTES;
use super::header::Unit;
use alloc::sync::Arc;
use core::ptr::{self, NonNull};
use core::slice;
pub(super) use system::{HUGE_BYTES, Mapping};

/// A reserved range of memory with one owner.
#[derive(Debug)]
pub(super) struct Reservation {
    /// The first byte of the mapping, read here to spare the way through the `Arc`.
    base: NonNull<u8>,
    /// The size of the range.
    units: usize,
    mapping: Arc<Mapping>,
}

// SAFETY: by A3 the reservation is the one owner of what it points to, whatever its thread.
unsafe impl Send for Reservation {}

// SAFETY: by A3 a shared reservation is only read.
unsafe impl Sync for Reservation {}

impl Reservation {
    /// Reserves `units` units; the error is the system's number for it, 0 where it has none.
    pub(super) fn new(units: usize) -> Result<Self, i32> {
        let mapping = Mapping::new(units * UNIT_BYTES)?;
        Ok(Self { base: mapping.base(), units, mapping: Arc::new(mapping) })
    }

    /// The size of the range.
    #[inline]
    pub(super) fn units(&self) -> usize {
        self.units
    }

    /// What asks the system for pages, and lets go of them.
    pub(super) fn mapping(&self) -> &Arc<Mapping> {
        &self.mapping
    }

    /// One unit.
    ///
    /// # Panics
    ///
    /// Where the unit is not in the range.
    #[inline]
    pub(super) fn unit(&self, unit: usize) -> &Unit {
        self.assert_holds(unit, 1);
        // SAFETY: A1, A2, A3 and A4; an array of bytes has no alignment.
        unsafe { self.at(unit).cast::<Unit>().as_ref() }
    }

    /// One unit.
    ///
    /// # Panics
    ///
    /// Where the unit is not in the range.
    #[inline]
    pub(super) fn unit_mut(&mut self, unit: usize) -> &mut Unit {
        self.assert_holds(unit, 1);
        // SAFETY: A1, A2, A3 and A4; an array of bytes has no alignment.
        unsafe { self.at(unit).cast::<Unit>().as_mut() }
    }

    /// The bytes of `units` units.
    ///
    /// # Panics
    ///
    /// Where they are not all in the range.
    #[inline]
    pub(super) fn bytes(&self, unit: usize, units: usize) -> &[u8] {
        self.assert_holds(unit, units);
        // SAFETY: A1, A2, A3 and A4.
        unsafe { slice::from_raw_parts(self.at(unit).as_ptr(), units * UNIT_BYTES) }
    }

    /// The bytes of `units` units.
    ///
    /// # Panics
    ///
    /// Where they are not all in the range.
    #[inline]
    pub(super) fn bytes_mut(&mut self, unit: usize, units: usize) -> &mut [u8] {
        self.assert_holds(unit, units);
        // SAFETY: A1, A2, A3 and A4.
        unsafe { slice::from_raw_parts_mut(self.at(unit).as_ptr(), units * UNIT_BYTES) }
    }

    /// The bytes of two runs of units, each given by its first unit and its length: the first to
    /// be read, the second to be written.
    ///
    /// # Panics
    ///
    /// Where they are not all in the range, or overlap.
    #[inline]
    pub(super) fn pair(
        &mut self,
        (from, from_units): (usize, usize),
        (to, to_units): (usize, usize),
    ) -> (&[u8], &mut [u8]) {
        self.assert_holds(from, from_units);
        self.assert_holds(to, to_units);
        assert!(from + from_units <= to || to + to_units <= from, "one block twice");
        let (from, to) = (self.at(from).as_ptr(), self.at(to).as_ptr());
        // SAFETY: A1, A2, A3 and A4; the runs do not overlap.
        let from = unsafe { slice::from_raw_parts(from, from_units * UNIT_BYTES) };
        // SAFETY: A1, A2, A3 and A4; the runs do not overlap.
        let to = unsafe { slice::from_raw_parts_mut(to, to_units * UNIT_BYTES) };
        (from, to)
    }

    /// Copies `units` units; the two places may overlap.
    ///
    /// # Panics
    ///
    /// Where they are not all in the range.
    pub(super) fn copy(&mut self, from: usize, to: usize, units: usize) {
        self.assert_holds(from, units);
        self.assert_holds(to, units);
        // SAFETY: A1, A2, A3 and A4.
        unsafe {
            ptr::copy(self.at(from).as_ptr(), self.at(to).as_ptr(), units * UNIT_BYTES);
        }
    }

    /// Gives the pages of `units` units back; their bytes may be any afterwards.
    ///
    /// # Panics
    ///
    /// Where they are not all in the range.
    pub(super) fn forget(&mut self, unit: usize, units: usize) {
        self.assert_holds(unit, units);
        // SAFETY: by A3, and as the reservation is borrowed mutably, no reference is alive.
        unsafe { self.mapping.forget(unit * UNIT_BYTES, units * UNIT_BYTES) }
    }

    /// Hints that the line with this byte after the begin of a unit will be read. Any unit and any
    /// byte will do.
    #[inline]
    pub(super) fn prefetch(&self, unit: usize, byte: usize) {
        let offset = unit.wrapping_mul(UNIT_BYTES).wrapping_add(byte);
        crate::prefetch::prefetch(self.base.as_ptr().wrapping_add(offset));
    }

    #[inline]
    fn assert_holds(&self, unit: usize, units: usize) {
        // Both are below 2^33, so the difference does not overflow where the sum could.
        assert!(units <= self.units && unit <= self.units - units, "a handle from elsewhere");
    }

    /// The address of a unit that is in the range.
    #[inline]
    fn at(&self, unit: usize) -> NonNull<u8> {
        debug_assert!(unit <= self.units);
        // SAFETY: the offset is inside the allocation by A1 and A4.
        unsafe { self.base.add(unit * UNIT_BYTES) }
    }
}
