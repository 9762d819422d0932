//! The ring on one thread against a model of two lines: a queue, and a number of credits.

#![cfg(not(loopy_loom))]

use std::collections::VecDeque;

use loopy_ring::{BatchFull, Capacity, Consumer, Full, Parked, Permit, Producer, ring};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Op {
    Push,
    /// Plain, this many items.
    PushBatch(usize),
    /// Takes this many credits, all or none, and keeps the permit.
    Reserve(usize),
    /// Splits this many credits off the oldest permit.
    Split(usize),
    /// Gives back the credits of the oldest permit under which nothing is in the ring.
    GiveBack,
    /// Under the n-th permit, if its credits are not all in use.
    PushReserved(usize),
    Pop,
    Drain(usize),
    ParkAndNotify,
    /// Goes on with a clone of the producer.
    Clone,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => Just(Op::Push),
        2 => (0..12_usize).prop_map(Op::PushBatch),
        2 => (0..6_usize).prop_map(Op::Reserve),
        1 => (0..4_usize).prop_map(Op::Split),
        1 => Just(Op::GiveBack),
        4 => (0..4_usize).prop_map(Op::PushReserved),
        3 => Just(Op::Pop),
        2 => (0..20_usize).prop_map(Op::Drain),
        1 => Just(Op::ParkAndNotify),
        1 => Just(Op::Clone),
    ]
}

/// An item: its number, and the permit it is in the ring under.
type Item = (u64, Option<usize>);

struct Held {
    id: usize,
    permit: Permit,
    in_use: usize,
}

/// A ring, and beside it what it should be.
struct Bench {
    producer: Producer<Item>,
    consumer: Consumer<Item>,
    capacity: Capacity,
    queue: VecDeque<Item>,
    credits: usize,
    permits: Vec<Held>,
    next: u64,
    next_permit: usize,
}

impl Bench {
    fn new(capacity: Capacity) -> Self {
        let (producer, consumer) = ring(capacity).expect("valid capacity");
        Self {
            producer,
            consumer,
            capacity,
            queue: VecDeque::new(),
            credits: capacity.reserved,
            permits: Vec::new(),
            next: 0,
            next_permit: 0,
        }
    }

    fn apply(&mut self, op: Op) {
        match op {
            Op::Push => self.push(),
            Op::PushBatch(items) => self.push_batch(items),
            Op::Reserve(credits) => self.reserve(credits),
            Op::Split(credits) => self.split(credits),
            Op::GiveBack => {
                if let Some(index) = self.permits.iter().position(|held| held.in_use == 0) {
                    self.credits += self.permits.remove(index).permit.credits();
                }
            }
            Op::PushReserved(index) => self.push_reserved(index),
            Op::Pop => {
                let expected = self.queue.pop_front();
                assert_eq!(self.consumer.pop(), expected);
                self.settle(expected);
            }
            Op::Drain(max) => {
                let mut received = Vec::new();
                assert_eq!(
                    self.consumer.drain(max, |item| received.push(item)),
                    max.min(self.queue.len())
                );
                let expected: Vec<Item> = self.queue.drain(..received.len()).collect();
                assert_eq!(received, expected);
                received.into_iter().for_each(|item| self.settle(Some(item)));
            }
            Op::ParkAndNotify => {
                let sleeps = self.consumer.park() == Parked::MaySleep;
                assert_eq!(sleeps, self.queue.is_empty());
                assert_eq!(self.producer.notify(), sleeps);
            }
            Op::Clone => self.producer = self.producer.clone(),
        }
        assert_eq!(self.consumer.len(), self.queue.len());
        assert_eq!(self.consumer.is_empty(), self.queue.is_empty());
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn push(&mut self) {
        let item = (self.number(), None);
        if self.queue.len() < self.capacity.plain() {
            assert_eq!(self.producer.push(item), Ok(()));
            self.queue.push_back(item);
        } else {
            assert_eq!(self.producer.push(item), Err(Full(item)));
        }
    }

    fn push_batch(&mut self, items: usize) {
        let batch: Vec<Item> = (0..items).map(|_| (self.number(), None)).collect();
        let mut pushed = batch.clone();
        let plain = self.capacity.plain();
        if items == 0 || self.queue.len() + items <= plain {
            assert_eq!(self.producer.push_batch(&mut pushed), Ok(()));
            assert!(pushed.is_empty());
            self.queue.extend(batch);
        } else {
            let refused = self.producer.push_batch(&mut pushed);
            assert_eq!(refused, Err(BatchFull { items, plain }));
            assert_eq!(pushed, batch);
        }
    }

    fn hold(&mut self, permit: Permit) {
        self.permits.push(Held { id: self.next_permit, permit, in_use: 0 });
        self.next_permit += 1;
    }

    fn reserve(&mut self, credits: usize) {
        let permit = self.producer.try_reserve(credits);
        assert_eq!(permit.is_some(), credits <= self.credits);
        if let Some(permit) = permit {
            assert_eq!(permit.credits(), credits);
            self.credits -= credits;
            self.hold(permit);
        }
    }

    fn split(&mut self, credits: usize) {
        let Some(held) = self.permits.first_mut() else { return };
        if held.in_use + credits > held.permit.credits() {
            return;
        }
        let part = held.permit.split(credits).expect("it holds as many");
        assert_eq!(part.credits(), credits);
        self.hold(part);
    }

    /// The heart of it: as long as the promise is kept, this never fails.
    fn push_reserved(&mut self, index: usize) {
        let number = self.number();
        let Some(held) = self.permits.get_mut(index) else { return };
        if held.in_use < held.permit.credits() {
            let item = (number, Some(held.id));
            assert_eq!(self.producer.push_reserved(item, &held.permit), Ok(()));
            held.in_use += 1;
            self.queue.push_back(item);
        }
    }

    fn settle(&mut self, item: Option<Item>) {
        if let Some((_, Some(id))) = item {
            let held = self.permits.iter_mut().find(|held| held.id == id);
            held.expect("a permit in use is kept").in_use -= 1;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(miri) { 4 } else { 512 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn behaves_as_a_queue_with_credits(
        slots_log2 in 1..5_u32,
        reserved in 0..16_usize,
        ops in prop::collection::vec(op(), 0..200),
    ) {
        let slots = 1 << slots_log2;
        let mut bench = Bench::new(Capacity { slots, reserved: reserved % slots });
        for op in ops {
            bench.apply(op);
        }
    }
}
