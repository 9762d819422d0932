//! Names of maps that expire: hidden from their moment on, and swept a bounded piece at a time.
//!
//! A namespace in which some name may expire is *armed*: the sweep then goes over its pages and,
//! where a key holds a map with such names, over the pages of that. It is disarmed by a round that
//! met none and that nothing was armed during. A map of few pages is swept whole whenever it is
//! asked for, so what is counted of it is exact.

use super::{ExpiryObserver, Shard, SweepReport};
use crate::{Key, Namespace, WriteError, WrongKind};
use databox::{Databox, Edit, Map, Text};
use packed_map::Value;

/// How far the sweep of a namespace's maps has come.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct NameSweep {
    /// Rounds to go before it is disarmed; 0 where it is.
    rounds: u8,
    /// Where the next call goes on.
    cursor: u64,
}

impl NameSweep {
    /// Notes that a map whose names expire is in the namespace.
    pub(crate) const fn arm(&mut self) {
        self.rounds = 2;
    }

    pub(crate) const fn is_armed(self) -> bool {
        self.rounds > 0
    }
}

impl Shard {
    /// Whether names of maps may expire, so that [`sweep`](Self::sweep) has something to look for.
    #[must_use]
    pub fn has_expiring_names(&self) -> bool {
        self.spaces.iter().any(|(_, space)| space.names.is_armed())
    }

    /// When a name of the map at the key expires. `None`: no such name. `Some(None)`: it does not.
    ///
    /// # Errors
    ///
    /// [`WrongKind`] where the key holds something else.
    pub fn name_expiry(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        name: &[u8],
        now_ms: u64,
    ) -> Result<Option<Option<u64>>, WrongKind> {
        Ok(self.map(ns, key, now_ms)?.and_then(|map| map.expiry(name)))
    }

    /// Sets or clears when a name of the map at the key expires, and tells whether it is there. A
    /// moment that has passed removes it.
    ///
    /// # Errors
    ///
    /// [`WriteError::WrongKind`] where the key holds something else, and
    /// [`WriteError::OutOfBudget`] where the write could take the shard beyond its budget.
    pub fn set_name_expiry(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        (name, at_ms): (&[u8], Option<u64>),
        now_ms: u64,
    ) -> Result<bool, WriteError> {
        let Some(before) = self.name_expiry(ns, key, name, now_ms)? else { return Ok(false) };
        if before == at_ms {
            return Ok(true);
        }
        if at_ms.is_some_and(|at_ms| at_ms <= now_ms) {
            return Ok(self.map_remove(ns, key, name, now_ms)?);
        }
        let growth = |map: &mut Map| map.expiry_growth_max(name);
        // The packed form has no moments.
        let small = |_: &[u8], _: &mut Vec<u8>| (Edit::TooLarge, false);
        let large = |map: &mut Map| map.set_expiry(name, at_ms);
        let set = self.change_container(ns, key, now_ms, growth, small, large)?;
        if let Some(index) = self.spaces.find(ns.0) {
            self.spaces.at_mut(index).names.arm();
        }
        Ok(set)
    }

    /// Removes what has expired of the map at the key, where that takes a bounded step.
    #[inline]
    pub(super) fn expire_names(&mut self, ns: Namespace, key: Key<'_>, now_ms: u64) {
        let armed = self.space(ns).is_some_and(|space| space.names.is_armed());
        if armed {
            self.expire_names_of(ns, key, now_ms);
        }
    }

    #[cold]
    fn expire_names_of(&mut self, ns: Namespace, key: Key<'_>, now_ms: u64) {
        let item = self.look_up(ns, key, now_ms);
        let map = item.and_then(|item| item.boxed()).and_then(Databox::as_map);
        if map.is_some_and(|map| map.expiring() > 0 && map.has_pages(PAGES)) {
            self.sweep_map(ns, key, now_ms);
        }
    }

    /// Sweeps a piece of the map at the key, removes the key where nothing is left, and tells how
    /// many names were removed and whether there is more to look at.
    fn sweep_map(&mut self, ns: Namespace, key: Key<'_>, now_ms: u64) -> (u64, bool) {
        let swept = self.change(ns, |space, arena, jobs| {
            let value = space.map.get_mut(arena, key.hash, key.bytes)?;
            let before = value.heap_bytes() as u64;
            let map = value.as_map_mut()?;
            let copied = map.copied_bytes();
            let swept = map.sweep(now_ms, (PAGES, NAMES));
            if map.copied_bytes() > copied {
                jobs.note_copied(map.copied_bytes() - copied);
            }
            let is_empty = map.is_empty();
            space.value_bytes = space.value_bytes + value.heap_bytes() as u64 - before;
            Some((swept, is_empty))
        });
        let Some((swept, is_empty)) = swept.flatten() else { return (0, false) };
        if is_empty {
            self.take(ns, key);
        }
        (swept.removed as u64, swept.more && !is_empty)
    }

    /// Goes on over the maps of one namespace that is armed.
    pub(super) fn sweep_names(
        &mut self,
        now_ms: u64,
        observer: &mut impl ExpiryObserver,
        report: &mut SweepReport,
    ) {
        let armed = || self.spaces.iter().filter(|(_, space)| space.names.is_armed());
        let next = armed().find(|(id, _)| *id >= self.names_next).or_else(|| armed().next());
        let Some((id, _)) = next else { return };
        self.names_next = id.wrapping_add(1);
        let ns = Namespace(id);
        for _ in 0..PAGES {
            let Some(space) = self.space(ns) else { return };
            let sweep = space.names;
            let mut keys: Vec<Vec<u8>> = Vec::new();
            let next = space.map.scan(&self.arena, sweep.cursor, |entry| {
                if let Value::Boxed(value) = entry.value()
                    && value.as_map().is_some_and(|map| map.expiring() > 0)
                {
                    keys.push(entry.key().to_vec());
                }
            });
            let met = !keys.is_empty();
            let (mut more, before) = (false, report.names);
            for name in &keys {
                if report.names - before >= NAMES as u64 {
                    more = true;
                    break;
                }
                let key = Key { bytes: name, hash: self.hash_key.hash(name) };
                if observer.holds(ns, Text::Bytes(name)) {
                    continue;
                }
                let (removed, left) = self.sweep_map(ns, key, now_ms);
                report.names += removed;
                more |= left;
            }
            let Some(index) = self.spaces.find(id) else { return };
            let names = &mut self.spaces.at_mut(index).names;
            if met {
                names.arm();
            }
            if more {
                return;
            }
            names.cursor = next;
            if next == 0 {
                names.rounds = names.rounds.saturating_sub(1);
                return;
            }
            if met {
                return;
            }
        }
    }
}

/// Pages of one map, or of a namespace, that a step looks at.
const PAGES: usize = 8;

/// Names that a step removes; looked at between pages.
const NAMES: usize = 64;

#[cfg(test)]
mod tests;
