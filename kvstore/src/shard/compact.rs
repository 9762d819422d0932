//! Keeping the room between blocks small.

use super::Shard;
use crate::jobs::Jobs;
use crate::space::{Map, Space};
use crate::spaces::Spaces;
use packed_map::{Arena, Blocks, Handle, Step};

impl Shard {
    /// Moves some blocks together where much of what lies between them is free, and tells whether
    /// there may be more to move: from an eighth on, and where `idle` says that nobody asks for
    /// anything else, or the budget is nearly used, from a fiftieth on.
    ///
    /// # Complexity
    ///
    /// At most 64 KiB are moved.
    pub fn compact(&mut self, idle: bool) -> bool {
        self.move_blocks(if idle { IDLE_PERCENT } else { self.percent_under_load() })
    }

    /// Moves blocks while more than `percent` hundredths of the arena are free.
    fn move_blocks(&mut self, percent: u32) -> bool {
        let mut step = Step {
            free_percent_max: percent,
            units_left: STEP_BYTES / packed_map::UNIT_BYTES,
            blocks_left: STEP_BLOCKS,
        };
        let Self { arena, spaces, jobs, steps, .. } = self;
        let before = arena.allocated();
        let mut moved = false;
        while let Some(own) = arena.next_move(&mut step) {
            let took = rehome(spaces, jobs, arena, (own.from, own.to));
            arena.finish_move(own, took);
            moved = true;
        }
        steps.note_move(before, arena.allocated());
        if moved {
            self.hint = None;
        }
        // A step may end between two blocks that move.
        moved || step.blocks_left == 0 || step.units_left == 0
    }

    /// The free room, in hundredths of the arena, at which blocks are moved under load. Near the
    /// budget it is small: what is free there counts.
    fn percent_under_load(&self) -> u32 {
        if self.ledger().held() > self.budget_bytes - self.budget_bytes / 16 {
            IDLE_PERCENT
        } else {
            LOAD_PERCENT
        }
    }
}

/// Tells the map whose block it is that it has moved.
fn rehome(
    spaces: &mut Spaces,
    jobs: &mut Jobs,
    arena: &mut Arena,
    (from, to): (Handle, Handle),
) -> bool {
    let owner = Map::owner_of(arena.bytes(to));
    let mut owners = spaces.iter_mut().chain(jobs.spaces_mut());
    owners.any(|space: &mut Space| space.map.owner() == owner && space.map.rehome(arena, from, to))
}

/// Free room under load, in hundredths.
const LOAD_PERCENT: u32 = 12;

/// Free room that is left when there is time, in hundredths.
const IDLE_PERCENT: u32 = 2;

/// What one step moves at most.
const STEP_BYTES: usize = 64 * 1024;

/// What one step looks at at most.
const STEP_BLOCKS: usize = 256;
