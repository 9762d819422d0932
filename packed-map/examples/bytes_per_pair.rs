//! Fills maps and prints what a pair costs beyond its own bytes: in an arena, with the free room
//! between its blocks before and after compaction, and with an allocation for each page.
//!
//! Run with `cargo run --release --example bytes_per_pair`.
#![allow(clippy::print_stdout, reason = "printing is what this example is for")]

use packed_map::{Arena, Blocks, Extras, NoBox, PackedMap, ReserveError, Step};

fn hash(key: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64_with_seed(key, 7)
}

type Map<A> = PackedMap<NoBox, fn(&[u8]) -> u64, A>;

fn fill<A: Blocks>(map: &mut Map<A>, key_len: usize, value_len: usize, extras: Extras) {
    for number in 0..PAIRS {
        let key = format!("{:>key_len$}", 100_000_000 + number);
        let value = format!("{:>value_len$}", 900_000_000 + number);
        let value = &value.as_bytes()[value.len() - value_len..];
        map.put(hash(key.as_bytes()), key.as_bytes(), value, extras);
    }
}

fn main() -> Result<(), ReserveError> {
    let row = |cells: [&str; 6]| {
        let [key, value, expires, arena, compacted, heap] = cells;
        println!("{key:>5} {value:>6} {expires:>8} {arena:>8} {compacted:>10} {heap:>12}");
    };
    row(["key", "value", "expires", "arena", "compacted", "allocations"]);
    for (key_len, value_len, expires) in
        [(16, 8, false), (16, 32, false), (16, 32, true), (16, 100, false), (9, 9, false)]
    {
        let expires_at_ms = expires.then_some(1_800_000_000_000);
        let extras = Extras { expires_at_ms, ..Extras::default() };
        let mut map = Map::with_blocks(hash as fn(&[u8]) -> u64, Arena::new(64 << 20)?);
        fill(&mut map, key_len, value_len, extras);
        let beyond = |held: usize| {
            let own = (key_len + value_len) as f64;
            format!("{:.1}", held as f64 / PAIRS as f64 - own)
        };
        let arena = beyond(map.used_bytes() + map.blocks().free_bytes());
        let mut step =
            Step { free_percent_max: 2, units_left: usize::MAX, blocks_left: usize::MAX };
        map.compact(&mut step);
        let compacted = beyond(map.used_bytes() + map.blocks().free_bytes());
        let mut other = Map::new(hash as fn(&[u8]) -> u64);
        fill(&mut other, key_len, value_len, extras);
        let (key, value) = (key_len.to_string(), value_len.to_string());
        let expires = if expires { "yes" } else { "no" };
        row([&key, &value, expires, &arena, &compacted, &beyond(other.used_bytes())]);
    }
    Ok(())
}

const PAIRS: usize = 200_000;
