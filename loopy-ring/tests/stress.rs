//! Real threads: every item arrives exactly once, in its producer's order.

#![cfg(not(loopy_loom))]

use std::{sync::Barrier, thread};

use loopy_ring::{BatchFull, Capacity, Consumer, Full, Parked, Permit, Producer, Reserved, ring};

const PRODUCERS: usize = 2;
const ITEMS: usize = if cfg!(miri) { 50 } else { 25_000 };
const SHORT: Capacity = Capacity { slots: 8, reserved: 0 };

/// Which producer, and its how-manieth item.
type Item = (usize, usize);

/// Checks order and completeness as items come in.
#[derive(Default)]
struct Ledger {
    next: [usize; PRODUCERS],
}

impl Ledger {
    fn enter(&mut self, (producer, n): Item) {
        assert_eq!(n, self.next[producer], "producer {producer} out of order");
        self.next[producer] += 1;
    }

    fn is_complete(&self) -> bool {
        self.next == [ITEMS; PRODUCERS]
    }
}

/// Runs `send` on as many threads as there are producers, and `receive` on this one.
fn run<T: Send>(
    capacity: Capacity,
    send: impl Fn(usize, Producer<T>) + Sync,
    receive: impl FnOnce(&mut Consumer<T>),
) {
    let (producer, mut consumer) = ring(capacity).expect("valid capacity");
    let start = Barrier::new(PRODUCERS + 1);
    thread::scope(|scope| {
        for id in 0..PRODUCERS {
            let (producer, start, send) = (producer.clone(), &start, &send);
            scope.spawn(move || {
                start.wait();
                send(id, producer);
            });
        }
        drop(producer);
        start.wait();
        receive(&mut consumer);
    });
    assert!(consumer.is_disconnected());
    assert_eq!((consumer.len(), consumer.pop().is_some()), (0, false));
}

fn push_until_accepted<T>(producer: &mut Producer<T>, mut item: T) {
    while let Err(Full(back)) = producer.push(item) {
        item = back;
        thread::yield_now();
    }
}

#[test]
fn singles_and_pop() {
    run(
        SHORT,
        |id, mut producer| (0..ITEMS).for_each(|n| push_until_accepted(&mut producer, (id, n))),
        |consumer| {
            let mut ledger = Ledger::default();
            while !ledger.is_complete() {
                match consumer.pop() {
                    Some(item) => ledger.enter(item),
                    None => thread::yield_now(),
                }
            }
        },
    );
}

#[test]
fn batches_and_drain() {
    run(
        SHORT,
        |id, mut producer| {
            let (mut next, mut batch) = (0, Vec::new());
            for size in (1..=8).cycle() {
                batch.extend((next..ITEMS.min(next + size)).map(|n| (id, n)));
                next += batch.len();
                while let Err(BatchFull { .. }) = producer.push_batch(&mut batch) {
                    thread::yield_now();
                }
                if next == ITEMS {
                    break;
                }
            }
        },
        |consumer| {
            let mut ledger = Ledger::default();
            while !ledger.is_complete() {
                if consumer.drain(5, |item| ledger.enter(item)) == 0 {
                    thread::yield_now();
                }
            }
        },
    );
}

#[test]
fn a_sleeping_consumer_is_woken() {
    let consumer_thread = thread::current();
    run(
        SHORT,
        |id, mut producer| {
            for n in 0..ITEMS {
                push_until_accepted(&mut producer, (id, n));
                if producer.notify() {
                    consumer_thread.unpark();
                }
            }
        },
        |consumer| {
            let mut ledger = Ledger::default();
            while !ledger.is_complete() {
                let received = consumer.drain(usize::MAX, |item| ledger.enter(item));
                if received == 0 && consumer.park() == Parked::MaySleep {
                    thread::park();
                    consumer.unpark();
                }
            }
        },
    );
}

/// What an owner sends to a peer and gets back, with a slot waiting for it at home.
struct Errand {
    n: usize,
    home: Permit,
}

enum Message {
    Request(Errand),
    Return(Errand),
}

impl Reserved for Message {
    fn permit(&self) -> Option<&Permit> {
        match self {
            Self::Request(errand) | Self::Return(errand) => Some(&errand.home),
        }
    }
}

/// Each thread sends messages to the other and returns what it gets. The rings are so short that
/// returns fail at once if they are not kept room for.
#[test]
fn returns_never_fail_between_two_owners() {
    let capacity = Capacity { slots: 8, reserved: 7 };
    let (to_left, left) = ring(capacity).expect("valid capacity");
    let (to_right, right) = ring(capacity).expect("valid capacity");
    let finished = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| exchange(left, to_right, &finished));
        exchange(right, to_left, &finished);
    });
}

fn exchange(mut own: Consumer<Message>, mut peer: Producer<Message>, finished: &Barrier) {
    let (mut sent, mut returned, mut served) = (0, 0, 0);
    while returned < ITEMS || served < ITEMS {
        if sent < ITEMS
            && let Some(home) = own.try_reserve(1)
        {
            let request = Message::Request(Errand { n: sent, home });
            sent += usize::from(peer.push(request).is_ok());
        }
        let received = own.drain(4, |message| match message {
            Message::Request(errand) => {
                served += 1;
                peer.push_carrying(Message::Return(errand)).expect("room is reserved at home");
            }
            Message::Return(errand) => {
                assert_eq!(errand.n, returned, "a return out of order");
                returned += 1;
            }
        });
        if received == 0 {
            thread::yield_now();
        }
    }
    finished.wait();
    assert!(own.try_reserve(7).is_some(), "all credits are back");
}
