//! The flag by which a consumer says that it sleeps, and producers learn whom to wake.
//!
//! The lost wake-up to rule out: the consumer looks, finds nothing, and goes to sleep; a producer
//! publishes in between and sees a consumer that does not sleep yet. Stores and loads cannot rule
//! it out without a full fence, since each side writes one location and then reads the other's.
//! Here both sides use a read-modify-write on the same word, and those have one order:
//!
//! ```text
//! consumer: flag.swap(1)   look again   sleep if still empty
//! producer: publish        flag.swap(0) wake if it was 1
//! ```
//!
//! - The producer's swap comes first: the consumer's swap reads it, or a swap after it, and
//!   acquires what was published before it. The second look finds the item.
//! - The consumer's swap comes first: the first producer's swap after it reads 1 and wakes.
//!
//! The first case needs an unbroken chain of read-modify-writes from the producer's swap to the
//! consumer's, which is why `disarm` is a swap too: a plain store of 0 in between would cut it.
//!
//! Of the orderings, the argument needs the Release of the producer's swap and the Acquire of
//! `arm`. AcqRel throughout costs nothing where every swap is a full barrier, and little elsewhere.

use crate::{
    cache_line::CacheLine,
    sync::{AtomicU32, Ordering},
};

/// 1 while the consumer sleeps or is about to; written by both sides, by swaps alone.
pub(crate) struct ParkFlag(CacheLine<AtomicU32>);

impl ParkFlag {
    pub(crate) fn new() -> Self {
        Self(CacheLine::new(AtomicU32::new(AWAKE)))
    }

    /// The consumer is about to sleep. It must look at its ring once more after this.
    pub(crate) fn arm(&self) {
        self.0.swap(PARKED, Ordering::AcqRel);
    }

    /// The consumer does not sleep, or no longer.
    pub(crate) fn disarm(&self) {
        self.0.swap(AWAKE, Ordering::AcqRel);
    }

    /// A producer has published. True for the one producer that must wake the consumer.
    #[inline]
    pub(crate) fn clear(&self) -> bool {
        self.0.swap(AWAKE, Ordering::AcqRel) == PARKED
    }
}

const AWAKE: u32 = 0;
const PARKED: u32 = 1;
