//! A region's pages, to be backed by another thread before the arena needs them.

use super::reservation::Mapping;
use alloc::sync::Arc;

/// A part of an arena's range whose pages should be backed by memory soon.
///
/// It is independent of the arena: it may be used on any thread, while the arena is used and even
/// when it is gone, or be dropped.
#[derive(Debug)]
#[must_use = "only `populate` does something"]
pub struct Prefault {
    mapping: Arc<Mapping>,
    offset: usize,
    bytes: usize,
}

impl Prefault {
    pub(super) fn new(mapping: &Arc<Mapping>, offset: usize, bytes: usize) -> Self {
        Self { mapping: Arc::clone(mapping), offset, bytes }
    }

    /// How much memory is to be backed.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Has the pages backed now. `false` where the system does not do it: then they are backed as
    /// they are written.
    #[must_use = "where it fails there is no use in trying again"]
    pub fn populate(self) -> bool {
        self.mapping.populate(self.offset, self.bytes)
    }
}
