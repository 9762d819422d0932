//! A small sorted set: a run of bytes, wherever they stand.

use super::run::{Rows, Run};
use crate::packed::{self, Element};
use crate::{Edit, Text};
use alloc::vec::Vec;

/// A sorted set of few short members in one run of bytes, borrowed.
///
/// Bytes that are none are the empty set. What writes a set gives other bytes, to be kept in place
/// of these; a set that has become too large for this form goes on as a
/// [`SortedSet`](crate::SortedSet).
///
/// # Complexity
///
/// A score is found by halving, a member by searching through. A write copies the bytes, at most
/// [`BYTES_MAX`](Self::BYTES_MAX).
///
/// # Examples
///
/// ```
/// use databox::{Edit, SmallSorted};
///
/// let mut bytes = Vec::new();
/// assert_eq!(SmallSorted::new(&[]).set(b"apple", 1.5, &mut bytes), (Edit::Written, None));
/// assert_eq!(SmallSorted::new(&bytes).score(b"apple"), Some(1.5));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct SmallSorted<'a> {
    bytes: &'a [u8],
    pub(super) run: Run<'a>,
}

impl<'a> SmallSorted<'a> {
    /// The most bytes that a set takes in this form.
    pub const BYTES_MAX: usize = packed::BYTES_MAX;

    /// The set that these bytes, which were written by this type, are; empty where they are none.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, run: Run::read(bytes, None) }
    }

    /// The bytes that the set is.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// How many members there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.run.len()
    }

    /// Whether there are no members.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The score of a member.
    #[must_use]
    pub fn score(&self, member: &[u8]) -> Option<f64> {
        self.run.find(member).map(|at| self.run.score(at))
    }

    /// How many members come before this one, if it is there.
    #[must_use]
    pub fn rank(&self, member: &[u8]) -> Option<usize> {
        self.run.find(member)
    }

    /// Writes the set in which `member` has this score to `out`, in place of what stood there, and
    /// returns the score that it had.
    ///
    /// [`Edit::TooLarge`] where that takes another form; what stands in `out` then means nothing.
    ///
    /// # Panics
    ///
    /// Where the score is NaN.
    pub fn set(&self, member: &[u8], score: f64, out: &mut Vec<u8>) -> (Edit, Option<f64>) {
        assert!(!score.is_nan(), "a score is a number");
        let found = self.run.find(member);
        let before = found.map(|at| self.run.score(at));
        if before.is_some_and(|before| before.to_bits() == score.to_bits()) {
            return (Edit::Unchanged, before);
        }
        let text = Text::Bytes(member);
        let element = match Element::new(text) {
            Some(element) if found.is_some() || self.len() < MEMBERS_MAX => element,
            _ => return (Edit::TooLarge, before),
        };
        let row = [(score, element)];
        match found {
            None => self.run.splice(self.run.search(score, &text), 0, &row, out),
            Some(at) => {
                let mut rest = Vec::with_capacity(self.bytes.len());
                self.run.splice(at, 1, &[], &mut rest);
                let rest = Run::read(&rest, None);
                rest.splice(rest.search(score, &text), 0, &row, out);
            }
        }
        let edit = if out.len() > Self::BYTES_MAX { Edit::TooLarge } else { Edit::Written };
        (edit, before)
    }

    /// Writes the set without a member to `out`, in place of what stood there: no bytes where the
    /// set becomes empty. Returns the score that it had; [`Edit::Unchanged`] where there is no such
    /// member.
    pub fn remove(&self, member: &[u8], out: &mut Vec<u8>) -> (Edit, Option<f64>) {
        let Some(at) = self.run.find(member) else { return (Edit::Unchanged, None) };
        self.run.splice(at, 1, &[], out);
        (Edit::Written, Some(self.run.score(at)))
    }

    /// Writes the set without up to `count` members from the one with the number `index` on to
    /// `out`, and tells how many these are.
    pub fn remove_range(&self, index: usize, count: usize, out: &mut Vec<u8>) -> (Edit, usize) {
        let count = count.min(self.len().saturating_sub(index));
        if count == 0 {
            return (Edit::Unchanged, 0);
        }
        self.run.splice(index, count, &[], out);
        (Edit::Written, count)
    }

    /// How many members have a score below this one, or, where `inclusive`, at most this one.
    #[must_use]
    pub fn below(&self, score: f64, inclusive: bool) -> usize {
        self.run.partition(|run, at| super::is_below(run.score(at), score, inclusive))
    }

    /// How many members come before these bytes in the order of bytes, or, where `inclusive`, are
    /// these. Of a set whose scores differ it tells nothing.
    #[must_use]
    pub fn before(&self, member: &[u8], inclusive: bool) -> usize {
        let member = Text::Bytes(member);
        self.run.partition(|run, at| super::is_before(&run.member(at), &member, inclusive))
    }

    /// The members with their scores, in ascending order, from the one with the number `index` on.
    #[must_use]
    pub fn iter_from(&self, index: usize) -> SmallScored<'a> {
        SmallScored(self.run.iter_from(index))
    }

    /// Panics where the set contradicts itself.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    pub(crate) fn check(&self) {
        self.run.check();
    }
}

/// The members of a [`SmallSorted`] with their scores.
#[derive(Debug, Clone)]
pub struct SmallScored<'a>(Rows<'a>);

impl<'a> Iterator for SmallScored<'a> {
    type Item = (Text<'a>, f64);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for SmallScored<'_> {}

/// The most members of a set in this form.
pub(super) const MEMBERS_MAX: usize = 128;
