//! How large the largest pieces of work were: what is promised is measured.

/// The largest steps that a shard has taken since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Steps {
    /// Blocks that one write, one removal, one visit of whoever makes room, or one piece of a sweep
    /// has allocated: pages that moved, split or merged, and what long strings take.
    pub blocks_max: u64,
    /// The bytes of such blocks: no less than what was copied.
    pub bytes_max: u64,
    /// Steps of more than [`BLOCKS_MAX`](Self::BLOCKS_MAX) blocks or
    /// [`BYTES_MAX`](Self::BYTES_MAX) bytes.
    pub beyond: u64,
    /// Bytes that one step of [`compact`](crate::Shard::compact) has moved.
    pub moved_bytes_max: u64,
}

impl Steps {
    /// What a step allocates at most, as promised.
    pub const BLOCKS_MAX: u64 = 8;

    /// The bytes of such blocks at most, as promised.
    pub const BYTES_MAX: u64 = 64 * 1024;

    /// Notes a step between two moments of an arena's count.
    #[inline]
    pub(crate) fn note(&mut self, before: (u64, u64), after: (u64, u64)) {
        let (blocks, bytes) = (after.0 - before.0, after.1 - before.1);
        self.blocks_max = self.blocks_max.max(blocks);
        self.bytes_max = self.bytes_max.max(bytes);
        self.beyond += u64::from(blocks > Self::BLOCKS_MAX || bytes > Self::BYTES_MAX);
    }

    /// Notes a step of compaction.
    pub(crate) fn note_move(&mut self, before: (u64, u64), after: (u64, u64)) {
        self.moved_bytes_max = self.moved_bytes_max.max(after.1 - before.1);
    }
}
