//! Push and pop, against crossbeam's `ArrayQueue`: singles and batches, 1 and 2 producers.
//!
//! `alone`: one thread pushes and pops in turn, which is the cost of the instructions and is
//! steady. `threads`: producers and a consumer on threads of their own, which is the cost of the
//! cache lines between them and of the scheduler, and is not. One iteration there moves
//! 131,072 items, thread start included, the same for both. `notify` is not part of a push here;
//! its cost is printed beside.

use std::{hint::black_box, sync::Arc, thread};

use criterion::{BenchmarkId, Criterion, Throughput};
use crossbeam_queue::ArrayQueue;
use loopy_ring::{BatchFull, Capacity, Consumer, Full, Producer, ring};

const SLOTS: usize = 1024;
const ITEMS: u64 = 1 << 17;
const BATCHES: [usize; 3] = [1, 8, 32];
const PRODUCERS: [u64; 2] = [1, 2];

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    alone(&mut criterion);
    threads(&mut criterion);
    notify(&mut criterion);
    criterion.final_summary();
}

fn new_ring() -> (Producer<u64>, Consumer<u64>) {
    ring(Capacity { slots: SLOTS, reserved: 0 }).expect("valid capacity")
}

fn alone(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("alone");
    for batch in BATCHES {
        group.throughput(Throughput::Elements(batch as u64));
        let (mut producer, mut consumer) = new_ring();
        let mut items = Vec::with_capacity(batch);
        group.bench_function(BenchmarkId::new("loopy", batch), |bencher| {
            bencher.iter(|| {
                if batch == 1 {
                    producer.push(black_box(1)).expect("there is room");
                    return consumer.pop().expect("it was just pushed");
                }
                items.extend(0..black_box(batch as u64));
                producer.push_batch(&mut items).expect("there is room");
                let mut sum = 0;
                assert_eq!(consumer.drain(batch, |n| sum += n), batch);
                sum
            });
        });
        let queue = ArrayQueue::new(SLOTS);
        group.bench_function(BenchmarkId::new("array_queue", batch), |bencher| {
            bencher.iter(|| {
                for n in 0..black_box(batch as u64) {
                    queue.push(n).expect("there is room");
                }
                (0..batch).map(|_| queue.pop().expect("it was just pushed")).sum::<u64>()
            });
        });
    }
    group.finish();
}

fn threads(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("threads");
    group.sample_size(10);
    group.throughput(Throughput::Elements(ITEMS));
    for producers in PRODUCERS {
        for batch in BATCHES {
            let name = format!("{producers}p/{batch}");
            group.bench_function(BenchmarkId::new("loopy", &name), |bencher| {
                bencher.iter(|| assert_eq!(through_ring(producers, batch), expected(producers)));
            });
            group.bench_function(BenchmarkId::new("array_queue", &name), |bencher| {
                bencher.iter(|| assert_eq!(through_queue(producers, batch), expected(producers)));
            });
        }
    }
    group.finish();
}

fn notify(criterion: &mut Criterion) {
    let (producer, mut consumer) = new_ring();
    criterion.bench_function("notify/awake", |bencher| bencher.iter(|| producer.notify()));
    criterion.bench_function("notify/park_and_notify", |bencher| {
        bencher.iter(|| (consumer.park(), producer.notify()));
    });
}

/// The sum of all items, each producer sending `0..ITEMS / producers`.
fn expected(producers: u64) -> u64 {
    let each = ITEMS / producers;
    producers * (each * (each - 1) / 2)
}

fn through_ring(producers: u64, batch: usize) -> u64 {
    let (producer, mut consumer) = new_ring();
    thread::scope(|scope| {
        for _ in 0..producers {
            let producer = producer.clone();
            scope.spawn(move || send_to_ring(producer, ITEMS / producers, batch));
        }
        let (mut sum, mut received) = (0, 0);
        while received < ITEMS {
            let run = consumer.drain(usize::MAX, |n| sum += n);
            received += run as u64;
            if run == 0 {
                thread::yield_now();
            }
        }
        sum
    })
}

fn send_to_ring(mut producer: Producer<u64>, items: u64, batch: usize) {
    if batch == 1 {
        for mut item in 0..items {
            while let Err(Full(back)) = producer.push(item) {
                item = back;
                thread::yield_now();
            }
        }
        return;
    }
    let mut buffer = Vec::with_capacity(batch);
    for first in (0..items).step_by(batch) {
        buffer.extend(first..first + batch as u64);
        while let Err(BatchFull { .. }) = producer.push_batch(&mut buffer) {
            thread::yield_now();
        }
    }
}

/// `ArrayQueue` has no batches: `batch` items are pushed one by one.
fn through_queue(producers: u64, batch: usize) -> u64 {
    let queue = Arc::new(ArrayQueue::new(SLOTS));
    thread::scope(|scope| {
        for _ in 0..producers {
            let queue = Arc::clone(&queue);
            scope.spawn(move || {
                for first in (0..ITEMS / producers).step_by(batch) {
                    for mut item in first..first + batch as u64 {
                        while let Err(back) = queue.push(item) {
                            item = back;
                            thread::yield_now();
                        }
                    }
                }
            });
        }
        let (mut sum, mut received) = (0, 0);
        while received < ITEMS {
            match queue.pop() {
                Some(n) => {
                    sum += n;
                    received += 1;
                }
                None => thread::yield_now(),
            }
        }
        sum
    })
}
