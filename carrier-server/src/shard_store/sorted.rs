//! The sorted sets of the shard.

use super::{ShardStore, is_like, shard_key};
use databox::SortedSet;
use kvstore::{Contents, SortedView, WriteError};
use zvm::{Key, OutOfMemory, SortedSets, Store as _, Text};

impl ShardStore<'_> {
    #[inline]
    fn sorted(&mut self, key: Key<'_>) -> Option<SortedView<'_>> {
        self.shard.sorted(self.namespace, shard_key(key), self.now_ms).ok()?
    }
}

impl SortedSets for ShardStore<'_> {
    fn sorted_len(&mut self, key: Key<'_>) -> u64 {
        self.sorted(key).map_or(0, |set| set.len() as u64)
    }

    fn sorted_score(&mut self, key: Key<'_>, member: &[u8]) -> Option<f64> {
        self.sorted(key)?.score(member)
    }

    #[inline]
    fn sorted_set(&mut self, key: Key<'_>, member: &[u8], score: f64) -> Result<bool, OutOfMemory> {
        let (namespace, now_ms) = (self.namespace, self.now_ms);
        match self.shard.sorted_set(namespace, shard_key(key), (member, score), now_ms) {
            Ok(before) => {
                self.note(key, before.is_none_or(|before| before.to_bits() != score.to_bits()));
                Ok(before.is_none())
            }
            Err(WriteError::OutOfBudget(_)) => Err(OutOfMemory),
            Err(_) => Ok(false),
        }
    }

    fn sorted_remove(&mut self, key: Key<'_>, member: &[u8]) -> bool {
        let (namespace, now_ms) = (self.namespace, self.now_ms);
        let removed = self.shard.sorted_remove(namespace, shard_key(key), member, now_ms);
        let is_removed = matches!(removed, Ok(Some(_)));
        self.note(key, is_removed);
        is_removed
    }

    fn sorted_remove_range(&mut self, key: Key<'_>, rank: u64, count: u64) -> u64 {
        let (namespace, now_ms) = (self.namespace, self.now_ms);
        let range = (rank, count);
        let removed = self.shard.sorted_remove_range(namespace, shard_key(key), range, now_ms);
        let removed = removed.unwrap_or(0);
        self.note(key, removed > 0);
        removed
    }

    fn sorted_rank(&mut self, key: Key<'_>, member: &[u8]) -> Option<u64> {
        self.sorted(key)?.rank(member).map(|rank| rank as u64)
    }

    fn sorted_below(&mut self, key: Key<'_>, bound: f64, inclusive: bool) -> u64 {
        self.sorted(key).map_or(0, |set| set.below(bound, inclusive) as u64)
    }

    fn sorted_before(&mut self, key: Key<'_>, bound: &[u8], inclusive: bool) -> u64 {
        self.sorted(key).map_or(0, |set| set.before(bound, inclusive) as u64)
    }

    fn sorted_walk(
        &mut self,
        key: Key<'_>,
        rank: u64,
        count: u64,
        back: bool,
        visit: &mut dyn FnMut(Text<'_>, f64),
    ) {
        let (rank, count) = (usize_of(rank), usize_of(count));
        match self.sorted(key) {
            Some(set) if back => set.walk_back(rank, count, visit),
            Some(set) => set.walk(rank, count, visit),
            None => {}
        }
    }

    fn sorted_scan(
        &mut self,
        key: Key<'_>,
        cursor: u64,
        count: u64,
        pattern: Option<&[u8]>,
        visit: &mut dyn FnMut(Text<'_>, f64),
    ) -> u64 {
        let Some(set) = self.sorted(key) else { return 0 };
        set.scan(cursor, count, |member, score| {
            if is_like(member, pattern) {
                visit(member, score);
            }
        })
    }

    fn lend_sorted(&mut self, key: Key<'_>) -> Option<SortedSet> {
        let entry = self.shard.lend(self.namespace, shard_key(key), self.now_ms)?;
        entry.value.as_sorted().cloned()
    }

    fn put_sorted(&mut self, key: Key<'_>, set: SortedSet) -> Result<(), OutOfMemory> {
        if set.is_empty() {
            self.remove(key);
            return Ok(());
        }
        let entry = Contents { value: set.into(), expires_at_ms: None, flags: 0 };
        let put = self.shard.put_entry(self.namespace, shard_key(key), entry, self.now_ms);
        self.note(key, put.is_ok());
        put.map_err(|_| OutOfMemory)
    }

    fn draw(&mut self) -> u64 {
        self.shard.random()
    }

    fn discard_sorted(&mut self, set: SortedSet) {
        self.shard.discard(set.into());
    }
}

fn usize_of(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
