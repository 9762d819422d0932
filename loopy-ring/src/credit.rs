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

use core::{fmt, mem};

use crate::{
    cache_line::CacheLine,
    control::Control,
    sync::{Arc, AtomicUsize, Ordering},
};

/// Credits for the reserved slots of one ring: the right to have that many items in it.
///
/// An owned token, independent of the ring's item type and lifetime, so an item can hold the
/// permit under which it will travel. Dropping it gives its credits back.
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

/// The credits of a ring that no permit holds.
pub(crate) struct Credits(CacheLine<AtomicUsize>);

impl Credits {
    pub(crate) fn new(reserved: usize) -> Self {
        Self(CacheLine::new(AtomicUsize::new(reserved)))
    }

    /// Takes all of `credits`, or none and answers false.
    fn take(&self, credits: usize) -> bool {
        self.0
            .fetch_update(Ordering::Acquire, Ordering::Relaxed, |free| free.checked_sub(credits))
            .is_ok()
    }

    fn give(&self, credits: usize) {
        if credits > 0 {
            self.0.fetch_add(credits, Ordering::Release);
        }
    }
}
