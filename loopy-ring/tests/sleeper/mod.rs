//! What the models' threads sleep on, and how they are woken.

#![allow(dead_code, reason = "each model uses a part of it")]

#[cfg(loopy_loom)]
use loom::sync::{Arc, Condvar, Mutex};
use loopy_ring::{Capacity, Consumer, Parked, Producer, Waiter, ring};
#[cfg(loopy_shuttle)]
use shuttle::sync::{Arc, Condvar, Mutex};

/// What a thread sleeps on: an eventfd. A lost wake-up is a deadlock, which loom and shuttle
/// report.
///
/// Not loom's `thread::park`: its `unpark` hands over what the waker knows even to a thread that
/// does not sleep, and so hides missing orderings.
#[derive(Default)]
pub struct Event {
    raised: Mutex<bool>,
    changed: Condvar,
}

impl Event {
    pub fn raise(&self) {
        *self.raised.lock().expect("no panic under the lock") = true;
        self.changed.notify_one();
    }

    pub fn wait(&self) {
        let mut raised = self.raised.lock().expect("no panic under the lock");
        while !*raised {
            raised = self.changed.wait(raised).expect("no panic under the lock");
        }
        *raised = false;
    }
}

/// A thread that sleeps when it has nothing in its ring and waits for something.
pub struct Sleeper {
    pub me: Waiter,
    inbox: Consumer<()>,
    pub others: Arc<Wakers>,
}

/// The way to wake each thread, by its number as a waiter.
pub struct Wakers(Vec<(Waiter, Producer<()>, Event)>);

impl Wakers {
    pub fn wake(&self, waiter: Waiter) {
        let (_, producer, event) =
            self.0.iter().find(|entry| entry.0 == waiter).expect("one of the threads");
        if producer.notify() {
            event.raise();
        }
    }
}

impl Sleeper {
    /// Sleeps until it is told.
    pub fn sleep_while(&mut self, is_waiting: impl Fn(Waiter) -> bool) {
        let (_, _, event) = self.others.0.iter().find(|entry| entry.0 == self.me).expect("itself");
        while is_waiting(self.me) {
            // Asked again after the announcement; the model fails without.
            if self.inbox.park() == Parked::MaySleep && is_waiting(self.me) {
                event.wait();
            }
            self.inbox.unpark();
        }
    }
}

/// Threads with these numbers.
pub fn sleepers<const N: usize>(numbers: [usize; N]) -> [Sleeper; N] {
    let waiters = numbers.map(|number| Waiter::new(number).expect("a small number"));
    let mut ways = Vec::new();
    let inboxes = waiters.map(|waiter| {
        let (producer, inbox) = ring(Capacity { slots: 2, reserved: 0 }).expect("valid capacity");
        ways.push((waiter, producer, Event::default()));
        (waiter, inbox)
    });
    let others = Arc::new(Wakers(ways));
    inboxes.map(|(me, inbox)| Sleeper { me, inbox, others: Arc::clone(&others) })
}
