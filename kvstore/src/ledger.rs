//! The bytes a shard holds, by what they are for.

use crate::space::Space;
use core::ops::{Add, AddAssign, Sub, SubAssign};

/// Every byte that a shard has allocated, counted as it is allocated and freed.
///
/// The allocator's own rounding is not seen, and a tree node or queue slot counts as its content.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Directories and pages, with the keys and values in them.
    pub maps: u64,
    /// Values that stand outside the pages: long strings and containers.
    pub values: u64,
    /// What was removed and is not freed yet.
    pub queued: u64,
    /// The table of namespaces and the queue of what is to be freed.
    pub tables: u64,
    /// Room between the pages, which holds nothing and is not counted as used.
    pub free: u64,
}

impl Ledger {
    /// All that holds something.
    #[inline]
    #[must_use]
    pub const fn used(&self) -> u64 {
        self.maps + self.values + self.queued + self.tables
    }

    /// All of it.
    #[inline]
    #[must_use]
    pub const fn held(&self) -> u64 {
        self.used() + self.free
    }

    /// Changes a namespace and counts by how much it has grown or shrunk.
    #[inline]
    pub(crate) fn follow<R>(
        &mut self,
        space: &mut Space,
        change: impl FnOnce(&mut Space) -> R,
    ) -> R {
        let before = (space.map.used_bytes(), space.value_bytes);
        let result = change(space);
        self.maps = self.maps + space.map.used_bytes() as u64 - before.0 as u64;
        self.values = self.values + space.value_bytes - before.1;
        result
    }
}

impl Add for Ledger {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            maps: self.maps + other.maps,
            values: self.values + other.values,
            queued: self.queued + other.queued,
            tables: self.tables + other.tables,
            free: self.free + other.free,
        }
    }
}

impl Sub for Ledger {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            maps: self.maps - other.maps,
            values: self.values - other.values,
            queued: self.queued - other.queued,
            tables: self.tables - other.tables,
            free: self.free - other.free,
        }
    }
}

impl AddAssign for Ledger {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Ledger {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}
