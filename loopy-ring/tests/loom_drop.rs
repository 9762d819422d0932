//! Model: every item is dropped exactly once, whichever handle goes last.
//!
//! The items are loom's `Arc`s: loom reports one that is never dropped, and the counts show one
//! that is dropped twice.

#![cfg(loopy_loom)]

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use loopy_ring::{Capacity, ring};

struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn the_consumer_leaves_while_a_producer_sends() {
    loom::model(|| {
        let dropped = Arc::new(AtomicUsize::new(0));
        let (mut producer, mut consumer) =
            ring(Capacity { slots: 2, reserved: 0 }).expect("valid capacity");
        let counter = Arc::clone(&dropped);
        let sender = thread::spawn(move || {
            for _ in 0..3 {
                drop(producer.push(Counted(Arc::clone(&counter))));
            }
        });
        drop(consumer.pop());
        drop(consumer);
        sender.join().expect("the producer does not panic");
        assert_eq!(dropped.load(Ordering::Relaxed), 3);
    });
}

#[test]
fn the_producers_leave_first() {
    loom::model(|| {
        let dropped = Arc::new(AtomicUsize::new(0));
        let (producer, mut consumer) =
            ring(Capacity { slots: 2, reserved: 0 }).expect("valid capacity");
        let senders = [(); 2].map(|()| {
            let (mut producer, counter) = (producer.clone(), Arc::clone(&dropped));
            thread::spawn(move || drop(producer.push(Counted(counter))))
        });
        drop(producer);
        let mut received = usize::from(consumer.pop().is_some());
        if consumer.is_disconnected() {
            received += consumer.drain(4, drop);
            assert_eq!(received, 2, "no producer is left, so all items can be seen");
        }
        drop(consumer);
        for sender in senders {
            sender.join().expect("a producer does not panic");
        }
        assert_eq!(dropped.load(Ordering::Relaxed), 2);
    });
}
