//! What the handles are and what they tell: threads they may cross, who is gone, who sleeps.

#![cfg(not(loopy_loom))]

use std::cell::Cell;

use loopy_ring::{Capacity, Consumer, Parked, Permit, Producer, ring};

fn is_send<T: Send>() {}
fn is_sync<T: Sync>() {}

#[test]
fn handles_cross_threads_with_items_that_may() {
    // `Cell` is `Send` and not `Sync`, which is enough: items are moved, never shared.
    is_send::<Producer<Cell<u8>>>();
    is_sync::<Producer<Cell<u8>>>();
    is_send::<Consumer<Cell<u8>>>();
    is_send::<Permit>();
    is_sync::<Permit>();
}

#[test]
fn capacity_is_told() {
    let capacity = Capacity { slots: 8, reserved: 3 };
    let (producer, consumer) = ring::<u8>(capacity).expect("valid capacity");
    assert_eq!((producer.capacity(), consumer.capacity()), (capacity, capacity));
    assert_eq!(capacity.plain(), 5);
    assert!(ring::<u8>(Capacity { slots: 8, reserved: 8 }).is_err());
}

#[test]
fn who_is_gone() {
    let (producer, consumer) =
        ring::<u8>(Capacity { slots: 2, reserved: 0 }).expect("valid capacity");
    let other = producer.clone();
    drop(producer);
    assert!(!consumer.is_disconnected());
    assert!(!other.is_disconnected());
    drop(other);
    assert!(consumer.is_disconnected());
}

#[test]
fn only_one_is_told_to_wake() {
    let (mut producer, mut consumer) =
        ring(Capacity { slots: 4, reserved: 0 }).expect("valid capacity");
    let other = producer.clone();
    assert!(!producer.notify(), "the consumer is awake");
    assert_eq!(consumer.park(), Parked::MaySleep);
    assert!(producer.notify());
    assert!(!other.notify(), "somebody wakes it already");

    assert_eq!(consumer.park(), Parked::MaySleep);
    consumer.unpark();
    assert!(!producer.notify(), "it woke by itself");

    producer.push(1).expect("the ring is empty");
    assert_eq!(consumer.park(), Parked::HasItems);
    assert!(!producer.notify(), "it stayed awake");
    assert_eq!(consumer.pop(), Some(1));
    assert_eq!(consumer.park(), Parked::MaySleep);
}

#[test]
fn items_without_a_size() {
    let (mut producer, mut consumer) =
        ring(Capacity { slots: 2, reserved: 0 }).expect("valid capacity");
    for _ in 0..5 {
        producer.push(()).expect("there is room");
        producer.push(()).expect("there is room");
        assert!(producer.push(()).is_err());
        assert_eq!(consumer.drain(usize::MAX, drop), 2);
    }
}
