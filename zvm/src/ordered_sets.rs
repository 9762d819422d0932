//! What a program may ask about sets in an order, beside what it may ask about every set.

use crate::{Key, OutOfMemory, Text};
use databox::{Order, Ordered};

/// Sets in an order, of the shard and namespace that a [`Store`](crate::Store) is about.
pub trait OrderedSets {
    /// Adds a member to the ordered set at the key, which is created where it is absent. Tells
    /// whether the member is new. The key holds such a set or nothing. Methods about sets that read
    /// or remove serve ordered ones as well: they visit them in their order, and a cursor of theirs
    /// is a rank.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`] where the budget is used up; nothing has changed.
    fn ordered_add(
        &mut self,
        key: Key<'_>,
        member: &[u8],
        order: Order,
    ) -> Result<bool, OutOfMemory>;

    /// The rank of a member of the ordered set at the key, or that which it would have.
    fn ordered_find(&mut self, key: Key<'_>, member: &[u8]) -> Result<u64, u64>;

    /// The member of the ordered set at the key with this rank.
    fn ordered_get(&mut self, key: Key<'_>, rank: u64) -> Option<Text<'_>>;

    /// Makes the key hold an ordered set, as [`put_set`](crate::Store::put_set) does.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`] where the budget is used up; the old value stays.
    fn put_ordered(&mut self, key: Key<'_>, set: Ordered) -> Result<(), OutOfMemory>;

    /// Takes an ordered set that nobody needs any more; the store frees it bit by bit.
    fn discard_ordered(&mut self, set: Ordered);
}
