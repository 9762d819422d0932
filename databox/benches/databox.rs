//! Sets beside the standard library's, small and large.
#![allow(missing_docs, reason = "criterion's macros generate a public function")]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use databox::Set;
use std::collections::BTreeSet;

fn members(count: u32) -> Vec<Vec<u8>> {
    (0..count).map(|n| format!("member:{:07}", n.wrapping_mul(7919) % count).into_bytes()).collect()
}

fn numbers(count: u32) -> Vec<Vec<u8>> {
    (0..count).map(|n| (n.wrapping_mul(7919) % count + 100_000).to_string().into_bytes()).collect()
}

fn packed(members: &[Vec<u8>]) -> Set {
    let mut set = Set::new(11);
    members.iter().for_each(|member| assert!(set.add(member)));
    set
}

fn add(c: &mut Criterion) {
    for (name, members) in [
        ("50 integers", numbers(50)),
        ("50 strings", members(50)),
        ("100000 strings", members(100_000)),
    ] {
        let mut group = c.benchmark_group(format!("add/{name}"));
        group.sample_size(20).throughput(Throughput::Elements(members.len() as u64));
        group.bench_function("databox", |b| {
            b.iter_batched(|| (), |()| packed(&members), BatchSize::PerIteration);
        });
        group.bench_function("HashSet", |b| {
            let collect = || members.iter().cloned().collect::<std::collections::HashSet<_>>();
            b.iter_batched(|| (), |()| collect(), BatchSize::PerIteration);
        });
        group.bench_function("BTreeSet", |b| {
            let collect = || members.iter().cloned().collect::<BTreeSet<_>>();
            b.iter_batched(|| (), |()| collect(), BatchSize::PerIteration);
        });
        group.finish();
    }
}

fn contains(c: &mut Criterion) {
    for (name, members) in [("50 integers", numbers(50)), ("100000 strings", members(100_000))] {
        let set = packed(&members);
        let mut turns = members.iter().cycle();
        c.bench_function(&format!("contains/{name}"), |b| {
            b.iter(|| set.contains(turns.next().unwrap()));
        });
    }
}

criterion_group!(benches, add, contains);
criterion_main!(benches);
