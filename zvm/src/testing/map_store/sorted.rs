//! The sorted sets of the map.

use super::{Entry, MapStore, Value, glob};
use crate::{Key, OutOfMemory, SortedSets, Text};
use databox::{SortedSet, decimal};

impl MapStore {
    fn sorted(&mut self, key: Key<'_>) -> Option<&mut SortedSet> {
        match &mut self.live(key)?.value {
            Value::Sorted(set) => Some(set),
            _ => None,
        }
    }

    /// Changes the set at the key, which is gone where it is empty then.
    fn change_sorted<T: Default>(
        &mut self,
        key: Key<'_>,
        change: impl FnOnce(&mut SortedSet) -> T,
    ) -> T {
        let Some(set) = self.sorted(key) else { return T::default() };
        let result = change(set);
        if set.is_empty() {
            self.entries.remove(key.bytes);
        }
        result
    }
}

impl SortedSets for MapStore {
    fn sorted_len(&mut self, key: Key<'_>) -> u64 {
        self.sorted(key).map_or(0, |set| set.len() as u64)
    }

    fn sorted_score(&mut self, key: Key<'_>, member: &[u8]) -> Option<f64> {
        self.sorted(key)?.score(member)
    }

    fn sorted_set(&mut self, key: Key<'_>, member: &[u8], score: f64) -> Result<bool, OutOfMemory> {
        if self.is_full {
            return Err(OutOfMemory);
        }
        self.make(key, Value::Sorted(SortedSet::new(key.hash)));
        Ok(self.change_sorted(key, |set| set.set(member, score).is_none()))
    }

    fn sorted_remove(&mut self, key: Key<'_>, member: &[u8]) -> bool {
        self.change_sorted(key, |set| set.remove(member).is_some())
    }

    fn sorted_remove_range(&mut self, key: Key<'_>, rank: u64, count: u64) -> u64 {
        let (rank, count) = (small(rank), small(count));
        self.change_sorted(key, |set| set.remove_range(rank, count) as u64)
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
        let (rank, count) = (small(rank), small(count));
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
        let mut digits = decimal::Buffer::new();
        set.walk(small(cursor), small(count.max(1)), |member, score| {
            if pattern.is_none_or(|pattern| glob(pattern, member.bytes(&mut digits))) {
                visit(member, score);
            }
        });
        let end = cursor.saturating_add(count.max(1));
        if end < set.len() as u64 { end } else { 0 }
    }

    fn lend_sorted(&mut self, key: Key<'_>) -> Option<SortedSet> {
        self.sorted(key).cloned()
    }

    fn put_sorted(&mut self, key: Key<'_>, set: SortedSet) -> Result<(), OutOfMemory> {
        if self.is_full {
            return Err(OutOfMemory);
        }
        self.entries.remove(key.bytes);
        if !set.is_empty() {
            self.entries.insert(key.bytes.to_vec(), Entry::new(Value::Sorted(set)));
        }
        Ok(())
    }

    /// Not a random one: the same in every run.
    fn draw(&mut self) -> u64 {
        self.drawn = self.drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        self.drawn >> 32
    }

    fn discard_sorted(&mut self, _: SortedSet) {}
}

fn small(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
