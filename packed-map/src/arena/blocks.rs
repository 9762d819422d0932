//! What a packed map needs of the place where its blocks live.

use super::Handle;
use core::error::Error;
use core::fmt;

/// A place for blocks of bytes, named by handles.
///
/// # Shape
///
/// A block is a whole number of units of [`UNIT_BYTES`] bytes, at most [`UNITS_MAX`]. Its first
/// eight bytes are its header:
///
/// ```text
/// byte   0       1        2 .. 4            4 .. 8      8 ...
///        kind    yours    the arena's own   yours       yours
/// ```
///
/// - The kind is what the block was allocated with. It is never 0 while the block lives; it may be
///   changed to another kind.
/// - Bytes 2 to 4 are the arena's: the block's size, and a mark that comes and goes. Who writes a
///   header leaves them as they are; the size is the length of [`bytes`](Self::bytes).
///
/// # Handles
///
/// A handle that was freed or moved away from must not be used again. Where one is used, the
/// call may panic or meet another block's bytes.
pub trait Blocks {
    /// Allocates a block. Its header's kind and size are written; all else is whatever was there.
    ///
    /// # Errors
    ///
    /// [`Exhausted`] where there is no room; nothing has changed then.
    ///
    /// # Panics
    ///
    /// Where `kind` is 0, or `units` is not in `1..=UNITS_MAX`.
    fn alloc(&mut self, kind: u8, units: usize) -> Result<Handle, Exhausted>;

    /// Gives a block back.
    ///
    /// # Panics
    ///
    /// Where no block lives there any more.
    fn free(&mut self, handle: Handle);

    /// Changes the size of a block without moving it: into the free room behind it, or by giving
    /// back its end. `false` where it cannot be, and nothing has changed. The bytes it gains are
    /// whatever was there.
    ///
    /// # Panics
    ///
    /// Where `units` is not in `1..=UNITS_MAX`.
    fn grow(&mut self, handle: Handle, units: usize) -> bool;

    /// The whole block, its header included.
    fn bytes(&self, handle: Handle) -> &[u8];

    /// The whole block, its header included.
    fn bytes_mut(&mut self, handle: Handle) -> &mut [u8];

    /// Two blocks: the first to be read, the second to be written.
    ///
    /// # Panics
    ///
    /// Where both are the same.
    fn pair(&mut self, from: Handle, to: Handle) -> (&[u8], &mut [u8]);

    /// Hints that the cache line that holds this byte of the block will be read. Any handle and
    /// any byte will do.
    fn prefetch(&self, handle: Handle, byte: usize);

    /// The units of all living blocks.
    fn used_units(&self) -> usize;

    /// The bytes that are allocated for each block, beside it, to keep track of it.
    fn table_bytes(&self) -> usize {
        0
    }

    /// At least as many bytes as [`table_bytes`](Self::table_bytes) can rise by when up to
    /// `blocks` blocks, fewer than 256, are allocated.
    fn table_growth_max(&self, blocks: usize) -> usize {
        let _ = blocks;
        0
    }

    /// The next block that should stand elsewhere, already copied, within what `step` still
    /// allows. `None` where the step is used up or no block should move.
    ///
    /// Until the move is given to [`finish_move`](Self::finish_move) both copies live, and no
    /// other call changes the arena.
    fn next_move(&mut self, step: &mut Step) -> Option<Move>;

    /// Ends a move. `took` says that the block's owner now knows it as `to`; otherwise it stays
    /// `from`. The other copy is freed.
    fn finish_move(&mut self, moved: Move, took: bool);
}

/// There is no room for a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exhausted {
    /// How many units were asked for.
    pub units: u32,
}

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no room for a block of {} units of {UNIT_BYTES} bytes", self.units)
    }
}

impl Error for Exhausted {}

/// A block that is being moved.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a move that is not finished leaves both copies of the block"]
pub struct Move {
    /// Where the block was.
    pub from: Handle,
    /// Where the copy is.
    pub to: Handle,
}

/// How much one step of compaction may do, and what is left of it.
#[derive(Debug, Clone)]
pub struct Step {
    /// Free room, in hundredths of the used and the free together, up to which nothing moves.
    pub free_percent_max: u32,
    /// Units that may still be copied. Exceeded by less than one block.
    pub units_left: usize,
    /// Blocks, free ones included, that may still be looked at.
    pub blocks_left: usize,
}

/// The bytes of a unit.
pub const UNIT_BYTES: usize = 16;

/// The most units that a block has.
pub const UNITS_MAX: usize = (1 << 14) - 1;
