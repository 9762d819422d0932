//! One client unites large sets without pause: what becomes of the GETs of others, and of it.

use crate::bench::cpu::shoot;
use crate::bench::error::BenchError;
use crate::bench::figure::{Measure, Protocol, Series};
use crate::bench::latency::preload;
use crate::bench::load::Words;
use crate::bench::stage::{Results, Stage};
use crate::bench::subject::Server;

/// Measures GET at 30 % of what the server can do, beside unions of 40 sets.
pub(super) fn measure(stage: &Stage, results: &mut Results) -> Result<(), BenchError> {
    let command = union_command();
    let resp = |protocol| (protocol == Protocol::Resp).then_some(command.as_str());
    for lineup in stage.lineups(UNION, Measure::P999, resp, results)? {
        stage.announce(UNION, &lineup, Some(1));
        let mut series = MEASURES.map(|_| Vec::new());
        for subject in &lineup.subjects {
            let server = Server::start(subject, lineup.protocol, &stage.launch(subject))?;
            let found = beside_unions(stage, &server, &command)?;
            for (series, figure) in series.iter_mut().zip(found) {
                series.push(Series::new(&subject.name, vec![figure]));
            }
        }
        for (measure, series) in MEASURES.into_iter().zip(series) {
            stage.add(results, (UNION, measure), (lineup.protocol, Some(1)), series);
        }
    }
    Ok(())
}

/// As `MEASURES` says: microseconds, and two ratios.
fn beside_unions(stage: &Stage, server: &Server, command: &str) -> Result<[f64; 3], BenchError> {
    preload(stage, UNION, server)?;
    let members = if stage.settings.is_quick { 1000 } else { 100_000 };
    for set in 0..SETS {
        let words = Words::keys(1)
            .with("--command", format!("SADD s{set} {{int}}"))
            .with("--int-bound", members * 10)
            .with("--seed", set + 1)
            .with("-n", members)
            .plus(&["-c", "1", "-P", "256"]);
        stage.loader.run(UNION, server, words)?;
    }
    let unions = || Words::keys(1).with("--command", command).plus(&["-c", "1"]);
    let alone = stage.loader.run(UNION, server, unions().with("-n", 5))?;
    let gets = Words::keys(stage.settings.keys()).plus(&["--mix", "get", "--misses", "refuse"]);
    let full =
        shoot(stage, UNION, server, gets.clone().with("-n", stage.settings.requests(1, None)))?;
    let rate = ((full.per_second * 0.3) as u64).max(1);
    let seconds = stage.settings.seconds() * 3.0;
    let beside = stage.loader.begin(UNION, server, unions().with("--seconds", seconds))?;
    let words = gets.with("--rate", rate).with("--seconds", seconds);
    let disturbed = stage.loader.run(UNION, server, words)?;
    let united = beside.end()?;
    Ok([
        disturbed.latency_ns.p999 / 1e3,
        rate as f64 / disturbed.requests_per_second.max(1.0),
        united.latency_ns.p50 / alone.latency_ns.p50.max(1.0),
    ])
}

fn union_command() -> String {
    let sets: Vec<String> = (0..SETS).map(|set| format!("s{set}")).collect();
    format!("SUNIONSTORE d {} => int", sets.join(" "))
}

const MEASURES: [Measure; 3] = [Measure::P999, Measure::Kept, Measure::Slowdown];
const UNION: &str = "union";
const SETS: u64 = 40;
