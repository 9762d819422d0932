//! What a run found out, for people and for programs.

use std::fmt::{self, Display, Formatter};

use hdrhistogram::Histogram;
use serde_json::{Value, json};

use crate::tally::Tally;

/// The result of the measured part of a run whose replies were all right.
#[derive(Debug, Clone)]
pub struct Report {
    pub(crate) tally: Tally,
    /// From the start to the last reply.
    pub(crate) elapsed_ns: u64,
    /// How long the preload took, if there was one.
    pub(crate) preload_ns: Option<u64>,
    /// Commands, as the counts are ordered.
    pub(crate) names: Vec<String>,
    /// Bounds of latencies, as the counts are ordered.
    pub(crate) bounds_ns: Vec<u64>,
    pub(crate) rate: Option<u64>,
    pub(crate) pipeline: usize,
    pub(crate) connections: usize,
    pub(crate) threads: usize,
    /// Requests before the measured part that were not counted.
    pub(crate) warm_up: u64,
    pub(crate) verifies_writes: bool,
}

impl Report {
    /// Requests that were answered.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.tally.replies
    }

    /// Values found and not found.
    #[must_use]
    pub fn hits_and_misses(&self) -> (u64, u64) {
        (self.tally.hits, self.tally.misses)
    }

    /// Whether the user ended the run before its time.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.tally.is_interrupted
    }

    /// The whole report; times in nanoseconds unless the name says otherwise.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let tally = &self.tally;
        let commands: Vec<_> = self
            .names
            .iter()
            .zip(&tally.commands)
            .map(|(name, requests)| json!({ "name": name, "requests": requests }))
            .collect();
        let above: Vec<_> = self
            .above()
            .map(|(bound_ns, requests, share)| {
                json!({ "bound_ns": bound_ns, "requests": requests, "share": share })
            })
            .collect();
        let is_open = self.rate.is_some();
        json!({
            "requests": tally.replies,
            "hits": tally.hits,
            "misses": tally.misses,
            "seconds": self.elapsed_ns as f64 / 1e9,
            "requests_per_second": self.per_second(),
            "latency_ns": times(&tally.latency),
            "above": above,
            "commands": commands,
            "rate": self.rate,
            "unsent": tally.unsent,
            "late_ns_max": tally.late_ns_max,
            "service_ns": is_open.then(|| times(&tally.service)),
            "own_delay_ns": is_open.then(|| times(&tally.own_delay)),
            "pipeline": self.pipeline,
            "connections": self.connections,
            "threads": self.threads,
            "warmup_requests": self.warm_up,
            "preload_seconds": self.preload_ns.map(|nanos| nanos as f64 / 1e9),
            "fresh_next": tally.next_keys.fresh,
            "verify": if self.verifies_writes { "writes" } else { "values" },
            "interrupted": self.is_interrupted(),
            "client_cpu_ns_per_request": self.cpu_per_request(),
        })
    }

    fn per_second(&self) -> f64 {
        self.tally.replies as f64 * 1e9 / self.elapsed_ns.max(1) as f64
    }

    fn cpu_per_request(&self) -> Option<f64> {
        let cpu_ns = self.tally.cpu_ns.filter(|_| self.tally.replies > 0)?;
        Some(cpu_ns as f64 / self.tally.replies as f64)
    }

    /// Each bound, how many replies took longer, and their share.
    fn above(&self) -> impl Iterator<Item = (u64, u64, f64)> + '_ {
        let all = self.tally.replies.max(1) as f64;
        let counts = self.bounds_ns.iter().zip(&self.tally.above);
        counts.map(move |(bound_ns, count)| (*bound_ns, *count, *count as f64 / all))
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let tally = &self.tally;
        let seconds = self.elapsed_ns as f64 / 1e9;
        if self.is_interrupted() {
            writeln!(f, "interrupted; what was found out until then:")?;
        }
        writeln!(f, "requests   {:>12} in {seconds:.2} s, all replies right", tally.replies)?;
        writeln!(f, "rate       {:>12.0} /s", self.per_second())?;
        writeln!(f, "values     {:>12} found, {} not found", tally.hits, tally.misses)?;
        for (name, requests) in self.names.iter().zip(&tally.commands).filter(|_| !self.is_one()) {
            writeln!(f, "  {name:<8} {requests:>12}")?;
        }
        for (name, quantile) in QUANTILES {
            let micros = tally.latency.value_at_quantile(*quantile) as f64 / 1e3;
            writeln!(f, "{name:<10} {micros:>12.1} us")?;
        }
        writeln!(f, "max        {:>12.1} us", tally.latency.max() as f64 / 1e3)?;
        for (bound_ns, count, share) in self.above() {
            let (micros, percent) = (bound_ns as f64 / 1e3, share * 100.0);
            writeln!(f, "above      {micros:>12.1} us: {count} replies, {percent:.4} %")?;
        }
        if self.rate.is_some() {
            let own = tally.own_delay.value_at_quantile(0.99) as f64 / 1e3;
            writeln!(f, "own delay  {own:>12.1} us (p99), part of the latencies")?;
            writeln!(f, "sent late  {:>12.1} us at most", tally.late_ns_max as f64 / 1e3)?;
        }
        if tally.unsent > 0 {
            writeln!(f, "unsent     {:>12} requests: the rate was not held", tally.unsent)?;
        }
        match self.cpu_per_request() {
            Some(nanos) => writeln!(f, "own CPU    {nanos:>12.0} ns a request"),
            None => Ok(()),
        }
    }
}

/// Percentiles of a histogram.
fn times(histogram: &Histogram<u64>) -> Value {
    let mut times = serde_json::Map::new();
    for (name, quantile) in QUANTILES {
        times.insert((*name).to_owned(), histogram.value_at_quantile(*quantile).into());
    }
    times.insert("max".to_owned(), histogram.max().into());
    times.insert("mean".to_owned(), histogram.mean().into());
    times.into()
}

impl Report {
    fn is_one(&self) -> bool {
        self.names.len() == 1
    }
}

const QUANTILES: &[(&str, f64)] =
    &[("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("p99.99", 0.9999)];
