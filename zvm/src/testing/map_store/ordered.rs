//! The ordered sets of the store, and what is drawn from it.

use super::entry::Value;
use super::{MapStore, text};
use crate::{Draws, Key, OrderedSets, OutOfMemory, Store as _, Text};
use databox::{Order, Ordered};

impl OrderedSets for MapStore {
    fn ordered_add(
        &mut self,
        key: Key<'_>,
        member: &[u8],
        order: Order,
    ) -> Result<bool, OutOfMemory> {
        if self.is_full {
            return Err(OutOfMemory);
        }
        self.make(key, Value::Ordered(Ordered::new(order)));
        let added = self.ordered(key).is_some_and(|set| set.add(member));
        self.drop_empty(key);
        Ok(added)
    }

    fn ordered_find(&mut self, key: Key<'_>, member: &[u8]) -> Result<u64, u64> {
        let found = self.ordered(key).map_or(Err(0), |set| set.find(member));
        found.map(|at| at as u64).map_err(|at| at as u64)
    }

    fn ordered_get(&mut self, key: Key<'_>, rank: u64) -> Option<Text<'_>> {
        self.ordered(key)?.get(rank as usize)
    }

    fn put_ordered(&mut self, key: Key<'_>, set: Ordered) -> Result<(), OutOfMemory> {
        if self.is_full {
            return Err(OutOfMemory);
        }
        self.remove(key);
        if !set.is_empty() {
            self.make(key, Value::Ordered(set));
        }
        Ok(())
    }

    fn discard_ordered(&mut self, _: Ordered) {}
}

impl Draws for MapStore {
    /// Counts on, so that what is drawn follows from what was drawn before.
    fn random(&mut self) -> u64 {
        self.drawn += 1;
        self.drawn
    }

    fn set_draw(&mut self, key: Key<'_>, visit: &mut dyn FnMut(Text<'_>)) -> bool {
        let at = self.random();
        if let Some(set) = self.ordered(key) {
            let drawn = set.get(at as usize % set.len());
            drawn.into_iter().for_each(visit);
            return true;
        }
        let Some(members) = self.members(key) else { return false };
        let drawn = members.iter().nth(at as usize % members.len());
        drawn.is_some_and(|member| {
            visit(text(member));
            true
        })
    }

    fn map_draw(&mut self, key: Key<'_>, visit: &mut dyn FnMut(Text<'_>, Text<'_>)) -> bool {
        let at = self.random();
        let Some(pairs) = self.pairs(key) else { return false };
        let drawn = pairs.iter().nth(at as usize % pairs.len());
        drawn.is_some_and(|(name, value)| {
            visit(text(name), text(value));
            true
        })
    }
}
