//! Many keys with one moment: when they are gone from memory, and what becomes of others' GETs.

use std::time::Duration;

use crate::bench::client::Client;
use crate::bench::clock::{Stopwatch, pause, unix_ms};
use crate::bench::cpu::shoot;
use crate::bench::error::BenchError;
use crate::bench::figure::{Measure, Protocol, Series};
use crate::bench::latency::preload;
use crate::bench::load::Words;
use crate::bench::stage::{Results, Stage};
use crate::bench::subject::Server;

/// Measures GET at 30 % of what the server can do, before and while all other keys expire.
pub(super) fn measure(stage: &Stage, results: &mut Results) -> Result<(), BenchError> {
    let set = |protocol| (protocol == Protocol::Resp).then_some("SET {key} {value} PXAT 1");
    for lineup in stage.lineups(EXPIRY, Measure::Gone, set, results)? {
        stage.announce(EXPIRY, &lineup, Some(1));
        let mut series = MEASURES.map(|_| Vec::new());
        for subject in &lineup.subjects {
            let server = Server::start(subject, lineup.protocol, &stage.launch(subject))?;
            let found = beside_expiry(stage, &server)?;
            for (series, figure) in series.iter_mut().zip(found) {
                series.push(Series::new(&subject.name, vec![figure]));
            }
        }
        for (measure, series) in MEASURES.into_iter().zip(series) {
            stage.add(results, (EXPIRY, measure), (lineup.protocol, Some(1)), series);
        }
    }
    Ok(())
}

/// As `MEASURES` says: milliseconds, and a ratio.
fn beside_expiry(stage: &Stage, server: &Server) -> Result<[f64; 2], BenchError> {
    preload(stage, EXPIRY, server)?;
    let broken = |source| BenchError::Connection { server: server.name.clone(), source };
    let mut client = Client::connect(server.address(), server.protocol).map_err(broken)?;
    let mut count = || client.ask(&["DBSIZE"]).map_err(broken);
    let staying = count()?;
    let keys = stage.settings.keys();
    let gets = Words::keys(keys).plus(&["--mix", "get", "--misses", "refuse"]);
    let full =
        shoot(stage, EXPIRY, server, gets.clone().with("-n", stage.settings.requests(1, None)))?;
    let rate = ((full.per_second * 0.3) as u64).max(1);
    let seconds = stage.settings.seconds() * 2.0;
    let gets = gets.with("--rate", rate).with("--seconds", seconds);
    let items = stage.settings.items(None);
    let moment_ms = unix_ms() + LOAD_MS_MIN + items / LOADED_A_MS;
    let words = Words::keys(1)
        .plus(&["--distribution", "fresh", "-P", "64"])
        .with("--fresh-from", keys + 1)
        .with("--command", format!("SET {{key}} {{value}} PXAT {moment_ms}"))
        .with("-n", items);
    stage.loader.run(EXPIRY, server, words)?;
    let quiet = stage.loader.run(EXPIRY, server, gets.clone())?;
    pause(Duration::from_millis(moment_ms.saturating_sub(unix_ms() + AHEAD_MS)));
    let beside = stage.loader.begin(EXPIRY, server, gets)?;
    pause(Duration::from_millis(moment_ms.saturating_sub(unix_ms())));
    let watch = Stopwatch::start();
    while count()? != staying && watch.elapsed() < carrier_peers::PATIENCE {
        pause(LOOK);
    }
    let gone_ms = watch.elapsed().as_secs_f64() * 1e3;
    let disturbed = beside.end()?;
    Ok([gone_ms, disturbed.latency_ns.p99 / quiet.latency_ns.p99.max(1.0)])
}

const MEASURES: [Measure; 2] = [Measure::Gone, Measure::Disturbed];
const EXPIRY: &str = "expiry";
/// How long before the moment the second run of GETs begins.
const AHEAD_MS: u64 = 200;
/// Between two looks at whether the keys are gone.
const LOOK: Duration = Duration::from_millis(10);
/// What is left for loading the keys, and for the first run of GETs.
const LOAD_MS_MIN: u64 = 8_000;
/// Keys that any server loads in a millisecond.
const LOADED_A_MS: u64 = 100;
