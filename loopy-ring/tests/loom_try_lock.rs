//! Model: one thread is inside at a time, and whoever is refused is told.

#![cfg(loopy_loom)]

mod sleeper;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::thread;
use loopy_ring::TryLock;

use sleeper::{Sleeper, sleepers};

/// A lock and what it guards: loom lets a load give an old number where the lock allows it, and
/// then an entry is not counted.
struct Guarded {
    lock: TryLock,
    entries: AtomicU32,
}

impl Guarded {
    fn new() -> Arc<Self> {
        Arc::new(Self { lock: TryLock::new(), entries: AtomicU32::new(0) })
    }

    fn count(&self) -> u32 {
        let entries = self.entries.load(Ordering::Relaxed) + 1;
        self.entries.store(entries, Ordering::Relaxed);
        entries
    }

    /// Enters once, sleeping as long as it takes.
    fn visit(&self, sleeper: &mut Sleeper) {
        loop {
            if let Some(inside) = self.lock.enter_or_wait(sleeper.me) {
                self.count();
                inside.leave(|waiter| sleeper.others.wake(waiter));
                return;
            }
            sleeper.sleep_while(|me| self.lock.is_waiting(me));
        }
    }
}

/// Each of these threads enters so many times.
fn all_get_in<const N: usize>(numbers: [usize; N], times: u32) {
    let guarded = Guarded::new();
    let mut sleepers = sleepers(numbers).into_iter();
    let mut first = sleepers.next().expect("at least one");
    let others: Vec<_> = sleepers
        .map(|mut sleeper| {
            let guarded = Arc::clone(&guarded);
            thread::spawn(move || (0..times).for_each(|_| guarded.visit(&mut sleeper)))
        })
        .collect();
    (0..times).for_each(|_| guarded.visit(&mut first));
    for other in others {
        other.join().expect("no thread panics");
    }
    assert_eq!(guarded.count(), N as u32 * times + 1);
}

#[test]
fn one_is_inside_at_a_time() {
    loom::model(|| {
        let guarded = Guarded::new();
        let others = [0, 1].map(|_| {
            let guarded = Arc::clone(&guarded);
            thread::spawn(move || {
                let inside = guarded.lock.try_enter()?;
                guarded.count();
                inside.leave(|_| panic!("nobody waits"));
                Some(())
            })
        });
        let entered = others.map(|other| other.join().expect("no thread panics"));
        let entered = entered.into_iter().flatten().count() as u32;
        assert!(entered >= 1);
        assert_eq!(guarded.count(), entered + 1);
    });
}

#[test]
fn a_dropped_guard_opens_the_lock() {
    loom::model(|| {
        let guarded = Guarded::new();
        let other = Arc::clone(&guarded);
        let other = thread::spawn(move || {
            let inside = other.lock.try_enter();
            inside.map(|_inside| other.count())
        });
        if let Some(_inside) = guarded.lock.try_enter() {
            guarded.count();
        }
        other.join().expect("no thread panics");
        guarded.count();
    });
}

#[test]
fn two_threads_get_in() {
    loom::model(|| all_get_in([0, 1], 1));
}

#[test]
fn two_threads_get_in_twice() {
    loom::model(|| all_get_in([0, 1], 2));
}

/// Their bits stand in different words.
#[test]
fn two_threads_far_apart_get_in() {
    loom::model(|| all_get_in([63, 64], 2));
}

#[test]
fn three_threads_get_in() {
    loom::model(|| all_get_in([0, 1, 2], 1));
}

/// Gives up instead of sleeping; the other must not miss its turn for that.
#[test]
fn who_withdraws_takes_nothing_from_others() {
    loom::model(|| {
        let guarded = Guarded::new();
        let [mut first, mut second, third] = sleepers([0, 1, 2]);
        let visitors = [
            thread::spawn({
                let guarded = Arc::clone(&guarded);
                move || guarded.visit(&mut first)
            }),
            thread::spawn({
                let guarded = Arc::clone(&guarded);
                move || guarded.visit(&mut second)
            }),
        ];
        match guarded.lock.enter_or_wait(third.me) {
            Some(inside) => inside.leave(|waiter| third.others.wake(waiter)),
            None => guarded.lock.withdraw(third.me),
        }
        for visitor in visitors {
            visitor.join().expect("no thread panics");
        }
    });
}
