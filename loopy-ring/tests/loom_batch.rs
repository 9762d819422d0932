//! Model: a batch is accepted as a whole and arrives with nothing in between.

#![cfg(loopy_loom)]

use loom::thread;
use loopy_ring::{BatchFull, Capacity, ring};

#[test]
fn two_batches_do_not_mix() {
    loom::model(|| {
        let (producer, mut consumer) =
            ring(Capacity { slots: 4, reserved: 0 }).expect("valid capacity");
        let senders = [10, 20].map(|first| {
            let mut producer = producer.clone();
            thread::spawn(move || {
                let mut batch = vec![first, first + 1];
                producer.push_batch(&mut batch).expect("both batches fit");
                assert!(batch.is_empty());
            })
        });
        let mut received = Vec::new();
        consumer.drain(2, |n| received.push(n));
        for sender in senders {
            sender.join().expect("a producer does not panic");
        }
        consumer.drain(4, |n| received.push(n));
        assert!(
            received == [10, 11, 20, 21] || received == [20, 21, 10, 11],
            "batches mixed: {received:?}"
        );
    });
}

#[test]
fn a_batch_is_never_split() {
    loom::model(|| {
        let (mut producer, mut consumer) =
            ring(Capacity { slots: 2, reserved: 0 }).expect("valid capacity");
        let mut single = producer.clone();
        let sender = thread::spawn(move || single.push(1).is_ok());
        let mut batch = vec![10, 11];
        let accepted = producer.push_batch(&mut batch);
        match accepted {
            Ok(()) => assert!(batch.is_empty()),
            Err(refused) => {
                assert_eq!(refused, BatchFull { items: 2, plain: 2 });
                assert_eq!(batch, [10, 11]);
            }
        }
        let single = sender.join().expect("the producer does not panic");
        assert!(single != accepted.is_ok(), "two slots: the batch or the single item");
        let mut received = Vec::new();
        consumer.drain(4, |n| received.push(n));
        assert_eq!(received, if single { vec![1] } else { vec![10, 11] });
    });
}
