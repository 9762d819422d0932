//! The arguments of a request: offsets into the buffer they arrived in.

/// Where one argument stands in its buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ArgRange {
    /// Offset of the first byte.
    pub start: u32,
    /// Length in bytes.
    pub len: u32,
}

/// The arguments of one request, without the command's name (and subcommand's).
#[derive(Debug, Clone, Copy)]
pub struct Args<'a> {
    buffer: &'a [u8],
    ranges: &'a [ArgRange],
}

impl<'a> Args<'a> {
    /// Arguments that stand at `ranges` of `buffer`.
    #[must_use]
    pub const fn new(buffer: &'a [u8], ranges: &'a [ArgRange]) -> Self {
        Self { buffer, ranges }
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// One of them; empty where `index` or its range does not exist.
    #[must_use]
    pub fn get(&self, index: usize) -> &'a [u8] {
        let Some(range) = self.ranges.get(index) else { return &[] };
        let start = range.start as usize;
        self.buffer.get(start..start + range.len as usize).unwrap_or(&[])
    }
}
