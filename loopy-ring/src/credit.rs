//! Credits: who may use the reserved slots.
//!
//! A ring has as many credits as reserved slots. A [`Permit`] holds some of them; every item that
//! is in the ring under a permit occupies one. Why a push under a permit finds a slot is argued
//! in the head of `slot.rs`; it takes two things from here:
//!
//! - Credits are never more than reserved slots: `take` subtracts before a permit exists, and
//!   only a permit's drop adds.
//! - A credit passes from holder to holder with all that the former knew: `give` releases, `take`
//!   acquires, and every change is a read-modify-write, so the chain has no gap. Hence whoever
//!   holds a credit sees the slot of its last use as free.
//!
//! Who finds too few can wait for more (`waiters.rs`): the number of free credits and the hints of
//! the mask share a word.

use core::{fmt, mem};

use crate::{
    cache_line::CacheLine,
    capacity::Capacity,
    control::Control,
    sync::{Arc, AtomicU64, Ordering},
    waiters::{HINTS, Waiter, WaiterMask},
};

/// Credits for the reserved slots of one ring: the right to have that many items in it.
///
/// An owned token, independent of the ring's item type and lifetime, so an item can hold the
/// permit under which it will travel. Dropping it gives its credits back.
///
/// Where threads wait for credits ([`Pool::take_or_wait`](crate::Pool::take_or_wait)), give them
/// back with [`release`](Self::release), which says whom to wake. A drop leaves that to the next
/// release.
///
/// # Examples
///
/// ```
/// use loopy_ring::{Capacity, ring};
///
/// let (producer, _consumer) = ring::<u64>(Capacity { slots: 8, reserved: 3 })?;
/// let mut permit = producer.try_reserve(3).expect("nobody holds any credit yet");
/// assert!(producer.try_reserve(1).is_none());
///
/// let one = permit.split(1).expect("3 credits can be split");
/// assert_eq!((permit.credits(), one.credits()), (2, 1));
/// drop(permit);
/// assert!(producer.try_reserve(2).is_some());
/// # Ok::<(), loopy_ring::CapacityError>(())
/// ```
#[must_use = "dropping a permit gives its credits back"]
pub struct Permit {
    control: Arc<Control>,
    /// The credits held, at most the ring's reserved slots.
    credits: usize,
}

impl Permit {
    pub(crate) fn take(control: &Arc<Control>, credits: usize) -> Option<Self> {
        control.credits.take(credits).then(|| Self { control: Arc::clone(control), credits })
    }

    pub(crate) fn take_or_wait(
        control: &Arc<Control>,
        credits: usize,
        waiter: Waiter,
    ) -> Option<Self> {
        let taken = control.credits.take_or_wait(credits, waiter);
        taken.then(|| Self { control: Arc::clone(control), credits })
    }

    /// Gives the credits back, and hands all who wait for credits of this ring to `wake`, which
    /// wakes their threads. Each of them tries again, and waits again where it is refused.
    ///
    /// # Complexity
    ///
    /// One read-modify-write; if somebody waits one more, one for each 64 threads among which
    /// somebody does, and a call of `wake` for each.
    pub fn release(mut self, wake: impl FnMut(Waiter)) {
        self.control.credits.release(mem::take(&mut self.credits), wake);
    }

    /// Takes `credits` of this permit's credits into a permit of their own; `None`, and no
    /// change, when it holds fewer.
    pub fn split(&mut self, credits: usize) -> Option<Self> {
        self.credits = self.credits.checked_sub(credits)?;
        Some(Self { control: Arc::clone(&self.control), credits })
    }

    /// The credits held: how many items may be in the ring under this permit at one time.
    #[must_use]
    pub const fn credits(&self) -> usize {
        self.credits
    }

    /// Whether this permit allows an item into the ring of `control`.
    pub(crate) fn admits(&self, control: &Arc<Control>) -> bool {
        self.credits > 0 && Arc::ptr_eq(&self.control, control)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.control.credits.give(mem::take(&mut self.credits));
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("credits", &self.credits).finish_non_exhaustive()
    }
}

/// An item that can carry the [`Permit`] under which it is pushed.
///
/// This is what [`Producer::push_carrying`](crate::Producer::push_carrying) asks for. When the
/// item owns its permit, the promise of a reserved push keeps itself: the credit cannot be lent
/// to anyone else before the item has left the ring.
///
/// An item type with several kinds of message answers `None` for those that travel as plain ones.
pub trait Reserved {
    /// The permit, of the ring the item is about to be pushed into, that this item carries.
    fn permit(&self) -> Option<&Permit>;
}

/// The credits of a ring that no permit holds, and who waits for some.
pub(crate) struct Credits(CacheLine<State>);

struct State {
    /// The hints of those who were refused, and above them the free credits.
    word: AtomicU64,
    waiters: WaiterMask,
}

impl Credits {
    pub(crate) fn new(reserved: usize) -> Self {
        let word = AtomicU64::new(above_hints(reserved));
        Self(CacheLine::new(State { word, waiters: WaiterMask::new() }))
    }

    /// Takes all of `credits`, or none and answers false.
    fn take(&self, credits: usize) -> bool {
        // Acquire: see the head of this file.
        self.0
            .word
            .fetch_update(Ordering::Acquire, Ordering::Relaxed, |word| without(word, credits))
            .is_ok()
    }

    /// As `take`; where it answers false, `waiter` waits from here on.
    fn take_or_wait(&self, credits: usize, waiter: Waiter) -> bool {
        if self.take(credits) {
            return true;
        }
        self.0.waiters.announce(waiter);
        // Release: the waiter's bit is in the mask for whoever takes the hint.
        let before = self.0.word.fetch_update(Ordering::AcqRel, Ordering::Relaxed, |word| {
            without(word, credits).or_else(|| Some(word | waiter.hint()))
        });
        // The update never declines, so this is the word before it.
        let word = before.unwrap_or_else(|word| word);
        let taken = without(word, credits).is_some();
        if taken {
            self.0.waiters.withdraw(waiter);
        }
        taken
    }

    /// The credits that nobody holds.
    pub(crate) fn free(&self) -> u64 {
        // Relaxed: a number to show.
        self.0.word.load(Ordering::Relaxed) / CREDIT
    }

    pub(crate) fn is_waiting(&self, waiter: Waiter) -> bool {
        self.0.waiters.is_waiting(waiter)
    }

    pub(crate) fn withdraw(&self, waiter: Waiter) {
        self.0.waiters.withdraw(waiter);
    }

    /// Gives `credits` back and tells `wake` who waits.
    fn release(&self, credits: usize, wake: impl FnMut(Waiter)) {
        // Release: see the head of this file.
        let before = self.0.word.fetch_add(above_hints(credits), Ordering::Release);
        if before & HINTS == 0 {
            return;
        }
        // Acquire: the bits that belong to the hints are in the mask.
        let hints = self.0.word.fetch_and(!HINTS, Ordering::Acquire) & HINTS;
        self.0.waiters.take(hints, wake);
    }

    fn give(&self, credits: usize) {
        if credits > 0 {
            self.0.word.fetch_add(above_hints(credits), Ordering::Release);
        }
    }
}

/// The word with so many credits fewer, if it has them.
fn without(word: u64, credits: usize) -> Option<u64> {
    // A request that is not even representable is more than any ring has.
    let credits = if credits > Capacity::SLOTS_MAX { return None } else { credits };
    word.checked_sub(above_hints(credits))
}

/// At most [`Capacity::SLOTS_MAX`] credits, as the word has them.
const fn above_hints(credits: usize) -> u64 {
    credits as u64 * CREDIT
}

/// One credit in the word. Subtracting credits borrows nothing from the hints below.
const CREDIT: u64 = HINTS + 1;
const _: () = assert!(CREDIT.is_power_of_two());
