//! What data costs in resident memory.
//!
//! A server starts empty, is loaded over one connection, and is looked at when its memory has not
//! moved for three seconds, or after thirty.

use std::time::Duration;

use crate::bench::client::Client;
use crate::bench::clock::{Stopwatch, pause};
use crate::bench::error::BenchError;
use crate::bench::figure::{Absent, Measure, Protocol, Series};
use crate::bench::latency::set;
use crate::bench::load::Words;
use crate::bench::rows::Shape;
use crate::bench::stage::{Results, Stage};
use crate::bench::subject::{Server, Subject};

/// Measures bytes an item of one shape, and the peak while it is loaded.
pub(super) fn measure(
    stage: &Stage,
    shape: &Shape,
    results: &mut Results,
) -> Result<(), BenchError> {
    let items = stage.settings.items(shape.items);
    let row = &shape.row;
    for lineup in stage.lineups(row, Measure::Bytes, |to| shape.command(to), results)? {
        stage.announce(row, &lineup, None);
        let command = shape.command(lineup.protocol).unwrap_or_default();
        let (mut bytes, mut peaks) = (Vec::new(), Vec::new());
        for subject in &lineup.subjects {
            let server = Server::start(subject, lineup.protocol, &stage.launch(subject))?;
            let commands = items.div_ceil(shape.each);
            let words = Words::keys(commands).line(&shape.arguments);
            let load = words.clone().with("--command", command).with("-n", commands);
            let used = fill(stage, row, &server, load)?;
            let grown = used.settled.saturating_sub(used.before) as f64;
            let peak = used.peak.saturating_sub(used.before) as f64;
            bytes.push(Series::new(&subject.name, vec![grown / (commands * shape.each) as f64]));
            peaks.push(Series::new(&subject.name, vec![peak / grown.max(1.0)]));
            verify(stage, shape, &server, words.with("-n", READ_BACK.min(commands)))?;
        }
        let at = (lineup.protocol, None);
        stage.add(results, (row, Measure::Bytes), at, bytes);
        if let Some(figure) = results.figures.last_mut() {
            figure.label.payload = Some(shape.payload);
        }
        stage.add(results, (row, Measure::Peak), at, peaks);
    }
    Ok(())
}

/// Reads a sample of a shape back: values of keys byte for byte; of a container its line of
/// `check`, which is drawn from the same seed in the same order as the load was.
fn verify(stage: &Stage, shape: &Shape, server: &Server, words: Words) -> Result<(), BenchError> {
    let command = shape.command(server.protocol).unwrap_or_default();
    if command.to_ascii_lowercase().starts_with("set {key}") {
        let words = words.plus(&["--mix", "get", "--misses", "refuse", "-P", "64"]);
        return stage.loader.run(&shape.row, server, words).map(drop);
    }
    let Some(check) = &shape.check else { return Ok(()) };
    let words = words.with("--command", check).plus(IN_ORDER);
    stage.loader.run(&shape.row, server, words).map(drop)
}

/// Measures what three quarters of the pairs leave behind when they are deleted.
pub(super) fn measure_delete(stage: &Stage, results: &mut Results) -> Result<(), BenchError> {
    let pairs = stage.settings.items(None);
    let stays = |pair: &u64| scrambled(*pair).is_multiple_of(4);
    let left = (0..pairs).filter(stays).count() as u64;
    for lineup in stage.lineups(DELETE, Measure::Left, set, results)? {
        stage.announce(DELETE, &lineup, None);
        let command = set(lineup.protocol).unwrap_or_default();
        let load = |pairs: u64| {
            Words::keys(pairs)
                .plus(&["--value", "100"])
                .with("--command", command)
                .with("-n", pairs)
        };
        let mut series = Vec::new();
        for subject in &lineup.subjects {
            let server = Server::start(subject, lineup.protocol, &stage.launch(subject))?;
            let before = fill(stage, DELETE, &server, load(pairs))?.before;
            let gone = (0..pairs).filter(|pair| !stays(pair)).map(|pair| format!("key:{pair:012}"));
            let deleted = connect(&server)?.delete(gone).map_err(|error| broken(&server, error))?;
            if deleted != pairs - left {
                let said = format!("{deleted} keys deleted, expected {}", pairs - left);
                let (row, server) = (DELETE.to_owned(), subject.name.clone());
                return Err(BenchError::Reply { row, server, said });
            }
            if !stage.settings.is_quick {
                pause(SETTLED_AT_MOST);
            }
            let after = server.running.resident_bytes().saturating_sub(before);
            drop(server);
            let afresh = Server::start(subject, lineup.protocol, &stage.launch(subject))?;
            let needed = fill(stage, DELETE, &afresh, load(left))?.grown();
            series.push(Series::new(&subject.name, vec![after as f64 / needed.max(1) as f64]));
        }
        stage.add(results, (DELETE, Measure::Left), (lineup.protocol, None), series);
    }
    Ok(())
}

/// Measures connections that have asked once and are idle.
pub(super) fn measure_connection(stage: &Stage, results: &mut Results) -> Result<(), BenchError> {
    for lineup in stage.speakers() {
        stage.announce(CONNECTION, &lineup, None);
        let mut series = Vec::new();
        for subject in &lineup.subjects {
            let server = Server::start(subject, lineup.protocol, &stage.launch(subject))?;
            let open = || -> Result<Client, BenchError> {
                let mut client = connect(&server)?;
                client.ping().map_err(|error| broken(&server, error))?;
                Ok(client)
            };
            let _first = open()?;
            let before = settle(stage, &server);
            let clients: Vec<Client> =
                (0..CONNECTIONS).map(|_| open()).collect::<Result<_, _>>()?;
            let after = settle(stage, &server);
            let bytes = after.saturating_sub(before) as f64 / clients.len() as f64;
            series.push(Series::new(&subject.name, vec![bytes]));
        }
        stage.add(results, (CONNECTION, Measure::Connection), (lineup.protocol, None), series);
    }
    Ok(())
}

/// Measures how far a server stays within its budget while more is written than it holds.
pub(super) fn measure_budget(stage: &Stage, results: &mut Results) -> Result<(), BenchError> {
    for mut lineup in stage.lineups(BUDGET, Measure::Budget, set, results)? {
        lineup.subjects.retain(|subject| subject.budget(BUDGET_MIB).is_some());
        stage.announce(BUDGET, &lineup, None);
        let command = set(lineup.protocol).unwrap_or_default();
        let mut series = Vec::new();
        for subject in &lineup.subjects {
            match measure_budget_of(stage, subject, lineup.protocol, command) {
                Ok(ratio) => series.push(Series::new(&subject.name, vec![ratio])),
                // It refuses to write what it has no room for: there is nothing to compare.
                Err(BenchError::Reply { said, .. }) if said.contains("OOM") => {
                    let (row, server) = (BUDGET.to_owned(), subject.name.clone());
                    let (measure, protocol) = (Measure::Budget, lineup.protocol);
                    results.absent.push(Absent { row, measure, protocol, server });
                }
                Err(error) => return Err(error),
            }
        }
        if series.first().is_some_and(|first| first.server == stage.subjects[0].name) {
            stage.add(results, (BUDGET, Measure::Budget), (lineup.protocol, None), series);
        }
    }
    Ok(())
}

fn measure_budget_of(
    stage: &Stage,
    subject: &Subject,
    protocol: Protocol,
    command: &str,
) -> Result<f64, BenchError> {
    let arguments = subject.budget(BUDGET_MIB).unwrap_or_default();
    let launch = stage.launch(subject).args(arguments);
    let server = Server::start(subject, protocol, &launch)?;
    // Some two gigabytes: several times what there is room for.
    let requests = if stage.settings.is_quick { 20_000 } else { 4_000_000 };
    let words = Words::keys(1)
        .plus(&["--distribution", "fresh", "--value", "lognormal:200,1.2,100000", "-P", "16"])
        .with("--command", command)
        .with("-n", requests);
    stage.loader.run(BUDGET, &server, words)?;
    Ok(server.running.peak_bytes() as f64 / (BUDGET_MIB << 20) as f64)
}

/// Resident memory around a load, in bytes.
#[derive(Clone, Copy, Debug)]
struct Used {
    before: u64,
    peak: u64,
    settled: u64,
}

impl Used {
    fn grown(self) -> u64 {
        self.settled.saturating_sub(self.before)
    }
}

/// Loads keys in order over one connection, as many at a time as fills a few packets.
fn fill(stage: &Stage, row: &str, server: &Server, words: Words) -> Result<Used, BenchError> {
    // What a server still does after it accepts is no part of the load.
    let before = settle_for(server, STARTED_FOR, SETTLED_AT_MOST);
    server.running.reset_peak();
    stage.loader.run(row, server, words.plus(IN_ORDER))?;
    let settled = settle(stage, server);
    Ok(Used { before, peak: server.running.peak_bytes(), settled })
}

/// Waits until memory has not moved for three seconds, thirty at most.
fn settle(stage: &Stage, server: &Server) -> u64 {
    if stage.settings.is_quick {
        return settle_for(server, SETTLED_FOR / 10, SETTLED_AT_MOST / 10);
    }
    settle_for(server, SETTLED_FOR, SETTLED_AT_MOST)
}

/// Waits until memory has not moved for so long, but not longer than the second says.
fn settle_for(server: &Server, still_for: Duration, at_most: Duration) -> u64 {
    let start = Stopwatch::start();
    let (mut settled, mut since) = (server.running.resident_bytes(), Stopwatch::start());
    while since.elapsed() < still_for && start.elapsed() < at_most {
        pause(LOOK_EVERY);
        let now = server.running.resident_bytes();
        if now.abs_diff(settled) > STILL_BYTES {
            (settled, since) = (now, Stopwatch::start());
        }
    }
    server.running.resident_bytes()
}

fn connect(server: &Server) -> Result<Client, BenchError> {
    Client::connect(server.address(), server.protocol).map_err(|error| broken(server, error))
}

fn broken(server: &Server, source: std::io::Error) -> BenchError {
    BenchError::Connection { server: server.name.clone(), source }
}

/// A number in which each bit depends on all of another's (the finaliser of `MurmurHash3`).
fn scrambled(number: u64) -> u64 {
    let number = (number ^ number >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let number = (number ^ number >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    number ^ number >> 33
}

const DELETE: &str = "delete";
const CONNECTION: &str = "connection";
const BUDGET: &str = "budget";
const BUDGET_MIB: u64 = 256;
/// One connection that names the keys one after the other.
const IN_ORDER: &[&str] = &["--distribution", "sequential", "-c", "1", "-P", "256"];
/// Fewer than the file descriptors that a process may have by default.
const CONNECTIONS: usize = 500;
const READ_BACK: u64 = 20_000;
const STARTED_FOR: Duration = Duration::from_millis(500);
const SETTLED_FOR: Duration = Duration::from_secs(3);
const SETTLED_AT_MOST: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(200);
const STILL_BYTES: u64 = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_stays_and_not_every_fourth() {
        let stays: Vec<u64> = (0..100_000).filter(|n| scrambled(*n).is_multiple_of(4)).collect();
        assert!(stays.len().abs_diff(25_000) < 500, "{}", stays.len());
        let gaps = stays.windows(2).filter(|pair| pair[1] - pair[0] == 4).count();
        assert!(gaps < 5000, "{gaps}");
    }
}
