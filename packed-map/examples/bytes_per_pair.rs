//! Fills a map and prints what a pair costs beyond its own bytes, by the map's own count.
//!
//! Run with `cargo run --release --example bytes_per_pair`.
#![allow(clippy::print_stdout, reason = "printing is what this example is for")]

use packed_map::{Extras, NoBox, PackedMap};

fn hash(key: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64_with_seed(key, 7)
}

fn main() {
    const PAIRS: usize = 200_000;
    println!("{:>10} {:>10} {:>14}", "key", "value", "bytes beyond");
    for (key_len, value_len) in [(16, 8), (16, 32), (16, 100), (9, 9)] {
        let mut map = PackedMap::<NoBox, _>::new(hash);
        for number in 0..PAIRS {
            let key = format!("{:>key_len$}", 100_000_000 + number);
            let value = format!("{:>value_len$}", 900_000_000 + number);
            let value = &value.as_bytes()[value.len() - value_len..];
            map.put(hash(key.as_bytes()), key.as_bytes(), value, Extras::default());
        }
        let beyond = map.used_bytes() as f64 / PAIRS as f64 - (key_len + value_len) as f64;
        println!("{key_len:>10} {value_len:>10} {beyond:>14.1}");
    }
}
