//! Operations on keys that hold sets. A set that becomes empty is no key.

use super::Shard;
use crate::{Item, Key, Lent, Namespace, WriteError, WrongKind};
use databox::{Edit, Kind, Set, SetView, SmallSet, Text};

impl Shard {
    /// Adds a member to the set at the key, which is made where there is none, and tells whether
    /// the member is new.
    ///
    /// # Errors
    ///
    /// [`WriteError::WrongKind`] where the key holds something else, and
    /// [`WriteError::OutOfBudget`] where the write could take the shard beyond its budget.
    pub fn set_add(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        member: &[u8],
        now_ms: u64,
    ) -> Result<bool, WriteError> {
        let growth = |set: &mut Set| {
            if set.contains(member) { 0 } else { set.add_growth_max(member) }
        };
        let small = |bytes: &[u8], out: &mut Vec<u8>| {
            let edit = SmallSet::new(bytes).add(member, out);
            (edit, edit == Edit::Written)
        };
        self.change_container(ns, key, now_ms, growth, small, |set: &mut Set| set.add(member))
    }

    /// Removes a member from the set at the key and tells whether it was there.
    ///
    /// # Errors
    ///
    /// [`WrongKind`] where the key holds something else.
    pub fn set_remove(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        member: &[u8],
        now_ms: u64,
    ) -> Result<bool, WrongKind> {
        let small = |bytes: &[u8], out: &mut Vec<u8>| {
            let edit = SmallSet::new(bytes).remove(member, out);
            (edit, edit == Edit::Written)
        };
        let large = |set: &mut Set| set.remove(member);
        match self.change_container(ns, key, now_ms, |_| 0, small, large) {
            Ok(removed) => Ok(removed),
            Err(WriteError::WrongKind(WrongKind { found: Kind::SetQ | Kind::SetQn })) => {
                Ok(self.ordered_remove(ns, key, member))
            }
            Err(WriteError::WrongKind(wrong)) => Err(wrong),
            // The budget does not stop what makes a set smaller, but a full reservation does.
            Err(_) => Ok(false),
        }
    }

    /// How many members the set at the key has; 0 where there is none.
    ///
    /// # Errors
    ///
    /// [`WrongKind`] where the key holds something else.
    pub fn set_len(&mut self, ns: Namespace, key: Key<'_>, now_ms: u64) -> Result<u64, WrongKind> {
        Ok(self.set(ns, key, now_ms)?.map_or(0, |set| set.len() as u64))
    }

    /// Whether the set at the key has this member.
    ///
    /// # Errors
    ///
    /// [`WrongKind`] where the key holds something else.
    pub fn set_contains(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        member: &[u8],
        now_ms: u64,
    ) -> Result<bool, WrongKind> {
        Ok(self.set(ns, key, now_ms)?.is_some_and(|set| set.contains(member)))
    }

    /// Calls `visit` with every member of the set at the key, in no particular order.
    ///
    /// # Errors
    ///
    /// [`WrongKind`] where the key holds something else.
    ///
    /// # Complexity
    ///
    /// Linear in the members, in one go.
    pub fn set_members(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        now_ms: u64,
        visit: impl FnMut(Text<'_>),
    ) -> Result<(), WrongKind> {
        if let Some(set) = self.set(ns, key, now_ms)? {
            set.iter().for_each(visit);
        }
        Ok(())
    }

    /// Visits some members of the set at the key from `cursor` on, at least `count` of them
    /// unless it comes to the end, and returns the cursor to go on from; 0 starts and ends.
    ///
    /// A set that does not change between the calls has every member visited once.
    ///
    /// # Errors
    ///
    /// [`WrongKind`] where the key holds something else.
    pub fn set_scan(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        cursor: u64,
        count: u64,
        now_ms: u64,
        visit: impl FnMut(Text<'_>),
    ) -> Result<u64, WrongKind> {
        Ok(self.set(ns, key, now_ms)?.map_or(0, |set| set.walk(cursor, count, visit)))
    }

    /// The set at the key, if there is one.
    ///
    /// # Errors
    ///
    /// [`WrongKind`] where the key holds something else.
    pub fn set(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        now_ms: u64,
    ) -> Result<Option<SetView<'_>>, WrongKind> {
        self.get(ns, key, now_ms).map(of_item).transpose()
    }

    /// The set at the key as it is now, if there is one, to be read anywhere while this shard goes
    /// on writing it.
    ///
    /// # Errors
    ///
    /// [`WrongKind`] where the key holds something else.
    ///
    /// # Complexity
    ///
    /// A copy of a small set; of a large one, a reference count for every 15,000 members or so, and
    /// one for every member of more than 4 KiB. Each write to the set copies at most 64 KiB then,
    /// until what is lent is gone.
    pub fn set_lend(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        now_ms: u64,
    ) -> Result<Option<Lent>, WrongKind> {
        self.expire(ns, key, now_ms);
        let Self { spaces, arena, jobs, .. } = self;
        let Some(space) = spaces.get(ns.0) else { return Ok(None) };
        let Some(entry) = space.map.get(arena, key.hash, key.bytes) else { return Ok(None) };
        of_item(Item::new(entry)).map(|set| Some(jobs.lend(set.to_set(key.hash))))
    }

    /// Takes back what was lent; [`work`](Self::work) frees what only it holds.
    pub fn take_home(&mut self, lent: Lent) {
        self.jobs.take_home(lent);
    }
}

/// The set that an item holds.
fn of_item(item: Item<'_>) -> Result<SetView<'_>, WrongKind> {
    item.set().ok_or_else(|| WrongKind { found: item.kind() })
}
