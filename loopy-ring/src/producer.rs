//! The sending side, and the ring's construction.

use alloc::vec::Vec;
use core::fmt;

use crate::{
    capacity::{Capacity, CapacityError},
    consumer::Consumer,
    control::Control,
    credit::{Permit, Reserved},
    error::{BatchFull, Full},
    pool::Pool,
    slot::{self, Writer},
    sync::{Arc, Ordering},
};

/// A new ring, empty, with one producer handle and its consumer.
///
/// # Errors
///
/// [`CapacityError`] when `slots` is not a power of two from 2 to [`Capacity::SLOTS_MAX`], or
/// `reserved` leaves no plain slot.
///
/// # Complexity
///
/// One allocation of `slots` times the size of a slot (the item plus 8 bytes, aligned), and a few
/// small ones. Nothing allocates afterwards.
///
/// # Examples
///
/// ```
/// use loopy_ring::{Capacity, CapacityError, ring};
///
/// let (mut producer, mut consumer) = ring(Capacity { slots: 4, reserved: 0 })?;
/// producer.push("one").expect("the ring is empty");
/// assert_eq!(consumer.pop(), Some("one"));
/// assert_eq!(consumer.pop(), None);
///
/// let refused = ring::<u8>(Capacity { slots: 3, reserved: 0 }).map(|_| ());
/// assert_eq!(refused, Err(CapacityError::Slots { slots: 3 }));
/// # Ok::<(), CapacityError>(())
/// ```
pub fn ring<T: Send>(capacity: Capacity) -> Result<(Producer<T>, Consumer<T>), CapacityError> {
    capacity.check()?;
    let (writer, reader) = slot::slots(capacity.slots);
    let control = Arc::new(Control::new(capacity.reserved));
    let consumer = Consumer::new(reader, Arc::clone(&control), capacity);
    Ok((Producer { writer, control, capacity }, consumer))
}

/// A handle that sends into a ring. Clone it, one per sending thread.
///
/// No push waits: what finds no slot comes back at once. No push wakes the consumer either; call
/// [`notify`](Self::notify) after one, or after many.
///
/// Items of one handle arrive in the order they were pushed, whatever their class.
pub struct Producer<T> {
    writer: Writer<T>,
    control: Arc<Control>,
    capacity: Capacity,
}

impl<T> Producer<T> {
    /// Sends one plain item. It leaves the reserved slots free.
    ///
    /// # Errors
    ///
    /// [`Full`] with the item when the ring has no more than `reserved` free slots.
    ///
    /// # Complexity
    ///
    /// One compare-exchange, repeated only when another producer has succeeded meanwhile.
    #[inline]
    pub fn push(&mut self, item: T) -> Result<(), Full<T>> {
        self.writer.push(item, self.capacity.reserved as u64).map_err(Full)
    }

    /// Sends all `items` as plain ones, or none. On success the vector is empty and keeps its
    /// allocation.
    ///
    /// They arrive in order with nothing in between, though not at one instant: the consumer may
    /// see a first part before the rest.
    ///
    /// # Errors
    ///
    /// [`BatchFull`], and `items` unchanged, when fewer than `items.len()` plain slots are free. A
    /// batch longer than [`Capacity::plain`] never fits.
    ///
    /// # Complexity
    ///
    /// One compare-exchange for the whole batch, repeated only when another producer has succeeded
    /// meanwhile; none for an empty one.
    #[inline]
    pub fn push_batch(&mut self, items: &mut Vec<T>) -> Result<(), BatchFull> {
        if items.is_empty() || self.writer.push_batch(items, self.capacity.reserved as u64) {
            return Ok(());
        }
        Err(BatchFull { items: items.len(), plain: self.capacity.plain() })
    }

    /// Takes `credits` of the ring's credits, of which there are as many as reserved slots: all,
    /// or `None`.
    #[must_use = "dropping a permit gives its credits back"]
    pub fn try_reserve(&self, credits: usize) -> Option<Permit> {
        Permit::take(&self.control, credits)
    }

    /// The ring's credits, to take them by, and to wait for some.
    #[must_use]
    pub fn pool(&self) -> Pool {
        Pool::new(&self.control)
    }

    /// Sends one item into a reserved slot, under a permit that is kept elsewhere.
    ///
    /// This cannot fail as long as the caller keeps the permit's **promise**: at any time the ring
    /// holds at most [`Permit::credits`] items that were pushed under it, and the permit lives
    /// until the last of them has been handed out. An item that carries its permit keeps that
    /// promise by itself: see [`push_carrying`](Self::push_carrying). This form is for a permit
    /// in an object that several messages share.
    ///
    /// # Errors
    ///
    /// [`Full`] with the item when the promise is broken: no slot is free, or the permit is empty
    /// or of another ring. A broken promise may as well show at another, honest sender.
    ///
    /// # Complexity
    ///
    /// As [`push`](Self::push).
    #[inline]
    pub fn push_reserved(&mut self, item: T, permit: &Permit) -> Result<(), Full<T>> {
        if permit.admits(&self.control) { self.push_admitted(item) } else { Err(Full(item)) }
    }

    /// Sends one item into a reserved slot, under the permit that the item itself carries.
    ///
    /// This is how a message goes home: its owner takes a permit on its own ring, puts it into the
    /// message and sends that to a peer; the peer returns it with this, and needs no room of its
    /// own. It cannot fail if [`Reserved::permit`] is a permit of this ring which the item owns.
    ///
    /// # Errors
    ///
    /// [`Full`] with the item when it carries no permit, an empty one, one of another ring, or one
    /// that several items share while the promise of [`push_reserved`](Self::push_reserved) is
    /// broken.
    ///
    /// # Complexity
    ///
    /// As [`push`](Self::push).
    #[inline]
    pub fn push_carrying(&mut self, item: T) -> Result<(), Full<T>>
    where
        T: Reserved,
    {
        if item.permit().is_some_and(|permit| permit.admits(&self.control)) {
            self.push_admitted(item)
        } else {
            Err(Full(item))
        }
    }

    /// Says that something was published. True: the consumer sleeps, or is about to, and the
    /// caller must wake its thread. Of all producers one is told so for each sleep.
    ///
    /// Every producer must call this after its last push and before it waits for anything, once
    /// per flush, not per push.
    ///
    /// # Complexity
    ///
    /// One swap.
    #[inline]
    #[must_use = "the consumer sleeps on unless it is woken when this is true"]
    pub fn notify(&self) -> bool {
        self.control.parked.clear()
    }

    /// Whether the consumer is gone. Pushes go on to succeed until the ring is full; the items are
    /// dropped with the last handle.
    #[must_use]
    pub fn is_disconnected(&self) -> bool {
        self.control.consumer_gone.load(Ordering::Acquire)
    }

    /// The length of the ring and its reserved part.
    #[must_use]
    pub const fn capacity(&self) -> Capacity {
        self.capacity
    }

    #[inline]
    fn push_admitted(&mut self, item: T) -> Result<(), Full<T>> {
        self.writer.push(item, 0).map_err(Full)
    }
}

impl<T> Clone for Producer<T> {
    fn clone(&self) -> Self {
        // Relaxed: the count is not 0, as this handle is in it, so nobody acts on the change.
        self.control.producers.fetch_add(1, Ordering::Relaxed);
        Self {
            writer: self.writer.clone(),
            control: Arc::clone(&self.control),
            capacity: self.capacity,
        }
    }
}

impl<T> Drop for Producer<T> {
    fn drop(&mut self) {
        // Release: pairs with the Acquire in `Consumer::is_disconnected`, so that a consumer which
        // sees 0 sees all items too.
        self.control.producers.fetch_sub(1, Ordering::Release);
    }
}

impl<T> fmt::Debug for Producer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Producer").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}
