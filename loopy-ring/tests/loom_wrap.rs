//! Model: a ring goes round. One producer sends three items through two slots.

#![cfg(loopy_loom)]

use loom::thread;
use loopy_ring::{Capacity, Full, ring};

#[test]
fn slots_are_reused_in_order() {
    loom::model(|| {
        let (mut producer, mut consumer) =
            ring(Capacity { slots: 2, reserved: 0 }).expect("valid capacity");
        let sender = thread::spawn(move || {
            let mut sent = Vec::new();
            // Boxes, so that a slot read too early or written too early is a wrong address.
            for n in 0..3 {
                match producer.push(Box::new(n)) {
                    Ok(()) => sent.push(n),
                    Err(Full(item)) => assert_eq!(*item, n),
                }
            }
            sent
        });
        let mut received = Vec::new();
        for _ in 0..2 {
            received.extend(consumer.pop().map(|item| *item));
        }
        let sent = sender.join().expect("the producer does not panic");
        consumer.drain(4, |item| received.push(*item));
        assert!(sent.len() >= 2, "two items fit whatever the consumer does");
        assert_eq!(received, sent);
        assert!(consumer.is_empty() && consumer.is_disconnected());
    });
}

#[test]
fn a_drained_run_is_free_for_the_next_lap() {
    loom::model(|| {
        let (mut producer, mut consumer) =
            ring(Capacity { slots: 2, reserved: 0 }).expect("valid capacity");
        producer.push(0).expect("the ring is empty");
        producer.push(1).expect("one slot is left");
        let sender = thread::spawn(move || (2..4).filter(|&n| producer.push(n).is_ok()).count());
        let mut received = Vec::new();
        consumer.drain(2, |n| received.push(n));
        let sent = sender.join().expect("the producer does not panic");
        consumer.drain(4, |n| received.push(n));
        assert_eq!(received.len(), 2 + sent);
        assert!(received.is_sorted());
    });
}
