//! The packed map beside hashbrown and the standard library's map and tree: look-ups one by one
//! and in prepared groups, overwrites, fresh insertions. `examples/bytes_per_pair.rs` counts bytes.

#![allow(missing_docs, reason = "criterion's macros generate a public function")]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use packed_map::{Arena, Extras, NoBox, PackedMap, Value};
use std::collections::{BTreeMap, HashMap};
use std::hint::black_box;

const KEYS: u64 = 200_000;
const GROUP: usize = 32;
const ARENA_BYTES: usize = 64 << 20;

fn hash(key: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64_with_seed(key, 7)
}

type Map = PackedMap<NoBox, fn(&[u8]) -> u64, Arena>;

/// A hashbrown map that is handed the hash, as the packed map is.
type Table = hashbrown::HashTable<(Box<[u8]>, Box<[u8]>)>;

fn keys() -> Vec<[u8; 16]> {
    // An odd factor visits every key once, in an order that is none of insertion.
    (0..KEYS).map(|n| key(n.wrapping_mul(7919) % KEYS)).collect()
}

fn key(number: u64) -> [u8; 16] {
    let mut key = *b"key:000000000000";
    let digits = format!("{number:012}");
    key[4..].copy_from_slice(digits.as_bytes());
    key
}

fn packed(keys: &[[u8; 16]]) -> Map {
    let arena = Arena::new(ARENA_BYTES).expect("some address space");
    let mut map = Map::with_blocks(hash, arena);
    for key in keys {
        map.put(hash(key), key, &[b'v'; 32][..], Extras::default());
    }
    map
}

fn boxed(key: &[u8]) -> (Box<[u8]>, Box<[u8]>) {
    (Box::from(key), Box::from([b'v'; 32]))
}

fn table(keys: &[[u8; 16]]) -> Table {
    let mut table = Table::new();
    for key in keys {
        table.insert_unique(hash(key), boxed(key), |(key, _)| hash(key));
    }
    table
}

fn length(map: &Map, key: &[u8]) -> usize {
    match map.get(hash(key), key).expect("every key is there").value() {
        Value::Bytes(bytes) => bytes.len(),
        _ => panic!("every value is a string"),
    }
}

fn look_up(c: &mut Criterion) {
    let mut order = keys();
    let (map, table) = (packed(&order), table(&order));
    let tree: BTreeMap<_, _> = order.iter().map(|key| boxed(key)).collect();
    let std_map: HashMap<_, _> = order.iter().map(|key| boxed(key)).collect();
    order.reverse();
    assert!(order.iter().all(|key| length(&map, key) == 32));
    assert!(order.iter().all(|key| tree[&key[..]].len() == 32 && std_map[&key[..]].len() == 32));
    let mut group = c.benchmark_group("look-up");
    group.throughput(Throughput::Elements(GROUP as u64));
    let mut groups = order.chunks_exact(GROUP).cycle();
    group.bench_function("packed", |b| {
        b.iter(|| groups.next().unwrap().iter().map(|key| length(&map, key)).sum::<usize>());
    });
    group.bench_function("packed, prepared", |b| {
        b.iter(|| {
            let keys = groups.next().unwrap();
            let mut hashes = [0; GROUP];
            for (slot, key) in hashes.iter_mut().zip(keys) {
                *slot = hash(key);
            }
            map.prepare(&hashes);
            let get = |(&hash, key): (&u64, &[u8; 16])| map.get(hash, key).unwrap().value();
            hashes.iter().zip(keys).map(get).filter(|value| value.text().is_some()).count()
        });
    });
    group.bench_function("hashbrown", |b| {
        let find =
            |key: &[u8; 16]| table.find(hash(key), |(own, _)| **own == *key).unwrap().1.len();
        b.iter(|| groups.next().unwrap().iter().map(find).sum::<usize>());
    });
    group.bench_function("BTreeMap", |b| {
        b.iter(|| groups.next().unwrap().iter().map(|key| tree[&key[..]].len()).sum::<usize>());
    });
    group.bench_function("HashMap", |b| {
        b.iter(|| groups.next().unwrap().iter().map(|key| std_map[&key[..]].len()).sum::<usize>());
    });
    group.finish();
}

fn overwrite(c: &mut Criterion) {
    let order = keys();
    let mut map = packed(&order);
    let mut turns = order.iter().cycle();
    c.bench_function("overwrite, same size/packed", |b| {
        b.iter(|| {
            let key = turns.next().unwrap();
            black_box(map.put(hash(key), key, &[b'w'; 32][..], Extras::default()))
        });
    });
}

fn insert(c: &mut Criterion) {
    let order = keys();
    let mut group = c.benchmark_group("insert");
    group.sample_size(10).throughput(Throughput::Elements(KEYS));
    group.bench_function("packed", |b| {
        b.iter_batched(|| (), |()| packed(&order), BatchSize::PerIteration);
    });
    group.bench_function("hashbrown", |b| {
        b.iter_batched(|| (), |()| table(&order), BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group!(benches, look_up, overwrite, insert);
criterion_main!(benches);
