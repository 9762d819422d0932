//! What a program may ask of the data: one shard, seen through one namespace.
//!
//! The server's worker implements [`Store`] over its shard; tests implement it over a
//! `BTreeMap`. No method blocks, and nothing borrowed from a store outlives the call that
//! returned it, because pages move on every insert.

use crate::{Bits, Hint, Items, Key, SortedSets, Text};
use databox::{Kind, Set};

/// A write that the memory budget refused. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfMemory;

/// What a write does to the time at which its key expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// The key no longer expires.
    Never,
    /// The key expires at this moment, in milliseconds since the Unix epoch.
    At(u64),
    /// The key expires when it did before, and keeps the flags of a string; a new key does not
    /// expire.
    Keep,
}

/// Which keys a scan reports.
#[derive(Debug, Clone, Copy, Default)]
pub struct ScanFilter<'a> {
    /// A glob pattern in Redis' syntax; `None` reports every key.
    pub pattern: Option<&'a [u8]>,
    /// The name of a type as `TYPE` replies it, in any case; `None` reports every type.
    pub type_name: Option<&'a [u8]>,
}

/// How far a scan has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scanned {
    /// The cursor to go on from; 0 at the end.
    pub cursor: u64,
    /// Whether it is this store that can go on from there: a cursor may lead to another shard.
    pub more: bool,
}

/// One shard's data, in the namespace of the request being executed.
///
/// A key whose expiry is at or before [`now_ms`](Self::now_ms) does not exist for any method.
#[expect(clippy::len_without_is_empty, reason = "no command asks whether a shard is empty")]
pub trait Store: Items + Bits + SortedSets {
    /// The moment at which this program took its turn, in milliseconds since the Unix epoch.
    fn now_ms(&self) -> u64;

    /// The keyed hash that routes and finds a key.
    fn hash(&self, key: &[u8]) -> u64;

    /// Where the operation that came last found its key, if that can help the next one. Without
    /// a hint, the store looks every key up.
    #[inline]
    fn hint(&self) -> Hint {
        Hint::NONE
    }

    /// What the key holds, or `None` where it does not exist.
    fn kind(&mut self, key: Key<'_>) -> Option<Kind>;

    /// The value of a key that holds a string; `None` where it is absent or of another kind, and
    /// where the string does not stand in one piece: [`Bits::bits`] reads it then.
    fn string(&mut self, key: Key<'_>) -> Option<Text<'_>>;

    /// Makes the key hold a string, whatever it held before.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`] where the budget is used up; the old value stays.
    fn set_string(
        &mut self,
        key: Key<'_>,
        value: Text<'_>,
        expiry: Expiry,
    ) -> Result<(), OutOfMemory>;

    /// Writes `bytes` over the string at the key from `at` on, with zeros between its end and `at`;
    /// the key expires when it did before, and is made where it is absent. It holds a string or
    /// nothing. False, and no change, where the string would be longer than one may be.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`] where the budget is used up; nothing has changed.
    fn splice_string(&mut self, key: Key<'_>, at: u64, bytes: &[u8]) -> Result<bool, OutOfMemory>;

    /// The memcached flags of the key; 0 where none were set.
    fn flags(&mut self, key: Key<'_>) -> u32;

    /// Sets the memcached flags of a key that exists. Writing a string sets them to 0, unless it
    /// keeps the expiry.
    fn set_flags(&mut self, key: Key<'_>, flags: u32) -> bool;

    /// Removes the key and tells whether it was there.
    fn remove(&mut self, key: Key<'_>) -> bool;

    /// When the key expires, in milliseconds since the Unix epoch.
    /// `None`: no such key. `Some(None)`: it does not expire.
    fn expiry(&mut self, key: Key<'_>) -> Option<Option<u64>>;

    /// Sets or clears when the key expires, and tells whether the key was there.
    /// A moment that has passed removes it.
    fn set_expiry(&mut self, key: Key<'_>, expires_at_ms: Option<u64>) -> bool;

    /// The name of the encoding that Redis has which comes nearest to the key's; `None` where it is
    /// absent.
    fn encoding(&mut self, key: Key<'_>) -> Option<&'static str>;

    /// The bytes that the key and what it holds take of memory; `None` where it is absent.
    fn usage(&mut self, key: Key<'_>) -> Option<u64>;

    /// Moves the key with all that is about it to the database `to` and tells whether that was
    /// done. `None`: there is no such database.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`] where the budget is used up; nothing has changed.
    fn move_key(&mut self, key: Key<'_>, to: i64) -> Result<Option<bool>, OutOfMemory>;

    /// The name of a key drawn at random; `None` where there is none.
    fn random_key(&mut self) -> Option<Vec<u8>>;

    /// The number of the database that this is about.
    fn database(&self) -> u32;

    /// What the key holds as `DUMP` serialises it; `None` where it is absent.
    fn dump(&mut self, key: Key<'_>) -> Option<Vec<u8>>;

    /// Makes the key hold a value that was serialised; false, and no change, where the payload
    /// means none.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`] where the budget is used up; the old value stays.
    fn restore(
        &mut self,
        key: Key<'_>,
        payload: &[u8],
        expiry: Expiry,
    ) -> Result<bool, OutOfMemory>;

    /// Adds a member to the set at the key, which is created where it is absent. Tells whether
    /// the member is new. The key holds a set or nothing.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`] where the budget is used up; nothing has changed.
    fn set_add(&mut self, key: Key<'_>, member: &[u8]) -> Result<bool, OutOfMemory>;

    /// Removes a member and tells whether it was there. A set that becomes empty is removed.
    fn set_remove(&mut self, key: Key<'_>, member: &[u8]) -> bool;

    /// How many members the set at the key has; 0 where there is none.
    fn set_len(&mut self, key: Key<'_>) -> u64;

    /// Whether the set at the key has this member.
    fn set_contains(&mut self, key: Key<'_>, member: &[u8]) -> bool;

    /// Visits some members of the set at the key from `cursor` on (0 starts), about `count` of
    /// them in no particular order, and returns the cursor to go on from, or 0 at the end.
    ///
    /// A set that does not change from the first call to the last has every member visited once.
    fn set_scan(
        &mut self,
        key: Key<'_>,
        cursor: u64,
        count: u64,
        visit: &mut dyn FnMut(Text<'_>),
    ) -> u64;

    /// Visits a member drawn at random of the set at the key, and tells whether there is one.
    fn set_draw(&mut self, key: Key<'_>, visit: &mut dyn FnMut(Text<'_>)) -> bool;

    /// A random number.
    fn random(&mut self) -> u64;

    /// The set at the key, to be read or changed by itself; `None` where there is none. Sets share
    /// what they have in common, so this costs little.
    fn lend_set(&mut self, key: Key<'_>) -> Option<Set>;

    /// Makes the key hold a set, whatever it held before, and not expire. An empty set removes the
    /// key.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`] where the budget is used up; the old value stays.
    fn put_set(&mut self, key: Key<'_>, set: Set) -> Result<(), OutOfMemory>;

    /// Whether a result of so many bytes would be within the budget.
    fn has_room(&self, bytes: usize) -> bool;

    /// Takes a set that nobody needs any more; the store frees it bit by bit.
    fn discard(&mut self, set: Set);

    /// Lets what follows be about another database, keys to copy from apart; tells whether it is
    /// another one than the request's. `None`: there is no such database.
    fn use_database(&mut self, index: i64) -> Option<bool>;

    /// Makes `to` hold what `from`, of the request's database, holds, with its expiry, whatever it
    /// held before, and tells whether there was anything.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`] where the budget is used up; nothing has changed.
    fn copy_key(&mut self, from: Key<'_>, to: Key<'_>) -> Result<bool, OutOfMemory>;

    /// The same, and removes `from`, unless both are one key.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`] where the budget is used up; nothing has changed.
    fn rename_key(&mut self, from: Key<'_>, to: Key<'_>) -> Result<bool, OutOfMemory>;

    /// Makes each of two databases hold the keys of the other.
    fn swap(&mut self, one: u32, two: u32);

    /// Visits some members of the set at the key that match a glob pattern, from `cursor` on (0
    /// starts), about `count` of them before filtering, and returns the cursor to go on from, or 0
    /// at the end.
    ///
    /// Whatever is written between the calls, a member that is there from the first to the last is
    /// visited at least once.
    fn set_iterate(
        &mut self,
        key: Key<'_>,
        cursor: u64,
        count: u64,
        pattern: Option<&[u8]>,
        visit: &mut dyn FnMut(Text<'_>),
    ) -> u64;

    /// How many elements the list at the key has; 0 where there is none.
    fn list_len(&mut self, key: Key<'_>) -> u64;

    /// The element with this number.
    fn list_get(&mut self, key: Key<'_>, at: u64) -> Option<Text<'_>>;

    /// Puts an element before the one with this number, or behind the last one where it is the
    /// length, into the list at the key, which is created where it is absent. Beyond that nothing
    /// happens. The key holds a list or nothing.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`] where the budget is used up; nothing has changed.
    fn list_insert(&mut self, key: Key<'_>, at: u64, element: &[u8]) -> Result<(), OutOfMemory>;

    /// Puts an element in place of the one with this number, if there is one.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`] where the budget is used up; nothing has changed.
    fn list_set(&mut self, key: Key<'_>, at: u64, element: &[u8]) -> Result<(), OutOfMemory>;

    /// Removes up to `count` elements from the one with this number on, and tells how many it were.
    /// A list that becomes empty is removed.
    fn list_remove(&mut self, key: Key<'_>, at: u64, count: u64) -> u64;

    /// Visits up to `count` elements from the one with the number `at` on, or where `back` says so
    /// those before it, backwards.
    fn list_walk(
        &mut self,
        key: Key<'_>,
        at: u64,
        count: u64,
        back: bool,
        visit: &mut dyn FnMut(Text<'_>),
    );

    /// How many names the map at the key has; 0 where there is none. Names that have expired may
    /// still count.
    fn map_len(&mut self, key: Key<'_>) -> u64;

    /// The value of a name.
    fn map_get(&mut self, key: Key<'_>, name: &[u8]) -> Option<Text<'_>>;

    /// Gives a name of the map at the key, which is created where it is absent, a value, and tells
    /// whether the name is new. It does not expire. The key holds a map or nothing.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`] where the budget is used up; nothing has changed.
    fn map_set(&mut self, key: Key<'_>, name: &[u8], value: &[u8]) -> Result<bool, OutOfMemory>;

    /// The same, but the name expires when it did before.
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

    /// Visits a name drawn at random of the map at the key, with its value, and tells whether
    /// there is one.
    fn map_draw(&mut self, key: Key<'_>, visit: &mut dyn FnMut(Text<'_>, Text<'_>)) -> bool;

    /// Removes a name and tells whether it was there. A map that becomes empty is removed.
    fn map_remove(&mut self, key: Key<'_>, name: &[u8]) -> bool;

    /// Visits some names of the map at the key with their values, as
    /// [`set_scan`](Self::set_scan) does members.
    fn map_walk(
        &mut self,
        key: Key<'_>,
        cursor: u64,
        count: u64,
        visit: &mut dyn FnMut(Text<'_>, Text<'_>),
    ) -> u64;

    /// Visits some names of the map at the key with their values, as
    /// [`set_iterate`](Self::set_iterate) does members.
    fn map_scan(
        &mut self,
        key: Key<'_>,
        cursor: u64,
        count: u64,
        pattern: Option<&[u8]>,
        visit: &mut dyn FnMut(Text<'_>, Text<'_>),
    ) -> u64;

    /// Visits some keys from `cursor` on (0 starts), about `count` of them before filtering.
    ///
    /// Every key that exists from the first call to the last is visited at least once.
    fn scan(
        &mut self,
        cursor: u64,
        count: u64,
        filter: ScanFilter<'_>,
        visit: &mut dyn FnMut(Text<'_>),
    ) -> Scanned;

    /// How many keys this shard holds in the namespace, those included that have expired but
    /// were not swept yet.
    fn len(&mut self) -> u64;

    /// Removes every key of the namespace.
    fn flush(&mut self);

    /// Removes every key of every namespace.
    fn flush_all(&mut self);
}
