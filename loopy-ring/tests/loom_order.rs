//! Model: what is published to several rings inside the lock stands in one order in all of them,
//! in rings of the least capacity that plain items fill as well.

#![cfg(loopy_loom)]

mod sleeper;

use loom::sync::Arc;
use loom::thread;
use loopy_ring::{Capacity, Permit, Pool, Producer, TryLock, ring};

use sleeper::{Sleeper, sleepers};

/// An item of a ring.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Item {
    /// What a single-key command would send.
    Plain,
    /// A part of a transaction of this sender.
    Transaction(usize),
}

/// Takes a credit of both rings, enters, publishes to both and leaves; gives the permits.
fn publish(
    sleeper: &mut Sleeper,
    lock: &TryLock,
    rings: &mut [Producer<Item>; 2],
    pools: &[Pool; 2],
) -> Vec<Permit> {
    let mut permits = Vec::new();
    loop {
        let wake = |waiter| sleeper.others.wake(waiter);
        match Pool::take_each(pools, sleeper.me, &mut permits, wake) {
            Ok(()) => break,
            Err(place) => sleeper.sleep_while(|me| pools[place].is_waiting(me)),
        }
    }
    let inside = loop {
        match lock.enter_or_wait(sleeper.me) {
            Some(inside) => break inside,
            None => sleeper.sleep_while(|me| lock.is_waiting(me)),
        }
    };
    for (ring, permit) in rings.iter_mut().zip(&permits) {
        let item = Item::Transaction(sleeper.me.index());
        ring.push_reserved(item, permit).expect("a credit is room");
    }
    inside.leave(|waiter| sleeper.others.wake(waiter));
    permits
}

#[test]
fn two_transactions_have_one_order_on_two_shards() {
    loom::model(|| {
        // A credit for each sender, and one plain slot and a spare one.
        let least = Capacity { slots: 4, reserved: 2 };
        let [(left, mut at_left), (right, mut at_right)] =
            [(); 2].map(|()| ring(least).expect("valid capacity"));
        let pools = Arc::new([left.pool(), right.pool()]);
        let lock = Arc::new(TryLock::new());
        let [mut first, mut second] = sleepers([0, 1]);
        let other = thread::spawn({
            let (lock, pools) = (Arc::clone(&lock), Arc::clone(&pools));
            let mut rings = [left.clone(), right.clone()];
            move || {
                // Refused where the plain slots are taken.
                let _ = rings[0].push(Item::Plain);
                publish(&mut second, &lock, &mut rings, &pools)
            }
        });
        let mut rings = [left, right];
        let _ = rings[1].push(Item::Plain);
        let mine = publish(&mut first, &lock, &mut rings, &pools);
        let its = other.join().expect("no thread panics");
        let [seen_left, seen_right] = [&mut at_left, &mut at_right].map(|ring| {
            let mut seen = Vec::new();
            ring.drain(8, |item| seen.push(item));
            seen.retain(|&item| item != Item::Plain);
            seen
        });
        assert_eq!(seen_left, seen_right);
        assert_eq!(seen_left.len(), 2);
        drop((mine, its));
    });
}
