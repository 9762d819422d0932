//! Model: who finds no credit is told when one comes back, and of those who want several one gets
//! all of them.

#![cfg(loopy_loom)]

mod sleeper;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use loopy_ring::{Capacity, Permit, Pool, ring};

use sleeper::{Sleeper, sleepers};

/// The credits of rings that have so many each.
fn pools<const N: usize>(credits: usize) -> Arc<[Pool; N]> {
    let capacity = Capacity { slots: 4, reserved: credits };
    Arc::new([(); N].map(|()| ring::<()>(capacity).expect("valid capacity").0.pool()))
}

/// Takes a credit of each of these pools, sleeping as long as it takes.
fn take_each(sleeper: &mut Sleeper, pools: &[&Pool]) -> Vec<Permit> {
    let mut permits = Vec::new();
    loop {
        let wake = |waiter| sleeper.others.wake(waiter);
        match Pool::take_each(pools.iter().copied(), sleeper.me, &mut permits, wake) {
            Ok(()) => return permits,
            Err(place) => {
                assert!(permits.is_empty(), "all or none");
                let pool = pools[place];
                sleeper.sleep_while(|me| pool.is_waiting(me));
            }
        }
    }
}

fn give_back(sleeper: &Sleeper, permits: Vec<Permit>) {
    for permit in permits {
        permit.release(|waiter| sleeper.others.wake(waiter));
    }
}

/// Each thread takes one credit of each pool that it names, and gives them back.
fn all_are_served<const THREADS: usize, const POOLS: usize>(wanted: [&'static [usize]; THREADS]) {
    let pools = pools::<POOLS>(1);
    let numbers = core::array::from_fn(|number| number);
    let run = |mut sleeper: Sleeper, wanted: &[usize], pools: &[Pool; POOLS]| {
        let wanted: Vec<&Pool> = wanted.iter().map(|&number| &pools[number]).collect();
        let permits = take_each(&mut sleeper, &wanted);
        give_back(&sleeper, permits);
    };
    let mut threads = sleepers::<THREADS>(numbers).into_iter().zip(wanted);
    let (first, first_wanted) = threads.next().expect("at least one");
    let others: Vec<_> = threads
        .map(|(sleeper, wanted)| {
            let pools = Arc::clone(&pools);
            thread::spawn(move || run(sleeper, wanted, &pools))
        })
        .collect();
    run(first, first_wanted, &pools);
    for other in others {
        other.join().expect("no thread panics");
    }
    assert!(pools.iter().all(|pool| pool.try_take(1).is_some()), "all credits are back");
}

#[test]
fn one_credit_serves_two() {
    loom::model(|| all_are_served::<2, 1>([&[0], &[0]]));
}

#[test]
fn one_credit_serves_three() {
    loom::model(|| all_are_served::<3, 1>([&[0], &[0], &[0]]));
}

#[test]
fn two_want_the_same_two() {
    loom::model(|| all_are_served::<2, 2>([&[0, 1], &[0, 1]]));
}

/// One holds for a moment what the other wants, and gives it back because it cannot have the rest.
#[test]
fn what_was_taken_in_vain_is_given_on() {
    loom::model(|| all_are_served::<3, 2>([&[0, 1], &[1], &[0]]));
}

/// As before, but the one that cannot have the rest does not come back.
#[test]
fn who_gives_up_gives_on_what_it_took() {
    loom::model(|| {
        let pools = pools::<2>(1);
        let [first, mut second] = sleepers([0, 1]);
        let held = pools[1].try_take(1).expect("there is one");
        let other = thread::spawn({
            let pools = Arc::clone(&pools);
            move || {
                let permits = take_each(&mut second, &[&pools[0]]);
                give_back(&second, permits);
            }
        });
        let mut permits = Vec::new();
        let wake = |waiter| first.others.wake(waiter);
        if Pool::take_each(&*pools, first.me, &mut permits, wake) == Err(1) {
            pools[1].withdraw(first.me);
        } else {
            // The other had the first pool's credit.
            pools[0].withdraw(first.me);
        }
        other.join().expect("no thread panics");
        held.release(|waiter| panic!("{waiter:?} has withdrawn"));
    });
}

/// The consumer releases a credit, and the one that waited for it uses it at once.
#[test]
fn a_released_credit_has_a_slot() {
    loom::model(|| {
        let capacity = Capacity { slots: 2, reserved: 1 };
        let (mut producer, mut consumer) = ring(capacity).expect("valid capacity");
        let pool = producer.pool();
        let permit = pool.try_take(1).expect("nobody else has it");
        producer.push(0).expect("the plain slot is free");
        producer.push_reserved(1, &permit).expect("the reserved slot is free");
        let [first, mut second] = sleepers([0, 1]);
        let other = thread::spawn(move || {
            let permits = take_each(&mut second, &[&pool]);
            producer.push_reserved(2, &permits[0]).expect("a credit is room");
        });
        assert_eq!((consumer.pop(), consumer.pop()), (Some(0), Some(1)));
        permit.release(|waiter| first.others.wake(waiter));
        other.join().expect("no thread panics");
        assert_eq!(consumer.pop(), Some(2));
    });
}

#[test]
fn three_want_two_of_three() {
    loom::model(|| all_are_served::<3, 3>([&[0, 1], &[1, 2], &[0, 2]]));
}

/// Two give one credit each; the third needs both at once.
#[test]
fn a_waiter_for_two_credits_is_told_of_both() {
    loom::model(|| {
        let pools = pools::<1>(2);
        let [mut first, second, third] = sleepers([0, 1, 2]);
        let holders = [second, third].map(|sleeper| {
            let permit = pools[0].try_take(1).expect("there are two");
            thread::spawn(move || give_back(&sleeper, vec![permit]))
        });
        let permit = loop {
            if let Some(permit) = pools[0].take_or_wait(2, first.me) {
                break permit;
            }
            let pool = &pools[0];
            first.sleep_while(|me| pool.is_waiting(me));
        };
        assert_eq!(permit.credits(), 2);
        for holder in holders {
            holder.join().expect("no thread panics");
        }
    });
}

#[test]
fn never_more_than_there_are() {
    loom::model(|| {
        let pools = pools::<1>(1);
        let held = Arc::new(AtomicUsize::new(0));
        let run = |sleeper: &mut Sleeper, pools: &[Pool; 1], held: &AtomicUsize| {
            let permits = take_each(sleeper, &[&pools[0]]);
            assert_eq!(held.fetch_add(1, Ordering::Relaxed), 0, "it is the only one");
            held.fetch_sub(1, Ordering::Relaxed);
            give_back(sleeper, permits);
        };
        let [mut first, mut second] = sleepers([0, 1]);
        let other = thread::spawn({
            let (pools, held) = (Arc::clone(&pools), Arc::clone(&held));
            move || run(&mut second, &pools, &held)
        });
        run(&mut first, &pools, &held);
        other.join().expect("no thread panics");
    });
}
