//! Transactions over the shards of fused threads, under random schedules: each thread has a shard,
//! sends plain batches and coordinates transactions, in rings of the least capacity that there can
//! be. What a server builds from this crate is built here in small: the ordering point, the credits
//! and waiters are the shipped ones.
//!
//! A shard queues those who want its keys; a transaction arrives where it is first at all of them;
//! the last to arrive tells the others to go on, and nobody writes before. Every schedule must come
//! to its end, and all keys must have seen transactions in one order. Each rule is also left out,
//! and found missing.

#![cfg(loopy_shuttle)]

mod sleeper;

use loopy_ring::{
    Capacity, Consumer, Parked, Permit, Producer, Reserved, TryLock, TryLockGuard, Waiter, ring,
};
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::sync::atomic::{AtomicUsize, Ordering};
use shuttle::sync::{Arc, Mutex};
use shuttle::{Config, Runner, thread};
use std::collections::VecDeque;

use sleeper::Event;

const SEED: u64 = 1;
const SCHEDULES: usize = 1_500;
const OVERTAKINGS: usize = 4;

/// Which of the rules is left out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// Publication outside of the ordering point.
    Order,
    /// Writes before all have arrived.
    Arrival,
    /// Nobody is woken who was refused at the ordering point.
    Waiters,
}

/// A key of a shard: there are two on each.
type Key = usize;

/// A transaction: on each touched shard, the keys that it wants there.
type Plan = &'static [(usize, &'static [Key])];

/// What a thread does: transactions one after the other, and plain batches for the others.
type Work = (&'static [Plan], usize);

struct Transaction {
    number: usize,
    home: usize,
    parts: Plan,
    missing: AtomicUsize,
    unended: AtomicUsize,
}

enum Message {
    /// A batch of a thread, with its way home.
    Work(usize, Permit),
    Done(Permit),
    /// A transaction has its turn at a shard, goes on there, has ended everywhere.
    Turn(Arc<Transaction>, usize),
    GoOn(Arc<Transaction>, usize),
    Finished,
}

impl Reserved for Message {
    fn permit(&self) -> Option<&Permit> {
        match self {
            Self::Work(_, permit) | Self::Done(permit) => Some(permit),
            _ => None,
        }
    }
}

/// What all threads share.
struct Shared {
    lock: TryLock,
    /// For each thread its slot in each ring.
    permits: Vec<Vec<Permit>>,
    events: Vec<Event>,
    unfinished: AtomicUsize,
    /// Which transactions have written each key, in order.
    written: Mutex<Vec<[Vec<usize>; 2]>>,
    fault: Fault,
}

struct Fused {
    me: usize,
    shared: Arc<Shared>,
    inbox: Consumer<Message>,
    peers: Vec<Producer<Message>>,
    /// Permits of batches that are at home.
    home: Vec<Permit>,
    plans: VecDeque<(usize, Plan)>,
    is_out: bool,
    is_refused: bool,
    batches: usize,
    batches_back: usize,
    /// Who wants each key, in the order of arrival.
    queues: [VecDeque<usize>; 2],
    /// Who has not arrived.
    waiting: Vec<(Arc<Transaction>, usize)>,
}

impl Fused {
    fn send(&mut self, to: usize, sender: usize, message: Message) {
        let permit = &self.shared.permits[sender][to];
        assert!(self.peers[to].push_reserved(message, permit).is_ok(), "it has a slot");
        self.wake(to);
    }

    fn wake(&self, thread: usize) {
        if self.peers[thread].notify() {
            self.shared.events[thread].raise();
        }
    }

    /// Publishes a transaction, if it may.
    fn coordinate(&mut self) {
        self.is_refused = false;
        if self.is_out || self.plans.is_empty() {
            return;
        }
        let shared = Arc::clone(&self.shared);
        let me = Waiter::new(self.me).expect("a small number");
        let inside = match shared.fault {
            Fault::Order => None,
            _ => match shared.lock.enter_or_wait(me) {
                None => {
                    self.is_refused = true;
                    return;
                }
                inside => inside,
            },
        };
        let Some((number, parts)) = self.plans.pop_front() else { return };
        self.is_out = true;
        let count = || AtomicUsize::new(parts.len());
        let transaction = Arc::new(Transaction {
            number,
            home: self.me,
            parts,
            missing: count(),
            unended: count(),
        });
        for (part, &(shard, _)) in parts.iter().enumerate() {
            self.send(shard, self.me, Message::Turn(Arc::clone(&transaction), part));
        }
        if let Some(inside) = inside {
            self.leave(inside);
        }
    }

    fn leave(&self, inside: TryLockGuard<'_>) {
        inside.leave(|waiter| {
            if self.shared.fault != Fault::Waiters {
                self.wake(waiter.index());
            }
        });
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Work(from, permit) => {
                assert!(self.peers[from].push_carrying(Message::Done(permit)).is_ok());
                self.wake(from);
            }
            Message::Done(permit) => {
                self.home.push(permit);
                self.batches_back += 1;
            }
            Message::Turn(transaction, part) => {
                for &key in transaction.parts[part].1 {
                    self.queues[key].push_back(transaction.number);
                }
                self.waiting.push((transaction, part));
                self.arrive_where_first();
            }
            Message::GoOn(transaction, part) => self.proceed(&transaction, part),
            Message::Finished => self.is_out = false,
        }
    }

    /// Lets those arrive that are first at all of their keys.
    fn arrive_where_first(&mut self) {
        while let Some(at) = self.waiting.iter().position(|(transaction, part)| {
            let mut keys = transaction.parts[*part].1.iter();
            keys.all(|&key| self.queues[key].front() == Some(&transaction.number))
        }) {
            let (transaction, part) = self.waiting.remove(at);
            let is_last = transaction.missing.fetch_sub(1, Ordering::AcqRel) == 1;
            if self.shared.fault == Fault::Arrival {
                self.proceed(&transaction, part);
            } else if is_last {
                for (other, &(shard, _)) in transaction.parts.iter().enumerate() {
                    if other != part {
                        let message = Message::GoOn(Arc::clone(&transaction), other);
                        self.send(shard, transaction.home, message);
                    }
                }
                self.proceed(&transaction, part);
            }
        }
    }

    /// Writes, and lets go of the keys.
    fn proceed(&mut self, transaction: &Transaction, part: usize) {
        assert_eq!(transaction.missing.load(Ordering::Acquire), 0, "all have arrived");
        for &key in transaction.parts[part].1 {
            let mut written = self.shared.written.lock().expect("no panic under the lock");
            written[self.me][key].push(transaction.number);
            assert_eq!(self.queues[key].pop_front(), Some(transaction.number));
        }
        if transaction.unended.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.send(transaction.home, transaction.home, Message::Finished);
        }
        self.arrive_where_first();
    }

    /// Sends a plain batch to some other thread, if there is room.
    fn send_batch(&mut self) {
        if self.batches == 0 {
            return;
        }
        if let Some(permit) = self.home.pop() {
            let others = self.peers.len() - 1;
            let to = (self.me + 1 + self.batches % others) % self.peers.len();
            match self.peers[to].push(Message::Work(self.me, permit)) {
                Ok(()) => {
                    self.batches -= 1;
                    self.wake(to);
                }
                Err(loopy_ring::Full(Message::Work(_, permit))) => self.home.push(permit),
                Err(_) => unreachable!("a ring hands back what it was given"),
            }
        }
    }

    fn run(mut self, batches: usize) {
        let mut is_finished = false;
        loop {
            self.send_batch();
            self.coordinate();
            let mut received = 0;
            while let Some(message) = self.inbox.pop() {
                self.take(message);
                received += 1;
            }
            if !is_finished && self.plans.is_empty() && !self.is_out && self.batches_back == batches
            {
                is_finished = true;
                if self.shared.unfinished.fetch_sub(1, Ordering::SeqCst) == 1 {
                    (0..self.peers.len()).for_each(|thread| self.wake(thread));
                }
            }
            if self.shared.unfinished.load(Ordering::SeqCst) == 0 {
                return;
            }
            // What has no room is tried again: nobody tells when there is some.
            let is_stuck = self.batches > 0;
            let me = Waiter::new(self.me).expect("a small number");
            if received > 0 || is_stuck {
                thread::yield_now();
            } else if self.inbox.park() == Parked::MaySleep {
                let may_try = !self.is_out && !self.plans.is_empty();
                let is_told = self.is_refused && !self.shared.lock.is_waiting(me);
                let is_over = self.shared.unfinished.load(Ordering::SeqCst) == 0;
                if !(is_told || is_over || (may_try && !self.is_refused)) {
                    self.shared.events[self.me].wait();
                }
                self.inbox.unpark();
            }
        }
    }
}

/// All threads do their work; every key must have seen the transactions in one order.
fn run_all(work: &[Work], fault: Fault) {
    let threads = work.len();
    // As many returns as there are threads, a transaction of each, and the rest is plain.
    let slots = (2 * threads + 1).next_power_of_two();
    let rings = (0..threads).map(|_| ring(Capacity { slots, reserved: slots - 1 }));
    let (producers, inboxes): (Vec<Producer<Message>>, Vec<_>) =
        rings.map(|ring| ring.expect("valid capacity")).unzip();
    let home: Vec<Vec<Permit>> = inboxes
        .iter()
        .map(|inbox| (0..threads).map_while(|_| inbox.try_reserve(1)).collect())
        .collect();
    let slot = |ring: &Producer<Message>| ring.try_reserve(1).expect("a slot for each thread");
    let shared = Arc::new(Shared {
        lock: TryLock::new(),
        permits: (0..threads).map(|_| producers.iter().map(slot).collect()).collect(),
        events: (0..threads).map(|_| Event::default()).collect(),
        unfinished: AtomicUsize::new(threads),
        written: Mutex::new(vec![Default::default(); threads]),
        fault,
    });
    let mut number = 0;
    let each = inboxes.into_iter().zip(home).zip(work).enumerate();
    let fused: Vec<_> = each
        .map(|(me, ((inbox, home), &(plans, batches)))| {
            let plans = plans.iter().map(|&plan| {
                number += 1;
                (number, plan)
            });
            let fused = Fused {
                me,
                shared: Arc::clone(&shared),
                inbox,
                peers: producers.clone(),
                home,
                plans: plans.collect(),
                is_out: false,
                is_refused: false,
                batches,
                batches_back: 0,
                queues: Default::default(),
                waiting: Vec::new(),
            };
            thread::spawn(move || fused.run(batches))
        })
        .collect();
    fused.into_iter().for_each(|one| one.join().expect("no thread panics"));
    let written = shared.written.lock().expect("no panic under the lock");
    let keys: Vec<&Vec<usize>> = written.iter().flatten().collect();
    for one in 1..=number {
        for two in 1..=number {
            let places = |key: &&Vec<usize>| {
                let place = |wanted| key.iter().position(|number| *number == wanted);
                Some((place(one)?, place(two)?))
            };
            let mut orders = keys.iter().filter_map(places).map(|(one, two)| one < two);
            let Some(order) = orders.next() else { continue };
            assert!(orders.all(|other| other == order), "{one} and {two} in two orders");
        }
    }
}

fn check(work: &'static [Work], fault: Fault) {
    let model = move || run_all(work, fault);
    let evenly = RandomScheduler::new_from_seed(SEED, SCHEDULES);
    Runner::new(evenly, Config::default()).run(model);
    let overtaking = PctScheduler::new_from_seed(SEED, OVERTAKINGS, SCHEDULES);
    Runner::new(overtaking, Config::default()).run(model);
}

/// Three transactions, each two of which meet at a shard or more.
const THREE: &[Work] = &[
    (&[&[(0, &[0]), (1, &[0, 1])]], 1),
    (&[&[(1, &[1]), (2, &[0])]], 1),
    (&[&[(2, &[0, 1]), (0, &[0, 1]), (1, &[0])]], 1),
];

#[test]
fn three_transactions_over_three_shards() {
    check(THREE, Fault::None);
}

#[test]
fn all_of_them_over_all_shards() {
    const ALL: Plan = &[(0, &[0]), (1, &[0]), (2, &[0])];
    check(&[(&[ALL], 2), (&[ALL], 0), (&[ALL], 1)], Fault::None);
}

#[test]
fn two_threads_with_batches_between_transactions() {
    const BOTH: Plan = &[(0, &[0]), (1, &[0, 1])];
    check(&[(&[BOTH, BOTH], 3), (&[&[(1, &[1]), (0, &[0])], BOTH], 3)], Fault::None);
}

/// Two threads whose own shards nobody touches: nothing but the lock wakes who was refused there.
const APART: &[Work] =
    &[(&[&[(2, &[0]), (3, &[0])]], 0), (&[&[(2, &[0]), (3, &[0])]], 0), (&[], 0), (&[], 0)];

#[test]
fn who_was_refused_is_woken() {
    check(APART, Fault::None);
}

#[test]
#[should_panic]
fn without_the_ordering_point_there_are_two_orders() {
    check(THREE, Fault::Order);
}

#[test]
#[should_panic = "all have arrived"]
fn without_arrival_there_are_halves() {
    check(THREE, Fault::Arrival);
}

#[test]
#[should_panic]
fn without_the_waiters_somebody_sleeps_on() {
    check(APART, Fault::Waiters);
}
