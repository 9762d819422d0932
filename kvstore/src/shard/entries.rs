//! Whole entries: what a key holds, taken from one place and put at another, on this shard or
//! another one.

use super::keys::IN_MAP_MAX_BYTES;
use super::{SPACE_BYTES, Shard, Space};
use crate::jobs::Jobs;
use crate::{Key, Namespace, OutOfBudget};
use databox::{Databox, Set, Text};
use packed_map::{Extras, NewValue};

/// What a key holds, apart from any shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The value.
    pub value: Databox,
    /// When the key expires, in milliseconds on the caller's clock; `None` where it does not.
    pub expires_at_ms: Option<u64>,
    /// The caller's flags.
    pub flags: u32,
}

impl Shard {
    /// What the key holds, to be read or changed elsewhere; the shard keeps it too.
    ///
    /// # Complexity
    ///
    /// That of cloning the value: strings are copied, containers share their pages.
    pub fn lend(&mut self, ns: Namespace, key: Key<'_>, now_ms: u64) -> Option<Contents> {
        self.look_up(ns, key, now_ms).map(|item| {
            let value = match (item.boxed(), item.packed()) {
                (Some(value), _) => value.clone(),
                (_, Some(packed)) => Databox::from_packed(packed, key.hash),
                _ => Databox::from_text(item.string().unwrap_or(Text::Bytes(b""))),
            };
            Contents { value, expires_at_ms: item.expires_at_ms(), flags: item.flags() }
        })
    }

    /// Takes what the key holds; the key is gone then.
    pub fn take_entry(&mut self, ns: Namespace, key: Key<'_>, now_ms: u64) -> Option<Contents> {
        let item = self.look_up(ns, key, now_ms)?;
        let (expires_at_ms, flags) = (item.expires_at_ms(), item.flags());
        let inner = match item.packed() {
            Some(packed) => Some(Databox::from_packed(packed, key.hash)),
            None if item.boxed().is_none() => item.string().map(Databox::from_text),
            None => None,
        };
        let displaced = self.change(ns, |space, arena, _| {
            let displaced = space.map.remove(arena, key.hash, key.bytes)?;
            let boxed = displaced.boxed();
            space.value_bytes -= boxed.as_ref().map_or(0, Databox::heap_bytes) as u64;
            Some(boxed)
        });
        let value = displaced.flatten()?.or(inner)?;
        Some(Contents { value, expires_at_ms, flags })
    }

    /// Makes the key hold this, whatever it held before. A moment of expiry that has passed leaves
    /// the key without anything.
    ///
    /// # Errors
    ///
    /// [`OutOfBudget`] where the write could take the shard beyond its budget. The key then holds
    /// what it held before.
    pub fn put_entry(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        entry: Contents,
        now_ms: u64,
    ) -> Result<(), OutOfBudget> {
        let Contents { value, expires_at_ms, flags } = entry;
        if expires_at_ms.is_some_and(|at_ms| at_ms <= now_ms) {
            self.remove(ns, key, now_ms);
            return Ok(());
        }
        let extras = Extras { expires_at_ms, flags, cas: 0 };
        let short = |bytes: &[u8]| bytes.len() <= IN_MAP_MAX_BYTES;
        match value.text() {
            Some(Text::Integer(number)) => self.put(ns, key, number.into(), extras),
            Some(Text::Bytes(bytes)) if short(bytes) => {
                let bytes = bytes.to_vec();
                self.put(ns, key, NewValue::Text(Text::Bytes(&bytes)), extras)
            }
            _ => match value.packed() {
                Some(packed) => self.put(ns, key, NewValue::Packed(packed), extras),
                None => self.put(ns, key, NewValue::Boxed(value), extras),
            },
        }
    }

    /// The set at the key, to be read or changed elsewhere; `None` where it holds none.
    pub fn lend_set(&mut self, ns: Namespace, key: Key<'_>, now_ms: u64) -> Option<Set> {
        self.get(ns, key, now_ms).and_then(|item| item.set()).and_then(|set| set.lend(key.hash))
    }

    /// Takes a value that nobody needs any more; a large one is freed by [`work`](Self::work).
    pub fn discard(&mut self, value: Databox) {
        self.jobs.destroy(value);
    }

    /// Whether so many bytes more are within the budget.
    #[must_use]
    pub fn has_room(&self, bytes: usize) -> bool {
        let used = || self.spent().saturating_add(bytes as u64);
        self.budget_bytes == u64::MAX || used() <= self.limit()
    }

    /// Whether `count` keys can be written, with `bytes` of names and values together, within the
    /// budget for certain. Near the budget the answer may be no where there would be room: every
    /// key is taken to be in a page that has to grow.
    #[must_use]
    pub fn has_room_for(&self, ns: Namespace, count: usize, bytes: usize) -> bool {
        self.budget_bytes == u64::MAX
            || self.spent().saturating_add(self.growth_max(ns, count, bytes)) <= self.limit()
    }

    /// Sets room aside, where [`has_room_for`](Self::has_room_for) says that there is, and tells
    /// how many bytes: other writes do not get it until it is [given back](Self::give_back). Whose
    /// it is writes with the budget lifted.
    pub fn set_aside(&mut self, ns: Namespace, count: usize, bytes: usize) -> Option<u64> {
        if !self.has_room_for(ns, count, bytes) {
            return None;
        }
        let room = match self.budget_bytes {
            u64::MAX => 0,
            _ => self.growth_max(ns, count, bytes),
        };
        self.aside_bytes += room;
        Some(room)
    }

    /// Gives back room that was set aside.
    pub fn give_back(&mut self, bytes: u64) {
        debug_assert!(bytes <= self.aside_bytes, "no more than was set aside");
        self.aside_bytes = self.aside_bytes.saturating_sub(bytes);
    }

    fn growth_max(&self, ns: Namespace, count: usize, bytes: usize) -> u64 {
        let growth = |space: &Space| {
            let others = count.saturating_sub(1);
            let others = others.saturating_mul(space.map.any_put_growth_max(0));
            space.map.any_put_growth_max(bytes).saturating_add(others) as u64
        };
        let growth = match self.space(ns) {
            Some(space) => growth(space),
            None => SPACE_BYTES.saturating_add(growth(&self.unmade())),
        };
        growth.saturating_add((count as u64).saturating_mul(Jobs::JOB_BYTES))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HashKey, PutOptions, ShardConfig};
    use std::sync::Arc;

    #[test]
    fn what_is_set_aside_is_no_others() {
        let config = ShardConfig::new(Arc::new(HashKey::new([1, 2])));
        let mut shard = Shard::new(ShardConfig { budget_bytes: Some(1 << 20), ..config }).unwrap();
        let ns = Namespace(0);
        let room = shard.set_aside(ns, 1, 600_000).unwrap();
        assert!(room >= 600_000);
        assert_eq!(shard.set_aside(ns, 1, 600_000), None);
        let put = |shard: &mut Shard, name: &str| {
            let (key, value) = (shard.key(name.as_bytes()), [b'v'; 100_000]);
            shard.put_string(ns, key, Text::Bytes(&value), PutOptions::default(), 0).is_ok()
        };
        let others = (0..20).filter(|number| put(&mut shard, &format!("other{number}"))).count();
        assert!((2..=4).contains(&others), "{others}");
        // It is there for whom it was set aside for.
        shard.set_budget(None);
        assert!((0..6).all(|number| put(&mut shard, &format!("own{number}"))));
        shard.set_budget(Some(1 << 20));
        shard.give_back(room);
        let more = (0..20).filter(|number| put(&mut shard, &format!("more{number}"))).count();
        assert!(shard.spent() <= 1 << 20);
        assert!(others + 6 + more <= 10, "{others} and {more} more");
    }

    #[test]
    fn entries_move_between_keys_and_shards() {
        let shard = || Shard::new(ShardConfig::new(Arc::new(HashKey::new([1, 2])))).unwrap();
        let (mut one, mut two, ns) = (shard(), shard(), Namespace(0));
        let large = vec![b'x'; 100_000];
        let values: [&[u8]; 5] = [b"17", b"017", b"", b"text", &large];
        for value in values {
            let key = one.key(b"key");
            let options = PutOptions { expiry: crate::Expiry::At(50), flags: 3 };
            one.put_string(ns, key, Text::Bytes(value), options, 1).unwrap();
            let lent = one.lend(ns, key, 1).unwrap();
            assert_eq!((lent.expires_at_ms, lent.flags), (Some(50), 3));
            two.put_entry(ns, key, lent.clone(), 1).unwrap();
            assert_eq!(one.take_entry(ns, key, 1), Some(lent));
            assert!(one.is_empty());
            let item = two.get(ns, key, 1).unwrap();
            assert_eq!(item.string().map(|text| text.to_vec()).as_deref(), Some(value));
            assert_eq!((item.expires_at_ms(), item.flags()), (Some(50), 3));
        }
        let key = one.key(b"set");
        one.set_add(ns, key, b"member", 1).unwrap();
        let lent = one.take_entry(ns, key, 1).unwrap();
        two.put_entry(ns, key, lent, 1).unwrap();
        assert_eq!(two.set_len(ns, key, 1), Ok(1));
        let lent = two.lend(ns, key, 1).unwrap();
        let gone = Contents { expires_at_ms: Some(1), ..lent };
        two.put_entry(ns, key, gone, 1).unwrap();
        assert_eq!(two.get(ns, key, 1).map(|item| item.flags()), None);
        for shard in [&mut one, &mut two] {
            while shard.work(1) {}
            assert_eq!(shard.ledger(), shard.recount());
        }
    }

    #[test]
    fn containers_move_as_strings_do() {
        let shard = || Shard::new(ShardConfig::new(Arc::new(HashKey::new([1, 2])))).unwrap();
        for members in [1, 5_000] {
            let (mut one, mut two, ns) = (shard(), shard(), Namespace(0));
            let key = one.key(b"key");
            for member in 0..members {
                assert!(one.set_add(ns, key, format!("m{member}").as_bytes(), 1).unwrap());
            }
            let lent = one.lend(ns, key, 1).unwrap();
            two.put_entry(ns, key, lent, 1).unwrap();
            assert_eq!(two.set_len(ns, key, 1), Ok(members));
            assert!(two.set_contains(ns, key, b"m0", 1).unwrap());
            let taken = one.take_entry(ns, key, 1).unwrap();
            assert!(one.is_empty());
            one.put_entry(ns, key, taken, 1).unwrap();
            assert_eq!(one.lend_set(ns, key, 1).map(|set| set.len() as u64), Some(members));
            for shard in [&one, &two] {
                assert_eq!(shard.recount(), shard.ledger());
            }
        }
    }
}
