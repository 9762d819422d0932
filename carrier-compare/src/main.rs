//! The command line: exit code 0 where the servers agree, 1 where they differ, 2 where nothing
//! could be compared.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "what a comparison finds out is its output")]

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use carrier_compare::{Comparison, Failure, Options, Tally};
use clap::Parser as _;

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

/// Runs cases until the time is over or there are enough; the number of those that failed.
fn run(options: &Options) -> Result<u64, Box<dyn std::error::Error>> {
    let mut comparison = options.prepare()?;
    let start = now();
    let first = options.seed.unwrap_or_else(another_seed);
    let default_seconds = options.cases.is_none().then_some(DEFAULT_SECONDS);
    let seconds = options.seconds.or(default_seconds);
    let cases = options.cases.unwrap_or(u64::MAX);
    let (mut tally, mut failures, mut number) = (Tally::default(), 0, 0);
    println!("from seed {first} on");
    while number < cases
        && failures < options.failures
        && seconds.is_none_or(|seconds| start.elapsed() < Duration::from_secs(seconds))
    {
        match comparison.check(first.wrapping_add(number), number as usize)? {
            Ok(more) => tally.add(&more),
            Err(failure) => {
                failures += 1;
                println!("\n{failure}\nrepeat it: {}", options.repeat(&failure));
                if options.keep {
                    keep(&comparison, &failure)?;
                }
            }
        }
        number += 1;
    }
    summarise(&comparison, &tally, failures, start.elapsed());
    Ok(failures)
}

fn summarise(comparison: &Comparison, tally: &Tally, failures: u64, taken: Duration) {
    println!("\n{:<28} {:>10} {:>10}", "command", "replies", "no error");
    for (name, (all, right)) in &tally.commands {
        // What noise made of names is of no interest.
        if comparison.grammar.names().any(|own| own == name) {
            println!("{name:<28} {all:>10} {right:>10}");
        }
    }
    for name in comparison.grammar.names().filter(|_| tally.cases >= CASES_FOR_COVERAGE) {
        if tally.commands.get(name).is_none_or(|(_, right)| *right == 0) {
            println!("note: {name} was never answered without an error");
        }
    }
    if tally.cases >= CASES_FOR_STALENESS {
        for title in comparison.differences.stale(&tally.differences) {
            println!("note: this deliberate difference did not occur: {title}");
        }
    }
    println!(
        "{} cases in {:.0} s: {} replies and {} keys compared, {} deliberate differences seen, \
         {failures} failures",
        tally.cases + failures,
        taken.as_secs_f64(),
        tally.replies(),
        tally.keys,
        tally.differences.iter().sum::<u64>(),
    );
}

/// Runs what is left of the failing case once more, and waits.
fn keep(comparison: &Comparison, failure: &Failure) -> io::Result<()> {
    let number = comparison.ours.iter().position(|server| server.label == failure.server);
    let number = number.unwrap_or_default();
    let _ = comparison.attempt(&failure.case, number);
    let (ours, theirs) = (comparison.ours[number].address(), comparison.theirs.address());
    println!("ours is at {ours}, theirs at {theirs}; Enter ends them");
    io::stdin().read_line(&mut String::new()).map(drop)
}

#[expect(clippy::disallowed_methods, reason = "how long a run may take is wall time")]
fn now() -> Instant {
    Instant::now()
}

/// One that is another each time, and short enough to be typed.
fn another_seed() -> u64 {
    RandomState::new().build_hasher().finish() >> 24
}

const DEFAULT_SECONDS: u64 = 60;

/// From so many on every command ought to have done what it is for.
const CASES_FOR_COVERAGE: u64 = 500;

/// From so many on a difference that has not occurred is worth a note.
const CASES_FOR_STALENESS: u64 = 5_000;
