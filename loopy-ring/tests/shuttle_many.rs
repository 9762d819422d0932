//! Random schedules of more threads and items than loom can go through: the ring, owners that
//! return each other's messages, and the lock.
//!
//! The seeds are fixed, so a run finds what the last one found; shuttle prints the schedule of one
//! that fails. It has sequentially consistent memory only: orderings are loom's business.

#![cfg(loopy_shuttle)]

mod sleeper;

use loopy_ring::{
    BatchFull, Capacity, Consumer, Full, Parked, Permit, Pool, Producer, Reserved, TryLock, ring,
};
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::sync::Arc;
use shuttle::sync::atomic::{AtomicUsize, Ordering};
use shuttle::{Config, Runner, thread};

use sleeper::{Event, Sleeper, sleepers};

const SEED: u64 = 1;
const SCHEDULES: usize = 2_000;
/// How many times the second scheduler lets a thread overtake the one that runs.
const OVERTAKINGS: usize = 4;

/// Runs the model under schedules drawn evenly, and under those that find rare overtakings sooner
/// (Burckhardt et al., "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs").
fn check(model: impl Fn() + Send + Sync + Copy + 'static) {
    let evenly = RandomScheduler::new_from_seed(SEED, SCHEDULES);
    Runner::new(evenly, Config::default()).run(model);
    let overtaking = PctScheduler::new_from_seed(SEED, OVERTAKINGS, SCHEDULES);
    Runner::new(overtaking, Config::default()).run(model);
}

const PRODUCERS: usize = 4;
const ITEMS: usize = 8;

/// Which producer, and its how-manieth item.
type Item = (usize, usize);

/// Sends in batches of one to three items, sleeping on nothing: a full ring is tried again.
fn produce(id: usize, mut producer: Producer<Item>, event: &Event) {
    let (mut next, mut batch) = (0, Vec::new());
    for size in (1..=3).cycle().skip(id) {
        batch.extend((next..ITEMS.min(next + size)).map(|n| (id, n)));
        next += batch.len();
        loop {
            let refused = match batch[..] {
                [item] => producer.push(item).map_err(|Full(_)| ()),
                _ => producer.push_batch(&mut batch).map_err(|BatchFull { .. }| ()),
            };
            if producer.notify() {
                event.raise();
            }
            match refused {
                Ok(()) => break,
                Err(()) => thread::yield_now(),
            }
        }
        batch.clear();
        if next == ITEMS {
            return;
        }
    }
}

#[test]
fn four_producers_and_a_consumer_that_sleeps() {
    check(|| {
        let (producer, mut consumer) =
            ring(Capacity { slots: 4, reserved: 0 }).expect("valid capacity");
        let event = Arc::new(Event::default());
        for id in 0..PRODUCERS {
            let (producer, event) = (producer.clone(), Arc::clone(&event));
            thread::spawn(move || produce(id, producer, &event));
        }
        drop(producer);
        let mut next = [0; PRODUCERS];
        while next != [ITEMS; PRODUCERS] {
            let received = consumer.drain(3, |(id, n)| {
                assert_eq!(n, next[id], "producer {id} out of order");
                next[id] += 1;
            });
            if received == 0 && consumer.park() == Parked::MaySleep {
                event.wait();
                consumer.unpark();
            }
        }
        assert!(consumer.pop().is_none());
    });
}

/// What an owner sends to a peer and gets back, with a slot waiting for it at home.
enum Message {
    Request(usize, Permit),
    Return(Permit),
}

impl Reserved for Message {
    fn permit(&self) -> Option<&Permit> {
        match self {
            Self::Request(_, permit) | Self::Return(permit) => Some(permit),
        }
    }
}

const OWNERS: usize = 3;
const ERRANDS: usize = 4;

/// Sends errands to the two others in turn and returns what it gets, until all owners have theirs
/// back.
fn own(
    me: usize,
    mut inbox: Consumer<Message>,
    mut peers: Vec<Producer<Message>>,
    unfinished: &AtomicUsize,
) {
    let (mut sent, mut back) = (0, 0);
    while unfinished.load(Ordering::SeqCst) > 0 {
        if sent < ERRANDS
            && let Some(home) = inbox.try_reserve(1)
        {
            let peer = (me + 1 + sent % (OWNERS - 1)) % OWNERS;
            sent += usize::from(peers[peer].push(Message::Request(me, home)).is_ok());
        }
        inbox.drain(2, |message| match message {
            Message::Request(from, home) => {
                let kept = peers[from].push_carrying(Message::Return(home));
                kept.expect("room is reserved at home");
            }
            Message::Return(_) => {
                back += 1;
                if back == ERRANDS {
                    unfinished.fetch_sub(1, Ordering::SeqCst);
                }
            }
        });
        thread::yield_now();
    }
    assert_eq!(back, ERRANDS);
}

#[test]
fn returns_never_fail_between_three_owners() {
    check(|| {
        let unfinished = Arc::new(AtomicUsize::new(OWNERS));
        let rings = (0..OWNERS).map(|_| ring(Capacity { slots: 4, reserved: 3 }));
        let (producers, inboxes): (Vec<_>, Vec<_>) =
            rings.map(|ring| ring.expect("valid capacity")).unzip();
        let owners: Vec<_> = inboxes
            .into_iter()
            .enumerate()
            .map(|(me, inbox)| {
                let (peers, unfinished) = (producers.clone(), Arc::clone(&unfinished));
                thread::spawn(move || own(me, inbox, peers, &unfinished))
            })
            .collect();
        for owner in owners {
            owner.join().expect("no owner panics");
        }
    });
}

/// What each thread does: takes a credit of both rings, enters the lock, leaves, gives them back.
fn visit(sleeper: &mut Sleeper, pools: &[Pool; 2], lock: &TryLock, inside: &AtomicUsize) {
    let mut permits = Vec::new();
    let others = Arc::clone(&sleeper.others);
    let wake = |waiter| others.wake(waiter);
    while Pool::take_each(pools, sleeper.me, &mut permits, wake).is_err() {
        sleeper.sleep_while(|me| pools.iter().any(|pool| pool.is_waiting(me)));
    }
    let guard = loop {
        match lock.enter_or_wait(sleeper.me) {
            Some(guard) => break guard,
            None => sleeper.sleep_while(|me| lock.is_waiting(me)),
        }
    };
    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "one is inside at a time");
    thread::yield_now();
    inside.fetch_sub(1, Ordering::SeqCst);
    guard.leave(wake);
    permits.drain(..).for_each(|permit| permit.release(wake));
}

#[test]
fn five_threads_share_credits_and_a_lock() {
    check(|| {
        let capacity = Capacity { slots: 4, reserved: 2 };
        let rings = [(); 2].map(|()| ring::<()>(capacity).expect("valid capacity"));
        let shared =
            Arc::new(([rings[0].0.pool(), rings[1].0.pool()], TryLock::new(), AtomicUsize::new(0)));
        // Some in the same word of the mask, some not.
        let visitors = sleepers([0, 1, 63, 64, 200]).map(|mut sleeper| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let (pools, lock, inside) = &*shared;
                (0..2).for_each(|_| visit(&mut sleeper, pools, lock, inside));
            })
        });
        for visitor in visitors {
            visitor.join().expect("no thread panics");
        }
        for (_, inbox) in &rings {
            assert!(inbox.try_reserve(2).is_some(), "all credits are back");
        }
    });
}
