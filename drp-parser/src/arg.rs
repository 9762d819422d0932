//! Where an argument stands: an offset and a length, because the buffer it stands in may move.

/// The place of one argument in the bytes its request was parsed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ArgRange {
    /// Offset of the first byte from the start of the request (or of the unescaped bytes, see
    /// [`Source`](crate::Source)), in bytes.
    pub start: u32,
    /// Length in bytes.
    pub len: u32,
}

impl ArgRange {
    /// The argument's bytes within `bytes`, which must be what the range was parsed from.
    ///
    /// # Panics
    ///
    /// Panics if the range lies outside `bytes`.
    #[inline]
    #[must_use]
    pub fn of(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.start as usize..][..self.len as usize]
    }

    /// A range that the caller has seen to lie within a request of less than 4 GiB.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "a request is shorter than 4 GiB")]
    pub(crate) const fn new(start: usize, len: usize) -> Self {
        Self { start: start as u32, len: len as u32 }
    }
}

#[cfg(test)]
mod tests {
    use super::ArgRange;

    #[test]
    fn of_borrows_the_bytes() {
        assert_eq!(ArgRange { start: 2, len: 3 }.of(b"xxabcxx"), b"abc");
        assert_eq!(ArgRange::new(7, 0).of(b"xxabcxx"), b"");
    }

    #[test]
    #[should_panic(expected = "out of range")]
    fn of_refuses_foreign_bytes() {
        let _ = ArgRange { start: 2, len: 6 }.of(b"xxabcxx");
    }
}
