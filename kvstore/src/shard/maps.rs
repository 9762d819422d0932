//! Operations on keys that hold maps. A map that becomes empty is no key.

use super::Shard;
use super::containers::Container;
use crate::{Item, Key, Namespace, WriteError, WrongKind};
use databox::{Databox, Edit, Kind, Map, MapView, SmallMap, Text};

impl Container for Map {
    const KIND: Kind = Kind::Map;

    fn from_packed(bytes: &[u8], seed: u64) -> Self {
        Self::from_small(seed, SmallMap::new(bytes))
    }

    fn into_value(self) -> Databox {
        self.into()
    }

    fn of(value: &mut Databox) -> Option<&mut Self> {
        value.as_map_mut()
    }

    fn is_empty(&self) -> bool {
        Self::is_empty(self)
    }

    fn copied_bytes(&self) -> usize {
        Self::copied_bytes(self)
    }
}

impl Shard {
    /// Makes a name of the map at the key, which is made where there is none, have a value and not
    /// expire, and tells whether the name is new.
    ///
    /// # Errors
    ///
    /// [`WriteError::WrongKind`] where the key holds something else, and
    /// [`WriteError::OutOfBudget`] where the write could take the shard beyond its budget.
    pub fn map_set(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        (name, value): (&[u8], &[u8]),
        now_ms: u64,
    ) -> Result<bool, WriteError> {
        self.expire_names(ns, key, now_ms);
        let growth = |map: &mut Map| map.set_growth_max(name, value);
        let small = |bytes: &[u8], out: &mut Vec<u8>| SmallMap::new(bytes).set(name, value, out);
        let large = |map: &mut Map| {
            map.drop_due(name, now_ms);
            map.set(name, value)
        };
        self.change_container(ns, key, now_ms, growth, small, large)
    }

    /// The same, but the name expires when it did before.
    ///
    /// # Errors
    ///
    /// [`WriteError::WrongKind`] where the key holds something else, and
    /// [`WriteError::OutOfBudget`] where the write could take the shard beyond its budget.
    pub fn map_update(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        (name, value): (&[u8], &[u8]),
        now_ms: u64,
    ) -> Result<bool, WriteError> {
        self.expire_names(ns, key, now_ms);
        let growth = |map: &mut Map| {
            map.set_growth_max(name, value).saturating_add(map.expiry_growth_max(name))
        };
        let small = |bytes: &[u8], out: &mut Vec<u8>| SmallMap::new(bytes).set(name, value, out);
        let large = |map: &mut Map| {
            map.drop_due(name, now_ms);
            map.update(name, value)
        };
        self.change_container(ns, key, now_ms, growth, small, large)
    }

    /// Removes a name from the map at the key and tells whether it was there.
    ///
    /// # Errors
    ///
    /// [`WrongKind`] where the key holds something else.
    pub fn map_remove(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        name: &[u8],
        now_ms: u64,
    ) -> Result<bool, WrongKind> {
        self.expire_names(ns, key, now_ms);
        let small = |bytes: &[u8], out: &mut Vec<u8>| {
            let edit = SmallMap::new(bytes).remove(name, out);
            (edit, edit == Edit::Written)
        };
        let large = |map: &mut Map| !map.drop_due(name, now_ms) && map.remove(name);
        match self.change_container(ns, key, now_ms, |_| 0, small, large) {
            Ok(removed) => Ok(removed),
            Err(WriteError::WrongKind(wrong)) => Err(wrong),
            // The budget does not stop what makes a map smaller, but a full reservation does.
            Err(_) => Ok(false),
        }
    }

    /// The map at the key, if there is one. Names that have expired are not in it, but may count in
    /// its length where it is large: until they are swept.
    ///
    /// # Errors
    ///
    /// [`WrongKind`] where the key holds something else.
    pub fn map(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        now_ms: u64,
    ) -> Result<Option<MapView<'_>>, WrongKind> {
        self.expire_names(ns, key, now_ms);
        self.get(ns, key, now_ms).map(|item| of_item(item, now_ms)).transpose()
    }

    /// The value of a name of the map at the key.
    ///
    /// # Errors
    ///
    /// [`WrongKind`] where the key holds something else.
    pub fn map_get(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        name: &[u8],
        now_ms: u64,
    ) -> Result<Option<Text<'_>>, WrongKind> {
        Ok(self.map(ns, key, now_ms)?.and_then(|map| map.get(name)))
    }
}

/// The map that an item holds, at a moment.
fn of_item(item: Item<'_>, now_ms: u64) -> Result<MapView<'_>, WrongKind> {
    match item.map() {
        Some(MapView::Map(map, _)) => Ok(MapView::Map(map, now_ms)),
        Some(map) => Ok(map),
        None => Err(WrongKind { found: item.kind() }),
    }
}
