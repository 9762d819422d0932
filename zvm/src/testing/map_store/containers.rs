//! The lists and maps of the store.

use super::{Entry, MapStore, Value};
use crate::Key;
use databox::Ordered;
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

    pub(super) fn ordered(&mut self, key: Key<'_>) -> Option<&mut Ordered> {
        match &mut self.live(key)?.value {
            Value::Ordered(set) => Some(set),
            _ => None,
        }
    }

    /// An ordered set without members is no key.
    pub(super) fn drop_empty(&mut self, key: Key<'_>) {
        if self.ordered(key).is_some_and(|set| set.is_empty()) {
            self.entries.remove(key.bytes);
        }
    }

    /// Makes the key hold a value where it holds nothing.
    pub(super) fn make(&mut self, key: Key<'_>, value: Value) {
        if self.live(key).is_none() {
            self.entries.insert(key.bytes.to_vec(), Entry::new(value));
        }
    }
}

/// Whether `text` matches `*` and `?` of a pattern; enough for tests.
pub(super) fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', behind @ ..], _) => {
            glob(behind, text) || text.split_first().is_some_and(|(_, rest)| glob(pattern, rest))
        }
        ([b'?', behind @ ..], [_, rest @ ..]) => glob(behind, rest),
        ([wanted, behind @ ..], [first, rest @ ..]) => wanted == first && glob(behind, rest),
        _ => false,
    }
}
