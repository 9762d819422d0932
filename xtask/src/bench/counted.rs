//! What can be counted and not only timed: system calls (strace) and instructions (callgrind).
//!
//! A server under such a program is loaded twice, the second time with more requests: what the
//! difference cost is the requests', and start and end cost nothing.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::bench::error::BenchError;
use crate::bench::figure::{Measure, Protocol, Series};
use crate::bench::latency::{get, set};
use crate::bench::load::Words;
use crate::bench::stage::{Results, Stage};
use crate::bench::subject::{Server, Subject};
use crate::counts::total_in;

/// Counts system calls of GET and SET.
pub(super) fn measure_syscalls(stage: &Stage, results: &mut Results) -> Result<(), BenchError> {
    measure(stage, &STRACE, results)
}

/// Counts instructions of GET and SET.
pub(super) fn measure_instructions(stage: &Stage, results: &mut Results) -> Result<(), BenchError> {
    measure(stage, &CALLGRIND, results)
}

/// A program that runs another one and counts.
struct Counter {
    program: &'static str,
    measure: Measure,
    /// The command, to be followed by the server's; it writes to `{file}`.
    command: &'static [&'static str],
    /// What is counted, for an error.
    expected: &'static str,
    /// Finds the count in that file.
    read: fn(&str) -> Option<f64>,
}

fn measure(stage: &Stage, counter: &Counter, results: &mut Results) -> Result<(), BenchError> {
    if Command::new(counter.program).arg("--version").output().is_err() {
        eprintln!("{} is not installed: not counted", counter.program);
        return Ok(());
    }
    type Row = (&'static str, fn(Protocol) -> Option<&'static str>, &'static [usize]);
    let rows: [Row; 2] = [("get", get, &[1, 16]), ("set", set, &[16])];
    for (row, command, pipelines) in rows {
        for lineup in stage.lineups(row, counter.measure, command, results)? {
            let command = command(lineup.protocol).unwrap_or_default();
            for pipeline in stage.settings.pipelines(pipelines) {
                stage.announce(counter.program, &lineup, Some(pipeline));
                let mut series = Vec::new();
                for subject in &lineup.subjects {
                    let at = (lineup.protocol, pipeline);
                    let count = a_request(stage, counter, subject, row, command, at)?;
                    series.push(Series::new(&subject.name, vec![count]));
                }
                let at = (lineup.protocol, Some(pipeline));
                stage.add(results, (row, counter.measure), at, series);
            }
        }
    }
    Ok(())
}

fn a_request(
    stage: &Stage,
    counter: &Counter,
    subject: &Subject,
    row: &str,
    command: &str,
    (protocol, pipeline): (Protocol, usize),
) -> Result<f64, BenchError> {
    let (few, many) = if stage.settings.is_quick { (1000, 2000) } else { (5000, 25_000) };
    let mut counts = Vec::new();
    for requests in [few, many] {
        let path = stage.folder.join(format!("{}.out", counter.program));
        // An old one must not be read again.
        let _ = fs::remove_file(&path);
        let place = path.display().to_string();
        let wrapper = counter.command.iter().map(|word| word.replace("{file}", &place));
        let launch = stage.launch(subject).args(subject.frugal()).under(wrapper);
        let mut server = Server::start(subject, protocol, &launch)?;
        let words = Words::keys(KEYS)
            .plus(&["--preload"])
            .with("--command", command)
            .with("-P", pipeline)
            .with("-n", requests);
        stage.loader.run(row, &server, words)?;
        let ended = server.running.terminate_inner();
        let what = format!("wait for {}", counter.program);
        ended.map_err(|source| BenchError::System { what, source })?;
        counts.push(read(counter, &path)?);
    }
    Ok((counts[1] - counts[0]) / f64::from(many - few))
}

fn read(counter: &Counter, path: &Path) -> Result<f64, BenchError> {
    let text = fs::read_to_string(path)
        .map_err(|source| BenchError::System { what: path.display().to_string(), source })?;
    (counter.read)(&text).ok_or_else(|| BenchError::Output {
        program: counter.program,
        expected: counter.expected,
        found: text.chars().take(1000).collect(),
    })
}

/// The fourth column of the line of totals.
fn total_calls(text: &str) -> Option<f64> {
    let line = text.lines().rev().find(|line| line.trim_end().ends_with(" total"))?;
    let words: Vec<&str> = line.split_whitespace().collect();
    // The column of errors may be empty, and older versions leave that of microseconds so.
    let calls = words.get(3).filter(|word| word.parse::<f64>().is_ok())?;
    calls.parse().ok()
}

const STRACE: Counter = Counter {
    program: "strace",
    measure: Measure::Syscalls,
    command: &["strace", "-f", "-c", "-o", "{file}"],
    expected: "line of totals",
    read: total_calls,
};
const CALLGRIND: Counter = Counter {
    program: "valgrind",
    measure: Measure::Instructions,
    // memcached raises its limit to its number of connections, which valgrind allows where that is
    // the limit already; some descriptors above it are valgrind's own.
    command: &[
        "prlimit",
        "--nofile=1024:2048",
        "valgrind",
        "--tool=callgrind",
        "--callgrind-out-file={file}",
    ],
    expected: "totals",
    read: |text| total_in(text).map(|total| total as f64),
};
const KEYS: u64 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_calls_are_summed_by_strace() {
        let text = "% time     seconds  usecs/call     calls    errors syscall\n\
                    ------ ----------- ----------- --------- --------- ----------------\n \
                    97.05    0.001909           1      1013         3 read\n\
                    ------ ----------- ----------- --------- --------- ----------------\n\
                    100.00    0.001967           1      1036         5 total\n";
        assert_eq!(total_calls(text), Some(1036.0));
        assert_eq!(
            total_calls(&text.replace("         5 total", "           total")),
            Some(1036.0)
        );
        assert_eq!(total_calls("strace: killed"), None);
    }
}
