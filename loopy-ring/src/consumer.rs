//! The receiving side.

use alloc::vec::Vec;
use core::fmt;

use crate::{
    capacity::Capacity,
    control::Control,
    credit::Permit,
    pool::Pool,
    slot::Reader,
    sync::{Arc, Ordering},
};

/// The one handle that receives from a ring.
///
/// # Examples
///
/// The loop of a thread that sleeps when there is nothing to do. Its producers call
/// `if producer.notify() { thread.unpark() }` after they have pushed.
///
/// ```
/// use loopy_ring::{Capacity, Parked, ring};
/// use std::thread;
///
/// let (mut producer, mut consumer) = ring(Capacity { slots: 64, reserved: 0 })?;
/// let receiver = thread::spawn(move || {
///     let mut sum = 0;
///     loop {
///         consumer.drain(32, |n: u64| sum += n);
///         if consumer.is_disconnected() && consumer.is_empty() {
///             return sum;
///         }
///         if consumer.park() == Parked::MaySleep {
///             thread::park();
///             consumer.unpark();
///         }
///     }
/// });
/// for n in 1..=10 {
///     producer.push(n).expect("64 slots are enough for 10 items");
/// }
/// if producer.notify() {
///     receiver.thread().unpark();
/// }
/// drop(producer);
/// receiver.thread().unpark(); // the end of the ring wakes nobody by itself
/// assert_eq!(receiver.join().expect("the receiver does not panic"), 55);
/// # Ok::<(), loopy_ring::CapacityError>(())
/// ```
pub struct Consumer<T> {
    reader: Reader<T>,
    /// A run: items whose slots are free again, to be handed out before anything in the ring; the
    /// next one is the last. Empty between calls, unless a `drain` was cut short by a panic.
    run: Vec<T>,
    control: Arc<Control>,
    capacity: Capacity,
}

/// What [`Consumer::park`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "sleep only on `MaySleep`"]
pub enum Parked {
    /// Nothing to receive. Every later publication will be followed by a wake-up: sleep, and call
    /// [`Consumer::unpark`] afterwards.
    MaySleep,
    /// There are items: do not sleep. The consumer counts as awake again. A producer may have
    /// decided to wake it just before, so a wake-up without items may still arrive.
    HasItems,
}

impl<T> Consumer<T> {
    pub(crate) fn new(reader: Reader<T>, control: Arc<Control>, capacity: Capacity) -> Self {
        let run = Vec::with_capacity(capacity.slots.min(RUN_ITEMS_MAX));
        Self { reader, run, control, capacity }
    }

    /// The next item, if one is published. Wait-free.
    ///
    /// `None` does not mean that nothing was pushed: an item behind one whose producer is still
    /// writing it has to wait.
    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        if let Some(item) = self.run.pop() {
            return Some(item);
        }
        self.reader.pop()
    }

    /// Hands up to `max` items to `f`, in order, and answers how many.
    ///
    /// Works in runs of up to 64: a run is moved out, its slots are freed with one store, and then
    /// its items are handed over. So the room is there for producers, and for `f` itself, before
    /// `f` sees the first item. Items that arrive meanwhile are handed over too, up to `max`.
    ///
    /// # Panics
    ///
    /// When `f` does. The item it was given is gone; the others of the run are kept and come next.
    pub fn drain(&mut self, max: usize, mut f: impl FnMut(T)) -> usize {
        let mut done = 0;
        while done < max {
            let most = RUN_ITEMS_MAX.min(max - done);
            if self.run.is_empty() && !self.reader.pop_run(most, &mut self.run) {
                break;
            }
            while done < max
                && let Some(item) = self.run.pop()
            {
                done += 1;
                f(item);
            }
        }
        done
    }

    /// Announces that the consumer is about to sleep, then looks once more.
    ///
    /// On [`Parked::MaySleep`] the consumer may block until it is woken: whoever publishes from
    /// now on, or has published unseen, is told so by
    /// [`Producer::notify`](crate::Producer::notify). A wake-up for nothing is possible.
    pub fn park(&mut self) -> Parked {
        self.control.parked.arm();
        if self.is_empty() {
            return Parked::MaySleep;
        }
        self.control.parked.disarm();
        Parked::HasItems
    }

    /// Announces that the consumer is awake, whatever woke it, so that producers save the wake-up.
    /// Call it after every sleep.
    pub fn unpark(&mut self) {
        self.control.parked.disarm();
    }

    /// Takes `credits` of the ring's credits: all, or `None`. An owner sends them along in its
    /// messages, so that these have room on their way back.
    #[must_use = "dropping a permit gives its credits back"]
    pub fn try_reserve(&self, credits: usize) -> Option<Permit> {
        Permit::take(&self.control, credits)
    }

    /// The ring's credits, to take them by, and to wait for some.
    #[must_use]
    pub fn pool(&self) -> Pool {
        Pool::new(&self.control)
    }

    /// Whether [`pop`](Self::pop) would find nothing now.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.run.is_empty() && !self.reader.is_ready()
    }

    /// The items pushed and not handed out, those that a producer is just writing included. Exact
    /// when no producer is at work.
    #[must_use]
    pub fn len(&self) -> usize {
        // At most `slots`, so it fits.
        self.run.len() + self.reader.claimed() as usize
    }

    /// Whether all producers are gone. If so, and the ring is empty *afterwards*, it stays empty.
    ///
    /// A producer's drop does not wake a sleeping consumer; who wants that, wakes it.
    #[must_use]
    pub fn is_disconnected(&self) -> bool {
        self.control.producers.load(Ordering::Acquire) == 0
    }

    /// The length of the ring and its reserved part.
    #[must_use]
    pub const fn capacity(&self) -> Capacity {
        self.capacity
    }
}

impl<T> Drop for Consumer<T> {
    fn drop(&mut self) {
        // Release: pairs with the Acquire in `Producer::is_disconnected`.
        self.control.consumer_gone.store(true, Ordering::Release);
        // What is here now goes now, as it may hold permits, or producers of this very ring. One
        // lap at most: producers may be pushing still. The rest goes with the last handle.
        self.drain(self.capacity.slots, drop);
    }
}

impl<T> fmt::Debug for Consumer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer")
            .field("capacity", &self.capacity)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// The most items in a run: enough to make the cost of a run's one store to `head` small, few
/// enough for the run to stay in the first-level cache.
const RUN_ITEMS_MAX: usize = 64;
