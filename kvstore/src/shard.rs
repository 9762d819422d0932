//! The shard: namespaces of keys, with one owner.

mod keys;
mod scan;
mod sets;
mod sweep;

pub use sweep::{ExpiryObserver, SweepLimits, SweepReport};

use crate::hash::HashKey;
use crate::jobs::Jobs;
use crate::key::{Key, Namespace};
use crate::ledger::Ledger;
use crate::space::{SPACE_BYTES, Space};
use crate::{Item, OutOfBudget};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a shard is made from.
#[derive(Debug, Clone)]
pub struct ShardConfig {
    /// The hash key that all shards of a process share.
    pub hash_key: Arc<HashKey>,
    /// The most bytes that writes may bring the shard to; `None` sets no limit.
    pub budget_bytes: Option<u64>,
}

/// A part of the keys of a store, read and written by one owner.
///
/// # Time
///
/// There is no clock here: every operation that depends on the time takes `now_ms`, in
/// milliseconds on any clock that does not run backwards. A key whose moment is at or before
/// `now_ms` does not exist for any operation. It is removed when it is next asked for or swept,
/// whichever comes first.
///
/// # Budget
///
/// A write whose growth could exceed the budget is refused and changes nothing; so
/// [`Ledger::used`] stays within it, but for flags and expiries, which are never refused.
///
/// # Examples
///
/// ```
/// use kvstore::{HashKey, Key, Namespace, PutOptions, Shard, ShardConfig, Text};
/// use std::sync::Arc;
///
/// // A real caller takes the two words from the system's randomness.
/// let hash_key = Arc::new(HashKey::new([1, 2]));
/// let mut shard = Shard::new(ShardConfig { hash_key, budget_bytes: None });
///
/// let (ns, now_ms) = (Namespace(0), 1_000);
/// let key = shard.key(b"greeting");
/// shard.put_string(ns, key, Text::Bytes(b"hello"), PutOptions::default(), now_ms)?;
/// let item = shard.get(ns, key, now_ms).unwrap();
/// assert_eq!(item.string(), Some(Text::Bytes(b"hello")));
/// # Ok::<(), kvstore::OutOfBudget>(())
/// ```
#[derive(Debug)]
pub struct Shard {
    hash_key: Arc<HashKey>,
    budget_bytes: u64,
    spaces: BTreeMap<u32, Box<Space>>,
    jobs: Jobs,
    /// What all of `spaces` holds. What `jobs` holds it counts itself.
    ledger: Ledger,
    /// The namespace in which the next sweep goes on.
    sweep_next: u32,
    /// How many keys were removed because their moment had come.
    expired: u64,
}

impl Shard {
    /// An empty shard, which has allocated nothing.
    #[must_use]
    pub fn new(config: ShardConfig) -> Self {
        Self {
            hash_key: config.hash_key,
            budget_bytes: config.budget_bytes.unwrap_or(u64::MAX),
            spaces: BTreeMap::new(),
            jobs: Jobs::default(),
            ledger: Ledger::default(),
            sweep_next: 0,
            expired: 0,
        }
    }

    /// The hash of a key's bytes.
    #[inline]
    #[must_use]
    pub fn hash(&self, key: &[u8]) -> u64 {
        self.hash_key.hash(key)
    }

    /// The key of these bytes, with its hash.
    #[inline]
    #[must_use]
    pub fn key<'k>(&self, bytes: &'k [u8]) -> Key<'k> {
        Key { bytes, hash: self.hash(bytes) }
    }

    /// Hints that keys with these hashes are about to be asked for. Changes nothing, and nothing
    /// depends on it.
    pub fn prepare(&self, keys: &[(Namespace, u64)]) {
        for run in keys.chunk_by(|one, two| one.0 == two.0) {
            let Some(space) = self.space(run[0].0) else { continue };
            for group in run.chunks(PREPARED_MAX) {
                let mut hashes = [0; PREPARED_MAX];
                for (slot, &(_, hash)) in hashes.iter_mut().zip(group) {
                    *slot = hash;
                }
                space.map.prepare(&hashes[..group.len()]);
            }
        }
    }

    /// How many keys the namespace holds, expired ones included that were not removed yet.
    #[must_use]
    pub fn len(&self, ns: Namespace) -> u64 {
        self.space(ns).map_or(0, |space| space.map.len() as u64)
    }

    /// How many keys of the namespace expire at some moment.
    #[must_use]
    pub fn expiring(&self, ns: Namespace) -> u64 {
        self.space(ns).map_or(0, |space| space.map.expiring() as u64)
    }

    /// Whether no namespace holds a key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spaces.values().all(|space| space.map.is_empty())
    }

    /// The namespaces that hold keys, in ascending order.
    pub fn namespaces(&self) -> impl Iterator<Item = Namespace> + '_ {
        let spaces = self.spaces.iter().filter(|(_, space)| !space.map.is_empty());
        spaces.map(|(&id, _)| Namespace(id))
    }

    /// How many keys were removed, since the shard was made, because their moment had come.
    #[must_use]
    pub fn expired(&self) -> u64 {
        self.expired
    }

    /// Removes every key of the namespace.
    ///
    /// # Complexity
    ///
    /// Constant; [`work`](Self::work) frees what they held.
    pub fn flush(&mut self, ns: Namespace) {
        if let Some(space) = self.spaces.remove(&ns.0) {
            self.ledger -= space.ledger();
            self.jobs.destroy_space(space);
        }
    }

    /// Removes every key of every namespace.
    ///
    /// # Complexity
    ///
    /// Linear in the number of namespaces; [`work`](Self::work) frees what they held.
    pub fn flush_all(&mut self) {
        for space in core::mem::take(&mut self.spaces).into_values() {
            self.ledger -= space.ledger();
            self.jobs.destroy_space(space);
        }
    }

    /// Makes each of two namespaces hold the keys of the other.
    pub fn swap(&mut self, one: Namespace, two: Namespace) {
        let (own, other) = (self.spaces.remove(&one.0), self.spaces.remove(&two.0));
        let place = |(id, space): (u32, Option<Box<Space>>)| space.map(|space| (id, space));
        self.spaces.extend([(two.0, own), (one.0, other)].into_iter().filter_map(place));
    }

    /// Frees up to `steps` pieces of what was removed, each a page or a value without pages, and
    /// tells whether there is more.
    pub fn work(&mut self, steps: usize) -> bool {
        self.jobs.work(steps)
    }

    /// What the shard holds, in bytes.
    #[inline]
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.ledger + self.jobs.ledger()
    }

    /// [`ledger`](Self::ledger), counted again from nothing.
    ///
    /// # Complexity
    ///
    /// Visits everything; meant for tests.
    #[must_use]
    pub fn recount(&self) -> Ledger {
        self.spaces.values().fold(self.jobs.recount(), |sum, space| sum + space.recount())
    }

    /// The budget, if there is one.
    #[must_use]
    pub fn budget_bytes(&self) -> Option<u64> {
        (self.budget_bytes < u64::MAX).then_some(self.budget_bytes)
    }

    /// Sets or lifts the budget. Nothing is removed if the shard is above it already.
    pub fn set_budget(&mut self, budget_bytes: Option<u64>) {
        self.budget_bytes = budget_bytes.unwrap_or(u64::MAX);
    }

    fn space(&self, ns: Namespace) -> Option<&Space> {
        self.spaces.get(&ns.0).map(|space| &**space)
    }

    /// The entry of a key that has not expired.
    #[inline]
    fn peek(&self, ns: Namespace, key: Key<'_>, now_ms: u64) -> Option<Item<'_>> {
        let entry = self.space(ns)?.map.get(key.hash, key.bytes)?;
        let alive = entry.expires_at_ms().is_none_or(|at| at > now_ms);
        alive.then(|| Item::new(entry))
    }

    /// Removes the key if its moment has come.
    #[inline]
    fn expire(&mut self, ns: Namespace, key: Key<'_>, now_ms: u64) {
        let Some(space) = self.space(ns).filter(|space| space.map.expiring() > 0) else { return };
        let entry = space.map.get(key.hash, key.bytes);
        if entry.and_then(|entry| entry.expires_at_ms()).is_some_and(|at| at <= now_ms) {
            self.take(ns, key);
            self.expired += 1;
        }
    }

    /// Removes the key and tells whether it was there.
    fn take(&mut self, ns: Namespace, key: Key<'_>) -> bool {
        let removed = self.change(ns, |space, jobs| {
            let displaced = space.map.remove(key.hash, key.bytes)?;
            if let Some(value) = displaced.boxed() {
                space.destroy(value, jobs);
            }
            Some(())
        });
        removed.flatten().is_some()
    }

    /// Changes a namespace that there is, and keeps the ledger.
    fn change<R>(
        &mut self,
        ns: Namespace,
        change: impl FnOnce(&mut Space, &mut Jobs) -> R,
    ) -> Option<R> {
        let space = self.spaces.get_mut(&ns.0)?;
        let before = space.ledger();
        let result = change(space, &mut self.jobs);
        self.ledger += space.ledger();
        self.ledger -= before;
        Some(result)
    }

    /// Changes a namespace that is made where there is none, and keeps the ledger.
    fn change_or_make<R>(
        &mut self,
        ns: Namespace,
        change: impl FnOnce(&mut Space, &mut Jobs) -> R,
    ) -> R {
        let space = self.spaces.entry(ns.0).or_insert_with(|| {
            let space = Box::new(Space::new(Arc::clone(&self.hash_key)));
            self.ledger += space.ledger();
            space
        });
        let before = space.ledger();
        let result = change(space, &mut self.jobs);
        self.ledger += space.ledger();
        self.ledger -= before;
        result
    }

    /// Refuses a write that can grow the shard beyond its budget. `growth` is asked only where
    /// there is a budget, for the bytes that the write can add to this namespace.
    fn admit(
        &self,
        ns: Namespace,
        growth: impl FnOnce(&Space) -> usize,
    ) -> Result<(), OutOfBudget> {
        if self.budget_bytes == u64::MAX {
            return Ok(());
        }
        let own = match self.space(ns) {
            Some(space) => growth(space) as u64,
            None => SPACE_BYTES + growth(&Space::new(Arc::clone(&self.hash_key))) as u64,
        };
        let growth_max_bytes = own.saturating_add(self.jobs.growth_max());
        let fits = self
            .ledger()
            .used()
            .checked_add(growth_max_bytes)
            .is_some_and(|used| used <= self.budget_bytes);
        if growth_max_bytes == 0 || fits { Ok(()) } else { Err(OutOfBudget { growth_max_bytes }) }
    }
}

/// Keys that are prepared at a time.
const PREPARED_MAX: usize = 32;

#[cfg(test)]
mod tests;
