//! Items: what memcached's protocols ask of a store beside what every string has.
//!
//! A **stamp** is a number that an item's value has as long as it is not written again. It is given
//! when somebody asks for it; a write of the value takes it away, so no stamp given before can
//! match after. An item can be **stale**: still there, yet to be replaced; of those who ask for it
//! one client **claims** the replacing.

use crate::{Key, OutOfMemory, Text};

/// An item as it is replied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemView<'a> {
    /// Its value.
    pub text: Text<'a>,
    /// The number that a client gave it; 0 where none did.
    pub flags: u32,
    /// Milliseconds that it lives on; `None` is for ever.
    pub ttl_ms: Option<u64>,
    /// Milliseconds since it was used before.
    pub idle_ms: u64,
    /// Whether it was used before.
    pub was_hit: bool,
    /// Bytes that it takes in all.
    pub used_bytes: u64,
}

/// What an item's replacement has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lease {
    /// It is to be replaced.
    pub is_stale: bool,
    /// A client has claimed that, before this request.
    pub is_claimed: bool,
    /// This request has claimed it.
    pub is_won: bool,
}

/// The items of one shard. None of its methods finds a key that holds another kind.
pub trait Items {
    /// The item at the key.
    fn item(&mut self, key: Key<'_>) -> Option<ItemView<'_>>;

    /// Makes the key hold an item, whatever it held before, without a stamp. A moment that has
    /// passed removes the key.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`] where the budget is used up; nothing has changed.
    fn set_item(
        &mut self,
        key: Key<'_>,
        value: Text<'_>,
        flags: u32,
        expires_at_ms: Option<u64>,
    ) -> Result<(), OutOfMemory>;

    /// Puts bytes before or behind the value; flags and expiry stay, the stamp goes.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`] where the budget is used up; nothing has changed.
    fn extend_item(
        &mut self,
        key: Key<'_>,
        piece: Text<'_>,
        before: bool,
    ) -> Result<(), OutOfMemory>;

    /// The stamp of the item, 0 where it has none, and its lease; `None` where there is no item.
    fn stamp(&mut self, key: Key<'_>) -> Option<(u64, Lease)>;

    /// Gives the item a stamp that no item of the shard has had, and this lease, of which what is
    /// won counts as claimed. Returns the stamp; `None` where there is no item.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`] where there is no room for it; nothing has changed.
    fn give_stamp(&mut self, key: Key<'_>, lease: Lease) -> Result<Option<u64>, OutOfMemory>;

    /// Changes the lease of an item and leaves the stamp that it has.
    ///
    /// # Errors
    ///
    /// As for [`give_stamp`](Self::give_stamp).
    fn set_lease(&mut self, key: Key<'_>, lease: Lease) -> Result<(), OutOfMemory>;

    /// Removes every key of the namespace at a moment, in the place of what was said before.
    fn flush_at(&mut self, at_ms: u64);
}
