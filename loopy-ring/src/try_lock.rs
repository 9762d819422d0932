//! A lock that is tried, never waited for, and that tells those who were refused when to try again.
//!
//! Threads that run event loops can neither block on a lock nor spin on it. Here a thread that is
//! refused leaves its bit and goes on with other work, or to sleep; whoever leaves the lock gets
//! the bits, and wakes those threads by whatever they sleep on. Why no bit is missed is argued in
//! the head of `waiters.rs`.
//!
//! The state is one word: bit 63 while somebody is inside, and the hints of the mask. Entering is
//! one read-modify-write, and so is leaving while nobody waits.

use core::{fmt, mem};

use crate::{
    cache_line::CacheLine,
    sync::{AtomicU64, Ordering},
    waiters::{HINTS, Waiter, WaiterMask},
};

/// A lock between up to [`Waiter::COUNT_MAX`] threads, none of which ever waits inside a call.
///
/// It guards what the caller says it does, an order of publications for instance, and holds no
/// data.
///
/// What keeps a wake-up from being lost, in the order in which a thread does it:
///
/// 1. [`enter_or_wait`](Self::enter_or_wait) answers `None`: the thread waits from here on. It may
///    go on with whatever else it does.
/// 2. Before it sleeps it announces that, as by [`Consumer::park`](crate::Consumer::park), and
///    *then* asks [`is_waiting`](Self::is_waiting). Where that is false it was told already: it
///    takes the announcement back and tries again.
/// 3. Whoever leaves is given the waiters and wakes their threads, as by
///    [`Producer::notify`](crate::Producer::notify).
/// 4. A thread that was woken, for whatever reason, asks `is_waiting` again, and tries again where
///    it is false.
///
/// All who wait are told at every release, and one of them gets in. The lock is not fair; who
/// has several things to do inside keeps them in a queue of its own.
///
/// # Examples
///
/// ```
/// use loopy_ring::{TryLock, Waiter};
///
/// let lock = TryLock::new();
/// let [me, other] = [0, 1].map(|index| Waiter::new(index).expect("a small number"));
///
/// let inside = lock.enter_or_wait(me).expect("nobody is inside");
/// assert!(lock.enter_or_wait(other).is_none());
/// assert!(lock.is_waiting(other)); // so its thread may sleep
///
/// let mut told = Vec::new();
/// inside.leave(|waiter| told.push(waiter)); // in earnest: wake its thread
/// assert_eq!(told, [other]);
/// assert!(!lock.is_waiting(other)); // so its thread tries again
/// assert!(lock.enter_or_wait(other).is_some());
/// ```
pub struct TryLock(CacheLine<State>);

struct State {
    /// [`INSIDE`] while a guard exists, and the hints of those who were refused since the last
    /// release.
    word: AtomicU64,
    waiters: WaiterMask,
}

/// The right to be inside. Leave with [`leave`](Self::leave).
///
/// A guard that is dropped opens the lock too, but wakes nobody: those who wait are told at the
/// next release. So drop it only where a thread ends in a panic.
#[must_use = "leave, so that those who wait are told"]
pub struct TryLockGuard<'a> {
    lock: &'a TryLock,
}

impl TryLock {
    /// An open lock.
    #[must_use]
    pub fn new() -> Self {
        Self(CacheLine::new(State { word: AtomicU64::new(0), waiters: WaiterMask::new() }))
    }

    /// Enters if nobody is inside. Who is refused is told nothing later. Wait-free.
    #[inline]
    pub fn try_enter(&self) -> Option<TryLockGuard<'_>> {
        self.enter(0)
    }

    /// Enters if nobody is inside; else `waiter` waits from here on, and will be told by whoever
    /// leaves. Wait-free.
    ///
    /// # Complexity
    ///
    /// One read-modify-write where nobody is inside, three where somebody is.
    pub fn enter_or_wait(&self, waiter: Waiter) -> Option<TryLockGuard<'_>> {
        if let Some(guard) = self.try_enter() {
            return Some(guard);
        }
        self.0.waiters.announce(waiter);
        let guard = self.enter(waiter.hint())?;
        self.0.waiters.withdraw(waiter);
        Some(guard)
    }

    /// Whether `waiter` waits and was not told yet. Ask it after the thread has announced that it
    /// sleeps: only while this is true it may.
    #[must_use]
    pub fn is_waiting(&self, waiter: Waiter) -> bool {
        self.0.waiters.is_waiting(waiter)
    }

    /// `waiter` has no reason to wait any more. It may be told all the same, by someone who is
    /// just leaving.
    pub fn withdraw(&self, waiter: Waiter) {
        self.0.waiters.withdraw(waiter);
    }

    #[inline]
    fn enter(&self, hint: u64) -> Option<TryLockGuard<'_>> {
        // Acquire: what was done inside before happened before. Release: the waiter's bit is in
        // the mask for whoever takes the hint; see `waiters.rs`.
        let before = self.0.word.fetch_or(INSIDE | hint, Ordering::AcqRel);
        // Made only where it is due: dropping a guard opens the lock.
        (before & INSIDE == 0).then(|| TryLockGuard { lock: self })
    }
}

impl TryLockGuard<'_> {
    /// Opens the lock, and hands all who wait to `wake`, which wakes their threads. The one who
    /// leaves may be among them, if it was refused earlier.
    ///
    /// # Complexity
    ///
    /// One read-modify-write, one for each 64 threads among which somebody waits, and a call of
    /// `wake` for each who does.
    pub fn leave(self, wake: impl FnMut(Waiter)) {
        let lock = self.lock;
        mem::forget(self);
        // Release: the next one inside sees all that was done here. Acquire: the bits that belong
        // to the hints are in the mask.
        let before = lock.0.word.swap(0, Ordering::AcqRel);
        lock.0.waiters.take(before & HINTS, wake);
    }
}

impl Drop for TryLockGuard<'_> {
    fn drop(&mut self) {
        self.lock.0.word.fetch_and(!INSIDE, Ordering::Release);
    }
}

impl Default for TryLock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for TryLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_open = self.0.word.load(Ordering::Relaxed) & INSIDE == 0;
        f.debug_struct("TryLock").field("is_open", &is_open).finish_non_exhaustive()
    }
}

impl fmt::Debug for TryLockGuard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TryLockGuard").finish_non_exhaustive()
    }
}

const INSIDE: u64 = 1 << 63;
const _: () = assert!(INSIDE & HINTS == 0);

#[cfg(all(test, not(loopy_loom)))]
mod tests {
    use std::{vec, vec::Vec};

    use super::TryLock;
    use crate::Waiter;

    fn waiter(index: usize) -> Waiter {
        Waiter::new(index).expect("below the limit")
    }

    #[test]
    fn all_who_were_refused_are_told_once() {
        let lock = TryLock::new();
        let inside = lock.try_enter().expect("it is open");
        for index in [3, 64, 3, 511] {
            assert!(lock.enter_or_wait(waiter(index)).is_none());
        }
        assert!(lock.try_enter().is_none());
        let mut told = Vec::new();
        inside.leave(|waiter| told.push(waiter.index()));
        assert_eq!(told, vec![3, 64, 511]);
        let again = lock.enter_or_wait(waiter(3)).expect("it is open");
        assert!(!lock.is_waiting(waiter(3)));
        again.leave(|_| panic!("nobody waits"));
    }

    #[test]
    fn a_dropped_guard_leaves_the_waiters_to_the_next() {
        let lock = TryLock::new();
        let inside = lock.try_enter();
        assert!(lock.enter_or_wait(waiter(7)).is_none());
        drop(inside);
        assert!(lock.is_waiting(waiter(7)));
        let mut told = 0;
        lock.try_enter().expect("it is open").leave(|_| told += 1);
        assert_eq!(told, 1);
    }

    #[test]
    fn who_withdraws_is_not_told() {
        let lock = TryLock::new();
        let inside = lock.try_enter().expect("it is open");
        assert!(lock.enter_or_wait(waiter(1)).is_none());
        lock.withdraw(waiter(1));
        inside.leave(|_| panic!("nobody waits"));
    }
}
