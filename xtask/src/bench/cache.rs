//! How well servers cache in the same memory: a client asks for objects and stores what is missing.
//!
//! Each server gets a budget and runs; what it then has in memory tells by how much the budget must
//! change for all of them to take the same, and it runs again until that is so. The first fifth of
//! the requests fills the cache and is not counted.

use std::io;

use crate::bench::client::Client;
use crate::bench::error::BenchError;
use crate::bench::figure::{Measure, Protocol, Series};
use crate::bench::stage::{Lineup, Results, Stage};
use crate::bench::subject::{Server, Subject};
use crate::bench::trace::{Kind, Trace, value_len};

/// Measures every server, and every policy of those that have several.
pub(super) fn measure(stage: &Stage, row: &str, results: &mut Results) -> Result<(), BenchError> {
    let kind = if row == ZIPF { Kind::Zipf } else { Kind::Scans };
    for lineup in stage.speakers() {
        stage.announce(row, &lineup, None);
        let (mut ratios, mut gains) = (Vec::new(), Vec::new());
        for subject in &lineup.subjects {
            for (name, more) in subject.policies() {
                let Some(found) = cached(stage, &lineup, subject, kind, more)? else { continue };
                eprintln!("  {name}: {:.1} MiB resident", found.resident_bytes / MIB);
                let gigabytes = found.resident_bytes / GIGABYTE;
                ratios.push(Series::new(&name, vec![100.0 * found.hits / found.counted]));
                gains.push(Series::new(&name, vec![found.hits / gigabytes]));
            }
        }
        if ratios.first().is_some_and(|first| first.server == stage.subjects[0].name) {
            let at = (lineup.protocol, None);
            stage.add(results, (row, Measure::Hits), at, ratios);
            stage.add(results, (row, Measure::HitsPerGigabyte), at, gains);
        }
    }
    Ok(())
}

/// What came of a run.
#[derive(Debug)]
struct Found {
    hits: f64,
    counted: f64,
    resident_bytes: f64,
}

/// The run that counts: one that took what it should; `None` where it is not known how a server is
/// given a budget.
fn cached(
    stage: &Stage,
    lineup: &Lineup<'_>,
    subject: &Subject,
    kind: Kind,
    more: &[&str],
) -> Result<Option<Found>, BenchError> {
    let resident = MIB * if stage.settings.is_quick { 16.0 } else { RESIDENT_MIB };
    let objects = stage.settings.keys();
    let requests = stage.settings.requests(64, Some(1_500_000));
    let run = |budget: f64| {
        let Some(words) = subject.budget(budget.round().max(8.0) as u64) else { return Ok(None) };
        let launch = stage.launch(subject).args(words).args(more);
        let server = Server::start(subject, lineup.protocol, &launch)?;
        let mut client = Client::connect(server.address(), lineup.protocol)
            .map_err(|source| broken(&server, source))?;
        let trace = Trace::new(kind, objects.max(10), SEED);
        let (hits, counted) = ask(&mut client, trace, requests, lineup.protocol)
            .map_err(|source| broken(&server, source))?;
        let resident_bytes = server.running.resident_bytes() as f64;
        Ok(Some(Found { hits, counted, resident_bytes }))
    };
    let mut budget = resident / MIB;
    for _ in 1..RUNS_MAX {
        let Some(found) = run(budget)? else { return Ok(None) };
        let share = resident / found.resident_bytes;
        if (share - 1.0).abs() < NEAR {
            return Ok(Some(found));
        }
        budget *= share;
    }
    run(budget)
}

/// Asks for the objects of a trace, many at a time, and stores those that are not there. Returns
/// how many were, of how many that count.
fn ask(
    client: &mut Client,
    mut trace: Trace,
    requests: u64,
    protocol: Protocol,
) -> io::Result<(f64, f64)> {
    let (mut hits, mut counted) = (0, 0);
    let value = vec![b'x'; 1024];
    let (mut asked, mut sent, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    for turn in 0..requests / BATCH {
        asked.clear();
        // An object that is asked for twice before the first reply would be missed twice.
        while asked.len() < BATCH as usize {
            let object = trace.next();
            if !asked.contains(&object) {
                asked.push(object);
            }
        }
        sent.clear();
        asked.iter().for_each(|object| protocol.get(&mut sent, &key(*object)));
        client.send(&sent)?;
        missing.clear();
        for object in &asked {
            match client.value_len()? {
                Some(len) if len != value_len(*object) => {
                    return Err(io::Error::other(format!("{} has {len} bytes", key(*object))));
                }
                Some(_) => {}
                None => missing.push(*object),
            }
        }
        if turn >= requests / BATCH / 5 {
            hits += asked.len() - missing.len();
            counted += asked.len();
        }
        sent.clear();
        for object in &missing {
            protocol.set(&mut sent, &key(*object), &value[..value_len(*object)]);
        }
        client.send(&sent)?;
        missing.iter().try_for_each(|_| client.stored())?;
    }
    Ok((hits as f64, counted as f64))
}

fn key(object: u64) -> String {
    format!("key:{object:012}")
}

fn broken(server: &Server, source: io::Error) -> BenchError {
    BenchError::Connection { server: server.name.clone(), source }
}

/// The names of the rows.
pub(super) const ZIPF: &str = "cache-zipf";
pub(super) const SCANS: &str = "cache-scans";
/// What every server is to have in memory.
const RESIDENT_MIB: f64 = 64.0;
/// How far it may be from that, as a share.
const NEAR: f64 = 0.02;
/// Runs of a server at most, of which the last counts.
const RUNS_MAX: usize = 3;
const MIB: f64 = 1_048_576.0;
const GIGABYTE: f64 = 1e9;
const BATCH: u64 = 64;
const SEED: u64 = 42;
