//! Counting several threads in, where the last one goes on with what all of them have left.

use core::fmt;

use crate::sync::{AtomicUsize, Ordering};

/// So many are awaited; the last to arrive is told that it is the last.
///
/// Everything that a thread did before it arrived is seen by the last one, so what they leave for
/// it needs no other synchronisation: a slot of its own for each will do.
///
/// # Examples
///
/// ```
/// use loopy_ring::Countdown;
///
/// let awaited = Countdown::new(2);
/// assert!(!awaited.arrive());
/// assert!(awaited.arrive());
/// ```
pub struct Countdown(AtomicUsize);

impl Countdown {
    /// Awaits `count` arrivals.
    #[cfg(not(any(loopy_loom, loopy_shuttle)))]
    #[must_use]
    pub const fn new(count: usize) -> Self {
        Self(AtomicUsize::new(count))
    }

    /// Awaits `count` arrivals.
    #[cfg(any(loopy_loom, loopy_shuttle))]
    #[must_use]
    pub fn new(count: usize) -> Self {
        Self(AtomicUsize::new(count))
    }

    /// Awaits one more. Nobody can have arrived yet.
    pub fn await_one_more(&mut self) {
        // Relaxed: it is not shared.
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Arrives, and tells whether that was the last one. One arrival, one read-modify-write.
    pub fn arrive(&self) -> bool {
        // Release: what this thread did before is handed on. Acquire: the last one takes it over,
        // from those before the one before it as well, as read-modify-writes go on with a release.
        let left = self.0.fetch_sub(1, Ordering::AcqRel);
        debug_assert!(left > 0, "more arrivals than are awaited");
        left == 1
    }
}

impl fmt::Debug for Countdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Countdown").finish_non_exhaustive()
    }
}
