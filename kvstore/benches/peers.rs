//! The shared store beside a concurrent map and a concurrent cache: what a pair costs in bytes of
//! resident memory, printed first, and how long look-ups and overwrites take on one thread.
//!
//! All are filled one after the other and none is dropped, so no one gets what another has freed.
#![allow(missing_docs, reason = "criterion's macros generate a public function")]
#![allow(clippy::print_stdout, reason = "the bytes are a figure of this benchmark")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dashmap::DashMap;
use kvstore::{HashKey, Namespace, PutOptions, ShardConfig, Sharded};
use moka::sync::Cache;
use std::fs;
use std::sync::Arc;

const NS: Namespace = Namespace(0);
const KEYS: u64 = 200_000;
const GROUP: usize = 32;
const SHARDS: usize = 16;

type Bytes = Box<[u8]>;

/// One store with all keys in it.
struct Filled {
    kvstore: Sharded,
    dashmap: DashMap<Bytes, Bytes>,
    moka: Cache<Bytes, Arc<[u8]>>,
}

fn keys() -> Vec<Bytes> {
    // An odd factor visits every key once, in an order that is none of insertion.
    let key = |n: u64| format!("key:{:012}", n.wrapping_mul(7919) % KEYS).into_bytes().into();
    (0..KEYS).map(key).collect()
}

fn put(store: &Sharded, key: &[u8], value: &[u8]) {
    store.put(NS, key, value, PutOptions::default(), 0).expect("there is no budget");
}

fn fill(keys: &[Bytes]) -> Filled {
    let value = [b'v'; 32];
    let config = ShardConfig::new(Arc::new(HashKey::new([1, 2])));
    let kvstore = Sharded::new(SHARDS, config).expect("some address space");
    tell_bytes("kvstore", || keys.iter().for_each(|key| put(&kvstore, key, &value)));
    let dashmap = DashMap::new();
    tell_bytes("dashmap", || {
        keys.iter().for_each(|key| drop(dashmap.insert(key.clone(), Bytes::from(value))));
    });
    let moka = Cache::new(2 * KEYS);
    tell_bytes("moka", || {
        keys.iter().for_each(|key| moka.insert(key.clone(), Arc::from(value)));
        moka.run_pending_tasks();
    });
    Filled { kvstore, dashmap, moka }
}

/// Prints by how many bytes a pair the process has grown, where the system tells it.
fn tell_bytes(name: &str, fill: impl FnOnce()) {
    let before = resident_kib();
    fill();
    let Some(grown) = resident_kib().zip(before).map(|(after, before)| after - before) else {
        return;
    };
    let per_pair = grown as f64 * 1024.0 / KEYS as f64;
    println!("{name}: {per_pair:.1} bytes a pair of 48 bytes");
}

/// What the process takes of memory, on Linux.
fn resident_kib() -> Option<i64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

fn peers(c: &mut Criterion) {
    let keys = keys();
    let Filled { kvstore, dashmap, moka } = fill(&keys);
    for key in &keys {
        assert_eq!(kvstore.get(NS, key, 0).as_deref(), Some(&[b'v'; 32][..]));
        assert_eq!(dashmap.get(key).map(|value| value.len()), Some(32));
        assert_eq!(moka.get(key).map(|value| value.len()), Some(32));
    }
    let mut groups = keys.chunks_exact(GROUP).rev().cycle();
    let mut next = || groups.next().expect("there are keys");
    let mut group = c.benchmark_group("look-up");
    group.throughput(Throughput::Elements(GROUP as u64));
    group.bench_function("kvstore", |b| {
        let len = |key: &Bytes| kvstore.get(NS, key, 0).map_or(0, |value| value.len());
        b.iter(|| next().iter().map(len).sum::<usize>());
    });
    group.bench_function("dashmap", |b| {
        let copy = |key: &Bytes| dashmap.get(key).map(|value| value.clone());
        let len = |key: &Bytes| copy(key).map_or(0, |value| value.len());
        b.iter(|| next().iter().map(len).sum::<usize>());
    });
    group.bench_function("moka", |b| {
        let len = |key: &Bytes| moka.get(key).map_or(0, |value| value.len());
        b.iter(|| next().iter().map(len).sum::<usize>());
    });
    group.finish();
    let mut group = c.benchmark_group("overwrite, same size");
    group.throughput(Throughput::Elements(GROUP as u64));
    group.bench_function("kvstore", |b| {
        b.iter(|| next().iter().for_each(|key| put(&kvstore, key, &[b'w'; 32])));
    });
    group.bench_function("dashmap", |b| {
        let put = |key: &Bytes| drop(dashmap.insert(key.clone(), Bytes::from([b'w'; 32])));
        b.iter(|| next().iter().for_each(put));
    });
    group.bench_function("moka", |b| {
        b.iter(|| next().iter().for_each(|key| moka.insert(key.clone(), Arc::from([b'w'; 32]))));
    });
    group.finish();
}

criterion_group!(benches, peers);
criterion_main!(benches);
