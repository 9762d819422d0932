//! The commands in force, shared by all threads and changed while they run.
//!
//! A thread keeps the catalog it works with and looks, once a turn, whether there is a newer one:
//! a single load. What was bound to the old one keeps it alive and runs to its end with it.

use crate::catalog::{Catalog, Library};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The library of a server and its changes.
#[derive(Debug)]
pub(crate) struct Commands {
    library: Mutex<Library>,
    /// Counts the changes; written with the library's lock held.
    version: AtomicU64,
}

impl Commands {
    /// Those of this library.
    pub(crate) const fn new(library: Library) -> Self {
        Self { library: Mutex::new(library), version: AtomicU64::new(0) }
    }

    /// How often they have changed.
    #[inline]
    pub(crate) fn version(&self) -> u64 {
        // Acquire: who has heard of a change finds it when it takes the lock.
        self.version.load(Ordering::Acquire)
    }

    /// The catalog in force, and the version that it is of.
    pub(crate) fn current(&self) -> (Arc<Catalog>, u64) {
        let library = self.library();
        (Arc::clone(library.catalog()), self.version())
    }

    /// Looks at the library.
    pub(crate) fn library(&self) -> MutexGuard<'_, Library> {
        // A panic cannot leave it half changed: a change is assigned as a whole.
        self.library.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the library; other threads see the change in their next turn.
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut Library) -> R) -> R {
        let mut library = self.library();
        let before = Arc::clone(library.catalog());
        let result = change(&mut library);
        if !Arc::ptr_eq(&before, library.catalog()) {
            self.version.fetch_add(1, Ordering::Release);
        }
        result
    }
}
