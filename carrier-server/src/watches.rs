//! Watched keys: whether they have changed since a connection began to watch them.
//!
//! The owner of a key counts the changes of those that are watched, in a side table; while nothing
//! is watched, a write looks at nothing else. What a change is, the store says (`shard_store.rs`).
//! A key that went by itself, by expiry or eviction, or with its whole database, is not counted:
//! that it is gone is seen when the transaction asks.

use crate::intents::MarkHasher;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

/// A key, by its namespace and hash.
pub(crate) type Place = (u32, u64);

/// The watched keys of one shard.
#[derive(Debug, Default)]
pub(crate) struct Watches {
    keys: HashMap<Place, Watch, BuildHasherDefault<MarkHasher>>,
    /// The version that comes next: no key has the same one twice.
    next: u64,
}

#[derive(Debug)]
struct Watch {
    key: Box<[u8]>,
    version: u64,
    watchers: usize,
}

/// A key as it was when a connection began to watch it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Watched {
    /// Its bytes.
    pub(crate) key: Box<[u8]>,
    /// Its namespace and hash.
    pub(crate) mark: Place,
    /// Which version it had.
    pub(crate) version: u64,
    /// Whether it was there.
    pub(crate) existed: bool,
}

impl Watches {
    /// Whether nothing is watched.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Begins to watch a key and tells its version.
    pub(crate) fn watch(&mut self, mark: Place, key: &[u8]) -> u64 {
        let next = &mut self.next;
        let watch = self.keys.entry(mark).or_insert_with(|| {
            *next += 1;
            Watch { key: key.into(), version: *next, watchers: 0 }
        });
        watch.watchers += 1;
        watch.version
    }

    /// Ends one [`watch`](Self::watch).
    pub(crate) fn unwatch(&mut self, mark: Place) {
        if let Some(watch) = self.keys.get_mut(&mark) {
            watch.watchers -= 1;
            if watch.watchers == 0 {
                self.keys.remove(&mark);
            }
        }
    }

    /// Notes that a key has changed.
    pub(crate) fn touch(&mut self, mark: Place) {
        if let Some(watch) = self.keys.get_mut(&mark) {
            self.next += 1;
            watch.version = self.next;
        }
    }

    /// Notes that two namespaces have changed places; `exists` tells whether one of them has a key
    /// of this name and hash.
    pub(crate) fn swap(&mut self, swapped: [u32; 2], mut exists: impl FnMut(&[u8], u64) -> bool) {
        for (mark, watch) in self.keys.iter_mut().filter(|(mark, _)| swapped.contains(&mark.0)) {
            if exists(&watch.key, mark.1) {
                self.next += 1;
                watch.version = self.next;
            }
        }
    }

    /// Whether a key has been written since.
    pub(crate) fn has_changed(&self, watched: &Watched) -> bool {
        self.keys.get(&watched.mark).is_none_or(|watch| watch.version != watched.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_of_one_time() {
        let mut watches = Watches::default();
        let mark = (0, 7);
        let watched = |version| Watched { key: Box::default(), mark, version, existed: false };
        watches.touch(mark);
        let (one, two) = (watched(watches.watch(mark, b"k")), watched(watches.watch(mark, b"k")));
        assert!(!watches.has_changed(&one) && one == two);
        watches.swap([1, 2], |_, _| true);
        watches.swap([0, 1], |_, _| false);
        assert!(!watches.has_changed(&one));
        watches.touch(mark);
        assert!(watches.has_changed(&one));
        watches.unwatch(mark);
        assert!(!watches.is_empty());
        watches.unwatch(mark);
        assert!(watches.is_empty());
        let three = watched(watches.watch(mark, b"k"));
        assert!(watches.has_changed(&one) && !watches.has_changed(&three));
        watches.swap([1, 0], |key, hash| (key, hash) == (&b"k"[..], 7));
        assert!(watches.has_changed(&three));
    }
}
