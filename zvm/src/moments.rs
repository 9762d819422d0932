//! What a program may ask about names of maps that expire.

use crate::{Key, OutOfMemory};

/// Names that expire, of the maps that a [`Store`](crate::Store) is about.
pub trait Moments {
    /// [`map_set`](crate::Store::map_set), but the name expires when it did before.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`] where the budget is used up; nothing has changed.
    fn map_update(&mut self, key: Key<'_>, name: &[u8], value: &[u8]) -> Result<bool, OutOfMemory>;

    /// When a name of the map at the key expires, in milliseconds since the Unix epoch.
    /// `None`: no such name. `Some(None)`: it does not expire.
    fn map_expiry(&mut self, key: Key<'_>, name: &[u8]) -> Option<Option<u64>>;

    /// Sets or clears when a name expires, and tells whether it was there. A moment that has
    /// passed removes it.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`] where the budget is used up; nothing has changed.
    fn map_expire(
        &mut self,
        key: Key<'_>,
        name: &[u8],
        expires_at_ms: Option<u64>,
    ) -> Result<bool, OutOfMemory>;
}
