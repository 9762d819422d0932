//! The ordering point: the one lock of the server, which is tried and never waited for.
//!
//! A coordinator publishes a transaction to all shards that it touches while it holds this, so
//! that every shard sees transactions in one order. Commands on one shard never take it.
//!
//! Who finds it taken sets its bit among the waiters, tries once more, and may then sleep: whoever
//! lets go takes the bits and wakes these threads. No wake-up is lost:
//!
//! - A second try that fails comes before the holder's release in the order of changes to `held`,
//!   and both are read-modify-writes, so the bit is set before the holder takes the bits.
//! - A waiter announces that it sleeps and then looks at its bit ([`is_waiting`]); the holder takes
//!   the bit and then looks for the announcement. One of them sees the other.
//!
//! [`is_waiting`]: OrderingPoint::is_waiting

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The lock and its waiters.
#[derive(Debug)]
pub(crate) struct OrderingPoint {
    held: AtomicBool,
    /// A bit for each thread that wants it.
    waiters: Box<[AtomicU64]>,
}

impl OrderingPoint {
    /// One for `threads` threads.
    pub(crate) fn new(threads: usize) -> Self {
        let words = threads.div_ceil(BITS);
        Self {
            held: AtomicBool::new(false),
            waiters: (0..words).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// Takes it for `thread` if nobody holds it; else this thread is woken when it is let go.
    pub(crate) fn try_enter(&self, thread: usize) -> bool {
        if !self.held.swap(true, Ordering::AcqRel) {
            return true;
        }
        let (word, bit) = place(thread);
        self.waiters[word].fetch_or(bit, Ordering::AcqRel);
        if self.held.swap(true, Ordering::AcqRel) {
            return false;
        }
        self.waiters[word].fetch_and(!bit, Ordering::AcqRel);
        true
    }

    /// Lets go, and hands `wake` every thread that wanted it.
    pub(crate) fn leave(&self, mut wake: impl FnMut(usize)) {
        self.held.swap(false, Ordering::AcqRel);
        for (word, waiters) in self.waiters.iter().enumerate() {
            // A look spares the change of a line that nobody has changed. It is no older than the
            // swap above, which has seen every failed try.
            if waiters.load(Ordering::Acquire) == 0 {
                continue;
            }
            let mut bits = waiters.swap(0, Ordering::AcqRel);
            while bits != 0 {
                wake(word * BITS + bits.trailing_zeros() as usize);
                bits &= bits - 1;
            }
        }
    }

    /// Whether `thread` will be woken: it may sleep. False where it has been let go since the try.
    pub(crate) fn is_waiting(&self, thread: usize) -> bool {
        let (word, bit) = place(thread);
        self.waiters[word].load(Ordering::Acquire) & bit != 0
    }
}

const fn place(thread: usize) -> (usize, u64) {
    (thread / BITS, 1 << (thread % BITS))
}

const BITS: usize = u64::BITS as usize;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_found_it_taken_are_woken() {
        let order = OrderingPoint::new(70);
        assert!(order.try_enter(1));
        assert!(!order.try_enter(69) && !order.try_enter(0));
        assert!(order.is_waiting(69) && order.is_waiting(0) && !order.is_waiting(1));
        let mut woken = Vec::new();
        order.leave(|thread| woken.push(thread));
        assert_eq!(woken, [0, 69]);
        assert!(!order.is_waiting(69));
        assert!(order.try_enter(69));
        order.leave(|_| unreachable!("nobody waits"));
    }
}
