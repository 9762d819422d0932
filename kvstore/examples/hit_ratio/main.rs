//! Hit ratios of cache policies over synthetic requests.
//!
//! ```text
//! cargo run --release -p carrier-kvstore --example hit_ratio [zipf|drift|scans|wonders]... [bytes]
//! ```
//!
//! Each policy serves the same requests: 2.5 million over 200,000 objects, of which the first
//! fifth fills the cache and is not counted. A cache holds 1 % or 10 % of the objects, or with
//! `bytes` of the bytes of objects of different sizes. What is printed is the median of 5 seeds.
//!
//! The policies are simulated with exact lists and clocks; a server that approximates them comes
//! out a little below.
#![allow(clippy::print_stdout, reason = "printing is what this example is for")]

mod cache;
mod lfu_sketch;
mod lru;
mod nodes;
mod random;
mod s3_fifo;
mod sampled;
mod segmented;
mod shard;
mod sieve;
mod tiny_lfu;
mod workload;

use cache::{Cache, Capacity};
use kvstore::Policy;
use std::process::ExitCode;
use workload::{OBJECTS, Sizes, Workload};

fn main() -> ExitCode {
    let (mut workloads, mut sizes) = (Vec::new(), Sizes::Equal);
    for argument in std::env::args().skip(1) {
        match Workload::ALL.iter().find(|workload| workload.name() == argument) {
            Some(workload) => workloads.push(*workload),
            None if argument == "bytes" => sizes = Sizes::Mixed,
            None => {
                println!("expected zipf, drift, scans, wonders or bytes, not {argument}");
                return ExitCode::FAILURE;
            }
        }
    }
    if workloads.is_empty() {
        workloads.push(Workload::Zipf);
    }
    for workload in workloads {
        println!("{}, {}", workload.name(), sizes.name());
        for (name, ratios) in compare(workload, sizes) {
            println!("  {name:<24} {:>5.1} % {:>5.1} %", 100.0 * ratios[0], 100.0 * ratios[1]);
        }
    }
    ExitCode::SUCCESS
}

/// The median hit ratio of each policy at each share of the objects.
fn compare(workload: Workload, sizes: Sizes) -> Vec<(&'static str, [f64; SHARES.len()])> {
    let total: u64 = (0..OBJECTS).map(|key| u64::from(sizes.of(key))).sum();
    let mut runs = vec![[const { Vec::new() }; SHARES.len()]; POLICIES.len()];
    for seed in 1..=SEEDS {
        let requests = workload.requests(seed);
        for ((_, new), shares) in POLICIES.iter().zip(&mut runs) {
            for (percent, ratios) in SHARES.iter().zip(shares) {
                let part = |of| of * percent / 100;
                let mut cache = new(Capacity { bytes: part(total), objects: part(OBJECTS), sizes });
                ratios.push(hit_ratio(cache.as_mut(), &requests, sizes));
            }
        }
    }
    let medians = runs.into_iter().map(|shares| shares.map(median));
    POLICIES.iter().map(|(name, _)| *name).zip(medians).collect()
}

fn median(mut ratios: Vec<f64>) -> f64 {
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

/// The share of hits among the requests behind the first fifth.
fn hit_ratio(cache: &mut dyn Cache, requests: &[u32], sizes: Sizes) -> f64 {
    let (warm_up, counted) = requests.split_at(requests.len() / 5);
    let mut request = |&key: &u32| cache.request(u64::from(key), sizes.of(u64::from(key)));
    warm_up.iter().for_each(|key| {
        request(key);
    });
    counted.iter().filter(|key| request(key)).count() as f64 / counted.len() as f64
}

fn own(capacity: Capacity, policy: Policy) -> Box<dyn Cache> {
    Box::new(shard::OwnShard::new(capacity, policy))
}

type New = fn(Capacity) -> Box<dyn Cache>;

const POLICIES: &[(&str, New)] = &[
    ("shard, SNLRU", |capacity| own(capacity, Policy::SNLRU)),
    ("shard, RANDOM_MEMORY", |capacity| own(capacity, Policy::RandomMemory)),
    ("shard, RANDOM", |capacity| own(capacity, Policy::Random)),
    ("LRU", |capacity| Box::new(lru::Lru::new(capacity))),
    ("Redis allkeys-lru", |capacity| Box::new(sampled::Sampled::lru(capacity))),
    ("Redis allkeys-lfu", |capacity| Box::new(sampled::Sampled::lfu(capacity))),
    ("memcached segmented", |capacity| Box::new(segmented::Segmented::new(capacity))),
    ("SIEVE", |capacity| Box::new(sieve::Sieve::new(capacity))),
    ("S3-FIFO", |capacity| Box::new(s3_fifo::S3Fifo::new(capacity))),
    ("W-TinyLFU", |capacity| Box::new(tiny_lfu::TinyLfu::new(capacity))),
];

/// The capacities, in hundredths of all objects or bytes.
const SHARES: [u64; 2] = [1, 10];

const SEEDS: u64 = 5;
