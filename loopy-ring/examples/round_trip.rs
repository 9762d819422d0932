//! Two threads that own something each, and lend each other work.
//!
//! Each has a ring of its own. The client sends batches of numbers to the worker's ring; the
//! worker sums them up and sends the same batches home. Each batch carries the permit for its way
//! back, so the worker never has to deal with a full ring, and the client's number of batches
//! bounds what is under way. Run with `cargo run -p loopy-ring --example round_trip`.

use std::error::Error;
use std::io::{self, Write};
use std::thread::{self, Thread};

use loopy_ring::{Capacity, Consumer, Parked, Permit, Producer, Reserved, ring};

/// Work on its way out, and its result on the way back. Batches are few and used again.
struct Batch {
    numbers: Vec<u64>,
    sum: u64,
    home: Permit,
}

impl Reserved for Batch {
    fn permit(&self) -> Option<&Permit> {
        Some(&self.home)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let (to_client, mut from_worker) = ring(Capacity { slots: 8, reserved: BATCHES })?;
    let (mut to_worker, from_client) = ring(Capacity { slots: 8, reserved: 0 })?;
    let client = thread::current();
    let worker = thread::spawn(move || work(from_client, to_client, &client));

    let mut idle = Vec::with_capacity(BATCHES);
    for _ in 0..BATCHES {
        let home = from_worker.try_reserve(1).ok_or("all credits are free at the start")?;
        idle.push(Batch { numbers: Vec::new(), sum: 0, home });
    }
    let (mut next, mut total) = (1, 0);
    while next <= LAST || idle.len() < BATCHES {
        while next <= LAST
            && let Some(mut batch) = idle.pop()
        {
            let end = LAST.min(next + 99);
            batch.numbers.extend(next..=end);
            next = end + 1;
            to_worker.push(batch)?;
        }
        if to_worker.notify() {
            worker.thread().unpark();
        }
        let received = from_worker.drain(BATCHES, |mut batch| {
            total += batch.sum;
            batch.numbers.clear();
            idle.push(batch);
        });
        if received == 0 && from_worker.park() == Parked::MaySleep {
            thread::park();
            from_worker.unpark();
        }
    }
    drop(to_worker);
    worker.thread().unpark();
    worker.join().map_err(|_| "the worker panicked")?;
    writeln!(io::stdout(), "1 + 2 + .. + {LAST} = {total}")?;
    Ok(())
}

fn work(mut own: Consumer<Batch>, mut home: Producer<Batch>, client: &Thread) {
    loop {
        let received = own.drain(BATCHES, |mut batch| {
            batch.sum = batch.numbers.iter().sum();
            home.push_carrying(batch).expect("the batch's permit keeps a slot free");
        });
        if received > 0 {
            if home.notify() {
                client.unpark();
            }
        } else if own.is_disconnected() {
            return;
        } else if own.park() == Parked::MaySleep {
            thread::park();
            own.unpark();
        }
    }
}

/// Batches that may be under way at a time.
const BATCHES: usize = 4;
/// The last number to add.
const LAST: u64 = 100_000;
