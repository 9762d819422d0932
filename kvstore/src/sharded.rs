//! Several shards behind one handle, for many threads.

use crate::hash::{HashKey, route};
use crate::{Key, Namespace, OutOfBudget, PutOptions, ReserveError, Shard, ShardConfig};
use databox::Text;
use std::sync::{Arc, Mutex, MutexGuard};

/// A store of several shards, each behind a mutex of its own: for a program that embeds it and
/// calls it from any thread.
///
/// Keys are spread by the top bits of their hash, so threads rarely meet. A program whose threads
/// can own a shard each is better served by [`Shard`] itself, which takes no lock.
///
/// # Panics
///
/// Every method panics for a shard on which a closure given to [`with`](Self::with) or
/// [`for_each`](Self::for_each) has panicked, as it may have been left halfway.
///
/// # Examples
///
/// ```
/// use kvstore::{HashKey, Namespace, PutOptions, ShardConfig, Sharded};
/// use std::sync::Arc;
///
/// let store = Sharded::new(4, ShardConfig::new(Arc::new(HashKey::new([1, 2]))))?;
/// let (ns, now_ms) = (Namespace(0), 1_000);
/// store.put(ns, b"greeting", b"hello", PutOptions::default(), now_ms)?;
/// assert_eq!(store.get(ns, b"greeting", now_ms).as_deref(), Some(&b"hello"[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Sharded {
    hash_key: Arc<HashKey>,
    shards: Box<[Mutex<Shard>]>,
}

impl Sharded {
    /// A store of `shards` empty shards that share the budget and the reservation evenly.
    ///
    /// # Errors
    ///
    /// [`ReserveError`] where the system does not reserve as much as is asked for.
    ///
    /// # Panics
    ///
    /// Where `shards` is 0 or above 65536, as many as the hash can tell apart.
    pub fn new(shards: usize, config: ShardConfig) -> Result<Self, ReserveError> {
        assert!((1..=SHARDS_MAX).contains(&shards), "1 to {SHARDS_MAX} shards");
        let own = || {
            Shard::new(ShardConfig {
                hash_key: Arc::clone(&config.hash_key),
                budget_bytes: config.budget_bytes.map(|budget| budget / shards as u64),
                policy: config.policy,
                reservation_bytes: config.reservation_bytes.div_ceil(shards),
            })
        };
        let all: Result<_, _> = (0..shards).map(|_| own().map(Mutex::new)).collect();
        Ok(Self { shards: all?, hash_key: config.hash_key })
    }

    /// How many shards there are.
    #[must_use]
    pub fn shards(&self) -> usize {
        self.shards.len()
    }

    /// Runs `operation` on the shard of `key`, for everything that has no method here.
    pub fn with<'k, R>(
        &self,
        key: &'k [u8],
        operation: impl FnOnce(&mut Shard, Key<'k>) -> R,
    ) -> R {
        let key = Key { bytes: key, hash: self.hash_key.hash(key) };
        operation(&mut self.lock(route(key.hash, self.shards.len())), key)
    }

    /// Runs `operation` on each shard in turn, for sweeps, flushes and ledgers.
    pub fn for_each(&self, mut operation: impl FnMut(&mut Shard)) {
        (0..self.shards.len()).for_each(|index| operation(&mut self.lock(index)));
    }

    /// A copy of the string at the key; `None` where there is none or the key holds no string.
    #[must_use]
    pub fn get(&self, ns: Namespace, key: &[u8], now_ms: u64) -> Option<Vec<u8>> {
        self.with(key, |shard, key| {
            shard.get(ns, key, now_ms).and_then(|item| item.string()).map(|text| text.to_vec())
        })
    }

    /// Makes the key hold a string; see [`Shard::put_string`].
    ///
    /// # Errors
    ///
    /// [`OutOfBudget`] where the write could take its shard beyond its share of the budget.
    pub fn put(
        &self,
        ns: Namespace,
        key: &[u8],
        value: &[u8],
        options: PutOptions,
        now_ms: u64,
    ) -> Result<(), OutOfBudget> {
        self.with(key, |shard, key| shard.put_string(ns, key, Text::Bytes(value), options, now_ms))
    }

    /// Removes the key and tells whether it was there.
    pub fn remove(&self, ns: Namespace, key: &[u8], now_ms: u64) -> bool {
        self.with(key, |shard, key| shard.remove(ns, key, now_ms))
    }

    /// When the key expires; see [`Shard::expiry`].
    #[must_use]
    pub fn expiry(&self, ns: Namespace, key: &[u8], now_ms: u64) -> Option<Option<u64>> {
        self.with(key, |shard, key| shard.expiry(ns, key, now_ms))
    }

    /// Sets or clears when the key expires; see [`Shard::set_expiry`].
    pub fn set_expiry(
        &self,
        ns: Namespace,
        key: &[u8],
        expires_at_ms: Option<u64>,
        now_ms: u64,
    ) -> bool {
        self.with(key, |shard, key| shard.set_expiry(ns, key, expires_at_ms, now_ms))
    }

    /// How many keys the namespace holds; see [`Shard::len`]. Shards are asked one after another.
    #[must_use]
    pub fn len(&self, ns: Namespace) -> u64 {
        (0..self.shards.len()).map(|index| self.lock(index).len(ns)).sum()
    }

    /// Whether the namespace holds no key.
    #[must_use]
    pub fn is_empty(&self, ns: Namespace) -> bool {
        self.len(ns) == 0
    }

    /// Collects some keys from `cursor` on, about `count`, and returns the cursor to go on from
    /// and the keys; 0 starts and ends. See [`Shard::scan`] for what it guarantees.
    #[must_use]
    pub fn scan(&self, ns: Namespace, cursor: u64, count: u64, now_ms: u64) -> (u64, Vec<Vec<u8>>) {
        let shards = self.shards.len() as u64;
        let (index, own) = ((cursor % shards) as usize, cursor / shards);
        let mut keys = Vec::new();
        let next = self.lock(index).scan(ns, own, count, now_ms, |key, _| keys.push(key.to_vec()));
        let cursor = match (next, index + 1 < self.shards.len()) {
            (0, true) => index as u64 + 1,
            (0, false) => 0,
            (next, _) => next * shards + index as u64,
        };
        (cursor, keys)
    }

    fn lock(&self, index: usize) -> MutexGuard<'_, Shard> {
        self.shards[index].lock().expect("no operation on this shard has panicked")
    }
}

/// The shards that the hash's top bits can tell apart.
const SHARDS_MAX: usize = 1 << packed_map::SHARD_BITS;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::thread;

    const NS: Namespace = Namespace(0);

    fn store(shards: usize) -> Sharded {
        let config = ShardConfig::new(Arc::new(HashKey::new([5, 6])));
        Sharded::new(shards, config).unwrap()
    }

    #[test]
    fn threads_that_share_keys_lose_no_write() {
        let store = store(4);
        thread::scope(|scope| {
            for thread in 0..4u32 {
                let store = &store;
                scope.spawn(move || {
                    for number in 0..500 {
                        let own = format!("{thread}:{number}");
                        store.put(NS, own.as_bytes(), b"own", PutOptions::default(), 0).unwrap();
                        store.with(b"members", |shard, key| {
                            shard.set_add(NS, key, own.as_bytes(), 0).unwrap()
                        });
                        if number % 2 == 0 {
                            assert!(store.remove(NS, own.as_bytes(), 0));
                        }
                    }
                });
            }
        });
        assert_eq!(store.len(NS), 4 * 250 + 1);
        let members = store.with(b"members", |shard, key| shard.set_len(NS, key, 0));
        assert_eq!(members, Ok(2000));
        store.for_each(|shard| assert_eq!(shard.ledger(), shard.recount()));
    }

    #[test]
    fn a_scan_walks_all_shards() {
        let store = store(3);
        let keys: BTreeSet<_> = (0..1000).map(|n| format!("key:{n}").into_bytes()).collect();
        for key in &keys {
            store.put(NS, key, b"", PutOptions::default(), 0).unwrap();
        }
        let mut seen = BTreeSet::new();
        let mut cursor = 0;
        loop {
            let (next, found) = store.scan(NS, cursor, 10, 0);
            seen.extend(found);
            cursor = next;
            if cursor == 0 {
                break;
            }
        }
        assert_eq!(seen, keys);
    }

    #[test]
    fn expiry_passes_through() {
        let store = store(2);
        store.put(NS, b"key", b"7", PutOptions::default(), 10).unwrap();
        assert!(store.set_expiry(NS, b"key", Some(20), 10));
        assert_eq!(store.expiry(NS, b"key", 10), Some(Some(20)));
        assert_eq!(store.get(NS, b"key", 19).as_deref(), Some(&b"7"[..]));
        assert_eq!(store.get(NS, b"key", 20), None);
        assert!(store.is_empty(NS));
    }
}
