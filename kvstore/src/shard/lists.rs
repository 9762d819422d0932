//! Operations on keys that hold lists. A list that becomes empty is no key.

use super::Shard;
use super::containers::Container;
use crate::{Item, Key, Namespace, WriteError, WrongKind};
use databox::{Databox, Edit, End, Kind, List, ListView, SmallList};

impl Container for List {
    const KIND: Kind = Kind::List;

    fn from_packed(bytes: &[u8], _: u64) -> Self {
        Self::from_small(SmallList::new(bytes))
    }

    fn into_value(self) -> Databox {
        self.into()
    }

    fn of(value: &mut Databox) -> Option<&mut Self> {
        value.as_list_mut()
    }

    fn is_empty(&self) -> bool {
        Self::is_empty(self)
    }
}

impl Shard {
    /// Adds an element at an end of the list at the key, which is made where there is none.
    ///
    /// # Errors
    ///
    /// [`WriteError::WrongKind`] where the key holds something else, and
    /// [`WriteError::OutOfBudget`] where the write could take the shard beyond its budget.
    pub fn list_push(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        (end, element): (End, &[u8]),
        now_ms: u64,
    ) -> Result<(), WriteError> {
        let growth = |list: &mut List| list.push_growth_max(element);
        let small =
            |bytes: &[u8], out: &mut Vec<u8>| (SmallList::new(bytes).push(end, element, out), ());
        let large = |list: &mut List| list.push(end, element);
        self.change_container(ns, key, now_ms, growth, small, large)
    }

    /// Puts `added` in place of up to `removed` elements from `at` on of the list at the key, and
    /// tells how many were removed. Nothing happens where `at` is beyond the end.
    ///
    /// # Errors
    ///
    /// [`WriteError::WrongKind`] where the key holds something else, and
    /// [`WriteError::OutOfBudget`] where the write could take the shard beyond its budget.
    ///
    /// # Complexity
    ///
    /// Linear in the chunks of what is removed.
    pub fn list_replace(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        (at, removed, added): (u64, u64, Option<&[u8]>),
        now_ms: u64,
    ) -> Result<u64, WriteError> {
        let range = |len: usize| {
            let at = usize::try_from(at).ok().filter(|&at| at <= len)?;
            Some((at, usize::try_from(removed).unwrap_or(usize::MAX).min(len - at)))
        };
        let growth = |list: &mut List| added.map_or(0, |added| list.push_growth_max(added));
        let small = |bytes: &[u8], out: &mut Vec<u8>| {
            let list = SmallList::new(bytes);
            match range(list.len()) {
                Some((at, removed)) if removed > 0 || added.is_some() => {
                    (list.replace(at, removed, added, out), removed as u64)
                }
                _ => (Edit::Unchanged, 0),
            }
        };
        let large = |list: &mut List| {
            let Some((at, removed)) = range(list.len()) else { return 0 };
            list.replace(at, removed, added);
            removed as u64
        };
        self.change_container(ns, key, now_ms, growth, small, large)
    }

    /// The list at the key, if there is one.
    ///
    /// # Errors
    ///
    /// [`WrongKind`] where the key holds something else.
    pub fn list(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        now_ms: u64,
    ) -> Result<Option<ListView<'_>>, WrongKind> {
        self.get(ns, key, now_ms).map(of_item).transpose()
    }
}

/// The list that an item holds.
fn of_item(item: Item<'_>) -> Result<ListView<'_>, WrongKind> {
    item.list().ok_or_else(|| WrongKind { found: item.kind() })
}
