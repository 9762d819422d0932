//! The end of a reply, found without building it.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

use super::token::{Aggregate, Cursor, Step};
use super::{ReplyError, ReplyLimits};

/// A resumable search for the end of a reply. Keeps two counters instead of a tree or stack.
///
/// # Examples
///
/// ```
/// use drp_parser::reply::SkipStatus;
/// use drp_parser::{ReplyLimits, ReplySkipper};
///
/// let mut skipper = ReplySkipper::new(ReplyLimits::default());
/// let status = skipper.skip(b"*2\r\n:1\r\n$1\r\na\r\n+OK\r\n").unwrap();
/// assert_eq!(status, SkipStatus::Complete { consumed: 15 });
/// ```
#[derive(Debug)]
pub struct ReplySkipper {
    limits: ReplyLimits,
    cursor: Cursor,
    /// Values that must still come for the reply to be complete; at most
    /// `limits.elements_max + 1`.
    outstanding: usize,
}

/// Where the reply ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkipStatus {
    /// Here.
    Complete {
        /// Length of the reply in bytes; the next one begins there.
        consumed: usize,
    },
    /// Not in what has arrived.
    Incomplete {
        /// A lower bound, at least 1, of the bytes that must follow before anything new can be
        /// said. Inside a string it is exactly what is missing of it and its terminator.
        needed: usize,
    },
}

impl ReplySkipper {
    /// A skipper between replies.
    #[must_use]
    pub fn new(limits: ReplyLimits) -> Self {
        Self { limits, cursor: Cursor::default(), outstanding: 1 }
    }

    /// Looks for the end of the reply at the start of `input`. After
    /// [`SkipStatus::Incomplete`] the next call must present the same bytes and more behind them.
    ///
    /// # Errors
    ///
    /// What follows cannot be understood. The skipper is then as new.
    ///
    /// # Complexity
    ///
    /// O(n) in the bytes of a reply over all the calls it takes (string contents are jumped
    /// over). Allocates nothing.
    pub fn skip(&mut self, input: &[u8]) -> Result<SkipStatus, ReplyError> {
        loop {
            let (stands_for_value, values) = match self.cursor.step(input, &self.limits) {
                Ok(Step::Token(_)) => (true, 0),
                Ok(Step::Open { kind, values }) => (kind != Aggregate::Attribute, values),
                Ok(Step::Incomplete { needed }) => return Ok(SkipStatus::Incomplete { needed }),
                Err(error) => {
                    *self = Self::new(self.limits);
                    return Err(error);
                }
            };
            self.outstanding = self
                .outstanding
                .saturating_sub(usize::from(stands_for_value))
                .saturating_add(values);
            if self.outstanding == 0 {
                let consumed = self.cursor.at();
                *self = Self::new(self.limits);
                return Ok(SkipStatus::Complete { consumed });
            }
        }
    }
}
