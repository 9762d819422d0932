//! The ring between threads, on one of them: what its instructions cost without any waiting.

use crate::measure::measured;
use loopy_ring::{Capacity, ring};
use std::hint::black_box;

/// Items one by one.
pub(crate) fn single() -> u64 {
    let (mut producer, mut consumer) = ring(CAPACITY).expect("a power of two");
    let sum = measured(|| {
        let mut sum = 0;
        for item in 0..ITEMS {
            producer.push(black_box(item)).expect("there is room");
            sum += consumer.pop().expect("it was just pushed");
        }
        sum
    });
    assert_eq!(sum, ITEMS * (ITEMS - 1) / 2);
    ITEMS
}

/// Items by eight; filling the batch is the caller's work, and counted.
pub(crate) fn batch_8() -> u64 {
    let (mut producer, mut consumer) = ring(CAPACITY).expect("a power of two");
    let mut batch = Vec::with_capacity(8);
    let sum = measured(|| {
        let mut sum = 0;
        for first in (0..ITEMS).step_by(8) {
            batch.extend(first..black_box(first + 8));
            producer.push_batch(&mut batch).expect("there is room");
            assert_eq!(consumer.drain(8, |item| sum += item), 8);
        }
        sum
    });
    assert_eq!(sum, ITEMS * (ITEMS - 1) / 2);
    ITEMS
}

const ITEMS: u64 = 80_000;
const CAPACITY: Capacity = Capacity { slots: 1024, reserved: 0 };
