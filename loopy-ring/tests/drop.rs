//! Every item is dropped exactly once: handed out, refused, left over, or lost to a panic.

#![cfg(not(loopy_loom))]

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use loopy_ring::{Capacity, ring};

/// Counts its drops; a second one of the same item panics.
struct DropCounter<'a> {
    drops: &'a AtomicUsize,
    dropped: bool,
}

impl<'a> DropCounter<'a> {
    fn new(drops: &'a AtomicUsize) -> Self {
        Self { drops, dropped: false }
    }
}

impl Drop for DropCounter<'_> {
    fn drop(&mut self) {
        assert!(!self.dropped, "dropped twice");
        self.dropped = true;
        self.drops.fetch_add(1, Ordering::Relaxed);
    }
}

const CAPACITY: Capacity = Capacity { slots: 16, reserved: 0 };

#[test]
fn items_left_over_go_with_the_consumer() {
    let drops = AtomicUsize::new(0);
    for extra in 0..CAPACITY.slots {
        drops.store(0, Ordering::Relaxed);
        let (mut producer, mut consumer) = ring(CAPACITY).expect("valid capacity");
        for _ in 0..extra {
            producer.push(DropCounter::new(&drops)).expect("there is room");
            consumer.pop().expect("it was just pushed");
        }
        assert_eq!(drops.load(Ordering::Relaxed), extra);
        let mut batch: Vec<_> = (0..5).map(|_| DropCounter::new(&drops)).collect();
        producer.push_batch(&mut batch).expect("there is room");
        drop(consumer);
        assert_eq!(drops.load(Ordering::Relaxed), extra + 5);
    }
}

#[test]
fn items_pushed_after_the_consumer_go_with_the_last_producer() {
    let drops = AtomicUsize::new(0);
    let (mut producer, consumer) = ring(CAPACITY).expect("valid capacity");
    drop(consumer);
    assert!(producer.is_disconnected());
    for _ in 0..20 {
        drop(producer.push(DropCounter::new(&drops)));
    }
    assert_eq!(drops.load(Ordering::Relaxed), 4, "those that found no slot");
    let other = producer.clone();
    drop(producer);
    assert_eq!(drops.load(Ordering::Relaxed), 4);
    drop(other);
    assert_eq!(drops.load(Ordering::Relaxed), 20);
}

#[test]
fn a_panic_in_drain_loses_only_its_own_item() {
    let drops = AtomicUsize::new(0);
    let (mut producer, mut consumer) = ring(CAPACITY).expect("valid capacity");
    let mut batch: Vec<_> = (0..10).map(|n| (n, DropCounter::new(&drops))).collect();
    producer.push_batch(&mut batch).expect("there is room");
    let mut seen = Vec::new();
    let result = catch_unwind(AssertUnwindSafe(|| {
        consumer.drain(usize::MAX, |(n, _counter)| {
            assert_ne!(n, 3, "the fourth item");
            seen.push(n);
        })
    }));
    assert!(result.is_err());
    assert_eq!(drops.load(Ordering::Relaxed), 4);
    assert_eq!(consumer.len(), 6);
    assert!(!consumer.is_empty());
    assert_eq!(consumer.pop().map(|(n, _)| n), Some(4));
    producer.push((10, DropCounter::new(&drops))).expect("there is room");
    assert_eq!(consumer.drain(2, |(n, _)| seen.push(n)), 2);
    assert_eq!(drops.load(Ordering::Relaxed), 7);
    drop(consumer);
    drop(producer);
    assert_eq!(drops.load(Ordering::Relaxed), 11);
    assert_eq!(seen, [0, 1, 2, 5, 6]);
}

#[test]
fn each_item_once_between_threads() {
    const ITEMS: usize = if cfg!(miri) { 20 } else { 5_000 };
    let drops = AtomicUsize::new(0);
    let received = thread::scope(|scope| {
        let (producer, mut consumer) = ring(CAPACITY).expect("valid capacity");
        for _ in 0..2 {
            let (mut producer, drops) = (producer.clone(), &drops);
            scope.spawn(move || {
                for _ in 0..ITEMS {
                    drop(producer.push(DropCounter::new(drops)));
                    thread::yield_now();
                }
            });
        }
        drop(producer);
        // Leaves in the middle.
        (0..ITEMS).filter(|_| consumer.pop().is_some()).count()
    });
    assert!(received <= ITEMS);
    assert_eq!(drops.load(Ordering::Relaxed), 2 * ITEMS);
}

/// A message may hold a producer of the very ring it is in.
#[test]
fn a_ring_in_itself_does_not_leak() {
    struct Letter<'a> {
        _reply_to: Option<loopy_ring::Producer<Self>>,
        _counter: DropCounter<'a>,
    }
    let drops = AtomicUsize::new(0);
    let (mut producer, consumer) = ring(CAPACITY).expect("valid capacity");
    let letter = Letter { _reply_to: Some(producer.clone()), _counter: DropCounter::new(&drops) };
    assert!(producer.push(letter).is_ok());
    drop(producer);
    drop(consumer);
    assert_eq!(drops.load(Ordering::Relaxed), 1);
}
