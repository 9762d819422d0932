//! What the arena's fuzz target checks: blocks in an arena and in the strict place for tests,
//! over operations read from bytes, with their contents remembered beside them.

use super::{Arena, Blocks, Exact, Handle, Step, UNIT_BYTES, UNITS_MAX};
use alloc::vec;
use alloc::vec::Vec;

/// Reads operations from `data`, applies them to an arena and to [`Exact`], and panics where a
/// block's bytes are not what was written, where a count or an invariant is wrong, or where
/// there is no room though there must be.
pub fn check_arena(data: &[u8]) {
    let (&flavour, data) = data.split_first().unwrap_or((&0, &[]));
    let regions = 1 + usize::from(flavour >> 1) % 24;
    let arena = Arena::new(regions << 18).expect("so little can be reserved");
    let mut subject = Subject::new(arena, Arena::check);
    if flavour & 1 == 1 {
        subject.run(data, usize::MAX);
    } else {
        subject.run(data, 4096);
    }
    subject.empty();
    assert_eq!(subject.blocks.figures().free_bytes, 0, "the empty arena has free blocks");
    let mut subject = Subject::new(Exact::new(u64::from(flavour), regions << 14), Exact::check);
    subject.run(data, usize::MAX);
    subject.empty();
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

    /// Runs the operations of `data`, checking after each for the first `checks`.
    pub(super) fn run(&mut self, data: &[u8], checks: usize) {
        let mut input = Input(data);
        let mut steps = 0;
        while !input.0.is_empty() {
            self.step(&mut input);
            steps += 1;
            if steps <= checks {
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
        let index = usize::from(input.byte()) | usize::from(operation & 0x18) << 5;
        let index = index % self.known.len().max(1);
        match operation % 8 {
            0..=2 => self.alloc(input.byte() | 1, input.units()),
            3 => {
                for _ in 0..=operation >> 5 {
                    self.free(index);
                }
            }
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
        let kept = units.min(known.units) * UNIT_BYTES;
        if self.blocks.grow(known.handle, units) {
            let mut expected = known.bytes();
            self.units = self.units - known.units + units;
            known.units = units;
            expected.truncate(kept);
            assert_eq!(&self.blocks.bytes(known.handle)[8..kept], &expected[8..]);
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
    /// The block's bytes; those that are the arena's are 0.
    fn bytes(&self) -> Vec<u8> {
        let mut bytes: Vec<u8> = (0..self.units * UNIT_BYTES)
            .map(|at| self.stamp.wrapping_add(at as u8).wrapping_mul(29))
            .collect();
        bytes[0] = self.kind;
        bytes[2..4].fill(0);
        bytes
    }

    fn fill(&self, blocks: &mut impl Blocks) {
        let bytes = self.bytes();
        let own = blocks.bytes_mut(self.handle);
        assert_eq!(own.len(), bytes.len());
        assert_eq!(own[0], self.kind);
        own[1] = bytes[1];
        own[4..].copy_from_slice(&bytes[4..]);
    }

    fn verify(&self, blocks: &impl Blocks) {
        let (bytes, own) = (self.bytes(), blocks.bytes(self.handle));
        assert!(own[..2] == bytes[..2] && own[4..] == bytes[4..], "{:?} has changed", self.handle);
    }
}

/// Values read from bytes; zeros where they have run out.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    /// A size: most often that of a page, at times tiny or as large as can be.
    fn units(&mut self) -> usize {
        let (kind, number) = (self.byte(), usize::from(self.byte()));
        match kind % 8 {
            0 => 1 + number % 4,
            1 => 1 + number * 64,
            2 => UNITS_MAX - number,
            _ => 8 + number % 73,
        }
    }
}
