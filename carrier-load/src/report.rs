//! What a run found out, for people and for programs.

use std::fmt::{self, Display, Formatter};

use serde_json::{Value, json};

use crate::tally::Tally;

/// The result of the measured part of a run whose replies were all right.
#[derive(Debug, Clone)]
pub struct Report {
    pub(crate) tally: Tally,
    /// From the start to the last reply.
    pub(crate) elapsed_ns: u64,
    /// CPU time of the load generator itself.
    pub(crate) cpu_ns: u64,
    /// Commands, as the counts are ordered.
    pub(crate) names: Vec<String>,
    pub(crate) rate: Option<u64>,
    pub(crate) pipeline: usize,
    pub(crate) connections: usize,
    pub(crate) threads: usize,
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

    /// The whole report; times in nanoseconds.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let tally = &self.tally;
        let mut latency = serde_json::Map::new();
        for (name, quantile) in QUANTILES {
            latency.insert((*name).to_owned(), tally.latency.value_at_quantile(*quantile).into());
        }
        latency.insert("max".to_owned(), tally.latency.max().into());
        latency.insert("mean".to_owned(), tally.latency.mean().into());
        let commands: Vec<_> = self
            .names
            .iter()
            .zip(&tally.commands)
            .map(|(name, requests)| json!({ "name": name, "requests": requests }))
            .collect();
        json!({
            "requests": tally.replies,
            "hits": tally.hits,
            "misses": tally.misses,
            "seconds": self.elapsed_ns as f64 / 1e9,
            "requests_per_second": self.per_second(),
            "latency_ns": latency,
            "commands": commands,
            "rate": self.rate,
            "unsent": tally.unsent,
            "late_ns_max": tally.late_ns_max,
            "pipeline": self.pipeline,
            "connections": self.connections,
            "threads": self.threads,
            "fresh_next": tally.fresh_next,
            "client_cpu_ns_per_request": self.cpu_per_request(),
        })
    }

    fn per_second(&self) -> f64 {
        self.tally.replies as f64 * 1e9 / self.elapsed_ns.max(1) as f64
    }

    fn cpu_per_request(&self) -> f64 {
        self.cpu_ns as f64 / self.tally.replies.max(1) as f64
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let tally = &self.tally;
        let seconds = self.elapsed_ns as f64 / 1e9;
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
        if self.rate.is_some() {
            writeln!(f, "sent late  {:>12.1} us at most", tally.late_ns_max as f64 / 1e3)?;
        }
        if tally.unsent > 0 {
            writeln!(f, "unsent     {:>12} requests: the rate was not held", tally.unsent)?;
        }
        writeln!(f, "own CPU    {:>12.0} ns a request", self.cpu_per_request())
    }
}

impl Report {
    fn is_one(&self) -> bool {
        self.names.len() == 1
    }
}

const QUANTILES: &[(&str, f64)] =
    &[("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("p99.99", 0.9999)];
