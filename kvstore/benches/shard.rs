//! The shard's string and set operations beside a hash map of the standard library.
#![allow(missing_docs, reason = "criterion's macros generate a public function")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kvstore::{HashKey, Key, Namespace, PutOptions, Shard, ShardConfig, Text};
use std::collections::HashMap;
use std::sync::Arc;

const NS: Namespace = Namespace(0);
const KEYS: u64 = 200_000;
const GROUP: usize = 32;

fn keys() -> Vec<Vec<u8>> {
    (0..KEYS).map(|n| format!("key:{:012}", n.wrapping_mul(7919) % KEYS).into_bytes()).collect()
}

fn shard(keys: &[Vec<u8>]) -> Shard {
    let hash_key = Arc::new(HashKey::new([1, 2]));
    let mut shard = Shard::new(ShardConfig::new(hash_key)).expect("some address space");
    for bytes in keys {
        let key = shard.key(bytes);
        shard
            .put_string(NS, key, Text::Bytes(&[b'v'; 32]), PutOptions::default(), 0)
            .expect("there is no budget");
    }
    shard
}

fn strings(c: &mut Criterion) {
    let keys = keys();
    let mut shard = shard(&keys);
    let map: HashMap<&[u8], [u8; 32]> = keys.iter().map(|key| (&key[..], [b'v'; 32])).collect();
    let mut group = c.benchmark_group("32 strings");
    group.throughput(Throughput::Elements(GROUP as u64));
    let mut groups = keys.chunks_exact(GROUP).rev().cycle();
    group.bench_function("get", |b| {
        b.iter(|| {
            let mut found = 0;
            for bytes in groups.next().unwrap() {
                let key = shard.key(bytes);
                found += shard.get(NS, key, 0).and_then(|item| item.string()).unwrap().len();
            }
            found
        });
    });
    group.bench_function("get, prepared", |b| {
        b.iter(|| {
            let keys = groups.next().unwrap();
            let mut prepared = [(NS, 0); GROUP];
            for (slot, bytes) in prepared.iter_mut().zip(keys) {
                slot.1 = shard.hash(bytes);
            }
            shard.prepare(&prepared);
            let mut found = 0;
            for (&(ns, hash), bytes) in prepared.iter().zip(keys) {
                let item = shard.get(ns, Key { bytes, hash }, 0);
                found += item.and_then(|item| item.string()).unwrap().len();
            }
            found
        });
    });
    group.bench_function("put, same size", |b| {
        b.iter(|| {
            for bytes in groups.next().unwrap() {
                let key = shard.key(bytes);
                let value = Text::Bytes(&[b'w'; 32]);
                shard.put_string(NS, key, value, PutOptions::default(), 0).unwrap();
            }
        });
    });
    group.bench_function("HashMap get", |b| {
        b.iter(|| groups.next().unwrap().iter().map(|key| map[&key[..]].len()).sum::<usize>());
    });
    group.finish();
}

fn sets(c: &mut Criterion) {
    let keys = keys();
    let hash_key = Arc::new(HashKey::new([1, 2]));
    let mut shard = Shard::new(ShardConfig::new(hash_key)).expect("some address space");
    let mut turns = keys.iter().cycle();
    c.bench_function("add to one large set", |b| {
        let key = shard.key(b"large");
        b.iter(|| shard.set_add(NS, key, turns.next().unwrap(), 0).unwrap());
    });
    let mut number = 0u64;
    c.bench_function("add to many small sets", |b| {
        b.iter(|| {
            number += 1;
            let (name, member) = (format!("set:{}", number % 5000), number.to_string());
            let key = shard.key(name.as_bytes());
            shard.set_add(NS, key, member.as_bytes(), 0).unwrap()
        });
    });
}

criterion_group!(benches, strings, sets);
criterion_main!(benches);
