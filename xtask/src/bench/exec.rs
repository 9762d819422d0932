//! A transaction of five commands, beside the five commands in a pipeline.

use crate::bench::cpu::shoot;
use crate::bench::error::BenchError;
use crate::bench::figure::{Measure, Protocol, Series};
use crate::bench::latency::preload;
use crate::bench::load::Words;
use crate::bench::stage::{Results, Stage};
use crate::bench::subject::Server;

/// Measures MULTI, five SETs and EXEC, three times in a batch.
pub(super) fn measure(stage: &Stage, results: &mut Results) -> Result<(), BenchError> {
    let multi = |protocol| (protocol == Protocol::Resp).then_some("MULTI");
    for lineup in stage.lineups(EXEC, Measure::Transaction, multi, results)? {
        stage.announce(EXEC, &lineup, Some(TURNS * COMMANDS));
        let servers = stage.start(&lineup)?;
        for server in &servers {
            preload(stage, EXEC, server)?;
            a_turn(stage, server, true)?;
        }
        let mut samples: Vec<[Vec<f64>; 2]> = servers.iter().map(|_| Default::default()).collect();
        for _ in 0..stage.settings.pairs(PAIRS_AS_OF) {
            for (server, [costs, ratios]) in servers.iter().zip(&mut samples) {
                let plain = a_turn(stage, server, false)?;
                let transaction = a_turn(stage, server, true)?;
                costs.push(transaction);
                ratios.push(transaction / plain);
            }
        }
        let at = (lineup.protocol, Some(TURNS * COMMANDS));
        for (number, measure) in [Measure::Cpu, Measure::Transaction].into_iter().enumerate() {
            let series = servers
                .iter()
                .zip(&samples)
                .map(|(server, samples)| Series::new(&server.name, samples[number].clone()));
            stage.add(results, (EXEC, measure), at, series.collect());
        }
    }
    Ok(())
}

/// Nanoseconds that five SETs cost the server, within a transaction or without.
fn a_turn(stage: &Stage, server: &Server, is_transaction: bool) -> Result<f64, BenchError> {
    let set =
        if is_transaction { "SET {key} {value} => line:+QUEUED" } else { "SET {key} {value}" };
    let mut lines = vec![set; COMMANDS];
    if is_transaction {
        lines.insert(0, "MULTI => ok");
        lines.push("EXEC => any");
    }
    let turns = stage.settings.requests(PAIRS_AS_OF, Some(1_000_000)) / COMMANDS as u64;
    let mut words = Words::keys(stage.settings.keys())
        .plus(&["--in-turn"])
        .with("-P", TURNS * lines.len())
        .with("-n", turns * lines.len() as u64);
    for line in &lines {
        words = words.with("--command", line);
    }
    Ok(shoot(stage, EXEC, server, words)?.cpu_ns * lines.len() as f64)
}

const EXEC: &str = "exec";
const COMMANDS: usize = 5;
/// How many times five commands a batch has.
const TURNS: usize = 3;
/// As many pairs and requests as rows at this pipeline have.
const PAIRS_AS_OF: usize = 16;
