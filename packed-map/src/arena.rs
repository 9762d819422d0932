//! The arena: blocks of 16 bytes to 256 KiB in one reserved range of address space, named by
//! handles of four bytes, moved together when there is too much room between them.
//!
//! ```text
//!  reservation   | region 0 | region 1 | region 2 | region 3 |  never touched ...
//!                   closed     open       spare     returned
//!                  /         |          \
//!  region 1       | block | free | block | block |  untouched  |
//!                 ^start                         ^bump         ^end, 256 KiB on
//! ```
//!
//! A block comes from the list of free blocks of its size; else, where free room is worth using,
//! from the smallest larger one, which is split; else from the untouched end of the open region.
//! A block that is freed becomes one with free neighbours on both sides. A region without living
//! blocks becomes spare, and beyond a few spare ones its pages go back to the system. Compaction
//! ([`next_move`](Blocks::next_move)) empties the region with the most free room.
//!
//! # Invariants
//!
//! A1 to A4, on which memory safety rests, stand in `reservation.rs`. On these rests the rest:
//!
//! - A5: living and free blocks tile each region in use from its start to its bump, each as long
//!   as its header says. A region that is not open has its bump at its end.
//! - A6: byte 0 of a block is 0 where it is free, and only there.
//! - A7: no two free blocks touch, and none touches the bump of the open region.
//! - A8: a living block's mark says whether its left neighbour is free; the last four bytes of a
//!   free block are its size. The first block of a region is not marked.
//! - A9: a free block is in the list of its size, but for those of a compaction's victim that are
//!   sealed (`compaction.rs`).
//! - A10: no block holds unit 0 of region 0, so that the handle 0 is none.
//! - A11: a region in use that is not open has a living block.
//!
//! # Complexity
//!
//! Every call is O(1), but for the copy of a move and the search of three short bitmap levels;
//! in debug builds also for filling freed and fresh blocks with a pattern, and for looking at it.

mod blocks;
#[cfg(any(test, fuzzing, feature = "fuzzing"))]
mod check;
mod compaction;
#[cfg(any(test, fuzzing, feature = "fuzzing"))]
mod exact;
mod free_lists;
#[cfg(any(test, fuzzing, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod handle;
mod header;
mod poison;
mod prefault;
mod region;
mod reservation;
#[cfg(test)]
mod tests;

pub use blocks::{Blocks, Exhausted, Move, Step, UNIT_BYTES, UNITS_MAX};
#[cfg(any(test, fuzzing, feature = "fuzzing"))]
pub use exact::Exact;
pub use handle::Handle;
pub use prefault::Prefault;

use compaction::Victim;
use core::error::Error;
use core::fmt;
use free_lists::FreeLists;
use header::{FREE, Header};
use region::{REGION_BYTES, REGION_UNITS, Regions};
use reservation::{HUGE_BYTES, Reservation};

/// Blocks in one reserved range of address space.
///
/// # Examples
///
/// ```
/// use packed_map::{Arena, Blocks};
///
/// let mut arena = Arena::new(1 << 20)?;
/// let block = arena.alloc(1, 3)?;
/// arena.bytes_mut(block)[8..].fill(7);
/// assert_eq!(arena.bytes(block).len(), 48);
/// assert!(arena.grow(block, 4), "there is nothing behind it yet");
/// arena.free(block);
/// assert_eq!(arena.used_units(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Arena {
    memory: Reservation,
    regions: Regions,
    free_lists: FreeLists,
    /// The region that blocks are cut from, once there is one.
    open: Option<usize>,
    /// Regions from the first on, of which those behind [`HUGE_FROM`] are in huge pages.
    wide: usize,
    /// The region that compaction is emptying.
    victim: Option<Victim>,
    /// Units in living blocks.
    live_units: usize,
    /// Units in free blocks.
    free_units: usize,
    /// Blocks that were allocated, and their units.
    taken: u64,
    taken_units: u64,
    /// Moves that were taken, and their units.
    moves: u64,
    moved_units: u64,
}

impl Arena {
    /// An arena that can hold up to `bytes` bytes, rounded up to whole regions of 256 KiB.
    ///
    /// The range is reserved in address space; memory is taken as blocks are allocated, and not
    /// set aside in swap either. The table of regions takes address space too, 16 bytes each.
    ///
    /// # Errors
    ///
    /// [`ReserveError`] where the size is 0 or more than [`RESERVATION_BYTES_MAX`], or the system
    /// refuses.
    pub fn new(bytes: usize) -> Result<Self, ReserveError> {
        let regions = bytes.div_ceil(REGION_BYTES);
        if !(1..=REGIONS_MAX).contains(&regions) {
            return Err(ReserveError::Size { bytes });
        }
        let units = regions * REGION_UNITS;
        let memory =
            Reservation::new(units).map_err(|code| ReserveError::Refused { bytes, code })?;
        Ok(Self {
            memory,
            regions: Regions::new(regions).ok_or(ReserveError::Refused { bytes, code: 0 })?,
            free_lists: FreeLists::new(),
            open: None,
            wide: HUGE_FROM,
            victim: None,
            live_units: 0,
            free_units: 0,
            taken: 0,
            taken_units: 0,
            moves: 0,
            moved_units: 0,
        })
    }

    /// What the arena holds and has done.
    pub fn figures(&self) -> Figures {
        let in_use = self.regions.len() - self.regions.returned();
        Figures {
            reserved_bytes: self.memory.units() * UNIT_BYTES,
            committed_bytes: in_use * REGION_BYTES,
            table_bytes: self.regions.table_bytes() + FreeLists::table_bytes(),
            live_bytes: self.live_units * UNIT_BYTES,
            free_bytes: self.free_units * UNIT_BYTES,
            spare_regions: self.regions.spare(),
            moves: self.moves,
            moved_bytes: self.moved_units * UNIT_BYTES as u64,
        }
    }

    /// How many blocks were ever allocated, by moves too, and their bytes: at least as much as was
    /// copied from block to block. The difference between two moments tells how large a step was.
    #[inline]
    pub const fn allocated(&self) -> (u64, u64) {
        (self.taken, self.taken_units * UNIT_BYTES as u64)
    }

    /// The bytes of free blocks.
    #[inline]
    pub const fn free_bytes(&self) -> usize {
        self.free_units * UNIT_BYTES
    }

    /// A region that blocks will be cut from soon, to have its pages backed by another thread.
    ///
    /// `None` while the open region is less than half used, or `regions_max` empty regions are
    /// there already. From this call on the region counts as committed, and once it is backed it
    /// takes memory.
    pub fn upcoming(&mut self, regions_max: usize) -> Option<Prefault> {
        let open = self.open?;
        if usize::from(self.regions.get(open).bump) < REGION_UNITS / 2 {
            return None;
        }
        let region = self.regions.prepare(regions_max)?;
        self.widen(region);
        Some(Prefault::new(self.memory.mapping(), region * REGION_BYTES, REGION_BYTES))
    }

    /// A block of `units` units with its header written.
    #[inline]
    fn take(&mut self, kind: u8, units: usize) -> Option<usize> {
        let unit = match self.free_lists.first(units) {
            Some(unit) => self.take_exact(unit, units),
            None => self.take_other(units)?,
        };
        self.live_units += units;
        self.taken += 1;
        self.taken_units += units as u64;
        let header = Header { kind, units, left_free: false };
        header.write(self.memory.unit_mut(unit));
        poison::fresh(&mut self.memory, unit, units);
        Some(unit)
    }

    /// The whole of a free block that is in the list of its size.
    fn take_exact(&mut self, unit: usize, units: usize) -> usize {
        self.free_lists.unlink(&mut self.memory, unit, units);
        poison::assert_intact(&self.memory, unit, units);
        self.free_units -= units;
        let region = unit / REGION_UNITS;
        self.mark_right(region, unit + units, false);
        self.regions.add_live(region, units);
        unit
    }

    /// A block where no free one has just its size.
    fn take_other(&mut self, units: usize) -> Option<usize> {
        // Splitting early leaves pieces that nothing fits into, so a little room stays unused.
        if self.free_units > self.live_units / SPLIT_SHARE
            && let Some(unit) = self.take_split(units)
        {
            return Some(unit);
        }
        if let Some(unit) = self.take_untouched(units) {
            return Some(unit);
        }
        if !self.regions.has_empty() {
            return self.take_split(units);
        }
        self.open_region()?;
        self.take_untouched(units)
    }

    /// The beginning of the smallest larger free block.
    fn take_split(&mut self, units: usize) -> Option<usize> {
        let whole = self.free_lists.next_size(units)?;
        let unit = self.free_lists.first(whole)?;
        self.free_lists.unlink(&mut self.memory, unit, whole);
        poison::assert_intact(&self.memory, unit, units);
        self.free_units -= units;
        self.write_free(unit + units, whole - units, true);
        self.regions.add_live(unit / REGION_UNITS, units);
        Some(unit)
    }

    /// The beginning of the open region's untouched end.
    fn take_untouched(&mut self, units: usize) -> Option<usize> {
        let region = self.open?;
        let unit = self.regions.bump(region);
        if (region + 1) * REGION_UNITS - unit < units {
            return None;
        }
        self.regions.set_bump(region, unit + units);
        self.regions.add_live(region, units);
        Some(unit)
    }

    /// Closes the open region, whose untouched end becomes a free block, and opens another.
    fn open_region(&mut self) -> Option<()> {
        let region = self.regions.open()?;
        self.widen(region);
        if let Some(closed) = self.open.replace(region) {
            let (rest, end) = (self.regions.bump(closed), (closed + 1) * REGION_UNITS);
            if rest < end {
                poison::freed(&mut self.memory, rest, end - rest);
                self.free_units += end - rest;
                self.regions.set_bump(closed, end);
                self.write_free(rest, end - rest, true);
            }
            self.regions.close(closed);
        }
        Some(())
    }

    /// Asks for a huge page under a region that is used for the first time, where the arena is so
    /// large that what is backed ahead does not count.
    fn widen(&mut self, region: usize) {
        if region >= self.wide {
            let first = region - region % HUGE_REGIONS;
            self.memory.mapping().set_wide(first * REGION_BYTES, HUGE_BYTES, true);
            self.wide = first + HUGE_REGIONS;
        }
    }

    /// Makes the units from `unit` on free, and one with their free neighbours. They are living
    /// until now; `left_free` says what is left of them.
    fn release(&mut self, unit: usize, units: usize, left_free: bool) {
        let region = unit / REGION_UNITS;
        let bump = self.regions.bump(region);
        poison::freed(&mut self.memory, unit, units);
        self.live_units -= units;
        self.free_units += units;
        let (mut start, mut end) = (unit, unit + units);
        if end < bump {
            let right = Header::read(self.memory.unit(end));
            if right.is_free() {
                self.unlink(end, right.units);
                poison::freed(&mut self.memory, end, 1);
                end += right.units;
            }
        }
        if left_free {
            start -= header::footer(self.memory.unit(unit - 1));
            self.unlink(start, unit - start);
            poison::footer(&mut self.memory, unit - 1);
        }
        let remain = self.regions.remove_live(region, units);
        if self.open == Some(region) && end == bump {
            self.free_units -= end - start;
            self.regions.set_bump(region, start);
        } else if remain || self.open == Some(region) {
            self.keep_cursor_out(start, end);
            let listed = !self.is_sealed(start);
            self.write_free(start, end - start, listed);
            self.mark_right(region, end, true);
        } else {
            let whole = Regions::start(region)..(region + 1) * REGION_UNITS;
            assert_eq!(start..end, whole, "a block's size or mark was written over");
            self.retire(region, end - start);
        }
    }

    /// Takes a region that has become empty out of use.
    fn retire(&mut self, region: usize, free_units: usize) {
        self.free_units -= free_units;
        if self.victim.as_ref().is_some_and(|victim| victim.region == region) {
            self.victim = None;
        }
        if !self.regions.retire(region) {
            if region >= HUGE_FROM {
                // Or the system might put a huge page there again for what is left around it.
                let first = region - region % HUGE_REGIONS;
                self.memory.mapping().set_wide(first * REGION_BYTES, HUGE_BYTES, false);
            }
            self.memory.forget(region * REGION_UNITS, REGION_UNITS);
        }
    }

    /// Writes the header and the footer of a free block, and lists it.
    fn write_free(&mut self, unit: usize, units: usize, listed: bool) {
        let header = Header { kind: FREE, units, left_free: false };
        header.write(self.memory.unit_mut(unit));
        header::set_footer(self.memory.unit_mut(unit + units - 1), units);
        if listed {
            self.free_lists.link(&mut self.memory, unit, units);
        }
    }

    /// Takes a free block out of the list of its size, if it is in it.
    fn unlink(&mut self, unit: usize, units: usize) {
        if !self.is_sealed(unit) {
            self.free_lists.unlink(&mut self.memory, unit, units);
        }
    }

    /// Tells the block at `unit`, if there is one, whether its left neighbour is free.
    #[inline]
    fn mark_right(&mut self, region: usize, unit: usize, left_free: bool) {
        if unit < self.regions.bump(region) {
            header::mark_left_free(self.memory.unit_mut(unit), left_free);
        }
    }

    /// Gives a living block `more` units behind its `end`, where they are free or untouched.
    fn extend(&mut self, end: usize, more: usize) -> bool {
        let region = (end - 1) / REGION_UNITS;
        let bump = self.regions.bump(region);
        if end == bump {
            if (region + 1) * REGION_UNITS - bump < more {
                return false;
            }
            self.regions.set_bump(region, bump + more);
        } else {
            let right = Header::read(self.memory.unit(end));
            if !right.is_free() || right.units < more || self.is_victim(region) {
                return false;
            }
            self.free_lists.unlink(&mut self.memory, end, right.units);
            poison::assert_intact(&self.memory, end, more);
            self.free_units -= more;
            if right.units > more {
                self.write_free(end + more, right.units - more, true);
            } else {
                self.mark_right(region, end + more, false);
            }
        }
        self.live_units += more;
        self.regions.add_live(region, more);
        poison::fresh_all(&mut self.memory, end, more);
        true
    }

    fn header(&self, handle: Handle) -> Header {
        let header = Header::read(self.memory.unit(handle.unit()));
        assert!(!header.is_free(), "a handle of a block that was freed");
        header
    }
}

impl Blocks for Arena {
    #[inline]
    fn alloc(&mut self, kind: u8, units: usize) -> Result<Handle, Exhausted> {
        assert!(kind != FREE && (1..=UNITS_MAX).contains(&units), "no block is like that");
        match self.take(kind, units) {
            Some(unit) => Ok(Handle::at(unit)),
            None => Err(Exhausted { units: units as u32 }),
        }
    }

    #[inline]
    fn free(&mut self, handle: Handle) {
        let Header { units, left_free, .. } = self.header(handle);
        self.release(handle.unit(), units, left_free);
    }

    fn grow(&mut self, handle: Handle, units: usize) -> bool {
        assert!((1..=UNITS_MAX).contains(&units), "no block is like that");
        let (unit, header) = (handle.unit(), self.header(handle));
        if units > header.units && !self.extend(unit + header.units, units - header.units) {
            return false;
        }
        Header { units, ..header }.write(self.memory.unit_mut(unit));
        if units < header.units {
            self.release(unit + units, header.units - units, false);
        }
        true
    }

    #[inline]
    fn bytes(&self, handle: Handle) -> &[u8] {
        let header = Header::read(self.memory.unit(handle.unit()));
        debug_assert!(!header.is_free(), "a handle of a block that was freed");
        self.memory.bytes(handle.unit(), header.units)
    }

    #[inline]
    fn bytes_mut(&mut self, handle: Handle) -> &mut [u8] {
        let header = Header::read(self.memory.unit(handle.unit()));
        debug_assert!(!header.is_free(), "a handle of a block that was freed");
        self.memory.bytes_mut(handle.unit(), header.units)
    }

    #[inline]
    fn pair(&mut self, from: Handle, to: Handle) -> (&[u8], &mut [u8]) {
        let units = [from, to].map(|handle| self.header(handle).units);
        self.memory.pair((from.unit(), units[0]), (to.unit(), units[1]))
    }

    #[inline]
    fn prefetch(&self, handle: Handle, byte: usize) {
        self.memory.prefetch(handle.unit(), byte);
    }

    fn used_units(&self) -> usize {
        self.live_units
    }

    fn next_move(&mut self, step: &mut Step) -> Option<Move> {
        self.compact(step)
    }

    fn finish_move(&mut self, moved: Move, took: bool) {
        self.settle(moved, took);
    }
}

/// What an arena holds and has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Figures {
    /// Address space, whether it is backed or not.
    pub reserved_bytes: usize,
    /// Regions that may be backed by memory: those in use, spare ones and one that is ahead.
    pub committed_bytes: usize,
    /// Tables beside the range, of which only what is used is backed.
    pub table_bytes: usize,
    /// Living blocks.
    pub live_bytes: usize,
    /// Free blocks.
    pub free_bytes: usize,
    /// Empty regions that keep their pages.
    pub spare_regions: usize,
    /// Blocks that compaction has moved.
    pub moves: u64,
    /// Bytes of those blocks.
    pub moved_bytes: u64,
}

/// Why there is no arena of a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReserveError {
    /// The size is 0, or more than four bytes can name.
    Size {
        /// What was asked for.
        bytes: usize,
    },
    /// The system did not reserve so much.
    Refused {
        /// What was asked for.
        bytes: usize,
        /// The system's number for the reason, 0 where it gave none.
        code: i32,
    },
}

impl fmt::Display for ReserveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size { bytes } => {
                write!(f, "an arena has 1 to {RESERVATION_BYTES_MAX} bytes, not {bytes}")
            }
            Self::Refused { bytes, code } => {
                write!(f, "the system did not reserve {bytes} bytes of address space")?;
                if *code != 0 { write!(f, " (error {code})") } else { Ok(()) }
            }
        }
    }
}

impl Error for ReserveError {}

/// The most that an arena can reserve: 64 GiB, or what the machine can address.
pub const RESERVATION_BYTES_MAX: usize = REGIONS_MAX * REGION_BYTES;

/// As many regions as a handle has numbers for, within half of the address space.
const REGIONS_MAX: usize = {
    let handles = 1u64 << (32 - REGION_UNITS.ilog2());
    let addresses = (isize::MAX as u64 + 1) / REGION_BYTES as u64 / 2;
    if handles < addresses { handles as usize } else { addresses as usize }
};

/// Regions in a huge page.
const HUGE_REGIONS: usize = HUGE_BYTES / REGION_BYTES;

/// The first region that is in a huge page: what is backed ahead then is at most a thirtieth.
/// Behind it an arena has a page table entry for 2 MiB, not for 4 KiB, and a look-up that misses
/// the caches goes to memory for its data alone.
const HUGE_FROM: usize = (64 << 20) / REGION_BYTES;

/// A larger block is split once more than one part in so many is free.
const SPLIT_SHARE: usize = 64;
