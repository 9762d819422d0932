//! Credits as those see them who wait for some, and who need them of several rings at once.

use alloc::vec::Vec;
use core::fmt;

use crate::{control::Control, credit::Permit, sync::Arc, waiters::Waiter};

/// The credits of one ring, apart from the ring: a handle to take them by. Clones are cheap.
///
/// # Examples
///
/// A thread that finds no credit is told when one is given back. What it does before it sleeps is
/// the same as for [`TryLock`](crate::TryLock).
///
/// ```
/// use loopy_ring::{Capacity, Waiter, ring};
///
/// let (producer, _consumer) = ring::<u64>(Capacity { slots: 4, reserved: 1 })?;
/// let (pool, me) = (producer.pool(), Waiter::new(3).expect("a small number"));
///
/// let held = pool.try_take(1).expect("nobody else has taken it");
/// assert!(pool.take_or_wait(1, me).is_none());
/// let mut told = Vec::new();
/// held.release(|waiter| told.push(waiter)); // in earnest: wake its thread
/// assert_eq!(told, [me]);
/// assert!(pool.take_or_wait(1, me).is_some());
/// # Ok::<(), loopy_ring::CapacityError>(())
/// ```
#[derive(Clone)]
pub struct Pool {
    control: Arc<Control>,
}

impl Pool {
    pub(crate) fn new(control: &Arc<Control>) -> Self {
        Self { control: Arc::clone(control) }
    }

    /// Takes `credits` of the ring's credits: all, or `None`. Lock-free.
    pub fn try_take(&self, credits: usize) -> Option<Permit> {
        Permit::take(&self.control, credits)
    }

    /// Takes `credits` of the ring's credits; where there are fewer, `waiter` waits from here on,
    /// and will be told at the next [`Permit::release`]. Lock-free.
    ///
    /// A waiter for more credits than the ring has is told and refused again and again.
    pub fn take_or_wait(&self, credits: usize, waiter: Waiter) -> Option<Permit> {
        Permit::take_or_wait(&self.control, credits, waiter)
    }

    /// Takes one credit of each of `pools` and appends the permits to `permits`, in order; or
    /// takes none, and `waiter` waits for the pool that had none, whose place among `pools` is the
    /// error.
    ///
    /// All callers have to name their pools in the same order, of their rings' numbers for
    /// instance. Then of those who compete one gets all it wants: whoever fails does so at a pool
    /// that somebody else has passed already.
    ///
    /// What was taken before the failure goes back, and `wake` is told who waits for that.
    ///
    /// # Errors
    ///
    /// The place of the pool that `waiter` waits for.
    ///
    /// # Complexity
    ///
    /// One read-modify-write a pool, and as many again where it fails.
    pub fn take_each<'a>(
        pools: impl IntoIterator<Item = &'a Self>,
        waiter: Waiter,
        permits: &mut Vec<Permit>,
        mut wake: impl FnMut(Waiter),
    ) -> Result<(), usize> {
        let first = permits.len();
        for (place, pool) in pools.into_iter().enumerate() {
            match pool.take_or_wait(1, waiter) {
                Some(permit) => permits.push(permit),
                None => {
                    permits.drain(first..).for_each(|permit| permit.release(&mut wake));
                    return Err(place);
                }
            }
        }
        Ok(())
    }

    /// Whether `waiter` waits for credits of this ring and was not told yet. Ask it after the
    /// thread has announced that it sleeps: only while this is true it may.
    #[must_use]
    pub fn is_waiting(&self, waiter: Waiter) -> bool {
        self.control.credits.is_waiting(waiter)
    }

    /// `waiter` has no reason to wait any more. It may be told all the same, by someone who is
    /// just giving credits back.
    pub fn withdraw(&self, waiter: Waiter) {
        self.control.credits.withdraw(waiter);
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("free", &self.control.credits.free()).finish_non_exhaustive()
    }
}
