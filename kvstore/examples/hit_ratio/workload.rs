//! The requests: Zipf's law with exponent 1, alone and disturbed in three ways.

use crate::random::{Random, mix};

/// A rule that requests follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Workload {
    /// The object of rank r is asked for with a probability that falls as 1 / r.
    Zipf,
    /// As Zipf; every thousand requests a hundred pairs of objects exchange their ranks.
    Drift,
    /// As Zipf; after every 40,000 requests, 10,000 objects are asked for one after the other.
    Scans,
    /// As Zipf; a quarter of the requests ask for something that is never asked for again.
    Wonders,
}

impl Workload {
    pub(crate) const ALL: [Self; 4] = [Self::Zipf, Self::Drift, Self::Scans, Self::Wonders];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Zipf => "zipf",
            Self::Drift => "drift",
            Self::Scans => "scans",
            Self::Wonders => "wonders",
        }
    }

    /// The keys in the order in which they are asked for. Those of the objects are below
    /// [`OBJECTS`]; all are dense.
    pub(crate) fn requests(self, seed: u64) -> Vec<u32> {
        let mut random = Random::new(mix(seed));
        let mut by_rank: Vec<u32> = (0..OBJECTS as u32).collect();
        for rank in (1..by_rank.len()).rev() {
            by_rank.swap(rank, random.below(rank + 1));
        }
        let zipf = Zipf::new(by_rank.len());
        let mut wonders = OBJECTS as u32..;
        let mut scan = 0..0u32;
        (0..REQUESTS)
            .map(|number| {
                let rank = zipf.rank(&mut random);
                match self {
                    Self::Zipf => {}
                    Self::Drift if number % 1000 == 0 => {
                        for _ in 0..100 {
                            by_rank.swap(
                                random.below(OBJECTS as usize),
                                random.below(OBJECTS as usize),
                            );
                        }
                    }
                    Self::Drift => {}
                    Self::Scans => {
                        if number % 50_000 == 40_000 {
                            let from = random.below(OBJECTS as usize - SCAN) as u32;
                            scan = from..from + SCAN as u32;
                        }
                        if let Some(key) = scan.next() {
                            return key;
                        }
                    }
                    Self::Wonders => {
                        if random.below(4) == 0 {
                            return wonders.next().unwrap_or_default();
                        }
                    }
                }
                by_rank[rank]
            })
            .collect()
    }
}

/// How large objects are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sizes {
    /// All alike: a byte each.
    Equal,
    /// From 32 bytes to 4 KiB, every doubling as likely as another, whatever the popularity.
    Mixed,
}

impl Sizes {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Equal => "equal objects",
            Self::Mixed => "equal bytes, objects of 32 to 4096",
        }
    }

    pub(crate) fn of(self, key: u64) -> u32 {
        match self {
            Self::Equal => 1,
            Self::Mixed => {
                let bits = mix(key ^ SIZES_SEED);
                let doubling = 32 << (bits % 7);
                doubling + (bits >> 32) as u32 % doubling
            }
        }
    }
}

/// Ranks by Walker's alias method: each column of equal weight belongs to two ranks.
struct Zipf {
    /// For each rank the share of its column that is its own, and whose the rest is.
    columns: Vec<(f64, u32)>,
}

impl Zipf {
    fn new(ranks: usize) -> Self {
        let total: f64 = (1..=ranks).map(|rank| 1.0 / rank as f64).sum();
        let mut weights: Vec<f64> =
            (1..=ranks).map(|rank| ranks as f64 / (rank as f64 * total)).collect();
        let mut columns: Vec<(f64, u32)> = (0..ranks as u32).map(|rank| (1.0, rank)).collect();
        let (mut light, mut heavy): (Vec<usize>, Vec<usize>) =
            (0..ranks).partition(|&rank| weights[rank] < 1.0);
        while let (Some(&from), Some(to)) = (heavy.last(), light.pop()) {
            columns[to] = (weights[to], from as u32);
            weights[from] -= 1.0 - weights[to];
            if weights[from] < 1.0 {
                heavy.pop();
                light.push(from);
            }
        }
        Self { columns }
    }

    fn rank(&self, random: &mut Random) -> usize {
        let column = random.below(self.columns.len());
        let (own, other) = self.columns[column];
        if random.unit() < own { column } else { other as usize }
    }
}

/// Objects that are asked for again and again.
pub(crate) const OBJECTS: u64 = 200_000;

const REQUESTS: usize = 2_500_000;

/// The objects of a scan.
const SCAN: usize = 10_000;

/// Parts the sizes from the order of requests.
const SIZES_SEED: u64 = 0x5157_e5ed;
