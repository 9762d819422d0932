//! Latencies at a fixed rate, which half of what the slowest of the servers can do gives: while
//! nothing changes, and while a table grows.

use crate::bench::cpu::shoot;
use crate::bench::error::BenchError;
use crate::bench::figure::{Measure, Protocol, Series};
use crate::bench::load::{Outcome, Words};
use crate::bench::stage::{Lineup, Results, Stage};
use crate::bench::subject::Server;

/// Measures GET at pipelines 1 and 16.
pub(super) fn measure(stage: &Stage, results: &mut Results) -> Result<(), BenchError> {
    for lineup in stage.lineups(LATENCY, Measure::P99, get, results)? {
        let servers = stage.start(&lineup)?;
        for server in &servers {
            preload(stage, LATENCY, server)?;
        }
        for pipeline in stage.settings.pipelines(&[1, 16]) {
            measure_depth(stage, &lineup, &servers, pipeline, results)?;
        }
    }
    Ok(())
}

fn measure_depth(
    stage: &Stage,
    lineup: &Lineup<'_>,
    servers: &[Server],
    pipeline: usize,
    results: &mut Results,
) -> Result<(), BenchError> {
    stage.announce(LATENCY, lineup, Some(pipeline));
    let command = get(lineup.protocol).unwrap_or_default();
    let words = Words::keys(stage.settings.keys())
        .plus(&["--misses", "refuse"])
        .with("--command", command)
        .with("-P", pipeline);
    let mut slowest = f64::INFINITY;
    for server in servers {
        let words = words.clone().with("-n", stage.settings.requests(pipeline, None));
        slowest = slowest.min(shoot(stage, LATENCY, server, words)?.per_second);
    }
    let rate = ((slowest / 2.0) as u64).max(1);
    let words = words.with("--rate", rate).with("--seconds", stage.settings.seconds());
    let mut outcomes: Vec<Vec<Outcome>> = servers.iter().map(|_| Vec::new()).collect();
    // Latencies spread more than costs do: as many pairs at each depth as at pipeline 1.
    for _ in 0..stage.settings.pairs(1) {
        for (server, outcomes) in servers.iter().zip(&mut outcomes) {
            outcomes.push(stage.loader.run(LATENCY, server, words.clone())?);
        }
    }
    for (measure, nanos) in MEASURES {
        let series = servers.iter().zip(&outcomes).map(|(server, outcomes)| {
            Series::new(&server.name, outcomes.iter().map(|one| nanos(one) / 1e3).collect())
        });
        let at = (lineup.protocol, Some(pipeline));
        stage.add(results, (LATENCY, *measure), at, series.collect());
    }
    Ok(())
}

/// Measures SET of fresh keys until there are as many as the settings say.
pub(super) fn measure_growth(stage: &Stage, results: &mut Results) -> Result<(), BenchError> {
    let keys = stage.settings.items(Some(GROWN_KEYS));
    // The first tenth tells the rate.
    let first = keys.div_ceil(10);
    for lineup in stage.lineups(GROWTH, Measure::Above, set, results)? {
        stage.announce(GROWTH, &lineup, Some(PIPELINE));
        let servers = stage.start(&lineup)?;
        let command = set(lineup.protocol).unwrap_or_default();
        let words = Words::keys(1)
            .plus(&["--distribution", "fresh"])
            .with("--command", command)
            .with("-P", PIPELINE);
        let mut slowest = f64::INFINITY;
        for server in &servers {
            let words = words.clone().with("-n", first);
            slowest = slowest.min(shoot(stage, GROWTH, server, words)?.per_second);
        }
        let words = words
            .with("--rate", ((slowest / 2.0) as u64).max(1))
            .with("--fresh-from", first + 1)
            .with("-n", keys - first)
            .with("--count-above", "1ms");
        let mut outcomes = Vec::new();
        for server in &servers {
            outcomes.push(stage.loader.run(GROWTH, server, words.clone())?);
        }
        for (measure, of) in GROWTH_MEASURES {
            let series = servers
                .iter()
                .zip(&outcomes)
                .map(|(server, outcome)| Series::new(&server.name, vec![of(outcome)]));
            let at = (lineup.protocol, Some(PIPELINE));
            stage.add(results, (GROWTH, *measure), at, series.collect());
        }
    }
    Ok(())
}

/// Writes all keys.
pub(super) fn preload(stage: &Stage, row: &str, server: &Server) -> Result<(), BenchError> {
    let words = Words::keys(stage.settings.keys()).plus(&["--preload", "-n", "0", "-c", "8"]);
    stage.loader.run(row, server, words).map(drop)
}

/// The command that reads a key.
#[expect(clippy::unnecessary_wraps, reason = "a row has no command in some protocols")]
pub(super) fn get<'c>(protocol: Protocol) -> Option<&'c str> {
    Some(match protocol {
        Protocol::Resp => "GET {key}",
        Protocol::Memcached => "get {key}",
    })
}

/// The command that writes a key.
#[expect(clippy::unnecessary_wraps, reason = "a row has no command in some protocols")]
pub(super) fn set<'c>(protocol: Protocol) -> Option<&'c str> {
    Some(match protocol {
        Protocol::Resp => "SET {key} {value}",
        Protocol::Memcached => "set {key} 0 0 {value}",
    })
}

type Nanos = fn(&Outcome) -> f64;

const MEASURES: &[(Measure, Nanos)] = &[
    (Measure::P50, |outcome| outcome.latency_ns.p50),
    (Measure::P99, |outcome| outcome.latency_ns.p99),
    (Measure::P999, |outcome| outcome.latency_ns.p999),
];
const GROWTH_MEASURES: &[(Measure, Nanos)] = &[
    (Measure::Above, |outcome| outcome.above_of_a_million()),
    (Measure::Latest, |outcome| outcome.latency_ns.max / 1e6),
];
const LATENCY: &str = "latency";
const GROWTH: &str = "growth";
const PIPELINE: usize = 16;
const GROWN_KEYS: u64 = 10_000_000;
