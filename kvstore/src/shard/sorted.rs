//! Operations on keys that hold sorted sets. A set that becomes empty is no key.

use super::Shard;
use super::containers::Container;
use crate::{Item, Key, Namespace, WriteError, WrongKind};
use databox::{Databox, Kind, SmallSorted, SortedSet, SortedView};

impl Container for SortedSet {
    const KIND: Kind = Kind::Sorted;

    fn from_packed(bytes: &[u8], seed: u64) -> Self {
        Self::from_small(seed, SmallSorted::new(bytes))
    }

    fn into_value(self) -> Databox {
        self.into()
    }

    fn of(value: &mut Databox) -> Option<&mut Self> {
        value.as_sorted_mut()
    }

    fn is_empty(&self) -> bool {
        Self::is_empty(self)
    }

    fn copied_bytes(&self) -> usize {
        Self::copied_bytes(self)
    }
}

impl Shard {
    /// Gives a member of the sorted set at the key, which is made where there is none, a score, and
    /// returns the one that it had.
    ///
    /// # Errors
    ///
    /// [`WriteError::WrongKind`] where the key holds something else, and
    /// [`WriteError::OutOfBudget`] where the write could take the shard beyond its budget.
    ///
    /// # Panics
    ///
    /// Where the score is NaN.
    pub fn sorted_set(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        (member, score): (&[u8], f64),
        now_ms: u64,
    ) -> Result<Option<f64>, WriteError> {
        let growth = |set: &mut SortedSet| set.set_growth_max(member);
        let small =
            |bytes: &[u8], out: &mut Vec<u8>| SmallSorted::new(bytes).set(member, score, out);
        let large = |set: &mut SortedSet| set.set(member, score);
        self.change_container(ns, key, now_ms, growth, small, large)
    }

    /// Removes a member from the sorted set at the key and returns the score that it had.
    ///
    /// # Errors
    ///
    /// [`WrongKind`] where the key holds something else.
    pub fn sorted_remove(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        member: &[u8],
        now_ms: u64,
    ) -> Result<Option<f64>, WrongKind> {
        let small = |bytes: &[u8], out: &mut Vec<u8>| SmallSorted::new(bytes).remove(member, out);
        let large = |set: &mut SortedSet| set.remove(member);
        match self.change_container(ns, key, now_ms, |_| 0, small, large) {
            Ok(removed) => Ok(removed),
            Err(WriteError::WrongKind(wrong)) => Err(wrong),
            // The budget does not stop what makes a set smaller, but a full reservation does.
            Err(_) => Ok(None),
        }
    }

    /// Removes up to `count` members from the one with the number `at` on from the sorted set at
    /// the key, and tells how many these are.
    ///
    /// # Errors
    ///
    /// [`WrongKind`] where the key holds something else.
    ///
    /// # Complexity
    ///
    /// Linear in what is removed.
    pub fn sorted_remove_range(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        (at, count): (u64, u64),
        now_ms: u64,
    ) -> Result<u64, WrongKind> {
        let usize_of = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let (at, count) = (usize_of(at), usize_of(count));
        let small =
            |bytes: &[u8], out: &mut Vec<u8>| SmallSorted::new(bytes).remove_range(at, count, out);
        let large = |set: &mut SortedSet| set.remove_range(at, count);
        match self.change_container(ns, key, now_ms, |_| 0, small, large) {
            Ok(removed) => Ok(removed as u64),
            Err(WriteError::WrongKind(wrong)) => Err(wrong),
            // As above.
            Err(_) => Ok(0),
        }
    }

    /// The sorted set at the key, if there is one.
    ///
    /// # Errors
    ///
    /// [`WrongKind`] where the key holds something else.
    pub fn sorted(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        now_ms: u64,
    ) -> Result<Option<SortedView<'_>>, WrongKind> {
        self.get(ns, key, now_ms).map(of_item).transpose()
    }
}

/// The sorted set that an item holds.
fn of_item(item: Item<'_>) -> Result<SortedView<'_>, WrongKind> {
    item.sorted().ok_or_else(|| WrongKind { found: item.kind() })
}
