//! The command line: exit code 0 where every history is explained, 1 where one is not, 2 where
//! nothing could be checked.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "what a run finds out is its output")]

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::process::ExitCode;
use std::time::Duration;

use carrier_history::{Clock, Options, Run, Workload};
use clap::{Parser as _, ValueEnum as _};

fn main() -> ExitCode {
    let options = Options::parse();
    match run(&options) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Runs every workload against every server; how many found something.
fn run(options: &Options) -> Result<u64, Box<dyn std::error::Error>> {
    let mut servers = options.servers()?;
    let seed = options.seed.unwrap_or_else(another_seed);
    println!("seed {seed}");
    let workloads = match options.workload.as_slice() {
        [] => Workload::value_variants(),
        some => some,
    };
    let mut findings = 0;
    for server in &mut servers {
        for &workload in workloads {
            let (clock, time) = (Clock::start(), Duration::from_secs(options.seconds));
            let (address, clients) = (server.address(), options.clients);
            let patience = Duration::from_secs(options.patience);
            let run = Run { address, seed, clock, time, patience, clients };
            let label = format!("{:<10} {}", workload.name(), server.label);
            let missing = workload.missing(&run)?;
            if !missing.is_empty() {
                let text = format!("{label}: the server does not know {}", missing.join(", "));
                if !options.workload.is_empty() {
                    return Err(text.into());
                }
                println!("absent {text}");
                continue;
            }
            let outcome = workload.run(&run);
            if server.has_ended() {
                return Err(format!("{label}: the server has ended:\n{}", server.log()).into());
            }
            match outcome.map_err(|error| format!("{label}: {error}"))? {
                Ok(tally) => println!("ok     {label}: {tally}"),
                Err(finding) => {
                    findings += 1;
                    println!("FAILED {label}: {finding}");
                    println!("again: {}", options.repeat(workload, &server.label, seed));
                    let log = server.log();
                    let lines: Vec<&str> = log.lines().collect();
                    let last = &lines[lines.len().saturating_sub(LOG_LINES)..];
                    println!("the server's last lines:\n{}", last.join("\n"));
                }
            }
        }
    }
    Ok(findings)
}

/// One that is another each time, and short enough to be typed.
fn another_seed() -> u64 {
    RandomState::new().build_hasher().finish() >> 24
}

const LOG_LINES: usize = 5;
