//! Model: no wake-up is lost between a consumer that goes to sleep and producers that publish.

#![cfg(loopy_loom)]

mod sleeper;

use loom::sync::Arc;
use loom::thread;
use loopy_ring::{Capacity, Consumer, Parked, Producer, ring};

use sleeper::Event;

fn send(producer: &mut Producer<u32>, n: u32, event: &Event) {
    producer.push(n).expect("the ring is long enough");
    if producer.notify() {
        event.raise();
    }
}

fn receive(consumer: &mut Consumer<u32>, event: &Event) -> u32 {
    loop {
        if let Some(n) = consumer.pop() {
            return n;
        }
        if consumer.park() == Parked::MaySleep {
            event.wait();
            consumer.unpark();
        }
    }
}

#[test]
fn one_producer_wakes_the_consumer_each_time() {
    loom::model(|| {
        let event = Arc::new(Event::default());
        let (mut producer, mut consumer) =
            ring(Capacity { slots: 2, reserved: 0 }).expect("valid capacity");
        let waker = Arc::clone(&event);
        let sender = thread::spawn(move || {
            send(&mut producer, 1, &waker);
            send(&mut producer, 2, &waker);
        });
        assert_eq!(receive(&mut consumer, &event), 1);
        assert_eq!(receive(&mut consumer, &event), 2);
        sender.join().expect("the producer does not panic");
    });
}

#[test]
fn two_producers_wake_the_consumer_between_them() {
    loom::model(|| {
        let event = Arc::new(Event::default());
        let (producer, mut consumer) =
            ring(Capacity { slots: 2, reserved: 0 }).expect("valid capacity");
        let senders = [1, 2].map(|n| {
            let (mut producer, event) = (producer.clone(), Arc::clone(&event));
            thread::spawn(move || send(&mut producer, n, &event))
        });
        assert_eq!(receive(&mut consumer, &event) + receive(&mut consumer, &event), 3);
        for sender in senders {
            sender.join().expect("a producer does not panic");
        }
    });
}

/// The consumer wakes for another reason, a socket or a timer, and goes back to sleep.
#[test]
fn a_wake_up_from_elsewhere_loses_none() {
    loom::model(|| {
        let event = Arc::new(Event::default());
        let (mut producer, mut consumer) =
            ring(Capacity { slots: 2, reserved: 0 }).expect("valid capacity");
        let waker = Arc::clone(&event);
        let sender = thread::spawn(move || send(&mut producer, 1, &waker));
        if consumer.park() == Parked::MaySleep {
            consumer.unpark();
        }
        assert_eq!(receive(&mut consumer, &event), 1);
        sender.join().expect("the producer does not panic");
    });
}

#[test]
fn one_notify_serves_a_whole_flush() {
    loom::model(|| {
        let event = Arc::new(Event::default());
        let (mut producer, mut consumer) =
            ring(Capacity { slots: 4, reserved: 0 }).expect("valid capacity");
        let waker = Arc::clone(&event);
        let sender = thread::spawn(move || {
            producer.push_batch(&mut vec![1, 2]).expect("the ring is empty");
            producer.push(3).expect("the ring is long enough");
            if producer.notify() {
                waker.raise();
            }
        });
        for n in 1..=3 {
            assert_eq!(receive(&mut consumer, &event), n);
        }
        sender.join().expect("the producer does not panic");
    });
}
