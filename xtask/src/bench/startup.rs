//! From the start of a program to its first reply, and its memory then.

use crate::bench::client::Client;
use crate::bench::clock::Stopwatch;
use crate::bench::error::BenchError;
use crate::bench::figure::{Measure, Series};
use crate::bench::stage::{Lineup, Results, Stage};
use crate::bench::subject::Subject;

/// Starts each server several times, in turn.
pub(super) fn measure(stage: &Stage, results: &mut Results) -> Result<(), BenchError> {
    for lineup in stage.speakers() {
        stage.announce(STARTUP, &lineup, None);
        let mut starts: Vec<Vec<(f64, f64)>> = lineup.subjects.iter().map(|_| Vec::new()).collect();
        for _ in 0..stage.settings.pairs(1) {
            for (subject, starts) in lineup.subjects.iter().zip(&mut starts) {
                starts.push(start(stage, &lineup, subject)?);
            }
        }
        for (measure, of) in MEASURES {
            let series = lineup.subjects.iter().zip(&starts).map(|(subject, starts)| {
                Series::new(&subject.name, starts.iter().map(of).collect())
            });
            stage.add(results, (STARTUP, *measure), (lineup.protocol, None), series.collect());
        }
    }
    Ok(())
}

/// Milliseconds until the reply, and MiB then. No program stands between, so that only the
/// server's own start is measured; it is not bound to a core therefore.
fn start(stage: &Stage, lineup: &Lineup<'_>, subject: &Subject) -> Result<(f64, f64), BenchError> {
    let launch = subject.bare_launch(stage.settings.threads);
    let watch = Stopwatch::start();
    let mut running = launch.spawn()?;
    let mut client = loop {
        match Client::connect(running.address(), lineup.protocol) {
            Ok(client) => break client,
            Err(_) if running.runs() && watch.elapsed() < carrier_peers::PATIENCE => {}
            Err(source) => {
                let server = subject.name.clone();
                return Err(BenchError::Connection { server, source });
            }
        }
    };
    client
        .ping()
        .map_err(|source| BenchError::Connection { server: subject.name.clone(), source })?;
    let taken = watch.elapsed().as_secs_f64() * 1e3;
    Ok((taken, running.resident_bytes() as f64 / f64::from(1 << 20)))
}

type Of = fn(&(f64, f64)) -> f64;

const MEASURES: &[(Measure, Of)] =
    &[(Measure::Startup, |start| start.0), (Measure::AtStart, |start| start.1)];
const STARTUP: &str = "startup";
