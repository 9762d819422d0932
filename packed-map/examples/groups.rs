//! Look-ups in prepared groups of 32 beside independent look-ups in a hashbrown table of boxed
//! pairs, and fresh insertions into both: nanoseconds each, and the ratios.
//!
//! ```text
//! cargo run --release -p packed-map --example groups [millions of pairs, 10 unless told]
//! ```
//!
//! Both are measured in turns, in processor time of the thread, so that what else the machine does
//! meets both; a figure is the median of the turns.
#![allow(clippy::print_stdout, reason = "printing is what this example is for")]
#![allow(clippy::disallowed_methods, reason = "an example that measures reads the clock")]

use packed_map::{Arena, Extras, NoBox, PackedMap, ReserveError, Value};
use std::hint::black_box;

fn main() -> Result<(), ReserveError> {
    let millions: u64 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(10);
    let pairs = millions.max(1) * 1_000_000;
    let arena = Arena::new(pairs as usize * 128 + (1 << 22))?;
    let mut map = PackedMap::<NoBox, fn(&[u8]) -> u64, _>::with_blocks(hash, arena);
    let mut table = hashbrown::HashTable::<(Box<[u8]>, Box<[u8]>)>::new();
    let mut inserts = [Vec::new(), Vec::new()];
    for first in (0..pairs).step_by(TURN) {
        let keys: Vec<_> = (first..first + TURN as u64).map(key).collect();
        inserts[0].push(timed(|| {
            for key in &keys {
                map.put(hash(key), key, &VALUE[..], Extras::default());
            }
        }));
        inserts[1].push(timed(|| {
            for key in &keys {
                let pair = (Box::from(&key[..]), Box::from(VALUE));
                table.insert_unique(hash(key), pair, |(key, _)| hash(key));
            }
        }));
    }
    let mut gets = [Vec::new(), Vec::new()];
    let mut number = 1u64;
    for _ in 0..TURNS {
        let mut keys = Vec::with_capacity(TURN);
        for _ in 0..TURN {
            number = number.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            keys.push(key((number >> 20) % pairs));
        }
        gets[0].push(timed(|| {
            for group in keys.chunks(GROUP) {
                let mut hashes = [0; GROUP];
                for (slot, key) in hashes.iter_mut().zip(group) {
                    *slot = hash(key);
                }
                map.prepare(&hashes[..group.len()]);
                for (&hash, key) in hashes.iter().zip(group) {
                    let mut copy = [0; VALUE.len()];
                    match map.get(hash, key).expect("every key is there").value() {
                        Value::Bytes(bytes) => copy.copy_from_slice(bytes),
                        _ => unreachable!("every value is a string"),
                    }
                    black_box(copy);
                }
            }
        }));
        gets[1].push(timed(|| {
            for key in &keys {
                let found = table.find(hash(key), |(own, _)| **own == key[..]);
                let mut copy = [0; VALUE.len()];
                copy.copy_from_slice(&found.expect("every key is there").1);
                black_box(copy);
            }
        }));
    }
    println!("{millions} million pairs of 16 and 32 bytes, ns each: packed-map, hashbrown, ratio");
    for (name, figures) in [("get, groups of 32", gets), ("fresh insertion", inserts)] {
        let [own, other] = figures.map(median);
        println!("  {name:<18} {own:>7.1} {other:>7.1} {:>6.2}", own / other);
    }
    Ok(())
}

fn hash(key: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64_with_seed(key, 7)
}

fn key(number: u64) -> [u8; 16] {
    let mut key = *b"key:000000000000";
    let digits = format!("{number:012}");
    key[4..].copy_from_slice(digits.as_bytes());
    key
}

/// Nanoseconds for each of a turn's keys.
fn timed(run: impl FnOnce()) -> f64 {
    let start = cpu_ns();
    run();
    (cpu_ns() - start) as f64 / TURN as f64
}

/// The processor time that this thread has had, so that what else the machine does is not counted.
#[cfg(unix)]
fn cpu_ns() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// The time, where a thread's own is not to be had.
#[cfg(not(unix))]
fn cpu_ns() -> u64 {
    use std::sync::LazyLock;
    static START: LazyLock<std::time::Instant> = LazyLock::new(std::time::Instant::now);
    START.elapsed().as_nanos() as u64
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

const VALUE: [u8; 32] = [b'v'; 32];
const GROUP: usize = 32;
/// Keys of a turn.
const TURN: usize = 20_000;
const TURNS: usize = 50;
