//! Waiting for the lock and for credits: on one thread against a model, and with real threads.

#![cfg(not(loopy_loom))]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, Thread};

use loopy_ring::{
    Capacity, Consumer, Parked, Permit, Pool, Producer, TryLock, TryLockGuard, Waiter, ring,
};
use proptest::prelude::*;

fn waiter(number: usize) -> Waiter {
    Waiter::new(number).expect("below the limit")
}

fn pool(credits: usize) -> Pool {
    ring::<()>(Capacity { slots: 16, reserved: credits }).expect("valid capacity").0.pool()
}

/// What one of several threads would do next.
#[derive(Clone, Debug)]
enum Op {
    Enter(usize),
    Leave,
    WithdrawFromLock(usize),
    Take { waiter: usize, credits: usize },
    TakeEach { waiter: usize, first: usize },
    Release,
    WithdrawFromPool { waiter: usize, pool: usize },
}

fn op() -> impl Strategy<Value = Op> {
    // Some in the same word, some not.
    let waiter = || prop_oneof![0..3_usize, 63..66_usize, Just(511_usize)];
    prop_oneof![
        3 => waiter().prop_map(Op::Enter),
        3 => Just(Op::Leave),
        1 => waiter().prop_map(Op::WithdrawFromLock),
        3 => (waiter(), 0..4_usize).prop_map(|(waiter, credits)| Op::Take { waiter, credits }),
        3 => (waiter(), 0..POOLS).prop_map(|(waiter, first)| Op::TakeEach { waiter, first }),
        3 => Just(Op::Release),
        1 => (waiter(), 0..POOLS).prop_map(|(waiter, pool)| Op::WithdrawFromPool { waiter, pool }),
    ]
}

const POOLS: usize = 3;
const CREDITS: usize = 3;

/// The lock and the pools, and beside them what they should be.
struct Bench<'a> {
    lock: &'a TryLock,
    inside: Option<TryLockGuard<'a>>,
    at_lock: BTreeSet<usize>,
    pools: &'a [Pool],
    free: Vec<usize>,
    at_pool: Vec<BTreeSet<usize>>,
    /// With the number of its pool each.
    permits: Vec<(usize, Permit)>,
}

impl Bench<'_> {
    fn apply(&mut self, op: Op) {
        match op {
            Op::Enter(number) => self.enter(number),
            Op::Leave => {
                if let Some(inside) = self.inside.take() {
                    let mut told = BTreeSet::new();
                    inside.leave(|waiter| assert!(told.insert(waiter.index()), "told once"));
                    assert_eq!(told, std::mem::take(&mut self.at_lock));
                }
            }
            Op::WithdrawFromLock(number) => {
                self.lock.withdraw(waiter(number));
                self.at_lock.remove(&number);
            }
            Op::Take { waiter: number, credits } => {
                let taken = self.pools[0].take_or_wait(credits, waiter(number));
                assert_eq!(taken.is_some(), credits <= self.free[0]);
                self.settle(0, number, taken);
            }
            Op::TakeEach { waiter, first } => self.take_each(waiter, first),
            Op::Release => {
                if !self.permits.is_empty() {
                    let (number, permit) = self.permits.remove(0);
                    self.release(number, permit);
                }
            }
            Op::WithdrawFromPool { waiter: number, pool } => {
                self.pools[pool].withdraw(waiter(number));
                self.at_pool[pool].remove(&number);
            }
        }
    }

    fn enter(&mut self, number: usize) {
        match self.lock.enter_or_wait(waiter(number)) {
            Some(inside) => {
                assert!(self.inside.replace(inside).is_none());
            }
            None => {
                assert!(self.inside.is_some());
                self.at_lock.insert(number);
            }
        }
        let waits = self.at_lock.contains(&number);
        assert_eq!(self.lock.is_waiting(waiter(number)), waits);
    }

    fn settle(&mut self, pool: usize, number: usize, taken: Option<Permit>) {
        match taken {
            Some(permit) => {
                self.free[pool] -= permit.credits();
                self.permits.push((pool, permit));
            }
            None => {
                self.at_pool[pool].insert(number);
            }
        }
    }

    fn take_each(&mut self, number: usize, first: usize) {
        let (mut permits, mut told) = (Vec::new(), BTreeSet::new());
        let wake = |waiter: Waiter| {
            told.insert(waiter.index());
        };
        let taken = Pool::take_each(&self.pools[first..], waiter(number), &mut permits, wake);
        let missing = self.free[first..].iter().position(|&free| free == 0);
        assert_eq!(taken.err(), missing);
        match missing {
            None => {
                for (pool, permit) in (first..).zip(permits) {
                    self.settle(pool, number, Some(permit));
                }
            }
            Some(place) => {
                assert!(permits.is_empty());
                let passed = &mut self.at_pool[first..first + place];
                let expected = passed.iter_mut().flat_map(std::mem::take).collect();
                assert_eq!(told, expected);
                self.settle(first + place, number, None);
            }
        }
    }

    fn release(&mut self, pool: usize, permit: Permit) {
        self.free[pool] += permit.credits();
        let mut told = BTreeSet::new();
        permit.release(|waiter| assert!(told.insert(waiter.index()), "told once"));
        assert_eq!(told, std::mem::take(&mut self.at_pool[pool]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(miri) { 4 } else { 512 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn those_who_wait_are_told_once(ops in prop::collection::vec(op(), 0..200)) {
        let lock = TryLock::new();
        let pools: Vec<Pool> = (0..POOLS).map(|_| pool(CREDITS)).collect();
        let mut bench = Bench {
            lock: &lock,
            inside: None,
            at_lock: BTreeSet::new(),
            pools: &pools,
            free: vec![CREDITS; POOLS],
            at_pool: vec![BTreeSet::new(); POOLS],
            permits: Vec::new(),
        };
        for op in ops {
            bench.apply(op);
        }
    }
}

#[test]
fn no_pool_has_more_than_its_ring_reserves() {
    let pool = pool(2);
    for credits in [3, Capacity::SLOTS_MAX + 1, usize::MAX] {
        assert!(pool.try_take(credits).is_none());
    }
    assert!(format!("{pool:?}").contains("free: 2"));
}

const THREADS: usize = 4;
const ROUNDS: usize = if cfg!(miri) { 20 } else { 10_000 };

/// What the threads of the stress test share.
struct Stage {
    lock: TryLock,
    pools: Vec<Pool>,
    /// Written inside the lock alone, by a load and a store.
    entries: AtomicUsize,
    ways: Vec<(Producer<()>, OnceLock<Thread>)>,
}

impl Stage {
    fn wake(&self, waiter: Waiter) {
        let (producer, thread) = &self.ways[waiter.index()];
        if producer.notify() {
            thread.get().expect("it has begun before it could wait").unpark();
        }
    }

    fn sleep_while(inbox: &mut Consumer<()>, is_waiting: impl Fn() -> bool) {
        while is_waiting() {
            if inbox.park() == Parked::MaySleep && is_waiting() {
                thread::park();
            }
            inbox.unpark();
        }
    }

    /// As a coordinator: credits of some rings, the lock, and the credits back.
    fn run(&self, number: usize, inbox: &mut Consumer<()>) {
        let me = waiter(number);
        self.ways[number].1.set(thread::current()).expect("set once");
        let mut permits = Vec::new();
        for round in 0..ROUNDS {
            let wanted = (round + number) % POOLS..POOLS;
            while let Err(place) =
                Pool::take_each(&self.pools[wanted.clone()], me, &mut permits, |waiter| {
                    self.wake(waiter)
                })
            {
                let pool = &self.pools[wanted.start + place];
                Self::sleep_while(inbox, || pool.is_waiting(me));
            }
            let inside = loop {
                match self.lock.enter_or_wait(me) {
                    Some(inside) => break inside,
                    None => Self::sleep_while(inbox, || self.lock.is_waiting(me)),
                }
            };
            let entries = self.entries.load(Ordering::Relaxed);
            self.entries.store(entries + 1, Ordering::Relaxed);
            inside.leave(|waiter| self.wake(waiter));
            permits.drain(..).for_each(|permit| permit.release(|waiter| self.wake(waiter)));
        }
    }
}

#[test]
fn nobody_is_forgotten() {
    let (ways, inboxes): (Vec<_>, Vec<_>) = (0..THREADS)
        .map(|_| {
            let capacity = Capacity { slots: 2, reserved: 0 };
            let (producer, inbox) = ring(capacity).expect("valid capacity");
            ((producer, OnceLock::new()), inbox)
        })
        .unzip();
    let pools = (0..POOLS).map(|_| pool(1)).collect();
    let lock = TryLock::new();
    let stage = Arc::new(Stage { lock, pools, entries: AtomicUsize::new(0), ways });
    thread::scope(|scope| {
        for (number, mut inbox) in inboxes.into_iter().enumerate() {
            let stage = &stage;
            scope.spawn(move || stage.run(number, &mut inbox));
        }
    });
    assert_eq!(stage.entries.load(Ordering::Relaxed), THREADS * ROUNDS);
    assert!(stage.pools.iter().all(|pool| pool.try_take(1).is_some()), "all credits are back");
}
