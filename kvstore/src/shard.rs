//! The shard: namespaces of keys, with one owner.

mod bits;
mod compact;
mod containers;
mod entries;
mod evict;
mod keys;
mod lists;
mod maps;
mod names;
mod ordered;
mod places;
mod scan;
mod sets;
mod sorted;
mod stamps;
mod strings;
mod sweep;
mod used;

pub use bits::IN_PLACE_MAX_BYTES;
pub use entries::Contents;
pub(crate) use names::NameSweep;
pub use sweep::{ExpiryObserver, SweepLimits, SweepReport};

use crate::departures::{Cause, Departure, Departures};
use crate::hash::HashKey;
use crate::jobs::Jobs;
use crate::key::{Key, Namespace};
use crate::ledger::Ledger;
use crate::policy::Policy;
use crate::space::{SPACE_BYTES, Space};
use crate::spaces::Spaces;
use crate::steps::Steps;
use crate::{Item, OutOfBudget, Text};
use evict::Eviction;
use packed_map::{Arena, Figures, Position, Prefault, ReserveError};
use std::collections::HashMap;
use std::sync::Arc;

/// What a shard is made from.
#[derive(Debug, Clone)]
pub struct ShardConfig {
    /// The hash key that all shards of a process share.
    pub hash_key: Arc<HashKey>,
    /// The most bytes that writes may bring the shard to; `None` sets no limit.
    pub budget_bytes: Option<u64>,
    /// What happens when the budget is used up.
    pub policy: Policy,
    /// The address space that is reserved for keys and for what stands beside them, all but large
    /// values: memory is taken as it is used, and what is reserved is the most that can be. A
    /// write that finds it full is refused as one beyond the budget.
    pub reservation_bytes: usize,
}

impl ShardConfig {
    /// A shard without a budget, in address space for 64 GiB, or as much as there can be.
    #[must_use]
    pub const fn new(hash_key: Arc<HashKey>) -> Self {
        let reservation_bytes = packed_map::RESERVATION_BYTES_MAX;
        Self { hash_key, budget_bytes: None, policy: Policy::Refuse, reservation_bytes }
    }
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
/// [`Ledger::used`] stays within it, but for flags and expiries, which are never refused. Nor are
/// removals, also of a key whose moment has come: a large value that waits to be freed takes a few
/// bytes more than before, and so may pages that merge.
///
/// With a [`Policy`] that removes keys, writes make room by removing some: each takes two small
/// steps at most, so that none waits for long, and the budget is exceeded meanwhile by up to a
/// thirty-second. [`stay_under`](Self::stay_under) takes further steps where there is time. Only
/// what does not fit an empty shard is refused then, or what finds that nothing may go.
///
/// # Examples
///
/// ```
/// use kvstore::{HashKey, Key, Namespace, PutOptions, Shard, ShardConfig, Text};
/// use std::sync::Arc;
///
/// // A real caller takes the two words from the system's randomness.
/// let hash_key = Arc::new(HashKey::new([1, 2]));
/// let mut shard = Shard::new(ShardConfig::new(hash_key))?;
///
/// let (ns, now_ms) = (Namespace(0), 1_000);
/// let key = shard.key(b"greeting");
/// shard.put_string(ns, key, Text::Bytes(b"hello"), PutOptions::default(), now_ms)?;
/// let item = shard.get(ns, key, now_ms).unwrap();
/// assert_eq!(item.string(), Some(Text::Bytes(b"hello")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Shard {
    hash_key: Arc<HashKey>,
    budget_bytes: u64,
    /// Bytes of the budget that are set aside.
    aside_bytes: u64,
    /// Where the pages of all namespaces live.
    arena: Arena,
    spaces: Spaces,
    jobs: Jobs,
    /// What all of `spaces` holds. What `jobs` holds it counts itself.
    ledger: Ledger,
    /// Where the key asked for last is, until something is written.
    hint: Option<Hint>,
    /// The mark of the next namespace's blocks.
    owner_next: u8,
    /// Where a small container is written anew. Empty, but for its capacity, between writes.
    scratch: Vec<u8>,
    /// The namespace in which the next sweep goes on.
    sweep_next: u32,
    /// The namespace in which the next sweep of names begins to look.
    names_next: u32,
    /// How many keys were removed because their moment had come.
    expired: u64,
    /// The stamp given last.
    last_stamp: u64,
    /// The namespaces that are to be flushed, and when.
    flushes: Vec<(Namespace, u64)>,
    eviction: Eviction,
    departures: Departures,
    /// Keys that may not make room, by their hashes, and how often each was pinned.
    pins: HashMap<u64, u32>,
    /// How often all were.
    all_pinned: u32,
    /// The time when an expiry was last set.
    now_ms: u64,
    steps: Steps,
    /// How many random numbers were drawn.
    drawn: u64,
}

/// Where a key was found.
#[derive(Debug, Clone, Copy)]
struct Hint {
    ns: Namespace,
    hash: u64,
    position: Position,
    /// Whether the policy knew of an earlier use, where that was asked when this one was noted.
    was_used: Option<bool>,
}

impl Shard {
    /// An empty shard, which has reserved address space and allocated nothing.
    ///
    /// # Errors
    ///
    /// [`ReserveError`] where the system does not reserve as much as is asked for.
    pub fn new(config: ShardConfig) -> Result<Self, ReserveError> {
        Ok(Self {
            hash_key: config.hash_key,
            budget_bytes: config.budget_bytes.unwrap_or(u64::MAX),
            aside_bytes: 0,
            arena: Arena::new(config.reservation_bytes)?,
            spaces: Spaces::default(),
            jobs: Jobs::default(),
            ledger: Ledger::default(),
            hint: None,
            owner_next: 0,
            scratch: Vec::new(),
            sweep_next: 0,
            names_next: 0,
            expired: 0,
            last_stamp: 0,
            flushes: Vec::new(),
            eviction: Eviction::new(config.policy),
            departures: Departures::default(),
            pins: HashMap::new(),
            all_pinned: 0,
            now_ms: 0,
            steps: Steps::default(),
            drawn: 0,
        })
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
        self.fetch(keys, false);
    }

    /// As [`prepare`](Self::prepare), for keys that are about to be written.
    pub fn prepare_writes(&self, keys: &[(Namespace, u64)]) {
        self.fetch(keys, true);
    }

    fn fetch(&self, keys: &[(Namespace, u64)], writes: bool) {
        for run in keys.chunk_by(|one, two| one.0 == two.0) {
            let Some(space) = self.space(run[0].0) else { continue };
            for group in run.chunks(PREPARED_MAX) {
                let mut hashes = [0; PREPARED_MAX];
                for (slot, &(_, hash)) in hashes.iter_mut().zip(group) {
                    *slot = hash;
                }
                let hashes = &hashes[..group.len()];
                if writes {
                    space.map.prepare_writes(&self.arena, hashes);
                } else {
                    space.map.prepare(&self.arena, hashes);
                }
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
        self.spaces.iter().all(|(_, space)| space.map.is_empty())
    }

    /// The namespaces that hold keys, in ascending order.
    pub fn namespaces(&self) -> impl Iterator<Item = Namespace> + '_ {
        let spaces = self.spaces.iter().filter(|(_, space)| !space.map.is_empty());
        spaces.map(|(id, _)| Namespace(id))
    }

    /// How many keys were removed, since the shard was made, because their moment had come.
    #[must_use]
    pub fn expired(&self) -> u64 {
        self.expired
    }

    /// Keeps, from now on, up to `kept_max` keys that are gone because their moment had come or to
    /// make room; see [`departures`](Self::departures). With 0, as in a new shard, none is kept.
    pub fn keep_departures(&mut self, kept_max: usize) {
        self.departures.keep(kept_max);
    }

    /// The keys that are gone, since this was asked last, without having been removed by anybody,
    /// in that order, and how many more there were than are kept.
    pub fn departures(&mut self) -> (Vec<Departure>, u64) {
        self.departures.take()
    }

    /// Removes every key of the namespace.
    ///
    /// # Complexity
    ///
    /// Constant; [`work`](Self::work) frees what they held.
    pub fn flush(&mut self, ns: Namespace) {
        self.hint = None;
        if let Some(space) = self.spaces.remove(ns.0) {
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
        self.hint = None;
        for space in self.spaces.take() {
            self.ledger -= space.ledger();
            self.jobs.destroy_space(space);
        }
    }

    /// Makes each of two namespaces hold the keys of the other.
    pub fn swap(&mut self, one: Namespace, two: Namespace) {
        self.hint = None;
        let (own, other) = (self.spaces.remove(one.0), self.spaces.remove(two.0));
        for (id, space) in [(two.0, own), (one.0, other)] {
            if let Some(space) = space {
                self.spaces.insert(id, space);
            }
        }
    }

    /// Frees up to `steps` pieces of what was removed, each a page or a value without pages, and
    /// tells whether there is more.
    pub fn work(&mut self, steps: usize) -> bool {
        self.jobs.work(&mut self.arena, steps)
    }

    /// The bytes of keys and values alone, as they are packed. What the ledger holds beside them is
    /// what keeping them costs.
    ///
    /// # Complexity
    ///
    /// Linear in the number of namespaces.
    #[must_use]
    pub fn payload_bytes(&self) -> u64 {
        let own = |(_, space): (u32, &Space)| space.map.payload_bytes() as u64 + space.value_bytes;
        self.spaces.iter().map(own).sum()
    }

    /// What the pages of all namespaces take of memory, and how well they fill it.
    #[must_use]
    pub fn figures(&self) -> Figures {
        self.arena.figures()
    }

    /// A part of the shard's range that will be written soon, to be backed by memory on another
    /// thread: `None` while that is far off, or `regions_max` empty regions of 256 KiB are there.
    /// What is backed takes memory before anything is in it.
    pub fn upcoming(&mut self, regions_max: usize) -> Option<Prefault> {
        self.arena.upcoming(regions_max)
    }

    /// The largest steps that were taken.
    #[must_use]
    pub const fn steps(&self) -> Steps {
        self.steps
    }

    /// What the shard holds, in bytes.
    #[inline]
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        let mut ledger = self.ledger + self.jobs.ledger();
        ledger.tables += self.eviction.recent.bytes() + self.departures.bytes();
        ledger.free = self.arena.free_bytes() as u64;
        ledger
    }

    /// What counts against the budget: all but the notes of departures, since one departs to make
    /// room.
    pub(crate) fn spent(&self) -> u64 {
        self.ledger().used() - self.departures.bytes()
    }

    /// [`ledger`](Self::ledger), counted again from nothing.
    ///
    /// # Complexity
    ///
    /// Visits everything; meant for tests.
    #[must_use]
    pub fn recount(&self) -> Ledger {
        let recount = |(_, space): (u32, &Space)| space.recount(&self.arena);
        let all = self.spaces.iter().map(recount);
        let free = self.arena.free_bytes() as u64;
        let tables = self.eviction.recent.bytes() + self.departures.bytes();
        let own = Ledger { free, tables, ..Ledger::default() };
        all.fold(own + self.jobs.recount(&self.arena), |sum, own| sum + own)
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
        self.spaces.get(ns.0)
    }

    /// The entry of a key that has not expired. What it finds is found again without a search, as
    /// long as nothing is written.
    #[inline]
    fn look_up(&mut self, ns: Namespace, key: Key<'_>, now_ms: u64) -> Option<Item<'_>> {
        let (index, position, _) = self.find(ns, key, now_ms)?;
        Some(Item::new(self.spaces.at(index).map.entry(&self.arena, position)))
    }

    /// Where the entry of a key is that has not expired, and whether nobody has asked for it just
    /// before.
    #[inline]
    fn find(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        now_ms: u64,
    ) -> Option<(usize, Position, bool)> {
        let index = self.spaces.find(ns.0)?;
        let map = &self.spaces.at(index).map;
        let (position, was_used, is_new) = match self.hint {
            Some(hint)
                if (hint.ns, hint.hash) == (ns, key.hash)
                    && map.entry(&self.arena, hint.position).has_key(key.bytes) =>
            {
                (hint.position, hint.was_used, false)
            }
            _ => (map.find(&self.arena, key.hash, key.bytes)?, None, true),
        };
        if map.expiring() > 0 {
            let expires_at_ms = map.entry(&self.arena, position).expires_at_ms();
            if expires_at_ms.is_some_and(|at_ms| at_ms <= now_ms) {
                self.take(ns, key);
                self.expired += 1;
                self.departures.note(ns, Text::Bytes(key.bytes), Cause::Expired);
                return None;
            }
        }
        self.hint = Some(Hint { ns, hash: key.hash, position, was_used });
        Some((index, position, is_new))
    }

    /// Tells the policy that a key was asked for that was there before.
    #[inline]
    fn touch(&mut self, index: usize, hash: u64, position: Position) {
        let was_used = match self.eviction.policy {
            Policy::Snlru { .. } => {
                self.spaces.at_mut(index).map.touch(&mut self.arena, position) > 0
            }
            Policy::RandomMemory => self.note_recent(index, hash),
            Policy::Refuse | Policy::Random => return,
        };
        if let Some(hint) = self.hint.as_mut().filter(|hint| hint.position == position) {
            hint.was_used = Some(was_used);
        }
    }

    /// Removes the key if its moment has come.
    #[inline]
    fn expire(&mut self, ns: Namespace, key: Key<'_>, now_ms: u64) {
        if self.space(ns).is_some_and(|space| space.map.expiring() > 0) {
            self.look_up(ns, key, now_ms);
        }
    }

    /// Removes the key and tells whether it was there.
    fn take(&mut self, ns: Namespace, key: Key<'_>) -> bool {
        let removed = self.change(ns, |space, arena, jobs| {
            let displaced = space.map.remove(arena, key.hash, key.bytes)?;
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
        change: impl FnOnce(&mut Space, &mut Arena, &mut Jobs) -> R,
    ) -> Option<R> {
        let index = self.spaces.find(ns.0)?;
        Some(self.change_at(index, change))
    }

    /// Changes a namespace that is made where there is none, and keeps the ledger.
    fn change_or_make<R>(
        &mut self,
        ns: Namespace,
        change: impl FnOnce(&mut Space, &mut Arena, &mut Jobs) -> R,
    ) -> R {
        let index = self.spaces.find(ns.0).unwrap_or_else(|| self.make(ns));
        self.change_at(index, change)
    }

    #[inline]
    fn change_at<R>(
        &mut self,
        index: usize,
        change: impl FnOnce(&mut Space, &mut Arena, &mut Jobs) -> R,
    ) -> R {
        self.hint = None;
        let Self { arena, jobs, ledger, spaces, steps, .. } = self;
        let before = arena.allocated();
        let result = ledger.follow(spaces.at_mut(index), |space| change(space, arena, jobs));
        steps.note(before, arena.allocated());
        result
    }

    /// A namespace that is not there yet.
    fn unmade(&self) -> Space {
        let mut space = Space::new(Arc::clone(&self.hash_key), self.owner_next);
        space.map.keep_levels(self.eviction.policy.levels());
        space.map.expect_times_around(self.now_ms);
        space
    }

    /// Makes the namespace, which there is not, and returns where it stands.
    #[cold]
    fn make(&mut self, ns: Namespace) -> usize {
        let space = Box::new(self.unmade());
        self.owner_next = (self.owner_next + 1) % OWNERS;
        self.ledger += space.ledger();
        self.spaces.insert(ns.0, space);
        self.spaces.find(ns.0).expect("it was just inserted")
    }

    /// Refuses a write that can grow the shard beyond its budget, having made what room it may.
    /// `growth` is asked only where there is a budget, for the bytes that the write can add to
    /// this namespace. The key that was looked up last does not make room.
    #[inline]
    fn admit(
        &mut self,
        ns: Namespace,
        growth: impl Fn(&Space, &Arena) -> usize,
    ) -> Result<(), OutOfBudget> {
        if self.budget_bytes == u64::MAX {
            return Ok(());
        }
        let own = self.hint.map(|hint| hint.hash);
        self.pay(own);
        self.admit_within(ns, own, &growth)
    }

    fn admit_within(
        &mut self,
        ns: Namespace,
        own: Option<u64>,
        growth: &dyn Fn(&Space, &Arena) -> usize,
    ) -> Result<(), OutOfBudget> {
        let limit = self.limit();
        loop {
            let growth_max_bytes = match self.space(ns) {
                Some(space) => growth(space, &self.arena) as u64,
                None => SPACE_BYTES + growth(&self.unmade(), &self.arena) as u64,
            };
            let after = self.spent().saturating_add(growth_max_bytes);
            if growth_max_bytes == 0 || after <= limit {
                return Ok(());
            }
            let fits = growth_max_bytes <= limit && self.eviction.policy != Policy::Refuse;
            if !fits || !self.make_room(own) {
                return Err(OutOfBudget { growth_max_bytes });
            }
        }
    }

    /// Whether a write of so many bytes of key and value is within the budget for certain.
    fn surely_fits(&self, ns: Namespace, bytes: usize) -> bool {
        let growth = match self.space(ns) {
            Some(space) => space.map.any_put_growth_max(bytes) as u64,
            None => SPACE_BYTES + self.unmade().map.any_put_growth_max(bytes) as u64,
        };
        self.spent() + growth + Jobs::JOB_BYTES <= self.limit()
    }

    /// The steps towards the budget that come before a write to the key with the hash `own`.
    fn pay(&mut self, own: Option<u64>) {
        for _ in 0..STEPS_A_WRITE {
            if !self.is_over() || !self.make_room(own) {
                return;
            }
        }
    }
}

/// The marks that namespaces share.
const OWNERS: u8 = 31;

/// Steps towards the budget before a write.
const STEPS_A_WRITE: usize = 2;

/// Keys that are prepared at a time.
const PREPARED_MAX: usize = 32;

#[cfg(test)]
mod tests;
