//! The lists and maps of the store.

use super::{Entry, MapStore, Value};
use crate::Key;
use std::collections::BTreeMap;

impl MapStore {
    pub(super) fn elements(&mut self, key: Key<'_>) -> Option<&mut Vec<Vec<u8>>> {
        match &mut self.live(key)?.value {
            Value::List(elements) => Some(elements),
            _ => None,
        }
    }

    pub(super) fn pairs(&mut self, key: Key<'_>) -> Option<&mut BTreeMap<Vec<u8>, Vec<u8>>> {
        let now_ms = self.now_ms;
        let is_due = |of: &Vec<u8>, at_ms: u64| of == key.bytes && at_ms <= now_ms;
        let due = self.moments.iter().filter(|((of, _), at_ms)| is_due(of, **at_ms));
        let due: Vec<_> = due.map(|((_, name), _)| name.clone()).collect();
        self.moments.retain(|(of, _), at_ms| !is_due(of, *at_ms));
        let Value::Map(pairs) = &mut self.live(key)?.value else { return None };
        pairs.retain(|name, _| !due.contains(name));
        if pairs.is_empty() && !due.is_empty() {
            self.entries.remove(key.bytes);
            return None;
        }
        match &mut self.live(key)?.value {
            Value::Map(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// Makes the key hold a value where it holds nothing.
    pub(super) fn make(&mut self, key: Key<'_>, value: Value) {
        if self.live(key).is_none() {
            self.entries.insert(key.bytes.to_vec(), Entry::new(value));
        }
    }
}
