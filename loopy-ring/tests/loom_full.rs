//! Model: two producers compete for too few slots.

#![cfg(loopy_loom)]

use loom::thread;
use loopy_ring::{Capacity, Full, ring};

#[test]
fn what_is_accepted_arrives_once_and_the_rest_comes_back() {
    loom::model(|| {
        let (producer, mut consumer) =
            ring(Capacity { slots: 2, reserved: 0 }).expect("valid capacity");
        let senders = [10, 20].map(|first| {
            let mut producer = producer.clone();
            thread::spawn(move || {
                let mut accepted = Vec::new();
                for n in first..first + 2 {
                    match producer.push(n) {
                        Ok(()) => accepted.push(n),
                        Err(Full(item)) => assert_eq!(item, n),
                    }
                }
                accepted
            })
        });
        let mut received = Vec::new();
        received.extend(consumer.pop());
        let accepted = senders.map(|sender| sender.join().expect("a producer does not panic"));
        consumer.drain(4, |n| received.push(n));
        assert!(accepted.concat().len() >= 2, "two items fit whatever happens");
        for one in &accepted {
            let its_own = |n: &&i32| one.iter().any(|first| first / 10 == **n / 10);
            assert_eq!(received.iter().filter(its_own).count(), one.len());
            assert!(received.iter().filter(its_own).eq(one), "order per producer");
        }
        assert_eq!(received.len(), accepted.concat().len());
    });
}

#[test]
fn the_last_slot_goes_to_one() {
    loom::model(|| {
        let (mut producer, mut consumer) =
            ring(Capacity { slots: 2, reserved: 0 }).expect("valid capacity");
        producer.push(0).expect("the ring is empty");
        let mut other = producer.clone();
        let sender = thread::spawn(move || other.push(1).is_ok());
        let mine = producer.push(2).is_ok();
        let its = sender.join().expect("the producer does not panic");
        assert!(mine != its, "one slot, two producers: one item is accepted");
        assert_eq!(consumer.pop(), Some(0));
        assert_eq!(consumer.pop(), Some(if mine { 2 } else { 1 }));
        assert_eq!(consumer.pop(), None);
    });
}
