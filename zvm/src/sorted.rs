//! Sorted sets: what programs ask of a store about members in the order of their scores.

use crate::{Key, OutOfMemory, Text};
use databox::SortedSet;

/// The sorted sets of one shard. A key holds a sorted set or nothing for each of these methods; one
/// that becomes empty is removed.
///
/// Members are in ascending order of their scores, and of their bytes where scores are equal. The
/// rank of a member is how many come before it. No score is NaN.
pub trait SortedSets {
    /// How many members there are; 0 where there is no set.
    fn sorted_len(&mut self, key: Key<'_>) -> u64;

    /// The score of a member.
    fn sorted_score(&mut self, key: Key<'_>, member: &[u8]) -> Option<f64>;

    /// Gives a member of the set, which is created where it is absent, a score, and tells whether
    /// the member is new.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`] where the budget is used up; nothing has changed.
    fn sorted_set(&mut self, key: Key<'_>, member: &[u8], score: f64) -> Result<bool, OutOfMemory>;

    /// Removes a member and tells whether it was there.
    fn sorted_remove(&mut self, key: Key<'_>, member: &[u8]) -> bool;

    /// Removes up to `count` members from the one of rank `rank` on, and tells how many these are.
    fn sorted_remove_range(&mut self, key: Key<'_>, rank: u64, count: u64) -> u64;

    /// The rank of a member.
    fn sorted_rank(&mut self, key: Key<'_>, member: &[u8]) -> Option<u64>;

    /// How many members have a score below `bound`, or, where `inclusive`, at most `bound`.
    fn sorted_below(&mut self, key: Key<'_>, bound: f64, inclusive: bool) -> u64;

    /// How many members come before `bound` in the order of bytes, or, where `inclusive`, are that.
    fn sorted_before(&mut self, key: Key<'_>, bound: &[u8], inclusive: bool) -> u64;

    /// Visits up to `count` members from the one of rank `rank` on with their scores, or where
    /// `back` says so those before it, backwards.
    fn sorted_walk(
        &mut self,
        key: Key<'_>,
        rank: u64,
        count: u64,
        back: bool,
        visit: &mut dyn FnMut(Text<'_>, f64),
    );

    /// Visits some members with their scores that match a glob pattern, from `cursor` on (0
    /// starts), about `count` of them before filtering, and returns the cursor to go on from, or 0
    /// at the end.
    ///
    /// Whatever is written between the calls, a member that is there from the first to the last is
    /// visited at least once.
    fn sorted_scan(
        &mut self,
        key: Key<'_>,
        cursor: u64,
        count: u64,
        pattern: Option<&[u8]>,
        visit: &mut dyn FnMut(Text<'_>, f64),
    ) -> u64;

    /// The set, to be read or changed by itself; `None` where there is none. Sets share what they
    /// have in common, so this costs little.
    fn lend_sorted(&mut self, key: Key<'_>) -> Option<SortedSet>;

    /// Makes the key hold a set, whatever it held before, and not expire. An empty set removes the
    /// key.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`] where the budget is used up; the old value stays.
    fn put_sorted(&mut self, key: Key<'_>, set: SortedSet) -> Result<(), OutOfMemory>;

    /// A random number.
    fn draw(&mut self) -> u64;

    /// Takes a set that nobody needs any more; the store frees it bit by bit.
    fn discard_sorted(&mut self, set: SortedSet);
}
