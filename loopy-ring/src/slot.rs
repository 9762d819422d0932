//! The slots and their two positions: all unsafe code of the crate.
//!
//! A **position** counts items from the ring's beginning and never wraps (2^64 of them outlast
//! any machine); position `p` lives in slot `p mod slots`. `tail` is the next position to claim,
//! `head` the first that is not free again; `tail - head` slots are **occupied**.
//!
//! ```text
//!    free again      taken, not released    published or being written     free
//!  .............. head ................ reader ...................... tail .........
//! ```
//!
//! # Invariants
//!
//! - **I1, one claimant.** A position is claimed by moving `tail` past it with a compare-exchange,
//!   so by one writer alone, and only the claimant writes the slot.
//! - **I2, room.** Positions up to `p` are claimed only if `p - head <= slots`, for a `head` loaded
//!   with Acquire. So the slot's former item was taken, and its taking happened before.
//! - **I3, publication.** The claimant writes the payload, then stores `p + 1` as the slot's
//!   `sequence` with Release. Nothing else ever stores that value.
//! - **I4, one reader.** There is one [`Reader`]. It takes position `p` after it has loaded `p + 1`
//!   from the sequence with Acquire, once, in order, and stores `head` with Release afterwards.
//! - **I5, the end.** The slots are dropped after every handle is, and the reader's drop releases
//!   what it has taken. So the items left are those from `head` to `tail`.
//!
//! # Why a reserved push finds a slot
//!
//! Let R of S slots be reserved, and P = S - R. A plain claim leaves R slots free: it succeeds
//! only if at most P slots are occupied after it, whoever occupies them. A reserved claim needs
//! any free slot. Claim: a writer that holds an unused credit finds one, under every
//! interleaving and however stale its view is.
//!
//! The writer loads `tail` = t with Acquire, and then `head` = h. Every claim is a Release
//! read-modify-write of `tail`, so each claim before t happened before that load, with all its
//! writer knew: h is at least the head that any of them acted on. Look at the items in h..t:
//!
//! - Up to and including the last plain claim before t there are at most P items in h..t, as that
//!   claim saw no more than P occupied from a head no newer than h.
//! - All later items are reserved. Two of them never share a credit: a credit is used again only
//!   by someone who knows that its former item was taken and released (`credit.rs`), and who had
//!   made that known by a claim, so that the former item would lie before h. None of them
//!   has this writer's credit, for the same reason. So they are at most R - 1.
//!
//! Together t - h <= P + R - 1 < S, so there is a slot. A stale t does not matter either: it makes
//! t - h smaller, and then the compare-exchange fails and the writer looks again.
//!
//! This is also why no item is handed out before its slot is released: whoever gets the item may
//! get a credit with it, and may use that credit at once.

#![allow(unsafe_code, reason = "the only module with unsafe code; invariants I1 to I5 above")]

use alloc::{boxed::Box, vec::Vec};
use core::mem::MaybeUninit;

use crate::{
    cache_line::CacheLine,
    sync::{Arc, AtomicU64, Ordering, UnsafeCell},
};

/// Claims and publishes. Many may exist; a clone is another.
pub(crate) struct Writer<T> {
    slots: Arc<Slots<T>>,
    /// A `head` loaded earlier with Acquire, so at most the true one. It is loaded again only
    /// when the ring looks full, which keeps the reader's line with the reader.
    head_seen: u64,
}

impl<T> Writer<T> {
    /// Publishes `item` if at least `leave` slots stay free, else hands it back. Lock-free.
    #[inline]
    pub(crate) fn push(&mut self, item: T, leave: u64) -> Result<(), T> {
        let Some(position) = self.claim(1, leave) else { return Err(item) };
        // SAFETY: I1, `claim` has given this position to this call alone.
        unsafe { slot_of(&self.slots.slots, position).publish(position, item) };
        Ok(())
    }

    /// Publishes all of `items` in order with one claim if at least `leave` slots stay free, and
    /// answers true; else leaves them as they are.
    #[inline]
    pub(crate) fn push_batch(&mut self, items: &mut Vec<T>, leave: u64) -> bool {
        let Some(first) = self.claim(items.len() as u64, leave) else { return false };
        // Borrowed once: the loop's stores could change the box for all the compiler knows.
        let slots = &*self.slots.slots;
        for (position, item) in (first..).zip(items.drain(..)) {
            // SAFETY: I1, `claim` has given `items.len()` positions from `first` to this call.
            unsafe { slot_of(slots, position).publish(position, item) };
        }
        true
    }

    /// Claims `count` positions if at least `leave` slots stay free, and answers the first.
    #[inline]
    fn claim(&mut self, count: u64, leave: u64) -> Option<u64> {
        // Acquire, and Release below: see "Why a reserved push finds a slot".
        let mut tail = self.slots.tail.load(Ordering::Acquire);
        loop {
            if !self.has_room(tail, count, leave) {
                // Acquire: I2, pairs with the Release in `Reader::release`.
                self.head_seen = self.slots.head.load(Ordering::Acquire);
                if !self.has_room(tail, count, leave) {
                    return None;
                }
            }
            match self.slots.tail.compare_exchange_weak(
                tail,
                tail + count,
                Ordering::Release,
                Ordering::Acquire,
            ) {
                Ok(first) => return Some(first),
                Err(newer) => tail = newer,
            }
        }
    }

    /// I2 for positions up to `tail + count`, with `leave` slots to spare.
    #[inline]
    fn has_room(&self, tail: u64, count: u64, leave: u64) -> bool {
        // `tail` may be older than `head_seen`, and the compare-exchange fails if it is;
        // `head_seen` may be more than a whole ring behind.
        let occupied = tail.saturating_sub(self.head_seen);
        let free = (self.slots.slots.len() as u64).saturating_sub(occupied);
        count <= free.saturating_sub(leave)
    }
}

impl<T> Clone for Writer<T> {
    fn clone(&self) -> Self {
        Self { slots: Arc::clone(&self.slots), head_seen: self.head_seen }
    }
}

/// Takes what is published, in order. One exists per ring (I4).
pub(crate) struct Reader<T> {
    slots: Arc<Slots<T>>,
    /// The next position to take, from `head` to `tail`. No other thread needs it.
    position: u64,
}

impl<T> Reader<T> {
    /// Takes the next item and frees its slot, if it is published. Wait-free.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<T> {
        let item = self.take()?;
        self.release();
        Some(item)
    }

    /// Moves up to `max` published items into `run`, the next one last, and frees all their slots
    /// with one store. Answers false if there was none. `run` should be empty and have room.
    #[inline]
    pub(crate) fn pop_run(&mut self, max: usize, run: &mut Vec<T>) -> bool {
        let slots = &*self.slots.slots;
        let first = self.position;
        let holds = |position: &u64| slot_of(slots, *position).holds(*position);
        let count = (first..first + max as u64).take_while(holds).count();
        if count == 0 {
            return false;
        }
        self.position += count as u64;
        // SAFETY: I4, this is the reader, these positions are published, and `self.position` has
        // just moved past them, so that none is taken again even if `extend` should unwind.
        let take = |position| unsafe { slot_of(slots, position).take() };
        run.extend((first..self.position).rev().map(take));
        self.release();
        true
    }

    /// Whether the next item is published.
    #[inline]
    pub(crate) fn is_ready(&self) -> bool {
        slot_of(&self.slots.slots, self.position).holds(self.position)
    }

    /// Items claimed and not taken, some of which may not be published yet.
    pub(crate) fn claimed(&self) -> u64 {
        // Relaxed: a count, from which nothing about any slot follows.
        self.slots.tail.load(Ordering::Relaxed).saturating_sub(self.position)
    }

    /// The next item, if it is published. Its slot stays occupied until `release`.
    #[inline]
    fn take(&mut self) -> Option<T> {
        let slot = slot_of(&self.slots.slots, self.position);
        if !slot.holds(self.position) {
            return None;
        }
        self.position += 1;
        // SAFETY: I4, this is the reader, and the position moves on with every item.
        Some(unsafe { slot.take() })
    }

    /// Frees the slots of all items taken so far.
    #[inline]
    fn release(&mut self) {
        // Release: I2, the takings happen before whatever a writer does after it has loaded this.
        self.slots.head.store(self.position, Ordering::Release);
    }
}

impl<T> Drop for Reader<T> {
    fn drop(&mut self) {
        self.release();
    }
}

/// A writer and the reader of a new ring of `count` slots, a power of two.
pub(crate) fn slots<T>(count: usize) -> (Writer<T>, Reader<T>) {
    debug_assert!(count.is_power_of_two());
    let slots = Arc::new(Slots {
        tail: CacheLine::new(AtomicU64::new(0)),
        head: CacheLine::new(AtomicU64::new(0)),
        slots: (0..count).map(|_| Slot::new()).collect(),
    });
    (Writer { slots: Arc::clone(&slots), head_seen: 0 }, Reader { slots, position: 0 })
}

struct Slots<T> {
    /// The next position to claim. Written by writers, by compare-exchange alone.
    tail: CacheLine<AtomicU64>,
    /// The first position whose slot is not free again: at most `tail`, at least `tail - slots`.
    /// Written by the reader, once per run.
    head: CacheLine<AtomicU64>,
    /// A power of two of them.
    slots: Box<[Slot<T>]>,
}

// SAFETY: items cross threads by value alone: a writer moves one in (I1, I3), the reader or the
// last handle's drop moves it out (I4, I5). No reference to an item is ever shared, so `T: Send`
// is enough.
unsafe impl<T: Send> Send for Slots<T> {}
// SAFETY: as for `Send`; all access through `&Slots` is ordered by I1 to I4.
unsafe impl<T: Send> Sync for Slots<T> {}

impl<T> Drop for Slots<T> {
    fn drop(&mut self) {
        let (head, tail) = (self.head.load(Ordering::Relaxed), self.tail.load(Ordering::Relaxed));
        for position in head..tail {
            let slot = slot_of(&self.slots, position);
            let published = slot.holds(position);
            debug_assert!(published, "a claimed position was not published");
            if published {
                // SAFETY: I5, nobody else is left, and this position was not taken.
                drop(unsafe { slot.take() });
            }
        }
    }
}

/// One place for an item.
struct Slot<T> {
    /// `p + 1` once the item of position `p` is in `payload`, until the next lap's item is; 0
    /// before the first. Written by the claimant.
    sequence: AtomicU64,
    /// Initialised from the publication of an item until it is taken.
    payload: UnsafeCell<MaybeUninit<T>>,
}

impl<T> Slot<T> {
    fn new() -> Self {
        Self { sequence: AtomicU64::new(0), payload: UnsafeCell::new(MaybeUninit::uninit()) }
    }

    /// Puts in the item of `position` and publishes it.
    ///
    /// # Safety
    ///
    /// This is the slot of `position`, which the caller has claimed and not published yet.
    #[inline]
    unsafe fn publish(&self, position: u64, item: T) {
        self.payload.with_mut(|payload| {
            // SAFETY: nobody else accesses the payload: no writer (I1), and not the reader, which
            // has taken the former item (I2) and waits for this one's sequence (I3, I4).
            unsafe { payload.cast::<T>().write(item) }
        });
        // Release: I3, pairs with the Acquire in `holds`.
        self.sequence.store(position + 1, Ordering::Release);
    }

    /// Whether the item of `position` was published here.
    #[inline]
    fn holds(&self, position: u64) -> bool {
        // Acquire: I4, pairs with the Release in `publish`.
        self.sequence.load(Ordering::Acquire) == position + 1
    }

    /// Moves the item out.
    ///
    /// # Safety
    ///
    /// The caller is the reader, or owns the slots; it has seen that the slot `holds` the item,
    /// and takes it once.
    #[inline]
    unsafe fn take(&self) -> T {
        self.payload.with_mut(|payload| {
            // SAFETY: the payload is initialised (I3), and no writer accesses it before `head`
            // has passed its position (I2).
            unsafe { payload.cast::<T>().read() }
        })
    }
}

/// The slot in which `position` lives.
#[inline]
fn slot_of<T>(slots: &[Slot<T>], position: u64) -> &Slot<T> {
    // Truncation is harmless: the mask keeps fewer bits than any `usize` has.
    &slots[position as usize & (slots.len() - 1)]
}
