//! Random sequences against redis-server, on every way to spread the work over threads: the smoke
//! test of `cargo xtask compare`, which runs them for as long as one likes.

mod support;

use std::path::Path;
use std::time::Duration;

use carrier_compare::{Comparison, Differences, Grammar, Server, Tally};
use carrier_peers::Launch;
use support::peer::missing;
use support::seed::{scale, seed};
use support::server::PROGRAM;
use support::summary;

#[test]
fn random_sequences_on_one_thread() {
    check(&["--threads", "1"]);
}

#[test]
fn random_sequences_on_two_threads() {
    check(&["--threads", "2"]);
}

#[test]
fn random_sequences_on_three_threads() {
    check(&["--threads", "3"]);
}

#[test]
fn random_sequences_in_the_staged_layout() {
    check(&["--layout", "staged"]);
}

#[test]
fn every_deliberate_difference_has_a_reason() {
    differences();
}

fn check(arguments: &[&str]) {
    let what = arguments.join(" ");
    let theirs = match Server::redis() {
        Ok(server) => server,
        Err(error) => return missing(&format!("random sequences, {what}"), &error),
    };
    let ours = Server::start(&what, Launch::carrier(PROGRAM).args(arguments));
    let commands = Path::new(env!("CARGO_MANIFEST_DIR")).join("commands");
    let mut comparison = Comparison {
        grammar: Grammar::read(&commands).expect("the lines beside the commands"),
        differences: differences(),
        ours: vec![ours.expect("the server's binary was built")],
        theirs,
        patience: Duration::from_secs(60),
    };
    let mut tally = Tally::default();
    for number in 0..CASES * scale() {
        let seed = seed().wrapping_add(number as u64);
        match comparison.check(seed, 0).expect("the servers run") {
            Ok(more) => tally.add(&more),
            Err(failure) => panic!("{failure}"),
        }
    }
    let (replies, keys) = (tally.replies(), tally.keys);
    summary(&format!("compared with redis-server, {what}: {replies} replies, {keys} keys"));
}

fn differences() -> Differences {
    let text = include_str!("../../carrier-compare/differences.txt");
    Differences::parse("differences.txt", text).expect("differences with reasons")
}

const CASES: usize = 80;
