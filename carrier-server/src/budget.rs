//! The budget of the shards, corrected by what the process really takes.
//!
//! A shard counts what it allocates. What the allocator rounds up, buffers of connections and
//! free room in arenas come on top, and a budget is meant for all of it. So while keys are removed
//! to stay within one, the resident memory is measured now and then, and the shards' budget is
//! lowered by a part of what it is above, and raised again where there is room.

use crate::resident;
use kvstore::Policy;
use std::sync::atomic::{AtomicU64, Ordering};

/// What all shards together may hold.
#[derive(Debug)]
pub(crate) struct Budget {
    /// The one in force; [`UNLIMITED`] where there is no limit.
    bytes: AtomicU64,
    /// Whether it is corrected.
    corrected: bool,
    shards: u64,
    /// By how much it is lowered. One thread writes it.
    lowered_by: AtomicU64,
}

impl Budget {
    pub(crate) fn new(bytes: Option<u64>, policy: Policy, shards: usize) -> Self {
        let corrected = policy != Policy::Refuse;
        let bytes = AtomicU64::new(bytes.unwrap_or(UNLIMITED));
        Self { bytes, corrected, shards: shards.max(1) as u64, lowered_by: AtomicU64::new(0) }
    }

    /// The budget in force.
    pub(crate) fn bytes(&self) -> Option<u64> {
        // Relaxed: the number stands alone.
        let bytes = self.bytes.load(Ordering::Relaxed);
        (bytes != UNLIMITED).then_some(bytes)
    }

    /// Puts another budget in its place. Shards follow within their next step of upkeep.
    pub(crate) fn set(&self, bytes: u64) {
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    /// The part of one shard, as things stand.
    pub(crate) fn of_shard(&self) -> Option<u64> {
        let bytes = self.bytes()?;
        // Relaxed: the number stands alone.
        Some((bytes - self.lowered_by.load(Ordering::Relaxed).min(bytes)) / self.shards)
    }

    /// Measures the process and corrects the budget; for one thread, every so often.
    pub(crate) fn correct(&self) {
        if let Some(bytes) = self.bytes().filter(|_| self.corrected) {
            let before = self.lowered_by.load(Ordering::Relaxed);
            let after = corrected(bytes, resident::bytes(), before);
            self.lowered_by.store(after, Ordering::Relaxed);
        }
    }
}

/// By how much a budget is to be lowered that was lowered by `before`.
fn corrected(budget: u64, resident: u64, before: u64) -> u64 {
    if resident > budget {
        (before + (resident - budget) / STEPS).min(budget / LOWERED_MAX_SHARE)
    } else {
        before.saturating_sub((budget - resident) / STEPS)
    }
}

/// A budget beyond all memory.
const UNLIMITED: u64 = u64::MAX;

/// One correction takes this part of the difference.
const STEPS: u64 = 8;

/// The part of the budget that is kept in any case: all but one in so many.
const LOWERED_MAX_SHARE: u64 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_settles_where_the_process_fits() {
        // A process that takes a fifth and 6 MB more than its shards hold.
        let (budget, mut lowered_by) = (256_000_000, 0);
        for _ in 0..200 {
            let resident = (budget - lowered_by) / 5 * 6 + 6_000_000;
            lowered_by = corrected(budget, resident, lowered_by);
        }
        let resident = (budget - lowered_by) / 5 * 6 + 6_000_000;
        assert!(resident.abs_diff(budget) < budget / 1000, "{resident}");
        for _ in 0..200 {
            lowered_by = corrected(budget, budget / 2, lowered_by);
        }
        assert_eq!(lowered_by, 0);
        assert_eq!(corrected(budget, u64::MAX / 2, 0), budget / 2);
    }

    #[test]
    fn shards_have_equal_parts() {
        assert_eq!(Budget::new(Some(1000), Policy::SNLRU, 4).of_shard(), Some(250));
        assert_eq!(Budget::new(None, Policy::Refuse, 4).of_shard(), None);
    }
}
