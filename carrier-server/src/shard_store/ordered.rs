//! Sets in an order, and what is drawn at random.

use super::{ShardStore, shard_key};
use databox::{Order, Ordered};
use kvstore::{Contents, WriteError};
use zvm::{Draws, Key, OrderedSets, OutOfMemory, Store as _, Text};

impl OrderedSets for ShardStore<'_> {
    fn ordered_add(
        &mut self,
        key: Key<'_>,
        member: &[u8],
        order: Order,
    ) -> Result<bool, OutOfMemory> {
        let member = (order, member);
        let added = self.shard.ordered_add(self.namespace, shard_key(key), member, self.now_ms);
        self.note(key, matches!(added, Ok(true)));
        match added {
            Ok(is_new) => Ok(is_new),
            Err(WriteError::OutOfBudget(_)) => Err(OutOfMemory),
            Err(_) => Ok(false),
        }
    }

    fn ordered_find(&mut self, key: Key<'_>, member: &[u8]) -> Result<u64, u64> {
        let found = self.ordered(key).map_or(Err(0), |set| set.find(member));
        found.map(|at| at as u64).map_err(|at| at as u64)
    }

    fn ordered_get(&mut self, key: Key<'_>, rank: u64) -> Option<Text<'_>> {
        self.ordered(key)?.get(usize::try_from(rank).ok()?)
    }

    fn put_ordered(&mut self, key: Key<'_>, set: Ordered) -> Result<(), OutOfMemory> {
        if set.is_empty() {
            self.remove(key);
            return Ok(());
        }
        let entry = Contents { value: set.into(), expires_at_ms: None, flags: 0 };
        let put = self.shard.put_entry(self.namespace, shard_key(key), entry, self.now_ms);
        self.note(key, put.is_ok());
        put.map_err(|_| OutOfMemory)
    }

    fn discard_ordered(&mut self, set: Ordered) {
        self.shard.discard(set.into());
    }
}

impl Draws for ShardStore<'_> {
    fn random(&mut self) -> u64 {
        self.shard.random()
    }

    fn set_draw(&mut self, key: Key<'_>, visit: &mut dyn FnMut(Text<'_>)) -> bool {
        let random = self.shard.random();
        let Ok(Some(set)) = self.shard.set(self.namespace, shard_key(key), self.now_ms) else {
            return false;
        };
        set.draw(random).is_some_and(|member| {
            visit(member);
            true
        })
    }

    fn map_draw(&mut self, key: Key<'_>, visit: &mut dyn FnMut(Text<'_>, Text<'_>)) -> bool {
        let random = self.shard.random();
        let drawn = self.map(key).and_then(|map| map.draw(random));
        drawn.is_some_and(|(name, value)| {
            visit(name, value);
            true
        })
    }
}

impl ShardStore<'_> {
    fn ordered(&mut self, key: Key<'_>) -> Option<&Ordered> {
        self.shard.ordered(self.namespace, shard_key(key), self.now_ms).ok()?
    }
}
