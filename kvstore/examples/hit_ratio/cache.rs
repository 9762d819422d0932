//! What is measured of a cache: whether it had what was asked for.

use crate::workload::Sizes;

/// A cache that takes in whatever it is asked for and does not have.
pub(crate) trait Cache {
    /// Asks for the object `key` of `bytes` bytes, and says whether it was there. Where it was
    /// not it is put in, and others leave until all fit; an object larger than the whole cache is
    /// not kept.
    fn request(&mut self, key: u64, bytes: u32) -> bool;
}

/// What a cache may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Capacity {
    /// Bytes of objects. Where all objects are equal each counts as one.
    pub(crate) bytes: u64,
    /// About as many objects as that is, to size what counts objects.
    pub(crate) objects: u64,
    /// How large objects are.
    pub(crate) sizes: Sizes,
}

impl Capacity {
    /// A part of the bytes, at least one.
    pub(crate) fn percent(self, percent: u64) -> u64 {
        (self.bytes * percent / 100).max(1)
    }
}
