//! What a request costs the server, and how many it answers, in a closed loop.

use std::cell::Cell;
use std::collections::HashMap;

use crate::bench::error::BenchError;
use crate::bench::example;
use crate::bench::figure::{Measure, Series};
use crate::bench::load::Words;
use crate::bench::rows::CpuRow;
use crate::bench::stage::{Lineup, Results, Stage};
use crate::bench::subject::Server;

/// Measures one command at each of its pipeline depths.
pub(super) fn measure(
    stage: &Stage,
    row: &CpuRow,
    results: &mut Results,
) -> Result<(), BenchError> {
    let lineups =
        stage.lineups(&row.row, Measure::Cpu, |protocol| row.command(protocol), results)?;
    for lineup in lineups {
        if row.fresh {
            for pipeline in stage.settings.pipelines(&row.pipelines) {
                measure_fresh(stage, row, &lineup, pipeline, results)?;
            }
        } else {
            measure_loaded(stage, row, &lineup, results)?;
        }
    }
    Ok(())
}

/// Over a set of keys that is there before, all depths with the same servers.
fn measure_loaded(
    stage: &Stage,
    row: &CpuRow,
    lineup: &Lineup<'_>,
    results: &mut Results,
) -> Result<(), BenchError> {
    let keys = stage.settings.keys();
    let servers = stage.start(lineup)?;
    for server in &servers {
        fill(stage, row, server, keys)?;
    }
    let command = row.command(lineup.protocol).unwrap_or_default();
    let commands = own_commands(stage, row, &servers, command)?;
    for pipeline in stage.settings.pipelines(&row.pipelines) {
        stage.announce(&row.row, lineup, Some(pipeline));
        let requests = stage.settings.requests(pipeline, row.requests);
        // What was loaded must be found: a miss is cheaper than a hit.
        let misses = if row.loads && row.keeps { "refuse" } else { "allow" };
        let requests = if row.once { requests.min(keys) } else { requests };
        let order = if row.once { "sequential" } else { "uniform" };
        let words = words(row, keys)
            .with("--distribution", order)
            .plus(&["--misses", misses])
            .with("-P", pipeline);
        let shots = Cell::new(SEED);
        let shot = |server: &Server| {
            if row.once {
                fill(stage, row, server, keys)?;
                // What writing leaves to do is not what is measured.
                server.at_rest_cpu_ns();
            }
            shots.set(shots.get() + u64::from(row.varies));
            let command = commands.get(server.name.as_str()).map_or(command, String::as_str);
            let words = words.clone().with("-n", requests).with("--seed", shots.get());
            shoot(stage, &row.row, server, words.with("--command", command))
        };
        // The first of each is not counted: caches, buffers and tables settle in it.
        for server in &servers {
            shot(server)?;
        }
        let mut samples = Samples::new(&servers);
        for _ in 0..stage.settings.pairs(pipeline) {
            samples.take(&servers, shot)?;
        }
        samples.add_to(results, stage, row, lineup, pipeline);
    }
    for server in servers.iter().filter(|_| row.loads && row.keeps && !row.once) {
        read_back(stage, row, server, keys)?;
    }
    Ok(())
}

/// What each server calls the command of an example; nothing of other rows.
fn own_commands<'s>(
    stage: &Stage,
    row: &CpuRow,
    servers: &'s [Server],
    command: &str,
) -> Result<HashMap<&'s str, String>, BenchError> {
    let Some(example) = &row.example else { return Ok(HashMap::new()) };
    let own = |server: &'s Server| {
        Ok((server.name.as_str(), example::command(stage, example, server, command)?))
    };
    servers.iter().map(own).collect()
}

/// While the table grows from nothing: each shot goes on where the last one ended.
fn measure_fresh(
    stage: &Stage,
    row: &CpuRow,
    lineup: &Lineup<'_>,
    pipeline: usize,
    results: &mut Results,
) -> Result<(), BenchError> {
    let servers = stage.start(lineup)?;
    let pairs = stage.settings.pairs(pipeline);
    let requests = stage.settings.items(Some(GROWN_KEYS)).div_ceil(pairs as u64);
    let command = row.command(lineup.protocol).unwrap_or_default();
    let is_set = command.to_ascii_lowercase().starts_with("set {key}");
    for server in servers.iter().filter(|_| is_set) {
        // Fresh keys begin behind those that are there: behind one, which is read back too.
        stage.loader.run(&row.row, server, words(row, 1).plus(&["--preload", "-n", "0"]))?;
    }
    let mut samples = Samples::new(&servers);
    stage.announce(&row.row, lineup, Some(pipeline));
    for pair in 0..pairs as u64 {
        let words = words(row, 1)
            .with("--distribution", "fresh")
            .with("--fresh-from", pair * requests + 1)
            .with("--command", command)
            .with("-P", pipeline)
            .with("-n", requests);
        samples.take(&servers, |server| shoot(stage, &row.row, server, words.clone()))?;
    }
    samples.add_to(results, stage, row, lineup, pipeline);
    for server in servers.iter().filter(|_| is_set) {
        read_back(stage, row, server, pairs as u64 * requests)?;
    }
    Ok(())
}

/// What a shot gave.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shot {
    pub(super) cpu_ns: f64,
    pub(super) per_second: f64,
}

/// One run of the load generator, and what it cost the server.
pub(super) fn shoot(
    stage: &Stage,
    row: &str,
    server: &Server,
    words: Words,
) -> Result<Shot, BenchError> {
    let before = server.running.cpu_ns();
    let outcome = stage.loader.run(row, server, words)?;
    // What the server does for these requests afterwards is part of what they cost.
    let spent = server.at_rest_cpu_ns().saturating_sub(before);
    Ok(Shot {
        cpu_ns: spent as f64 / outcome.requests.max(1) as f64,
        per_second: outcome.requests_per_second,
    })
}

/// Writes what is there before a row is measured.
fn fill(stage: &Stage, row: &CpuRow, server: &Server, keys: u64) -> Result<(), BenchError> {
    let mut words = words(row, keys).plus(&["-n", "0", "--connections", "8"]);
    if !row.setup.is_empty() {
        let path = stage.folder.join("setup.txt");
        let what = path.display().to_string();
        std::fs::write(&path, row.setup.join("\n"))
            .map_err(|source| BenchError::System { what, source })?;
        words = words.with("--setup", path.display());
    }
    if row.loads {
        words = words.plus(&["--preload"]);
    }
    if row.loads || !row.setup.is_empty() {
        stage.loader.run(&row.row, server, words)?;
    }
    Ok(())
}

/// Verifies a sample of the values that must be there.
fn read_back(stage: &Stage, row: &CpuRow, server: &Server, keys: u64) -> Result<(), BenchError> {
    let words = words(row, keys)
        .plus(&["--mix", "get", "--misses", "refuse", "-P", "64"])
        .with("-n", READ_BACK.min(keys));
    stage.loader.run(&row.row, server, words).map(drop)
}

fn words(row: &CpuRow, keys: u64) -> Words {
    Words::keys(keys).with("--value", &row.value)
}

/// The samples of all servers of a line-up.
#[derive(Debug)]
struct Samples(Vec<(String, Vec<Shot>)>);

impl Samples {
    fn new(servers: &[Server]) -> Self {
        Self(servers.iter().map(|server| (server.name.clone(), Vec::new())).collect())
    }

    /// One of each server in turn.
    fn take(
        &mut self,
        servers: &[Server],
        shot: impl Fn(&Server) -> Result<Shot, BenchError>,
    ) -> Result<(), BenchError> {
        for (server, (_, shots)) in servers.iter().zip(&mut self.0) {
            shots.push(shot(server)?);
        }
        Ok(())
    }

    fn add_to(
        &self,
        results: &mut Results,
        stage: &Stage,
        row: &CpuRow,
        lineup: &Lineup<'_>,
        pipeline: usize,
    ) {
        let at = (lineup.protocol, Some(pipeline));
        let series = |of: fn(&Shot) -> f64| {
            let series = |(name, shots): &(String, Vec<Shot>)| {
                Series::new(name, shots.iter().map(of).collect())
            };
            self.0.iter().map(series).collect()
        };
        stage.add(results, (&row.row, Measure::Cpu), at, series(|shot| shot.cpu_ns));
        stage.add(results, (&row.row, Measure::Throughput), at, series(|shot| shot.per_second));
    }
}

/// The seed that values follow from where nothing else is said.
const SEED: u64 = 1;
/// Keys that a whole run of fresh ones ends with.
const GROWN_KEYS: u64 = 10_000_000;
/// How many values are read again after a row.
const READ_BACK: u64 = 20_000;
