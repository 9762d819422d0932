//! Several threads: what a request costs that another thread answers, and two threads on two cores.

use crate::bench::cpu::shoot;
use crate::bench::error::BenchError;
use crate::bench::figure::{Measure, Protocol, Series};
use crate::bench::latency::{get, preload};
use crate::bench::load::Words;
use crate::bench::stage::{Results, Stage};
use crate::bench::subject::Server;

/// Measures GET at pipeline 16 with one thread and with two.
pub(super) fn measure(stage: &Stage, results: &mut Results) -> Result<(), BenchError> {
    measure_remote(stage, results)?;
    measure_two_cores(stage, results)
}

/// Two threads on one core: half of the requests are for the other one. A request costs
/// `(1 + r) / 2` of a local one then.
fn measure_remote(stage: &Stage, results: &mut Results) -> Result<(), BenchError> {
    let words = words(stage, Protocol::Resp);
    let series = on_one_core(stage, REMOTE, &words, |one, two| 2.0 * two / one - 1.0)?;
    stage.add(results, (REMOTE, Measure::Remote), (Protocol::Resp, Some(PIPELINE)), series);
    Ok(())
}

/// Measures MSET of ten keys, of which each thread has some, beside the same with one thread.
pub(super) fn measure_scattered(stage: &Stage, results: &mut Results) -> Result<(), BenchError> {
    let words = Words::keys(stage.settings.keys())
        .with("--command", "MSET ({key} {value})*10")
        .with("-P", PIPELINE)
        .with("-n", stage.settings.requests(PIPELINE, Some(300_000)));
    let series = on_one_core(stage, SCATTERED, &words, |one, two| two / one)?;
    let at = (Protocol::Resp, Some(PIPELINE));
    stage.add(results, (SCATTERED, Measure::Scattered), at, series);
    Ok(())
}

/// For each build of ours, what a request costs with one thread and with two, all on one core,
/// and what `of` makes of both.
fn on_one_core(
    stage: &Stage,
    row: &str,
    words: &Words,
    of: fn(f64, f64) -> f64,
) -> Result<Vec<Series>, BenchError> {
    eprintln!("{row}: one thread and two on one core");
    let cpus = &stage.settings.server_cpus;
    let mut series = Vec::new();
    for subject in stage.subjects.iter().filter(|subject| subject.is_carrier()) {
        let start = |threads| -> Result<Server, BenchError> {
            let launch = subject.launch(threads, cpus);
            let server = Server::start(subject, Protocol::Resp, &launch)?;
            preload(stage, row, &server)?;
            shoot(stage, row, &server, words.clone())?;
            Ok(server)
        };
        let (one, two) = (start(1)?, start(2)?);
        let mut samples = Vec::new();
        for _ in 0..stage.settings.pairs(PIPELINE) {
            let alone = shoot(stage, row, &one, words.clone())?.cpu_ns;
            let both = shoot(stage, row, &two, words.clone())?.cpu_ns;
            samples.push(of(alone, both));
        }
        series.push(Series::new(&subject.name, samples));
    }
    Ok(series)
}

/// Two threads of each server on the cores of servers and load together.
fn measure_two_cores(stage: &Stage, results: &mut Results) -> Result<(), BenchError> {
    let cpus = format!("{},{}", stage.settings.server_cpus, stage.settings.client_cpus);
    for lineup in stage.speakers() {
        stage.announce(TWO_CORES, &lineup, Some(PIPELINE));
        let mut servers = Vec::new();
        for subject in &lineup.subjects {
            let server = Server::start(subject, lineup.protocol, &subject.launch(2, &cpus))?;
            preload(stage, TWO_CORES, &server)?;
            shoot(stage, TWO_CORES, &server, words(stage, lineup.protocol))?;
            servers.push((server, Vec::new()));
        }
        for _ in 0..stage.settings.pairs(PIPELINE) {
            for (server, shots) in &mut servers {
                shots.push(shoot(stage, TWO_CORES, server, words(stage, lineup.protocol))?);
            }
        }
        let at = (lineup.protocol, Some(PIPELINE));
        let cost = servers.iter().map(|(server, shots)| {
            Series::new(&server.name, shots.iter().map(|shot| shot.cpu_ns).collect())
        });
        stage.add(results, (TWO_CORES, Measure::Cpu), at, cost.collect());
        let speed = servers.iter().map(|(server, shots)| {
            Series::new(&server.name, shots.iter().map(|shot| shot.per_second).collect())
        });
        stage.add(results, (TWO_CORES, Measure::Throughput), at, speed.collect());
    }
    Ok(())
}

fn words(stage: &Stage, protocol: Protocol) -> Words {
    Words::keys(stage.settings.keys())
        .plus(&["--misses", "refuse"])
        .with("--command", get(protocol).unwrap_or_default())
        .with("-P", PIPELINE)
        .with("-n", stage.settings.requests(PIPELINE, None))
}

const REMOTE: &str = "remote";
const SCATTERED: &str = "scattered";
const TWO_CORES: &str = "two-cores";
const PIPELINE: usize = 16;
