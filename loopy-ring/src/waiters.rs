//! Who waits for something that is only tried: a bit for each thread.
//!
//! The something is one word, the *subject*: a lock (`try_lock.rs`) or a number of credits
//! (`credit.rs`). Beside its own content the subject's word has a few bits, the *hints*, that say
//! which words of the mask may have bits. Waiting and releasing are two steps each:
//!
//! ```text
//! waiter:    set the bit in the mask       try the subject; where it refuses, set the hint in it
//! releaser:  change the subject, and       take the mask's words that the hints name,
//!            take its hints                and wake whoever had a bit there
//! ```
//!
//! The try and the hint are one read-modify-write of the subject, and so is the release with its
//! look at the hints. These have one order:
//!
//! - The release comes first: the try finds what was released, or what somebody took after it,
//!   whose own release is still to come.
//! - The try comes first: a release after it finds the hint, or an earlier releaser has taken the
//!   hint and is about to take the mask. The bit is in the mask by then, as setting it happened
//!   before the try (Release) and the release saw that (Acquire).
//!
//! So a waiter whose try was refused is told, by the loss of its bit, whatever happens. A bit may
//! also be lost to a releaser that was meant for another waiter of the same word; whoever finds its
//! bit gone tries again, so this costs a try and loses nothing.
//!
//! Between being refused and falling asleep a waiter looks whether its bit is still there, after it
//! has announced that it sleeps (`park.rs`): to that protocol, taking a bit away is a publication.

use core::fmt;

use crate::sync::{AtomicU64, Ordering};

/// The number of a thread among those that may wait for the same thing: 0 to
/// [`Waiter::COUNT_MAX`] - 1. Whoever shares a lock or the credits of a ring has one of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Waiter(u16);

impl Waiter {
    /// How many threads can wait for one thing.
    pub const COUNT_MAX: usize = WORDS * WORD_BITS;

    /// The waiter of this number; `None` from [`Waiter::COUNT_MAX`] on.
    #[must_use]
    pub const fn new(index: usize) -> Option<Self> {
        // It fits: the limit is below 2^16.
        if index < Self::COUNT_MAX { Some(Self(index as u16)) } else { None }
    }

    /// The number.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// The hint for the word of the mask that has this waiter's bit.
    pub(crate) const fn hint(self) -> u64 {
        1 << self.word()
    }

    const fn word(self) -> usize {
        self.index() / WORD_BITS
    }

    const fn bit(self) -> u64 {
        1 << (self.index() % WORD_BITS)
    }
}

impl fmt::Debug for Waiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Waiter({})", self.0)
    }
}

/// The bits of those who wait for one subject.
pub(crate) struct WaiterMask {
    /// Set by the waiter of each bit alone; cleared by it and by releasers, which take words whole.
    words: [AtomicU64; WORDS],
}

impl WaiterMask {
    pub(crate) fn new() -> Self {
        Self { words: core::array::from_fn(|_| AtomicU64::new(0)) }
    }

    /// The waiter is about to try its subject, with [`Waiter::hint`] where that refuses.
    pub(crate) fn announce(&self, waiter: Waiter) {
        // Relaxed would do: the try of the subject releases it. What must not be lost is that this
        // is a read-modify-write, so that it cuts no other waiter's chain.
        self.words[waiter.word()].fetch_or(waiter.bit(), Ordering::Relaxed);
    }

    /// The waiter waits no more.
    pub(crate) fn withdraw(&self, waiter: Waiter) {
        self.words[waiter.word()].fetch_and(!waiter.bit(), Ordering::Relaxed);
    }

    /// Whether nobody has taken the waiter's bit since it was announced.
    pub(crate) fn is_waiting(&self, waiter: Waiter) -> bool {
        // Acquire: who tries again after it was told finds what was released.
        self.words[waiter.word()].load(Ordering::Acquire) & waiter.bit() != 0
    }

    /// Takes the bits of all words that `hints` names, and tells `wake` whose they were.
    pub(crate) fn take(&self, mut hints: u64, mut wake: impl FnMut(Waiter)) {
        while hints != 0 {
            let word = hints.trailing_zeros() as usize;
            hints &= hints - 1;
            let Some(bits) = self.words.get(word) else { return };
            // Release: pairs with the Acquire in `is_waiting`.
            let mut bits = bits.swap(0, Ordering::Release);
            while bits != 0 {
                let index = word * WORD_BITS + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                // It fits: see `Waiter::new`.
                wake(Waiter(index as u16));
            }
        }
    }
}

/// 512 threads: the most that the largest machines have hardware threads, within half a line.
const WORDS: usize = 8;
const WORD_BITS: usize = u64::BITS as usize;

/// The bits of a subject that hints may take.
pub(crate) const HINTS: u64 = (1 << WORDS) - 1;

#[cfg(all(test, not(loopy_loom)))]
mod tests {
    use std::{vec, vec::Vec};

    use super::{HINTS, Waiter, WaiterMask};

    fn waiter(index: usize) -> Waiter {
        Waiter::new(index).expect("below the limit")
    }

    #[test]
    fn numbers_have_a_limit() {
        for index in [0, 63, 64, Waiter::COUNT_MAX - 1] {
            assert_eq!(waiter(index).index(), index);
            assert_eq!(waiter(index).hint() & !HINTS, 0);
        }
        assert_eq!(Waiter::new(Waiter::COUNT_MAX), None);
        assert_eq!(Waiter::new(usize::MAX), None);
    }

    #[test]
    fn hints_name_the_words_that_are_taken() {
        let mask = WaiterMask::new();
        for index in [511, 0, 63, 64, 130] {
            mask.announce(waiter(index));
        }
        mask.withdraw(waiter(63));
        let mut told = Vec::new();
        mask.take(waiter(0).hint() | waiter(511).hint(), |waiter| told.push(waiter.index()));
        assert_eq!(told, vec![0, 511]);
        assert!(!mask.is_waiting(waiter(0)));
        assert!(mask.is_waiting(waiter(64)));
        mask.take(HINTS, |waiter| told.push(waiter.index()));
        assert_eq!(told, vec![0, 511, 64, 130]);
        mask.take(HINTS, |_| panic!("nobody is left"));
    }
}
