//! What the arena's fuzz target checks: blocks in an arena and in the strict place for tests,
//! over operations read from bytes, with their contents remembered beside them.

use super::{Arena, Blocks, Exact, Handle, Step, UNIT_BYTES, UNITS_MAX};
use alloc::vec::Vec;

/// Reads operations from `data`, applies them to an arena and to [`Exact`], and panics where a
/// block's bytes are not what was written, where a count or an invariant is wrong, or where
/// there is no room though there must be.
pub fn check_arena(data: &[u8]) {
    let (&flavour, data) = data.split_first().unwrap_or((&0, &[]));
    let sizes = if flavour & 1 == 0 { Sizes::All } else { Sizes::Pages };
    let regions = 1 + usize::from(flavour >> 1) % 24;
    let arena = Arena::new(regions << 18).expect("so little can be reserved");
    let mut subject = Subject::new(arena, Arena::check);
    subject.run(data, sizes);
    subject.empty();
    assert_eq!(subject.blocks.figures().free_bytes, 0, "the empty arena has free blocks");
    let mut subject = Subject::new(Exact::new(u64::from(flavour), regions << 14), Exact::check);
    subject.run(data, sizes);
    subject.empty();
}

/// The sizes that blocks have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sizes {
    /// Those of pages, which fit beside each other in any order.
    Pages,
    /// Also tiny ones and the largest.
    All,
}

/// A place for blocks, and what is in it.
pub(super) struct Subject<A> {
    pub(super) blocks: A,
    check: fn(&A),
    known: Vec<Known>,
    units: usize,
    /// The next block's bytes.
    stamp: u8,
}

/// A block, and what its bytes follow from.
struct Known {
    handle: Handle,
    kind: u8,
    units: usize,
    stamp: u8,
}

impl<A: Blocks> Subject<A> {
    pub(super) fn new(blocks: A, check: fn(&A)) -> Self {
        Self { blocks, check, known: Vec::new(), units: 0, stamp: 0 }
    }

    /// Runs the operations of `data`, and checks after each while there are few blocks.
    pub(super) fn run(&mut self, data: &[u8], sizes: Sizes) {
        let mut input = Input { data, sizes };
        let mut steps = 0usize;
        while !input.data.is_empty() {
            self.step(&mut input);
            steps += 1;
            if self.known.len() < 128 || steps.is_multiple_of(64) {
                (self.check)(&self.blocks);
            }
            assert_eq!(self.blocks.used_units(), self.units);
        }
        (self.check)(&self.blocks);
        self.known.iter().for_each(|known| known.verify(&self.blocks));
    }

    /// Frees all blocks, from both ends in turn.
    pub(super) fn empty(&mut self) {
        while !self.known.is_empty() {
            let index = if self.known.len().is_multiple_of(2) { 0 } else { self.known.len() - 1 };
            self.free(index);
        }
        (self.check)(&self.blocks);
        assert_eq!(self.blocks.used_units(), 0);
    }

    fn step(&mut self, input: &mut Input<'_>) {
        let operation = input.byte();
        let times = 1 + operation / 32;
        let index = usize::from(input.byte()) << 8 | usize::from(input.byte());
        let index = index % self.known.len().max(1);
        match operation % 8 {
            0..=1 => (0..times).for_each(|_| self.alloc(operation | 1, input.units())),
            2..=3 => (0..times.div_ceil(2)).for_each(|_| self.free(index)),
            4 => self.grow(index, input.units()),
            5 => self.replace(index, input.units()),
            _ => self.compact(input),
        }
    }

    fn alloc(&mut self, kind: u8, units: usize) {
        match self.blocks.alloc(kind, units) {
            Ok(handle) => {
                self.stamp = self.stamp.wrapping_add(1);
                let known = Known { handle, kind, units, stamp: self.stamp };
                known.fill(&mut self.blocks);
                self.known.push(known);
                self.units += units;
            }
            Err(exhausted) => {
                assert_eq!(exhausted.units as usize, units);
                assert!(self.units > 0, "no room in an empty arena");
            }
        }
    }

    fn free(&mut self, index: usize) {
        if index < self.known.len() {
            let known = self.known.swap_remove(index);
            known.verify(&self.blocks);
            self.blocks.free(known.handle);
            self.units -= known.units;
        }
    }

    fn grow(&mut self, index: usize, units: usize) {
        let Some(known) = self.known.get_mut(index) else { return };
        if self.blocks.grow(known.handle, units) {
            known.verify_units(&self.blocks, units.min(known.units));
            self.units = self.units - known.units + units;
            known.units = units;
            known.fill(&mut self.blocks);
        } else {
            assert!(units > known.units, "a block that does not shrink in place");
            known.verify(&self.blocks);
        }
    }

    /// As a page grows that cannot in place: the new block first, then the old one goes.
    fn replace(&mut self, index: usize, units: usize) {
        let before = self.known.len();
        if before > 0 {
            self.alloc(3, units);
            if self.known.len() > before {
                self.free(index);
            }
        }
    }

    fn compact(&mut self, input: &mut Input<'_>) {
        let refuses = input.byte();
        let mut step = Step {
            free_percent_max: u32::from(input.byte() % 16),
            units_left: usize::from(input.byte()) * 16,
            blocks_left: usize::from(input.byte()),
        };
        while let Some(moved) = self.blocks.next_move(&mut step) {
            let own = self.known.iter_mut().find(|known| known.handle == moved.from);
            let own = own.expect("what moves is a living block");
            own.verify(&self.blocks);
            let to = Known { handle: moved.to, ..*own };
            to.verify(&self.blocks);
            let took = refuses.is_multiple_of(4) || own.stamp % 16 != refuses % 16;
            if took {
                *own = to;
            }
            self.blocks.finish_move(moved, took);
        }
    }
}

impl Known {
    /// What the block's bytes repeat: byte `at` of the block is byte `at % PERIOD` of this.
    fn pattern(&self) -> &'static [u8] {
        &PATTERN[usize::from(self.stamp)..][..PERIOD]
    }

    /// Writes all that is the user's.
    fn fill(&self, blocks: &mut impl Blocks) {
        let own = blocks.bytes_mut(self.handle);
        assert_eq!((own.len(), own[0]), (self.units * UNIT_BYTES, self.kind));
        let arenas = [own[0], own[2], own[3]];
        for part in own.chunks_mut(PERIOD) {
            part.copy_from_slice(&self.pattern()[..part.len()]);
        }
        [own[0], own[2], own[3]] = arenas;
    }

    fn verify(&self, blocks: &impl Blocks) {
        assert_eq!(blocks.bytes(self.handle).len(), self.units * UNIT_BYTES);
        self.verify_units(blocks, self.units);
    }

    /// Looks at the block's first units.
    fn verify_units(&self, blocks: &impl Blocks, units: usize) {
        let own = &blocks.bytes(self.handle)[..units * UNIT_BYTES];
        let mut same = own[0] == self.kind && own[1] == self.pattern()[1];
        for (index, part) in own.chunks(PERIOD).enumerate() {
            let from = if index == 0 { 4 } else { 0 };
            same &= part[from..] == self.pattern()[from..part.len()];
        }
        assert!(same, "{:?} has changed", self.handle);
    }
}

/// Values read from bytes; zeros where they have run out.
struct Input<'a> {
    data: &'a [u8],
    sizes: Sizes,
}

impl Input<'_> {
    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.data.split_first() else { return 0 };
        self.data = rest;
        first
    }

    fn units(&mut self) -> usize {
        let (kind, number) = (self.byte(), usize::from(self.byte()));
        match (self.sizes, kind % 8) {
            (Sizes::All, 0) => 1 + number % 4,
            (Sizes::All, 1) => 1 + number * 64,
            (Sizes::All, 2) => UNITS_MAX - number,
            _ => 8 + number % 73,
        }
    }
}

/// The bytes after which a block's pattern begins again.
const PERIOD: usize = 256;

/// All patterns: each begins at its stamp.
const PATTERN: &[u8] = &{
    let mut bytes = [0u8; 2 * PERIOD];
    let mut at = 0;
    while at < bytes.len() {
        bytes[at] = (at as u8).wrapping_mul(29);
        at += 1;
    }
    bytes
};
