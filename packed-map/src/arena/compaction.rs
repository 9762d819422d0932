//! Moving the blocks of the emptiest region elsewhere, a bounded piece at a time.
//!
//! The region with the most free room becomes the victim, and its blocks are walked up to three
//! times. Any number of allocations and frees may come between two pieces of a walk.
//!
//! 1. *Seal*: its free blocks leave the lists, so that nothing is allocated in it any more.
//! 2. *Move*: each living block is copied to a new one. What frees the last one makes the region
//!    spare, and the walk ends there.
//! 3. *Reopen*, where some could not be moved: its free blocks go back into the lists.
//!
//! A free block of the victim is sealed while it stands before the cursor of the first walk, in
//! the second always, and behind the cursor of the third. The cursor stands between two blocks:
//! where a block comes to reach over it, it moves to that block's end.
//!
//! What is sealed is not allocated: an arena that is otherwise full has one region less until
//! the walks have ended.

use super::header::{self, Header};
use super::region::{REGION_UNITS, Regions};
use super::{Arena, Blocks, Handle, Move, Step};

/// The region that is being emptied.
#[derive(Debug)]
pub(super) struct Victim {
    pub(super) region: usize,
    walk: Walk,
    /// The next block of the walk.
    cursor: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Walk {
    Seal,
    Move,
    Reopen,
}

impl Arena {
    /// See [`Blocks::next_move`].
    pub(super) fn compact(&mut self, step: &mut Step) -> Option<Move> {
        loop {
            if step.units_left == 0 || step.blocks_left == 0 {
                return None;
            }
            if self.victim.is_none() && !self.choose_victim(step.free_percent_max) {
                return None;
            }
            step.blocks_left -= 1;
            if let Some(moved) = self.visit(&mut step.units_left) {
                return Some(moved);
            }
        }
    }

    /// See [`Blocks::finish_move`].
    pub(super) fn settle(&mut self, moved: Move, took: bool) {
        let Move { from, to } = moved;
        if took {
            self.moves += 1;
            self.moved_units += self.header(from).units as u64;
        }
        self.free(if took { from } else { to });
    }

    /// Whether the free block at `unit` is in no list.
    pub(super) fn is_sealed(&self, unit: usize) -> bool {
        let Some(victim) = &self.victim else { return false };
        victim.region == unit / REGION_UNITS
            && match victim.walk {
                Walk::Seal => unit < victim.cursor,
                Walk::Move => true,
                Walk::Reopen => unit >= victim.cursor,
            }
    }

    pub(super) fn is_victim(&self, region: usize) -> bool {
        self.victim.as_ref().is_some_and(|victim| victim.region == region)
    }

    /// Where the walk over this region stands, if it is the victim.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    pub(super) fn cursor(&self, region: usize) -> Option<usize> {
        let victim = self.victim.as_ref()?;
        (victim.region == region).then_some(victim.cursor)
    }

    /// Moves the cursor behind a block that has come to reach over it.
    pub(super) fn keep_cursor_out(&mut self, start: usize, end: usize) {
        if let Some(victim) = &mut self.victim
            && start < victim.cursor
            && victim.cursor < end
        {
            victim.cursor = end;
        }
    }

    /// Takes the emptiest region, where more than the given share is free and one region less
    /// would do.
    fn choose_victim(&mut self, free_percent_max: u32) -> bool {
        let all_units = (self.free_units + self.live_units) as u64;
        let untouched =
            self.open.map_or(0, |open| (open + 1) * REGION_UNITS - self.regions.bump(open));
        if self.free_units as u64 * 100 <= u64::from(free_percent_max) * all_units
            || self.free_units + untouched < REGION_UNITS
        {
            return false;
        }
        let Some(region) = self.regions.choose_victim() else { return false };
        self.victim = Some(Victim { region, walk: Walk::Seal, cursor: Regions::start(region) });
        true
    }

    /// Visits the next block of the walk.
    fn visit(&mut self, units_left: &mut usize) -> Option<Move> {
        let victim = self.victim.as_mut()?;
        let unit = victim.cursor;
        if unit == (victim.region + 1) * REGION_UNITS {
            self.end_walk();
            return None;
        }
        let own = Header::read(self.memory.unit(unit));
        match (victim.walk, own.is_free()) {
            (Walk::Seal, true) => self.free_lists.unlink(&mut self.memory, unit, own.units),
            (Walk::Reopen, true) => self.free_lists.link(&mut self.memory, unit, own.units),
            (Walk::Move, false) => {
                let Some(to) = self.take(own.kind, own.units) else {
                    self.begin_walk(Walk::Reopen);
                    return None;
                };
                self.memory.copy(unit, to, own.units);
                header::mark_left_free(self.memory.unit_mut(to), false);
                *units_left = units_left.saturating_sub(own.units);
                self.advance(own.units);
                return Some(Move { from: Handle::at(unit), to: Handle::at(to) });
            }
            (Walk::Move, true) | (Walk::Seal | Walk::Reopen, false) => {}
        }
        self.advance(own.units);
        None
    }

    fn advance(&mut self, units: usize) {
        if let Some(victim) = &mut self.victim {
            victim.cursor += units;
        }
    }

    fn end_walk(&mut self) {
        match self.victim.as_ref().map(|victim| victim.walk) {
            Some(Walk::Seal) => self.begin_walk(Walk::Move),
            Some(Walk::Move) => self.begin_walk(Walk::Reopen),
            Some(Walk::Reopen) => {
                if let Some(victim) = self.victim.take() {
                    self.regions.give_up_victim(victim.region);
                }
            }
            None => {}
        }
    }

    fn begin_walk(&mut self, walk: Walk) {
        if let Some(victim) = &mut self.victim {
            victim.walk = walk;
            victim.cursor = Regions::start(victim.region);
        }
    }
}
