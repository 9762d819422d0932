//! Push and pop, against other queues: singles and batches, 1 and 2 producers.
//!
//! `alone`: one thread pushes and pops in turn, which is the cost of the instructions and is
//! steady. `threads`: producers and a consumer on threads of their own, which is the cost of the
//! cache lines between them and of the scheduler, and is not. One iteration there moves
//! 131,072 items, thread start included, the same for all. `notify` is not part of a push here;
//! its cost is printed beside. None of the others has batches that are claimed at once: there the
//! items of a batch go in one by one.

mod peer;

use std::{hint::black_box, thread};

use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, measurement::WallTime};
use loopy_ring::{BatchFull, Capacity, Consumer, Full, Producer, ring};

use peer::{Array, Crossbeam, Flume, Kanal, Peer, Std, Thingbuf};

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
        peer_alone::<Array>(&mut group, batch);
        peer_alone::<Crossbeam>(&mut group, batch);
        peer_alone::<Std>(&mut group, batch);
        peer_alone::<Kanal>(&mut group, batch);
        peer_alone::<Thingbuf>(&mut group, batch);
        peer_alone::<Flume>(&mut group, batch);
    }
    group.finish();
}

fn peer_alone<P: Peer>(group: &mut BenchmarkGroup<'_, WallTime>, batch: usize) {
    let (sender, mut receiver) = P::new(SLOTS);
    group.bench_function(BenchmarkId::new(P::NAME, batch), |bencher| {
        bencher.iter(|| {
            for n in 0..black_box(batch as u64) {
                assert!(P::try_send(&sender, n), "there is room");
            }
            let mut receive = || P::try_receive(&mut receiver).expect("it was just pushed");
            (0..batch).map(|_| receive()).sum::<u64>()
        });
    });
}

fn threads(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("threads");
    group.sample_size(10);
    group.throughput(Throughput::Elements(ITEMS));
    for producers in PRODUCERS {
        for batch in BATCHES {
            let name = format!("{producers}p/{batch}");
            group.bench_function(BenchmarkId::new("loopy", name), |bencher| {
                bencher.iter(|| assert_eq!(through_ring(producers, batch), expected(producers)));
            });
        }
        peer_threads::<Array>(&mut group, producers);
        peer_threads::<Crossbeam>(&mut group, producers);
        peer_threads::<Std>(&mut group, producers);
        peer_threads::<Kanal>(&mut group, producers);
        peer_threads::<Thingbuf>(&mut group, producers);
        peer_threads::<Flume>(&mut group, producers);
    }
    group.finish();
}

fn peer_threads<P: Peer>(group: &mut BenchmarkGroup<'_, WallTime>, producers: u64) {
    group.bench_function(BenchmarkId::new(P::NAME, format!("{producers}p")), |bencher| {
        bencher.iter(|| assert_eq!(through_peer::<P>(producers), expected(producers)));
    });
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

fn through_peer<P: Peer>(producers: u64) -> u64 {
    let (sender, mut receiver) = P::new(SLOTS);
    thread::scope(|scope| {
        for _ in 0..producers {
            let sender = sender.clone();
            scope.spawn(move || {
                for item in 0..ITEMS / producers {
                    while !P::try_send(&sender, item) {
                        thread::yield_now();
                    }
                }
            });
        }
        let (mut sum, mut received) = (0, 0);
        while received < ITEMS {
            match P::try_receive(&mut receiver) {
                Some(item) => {
                    sum += item;
                    received += 1;
                }
                None => thread::yield_now(),
            }
        }
        sum
    })
}
