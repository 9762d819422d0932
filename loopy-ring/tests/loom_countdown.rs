//! Model: who is last sees what all others have left.

#![cfg(loopy_loom)]

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use loopy_ring::Countdown;

/// A slot for each thread, which the last one reads: loom lets it read an old value where it may.
struct Meeting<C> {
    slots: [AtomicUsize; THREADS],
    missing: C,
}

const THREADS: usize = 3;

/// Each thread fills its slot and counts itself in; the last one adds up.
fn meet<C: Send + Sync + 'static>(missing: C, arrive: fn(&C) -> bool) {
    let meeting = Arc::new(Meeting { slots: [(); THREADS].map(|()| AtomicUsize::new(0)), missing });
    let visit = move |meeting: &Meeting<C>, me: usize| {
        meeting.slots[me].store(me + 1, Ordering::Relaxed);
        let sum = || meeting.slots.iter().map(|slot| slot.load(Ordering::Relaxed)).sum::<usize>();
        arrive(&meeting.missing).then(sum)
    };
    let others: Vec<_> = (1..THREADS)
        .map(|me| {
            let meeting = Arc::clone(&meeting);
            thread::spawn(move || visit(&meeting, me))
        })
        .collect();
    let mut sums: Vec<usize> = visit(&meeting, 0).into_iter().collect();
    sums.extend(others.into_iter().filter_map(|other| other.join().expect("no thread panics")));
    assert_eq!(sums, [1 + 2 + 3], "one is the last, and sees all");
}

#[test]
fn the_last_one_sees_all() {
    loom::model(|| meet(Countdown::new(THREADS), Countdown::arrive));
}

/// The same with a count that orders nothing: the model can fail.
#[test]
#[should_panic]
fn a_relaxed_count_hands_nothing_on() {
    let arrive = |missing: &AtomicUsize| missing.fetch_sub(1, Ordering::Relaxed) == 1;
    loom::model(move || meet(AtomicUsize::new(THREADS), arrive));
}
