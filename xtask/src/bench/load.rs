//! Runs of the load generator, each a process of its own that ends with this one.

use std::fmt::Display;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use serde::Deserialize;

use crate::bench::error::BenchError;
use crate::bench::figure::Protocol;
use crate::bench::subject::Server;

/// The load generator, and where it runs.
#[derive(Debug)]
pub(crate) struct Loader {
    program: PathBuf,
    cpus: String,
}

impl Loader {
    /// The program, to run on these cores.
    pub(crate) fn new(program: PathBuf, cpus: &str) -> Self {
        Self { program, cpus: cpus.to_owned() }
    }

    /// Sends requests until the run ends.
    pub(crate) fn run(
        &self,
        row: &str,
        server: &Server,
        words: Words,
    ) -> Result<Outcome, BenchError> {
        self.begin(row, server, words)?.end()
    }

    /// Begins a run that goes on beside others.
    pub(crate) fn begin(
        &self,
        row: &str,
        server: &Server,
        words: Words,
    ) -> Result<Load, BenchError> {
        let words = words
            .with("--port", server.address().port())
            .with("--protocol", server.protocol.name())
            .plus(&["--json", "--quiet", "--patience", PATIENCE_SECONDS]);
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "taskset", "-c", &self.cpus]);
        command.arg(&self.program).args(&words.0);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let line = format!("carrier-load {}", words.0.join(" "));
        let mut child =
            command.spawn().map_err(|source| BenchError::System { what: line.clone(), source })?;
        let (sender, said) = channel();
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        thread::spawn(move || {
            // Both are short: neither pipe fills up while the other is read.
            let said = [text(stdout), text(stderr)];
            // Nobody listens to a run that is dropped.
            let _ = sender.send(said);
        });
        Ok(Load { row: row.to_owned(), server: server.name.clone(), line, child, said })
    }

    /// Whether the server knows a command: it is sent once.
    pub(crate) fn knows(&self, server: &Server, command: &str) -> Result<bool, BenchError> {
        let words = Words::keys(1).with("--command", command).plus(&["-n", "1", "-c", "1"]);
        match self.run("probe", server, words) {
            Err(BenchError::Reply { said, .. }) => {
                let is_unknown = match server.protocol {
                    Protocol::Resp => said.to_lowercase().contains("unknown command"),
                    Protocol::Memcached => said.contains("\"ERROR\\r\\n\""),
                };
                // Another complaint is shown when it comes during a measurement.
                Ok(!is_unknown)
            }
            Err(error) => Err(error),
            Ok(_) => Ok(true),
        }
    }
}

/// A run that goes on. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Load {
    row: String,
    server: String,
    line: String,
    child: Child,
    said: Receiver<[String; 2]>,
}

impl Load {
    /// Waits for its end.
    pub(crate) fn end(mut self) -> Result<Outcome, BenchError> {
        let said = self.said.recv().unwrap_or_default();
        let status = self
            .child
            .wait()
            .map_err(|source| BenchError::System { what: self.line.clone(), source })?;
        self.judge(status.code(), said)
    }

    /// What a run means that ended with this code and wrote this to its two streams.
    fn judge(&self, code: Option<i32>, [json, said]: [String; 2]) -> Result<Outcome, BenchError> {
        let said = said.trim_end().to_owned();
        let load = |said| BenchError::Load { line: self.line.clone(), said };
        match code {
            Some(0) => match serde_json::from_str::<Outcome>(&json) {
                Ok(outcome) if outcome.interrupted => Err(load("it was interrupted".to_owned())),
                Ok(outcome) => {
                    if outcome.unsent > 0 {
                        let (row, server, unsent) = (&self.row, &self.server, outcome.unsent);
                        eprintln!(
                            "{row}, {server}: {unsent} requests were due and not sent before the \
                             end; its latencies are lower bounds"
                        );
                    }
                    Ok(outcome)
                }
                Err(_) => {
                    let (program, expected) = ("carrier-load", "report");
                    Err(BenchError::Output { program, expected, found: json })
                }
            },
            Some(1) => {
                let (row, server) = (self.row.clone(), self.server.clone());
                Err(BenchError::Reply { row, server, said })
            }
            _ => Err(load(said)),
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        // Errors mean that it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the load generator reports of a run whose replies were all right.
#[derive(Debug, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) requests: u64,
    pub(crate) requests_per_second: f64,
    pub(crate) latency_ns: Latency,
    /// Of a run with `--count-above`, one for each bound.
    #[serde(default)]
    above: Vec<Above>,
    /// Requests that were due in an open loop and could not be sent before its end.
    #[serde(default)]
    pub(crate) unsent: u64,
    /// Whether it ended before its time, because it was told to.
    #[serde(default)]
    interrupted: bool,
}

impl Outcome {
    /// How many of a million replies came later than the bound of `--count-above`.
    pub(crate) fn above_of_a_million(&self) -> f64 {
        let above = self.above.first().map_or(0, |above| above.requests);
        above as f64 * 1e6 / self.requests.max(1) as f64
    }
}

#[derive(Debug, Deserialize)]
struct Above {
    requests: u64,
}

/// Latencies in nanoseconds.
#[derive(Debug, Deserialize)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    #[serde(rename = "p99.9")]
    pub(crate) p999: f64,
    pub(crate) max: f64,
}

/// Arguments of the load generator.
#[derive(Clone, Debug)]
pub(crate) struct Words(Vec<String>);

impl Words {
    /// Of a run that draws from so many keys.
    pub(crate) fn keys(keys: u64) -> Self {
        Self(Vec::new()).with("--keys", keys)
    }

    /// And an option with its value.
    pub(crate) fn with(mut self, option: &str, value: impl Display) -> Self {
        self.0.extend([option.to_owned(), value.to_string()]);
        self
    }

    /// And these words.
    pub(crate) fn plus(mut self, words: &[&str]) -> Self {
        self.0.extend(words.iter().map(|&word| word.to_owned()));
        self
    }

    /// And the words of a line.
    pub(crate) fn line(self, line: &str) -> Self {
        self.plus(&line.split_whitespace().collect::<Vec<_>>())
    }
}

fn text(stream: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        // What came before an error is what there is to show.
        let _ = stream.read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A busy machine, and a server that runs under another program, may answer late; only a hang is
/// ever later.
const PATIENCE_SECONDS: &str = "60";

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(code: Option<i32>, json: &str, said: &str) -> Result<Outcome, BenchError> {
        let child = Command::new("true").stdin(Stdio::null()).spawn().expect("a program");
        let (row, server, line) = ("get".to_owned(), "redis".to_owned(), "load".to_owned());
        let load = Load { row, server, line, child, said: channel().1 };
        load.judge(code, [json.to_owned(), said.to_owned()])
    }

    #[test]
    fn a_wrong_reply_is_an_error_that_names_row_and_server() {
        let error = judge(Some(1), REPORT, "error: wrong reply\n").expect_err("a wrong reply");
        let expected = "nothing is reported: row get, server redis: error: wrong reply";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn a_report_counts_only_when_the_run_succeeded() {
        let outcome = judge(Some(0), REPORT, "").expect("a report");
        assert_eq!(outcome.requests, 2_000_000);
        assert!((outcome.above_of_a_million() - 1.5).abs() < 1e-9);
        assert!(judge(Some(0), &REPORT.replace("false", "true"), "").is_err());
        assert!(judge(Some(0), "", "").is_err());
        assert!(judge(Some(2), REPORT, "a wrong option").is_err());
        assert!(judge(None, REPORT, "").is_err());
    }

    const REPORT: &str = r#"{
        "requests": 2000000,
        "requests_per_second": 1e6,
        "latency_ns": { "p50": 1, "p99": 2, "p99.9": 3, "max": 4, "mean": 1 },
        "above": [{ "bound_ns": 1000000, "requests": 3, "share": 1.5e-6 }],
        "interrupted": false
    }"#;
}
