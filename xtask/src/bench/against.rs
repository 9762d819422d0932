//! `cargo xtask bench --against redis,memcached`: one table that holds the server against others.
//!
//! Our release build and each peer run beside each other, persistence off, pinned to the cores of
//! the servers, the load generator to its own. Shots are taken in turn, A B A B, so that what the
//! machine does meanwhile happens to all; a ratio is the median over the pairs. A wrong reply ends
//! the run, and nothing is reported.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::bench::error::BenchError;
use crate::bench::load::Loader;
use crate::bench::machine::Machine;
use crate::bench::report::{FORMAT, Report, ServerLine};
use crate::bench::rows::{CpuRow, Rows, SPECIAL, Shape};
use crate::bench::stage::{Results, Settings, Stage};
use crate::bench::subject::{self, Subject};
use crate::bench::{
    cache, clock, counted, cpu, exec, latency, memory, page, startup, table, threads, union,
};
use crate::error::Error;
use crate::workspace::Workspace;

/// What to compare with, and how.
#[derive(Args, Debug)]
pub(crate) struct Against {
    /// Servers to compare with: redis, memcached, valkey, dragonfly; carrier=PATH for another build
    /// of ours; NAME=COMMAND LINE with {port}, its NAME beginning with memcached if it speaks that.
    #[arg(long)]
    against: Vec<String>,
    /// Rows to measure, or cpu, memory and special for all of a kind [default: what takes minutes].
    #[arg(long, value_delimiter = ',', requires = "against")]
    rows: Vec<String>,
    /// Every row, and those of containers and of growth with ten million items.
    #[arg(long, conflicts_with = "rows", requires = "against")]
    all: bool,
    /// Pipeline depths, for every row that has one.
    #[arg(long, value_delimiter = ',', requires = "against")]
    pipelines: Option<Vec<usize>>,
    /// How often each server is measured in turn [default: 5, at pipeline 1 and for latencies 9].
    #[arg(long, requires = "against")]
    pairs: Option<usize>,
    /// Pairs of a 16-byte key and a value that are loaded first.
    #[arg(long, default_value_t = 1_000_000, requires = "against")]
    keys: u64,
    /// Items of the rows about memory and growth [default: 1000000].
    #[arg(long, requires = "against")]
    items: Option<u64>,
    /// Requests of a shot [default: what takes about a second].
    #[arg(long, requires = "against")]
    requests: Option<u64>,
    /// Threads of each server.
    #[arg(long, default_value_t = 1, requires = "against")]
    threads: usize,
    /// Cores of the servers, as taskset writes them.
    #[arg(long, default_value = "0", requires = "against")]
    server_cpus: String,
    /// Cores of the load generator [default: 1, or 0 where there is one core].
    #[arg(long, requires = "against")]
    client_cpus: Option<String>,
    /// A set-up file of the load generator, run first; for --command, in place of keys.
    #[arg(long, requires = "command")]
    setup: Option<PathBuf>,
    /// A command to measure, as the load generator reads it: "BITOP AND d a b => int".
    #[arg(long, requires = "against")]
    command: Option<String>,
    /// Each request of --command takes a key that never was; without --command, the row `fresh`.
    #[arg(long, requires = "against")]
    fresh: bool,
    /// Also write everything, samples too, as JSON.
    #[arg(long, requires = "against")]
    json: Option<PathBuf>,
    /// Also write a page with charts.
    #[arg(long, requires = "against")]
    html: Option<PathBuf>,
}

/// The rows of a run.
#[derive(Debug)]
struct Chosen {
    cpu: Vec<CpuRow>,
    memory: Vec<Shape>,
    special: Vec<&'static str>,
}

impl Against {
    /// Measures, prints the tables and writes the files that were asked for.
    pub(crate) fn run(&self, workspace: &Workspace, is_quick: bool) -> Result<(), Error> {
        let rows = Rows::load().map_err(BenchError::Rows)?;
        let chosen = self.choose(&rows)?;
        let mut subjects = self.peers()?;
        let (server, loader) = build(workspace)?;
        let settings = self.settings(is_quick);
        subjects.insert(0, Subject::carrier(OURS, &server)?);
        let stage = Stage {
            subjects,
            loader: Loader::new(loader, &settings.client_cpus),
            settings,
            goals: rows.goals,
            folder: make_folder(&workspace.target.join("bench"))?,
            root: workspace.root.clone(),
        };
        let date = clock::date();
        let machine = Machine::look();
        let mut results = Results::default();
        chosen.measure(&stage, &mut results)?;
        let report = Report {
            format: FORMAT,
            quick: is_quick,
            date,
            commit: commit(workspace),
            arguments: std::env::args().skip(1).collect(),
            machine,
            servers: stage.subjects.iter().map(|one| ServerLine::of(one, self.threads)).collect(),
            figures: results.figures,
            absent: results.absent,
        };
        print!("{}", table::text(&report));
        if let Some(path) = &self.json {
            write(path, &format!("{:#}\n", serde_json::json!(report)))?;
        }
        if let Some(path) = &self.html {
            write(path, &page::html(&report))?;
        }
        Ok(())
    }

    fn settings(&self, is_quick: bool) -> Settings {
        Settings {
            pairs: self.pairs,
            pipelines: self.pipelines.clone(),
            keys: self.keys,
            items: self.items,
            requests: self.requests,
            threads: self.threads,
            server_cpus: self.server_cpus.clone(),
            client_cpus: self.client_cpus.clone().unwrap_or_else(|| second_core().to_owned()),
            is_whole: self.all,
            is_quick,
        }
    }

    /// Those of the servers to compare with that are there.
    fn peers(&self) -> Result<Vec<Subject>, BenchError> {
        let mut peers: Vec<Subject> = Vec::new();
        for word in subject::words(&self.against) {
            match Subject::parse(&word) {
                Ok(peer) if [OURS].into_iter().chain(names(&peers)).any(|one| one == peer.name) => {
                    let expected = "servers of different names";
                    return Err(BenchError::Syntax { option: "--against", found: word, expected });
                }
                Ok(peer) => peers.push(peer),
                Err(BenchError::Peer(absent @ carrier_peers::Error::Absent { .. })) => {
                    eprintln!("{word}: {absent}; going on without it");
                }
                Err(error) => return Err(error),
            }
        }
        if peers.is_empty() { Err(BenchError::NoPeer) } else { Ok(peers) }
    }

    fn choose(&self, rows: &Rows) -> Result<Chosen, Error> {
        let mut names = self.rows.clone();
        let mut cpu: Vec<CpuRow> = Vec::new();
        if let Some(command) = &self.command {
            let mut row = CpuRow::ad_hoc(command, self.fresh);
            if let Some(path) = &self.setup {
                let text = fs::read_to_string(path)
                    .map_err(|source| Error::File { path: path.clone(), source })?;
                row.setup = text.lines().map(str::to_owned).collect();
                row.loads = false;
            }
            cpu.push(row);
        } else if self.fresh {
            names.push("fresh".to_owned());
        }
        let known = rows.names();
        if let Some(name) =
            names.iter().find(|name| !known.contains(&name.as_str()) && !KINDS.contains(&&***name))
        {
            let known = KINDS.iter().chain(&known).map(|&name| name.to_owned()).collect();
            return Err(Error::Unknown { what: "row", name: name.clone(), known });
        }
        let is_default = names.is_empty() && cpu.is_empty();
        let wants = |kind: &str, name: &str, is_rare: bool| {
            self.all
                || is_default && !is_rare
                || names.iter().any(|wanted| wanted == kind || wanted == name)
        };
        cpu.extend(rows.cpu.iter().filter(|row| wants(KINDS[0], &row.row, row.rare)).cloned());
        let memory = rows.memory.iter().filter(|shape| wants(KINDS[1], &shape.row, shape.rare));
        let special = SPECIAL.iter().filter(|(name, is_rare)| wants(KINDS[2], name, *is_rare));
        Ok(Chosen {
            cpu,
            memory: memory.cloned().collect(),
            special: special.map(|(name, _)| *name).collect(),
        })
    }
}

impl Chosen {
    fn measure(&self, stage: &Stage, results: &mut Results) -> Result<(), BenchError> {
        for row in &self.cpu {
            cpu::measure(stage, row, results)?;
        }
        for shape in &self.memory {
            memory::measure(stage, shape, results)?;
        }
        for &row in &self.special {
            match row {
                "delete" => memory::measure_delete(stage, results)?,
                "connection" => memory::measure_connection(stage, results)?,
                "budget" => memory::measure_budget(stage, results)?,
                "latency" => latency::measure(stage, results)?,
                "growth" => latency::measure_growth(stage, results)?,
                "remote" => threads::measure(stage, results)?,
                "scattered" => threads::measure_scattered(stage, results)?,
                "exec" => exec::measure(stage, results)?,
                "union" => union::measure(stage, results)?,
                "startup" => startup::measure(stage, results)?,
                "syscalls" => counted::measure_syscalls(stage, results)?,
                cache::ZIPF | cache::SCANS => cache::measure(stage, row, results)?,
                "instructions" => counted::measure_instructions(stage, results)?,
                other => unreachable!("the row {other} has no measurement"),
            }
        }
        Ok(())
    }
}

/// Builds the server as the README says, and the load generator; returns where they are.
fn build(workspace: &Workspace) -> Result<(PathBuf, PathBuf), Error> {
    let cargo = || workspace.cargo().env("RUSTFLAGS", "").args(["build", "--locked", "--release"]);
    cargo().run()?;
    cargo().args(["--package", "carrier-load"]).run()?;
    let release = workspace.target.join("release");
    Ok((release.join("carrier-server"), release.join("carrier-load")))
}

fn names(subjects: &[Subject]) -> impl Iterator<Item = &str> {
    subjects.iter().map(|subject| subject.name.as_str())
}

fn second_core() -> &'static str {
    if std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 1) { "1" } else { "0" }
}

/// The commit that is built, and whether anything was changed since.
fn commit(workspace: &Workspace) -> Option<String> {
    let words = ["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"];
    let said = crate::tool::Tool::new("git", &workspace.root).args(words).output();
    said.ok().map(|commit| commit.trim().to_owned())
}

fn make_folder(folder: &Path) -> Result<PathBuf, Error> {
    fs::create_dir_all(folder).map_err(|source| Error::File { path: folder.to_owned(), source })?;
    Ok(folder.to_owned())
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(|source| Error::File { path: path.to_owned(), source })?;
    eprintln!("wrote {}", path.display());
    Ok(())
}

/// The name of our own server.
const OURS: &str = "carrier";
const KINDS: [&str; 3] = ["cpu", "memory", "special"];

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        against: Option<Against>,
    }

    /// The names of the rows that a command line chooses.
    fn chosen(line: &str) -> Result<Vec<String>, String> {
        let words = ["bench"].into_iter().chain(line.split_whitespace());
        let line = Line::try_parse_from(words).map_err(|error| error.to_string())?;
        let rows = Rows::load().map_err(|error| error.to_string())?;
        let against = line.against.ok_or("nothing to compare with")?;
        let chosen = against.choose(&rows).map_err(|error| error.to_string())?;
        let cpu = chosen.cpu.iter().map(|row| row.row.clone());
        let memory = chosen.memory.iter().map(|shape| shape.row.clone());
        Ok(cpu.chain(memory).chain(chosen.special.iter().map(|&row| row.to_owned())).collect())
    }

    #[test]
    fn rows_are_chosen_by_name_by_kind_and_all_together() {
        assert_eq!(chosen("--against redis --rows kv8,get"), Ok(vec!["get".into(), "kv8".into()]));
        let all = chosen("--against redis --all").expect("every row");
        assert_eq!(all.len(), Rows::load().expect("the table of rows").names().len());
        let usual = chosen("--against redis").expect("the usual rows");
        assert!(usual.len() < all.len() && usual.iter().any(|row| row == "get"));
        assert!(!usual.iter().any(|row| row == "budget"));
        let memory = chosen("--against redis --rows memory").expect("a kind");
        assert!(memory.iter().any(|row| row == "bits") && !memory.iter().any(|row| row == "get"));
    }

    #[test]
    fn a_command_of_ones_own_is_measured_alone() {
        assert_eq!(chosen("--against redis --command PING"), Ok(vec!["command".into()]));
        assert_eq!(chosen("--against redis --command PING --fresh"), Ok(vec!["command".into()]));
        assert_eq!(chosen("--against redis --fresh"), Ok(vec!["fresh".into()]));
        let both = chosen("--against redis --command PING --rows get");
        assert_eq!(both, Ok(vec!["command".into(), "get".into()]));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for line in
            ["--rows get", "--against redis --rows got", "--against redis --all --rows get", ""]
        {
            assert!(chosen(line).is_err(), "{line}");
        }
    }
}
