//! `cargo xtask ci`: every check of the project, in the order in which they tell most soonest.
//!
//! The run stops at the first step that fails. The time of each step and the sum of the test
//! results are printed at the end, in success and in failure.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};

use crate::bench::Bench;
use crate::commands::Commands;
use crate::compare::Compare;
use crate::counts::Counts;
use crate::error::Error;
use crate::fuzz::Fuzz;
use crate::history::History;
use crate::tally::Tally;
use crate::workspace::Workspace;
use crate::{loom, tidy};

/// Which steps to run.
#[derive(Args, Debug)]
pub(crate) struct Ci {
    /// One step; all of them where absent.
    step: Option<Step>,
}

impl Ci {
    /// Runs the steps and prints what each took.
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<(), Error> {
        let steps = self.step.as_ref().map_or_else(Step::value_variants, std::slice::from_ref);
        let mut done = Vec::new();
        let mut tally = Tally::default();
        let mut outcome = Ok(());
        for &step in steps {
            println!("\n==> {}", step.name());
            let start = now();
            outcome = step.run(workspace, &mut tally);
            let taken = start.elapsed();
            println!("<== {} {}, {}", step.name(), verdict(&outcome), seconds(taken));
            done.push((step, taken));
            if outcome.is_err() {
                break;
            }
        }
        summarise(&done, &outcome, tally);
        outcome
    }
}

/// One check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// The formatting of every file, sources of commands included.
    Fmt,
    /// Layers between crates, house style, freshness of generated files.
    Tidy,
    /// Clippy on everything, warnings denied.
    Clippy,
    /// The release build of the server.
    Build,
    /// All tests; those against Redis and memcached must find them.
    Test,
    /// A minute of random command sequences against redis-server, which must be there.
    Compare,
    /// Half a minute of concurrent clients, whose histories have to be strictly serializable.
    History,
    /// The documentation of every crate, warnings denied.
    Docs,
    /// The loom models.
    Loom,
    /// All fuzz targets, ten seconds each.
    Fuzz,
    /// The instructions of key paths, compared with those in the tree.
    Counts,
    /// Every benchmark once, and the table against other servers in seconds.
    Bench,
    /// What would be published of each crate.
    Package,
}

impl Step {
    fn run(self, workspace: &Workspace, tally: &mut Tally) -> Result<(), Error> {
        let cargo = |subcommand| workspace.cargo().arg(subcommand);
        match self {
            Self::Fmt => {
                cargo("fmt").args(["--all", "--check"]).run()?;
                cargo("fmt").args(["--manifest-path", "fuzz/Cargo.toml", "--check"]).run()?;
                cargo("run")
                    .args(["--locked", "--quiet", "--bin", "carrier-server", "--"])
                    .args(["zvml", "fmt", "--check"])
                    .args(command_sources(workspace)?)
                    .run()
            }
            Self::Tidy => {
                tidy::run(workspace)?;
                Commands::CHECK.run(workspace)
            }
            Self::Clippy => cargo("clippy")
                .args(["--locked", "--workspace", "--all-targets", "--", "-D", "warnings"])
                .run(),
            Self::Build => cargo("build").args(["--locked", "--release"]).run(),
            Self::Test => cargo("test")
                .env("CARRIER_REQUIRE_PEERS", "1")
                .args(["--locked", "--workspace"])
                .run_tests(tally),
            Self::Compare => Compare::minute().run(workspace),
            Self::History => History::short().run(workspace),
            Self::Docs => cargo("doc")
                .env("RUSTDOCFLAGS", "-D warnings")
                .args(["--locked", "--workspace", "--no-deps"])
                .run(),
            Self::Loom => loom::run(workspace, tally),
            Self::Fuzz => Fuzz::SMOKE.run(workspace),
            Self::Counts => Counts::ALL.run(workspace),
            Self::Bench => {
                Bench::QUICK.run(workspace)?;
                let words = ["bench", "--against", "redis,memcached", "--quick"];
                cargo("xtask").args(words).run()
            }
            Self::Package => package(workspace),
        }
    }

    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// The sources of commands: those of the server and the examples of the compiler.
fn command_sources(workspace: &Workspace) -> Result<Vec<PathBuf>, Error> {
    let mut sources = Vec::new();
    for folder in ["carrier-server/commands", "zvml/examples"] {
        let folder = workspace.root.join(folder);
        let failed = |source| Error::File { path: folder.clone(), source };
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|extension| extension == "zvml") {
                sources.push(path);
            }
        }
    }
    sources.sort();
    Ok(sources)
}

/// Packs the crates that may be published, without building the packages again.
///
/// Each gets a lock file of its own; offline, so that it holds what the workspace is built with.
fn package(workspace: &Workspace) -> Result<(), Error> {
    workspace.cargo().args(["fetch", "--locked"]).run()?;
    let published = workspace.packages.iter().filter(|package| package.is_publishable());
    workspace
        .cargo()
        .args(["package", "--locked", "--offline", "--no-verify", "--allow-dirty"])
        .args(published.flat_map(|package| ["--package", &package.name]))
        .run()
}

fn summarise(done: &[(Step, Duration)], outcome: &Result<(), Error>, tally: Tally) {
    println!();
    for (index, (step, taken)) in done.iter().enumerate() {
        let is_last = index + 1 == done.len();
        let verdict = if is_last { verdict(outcome) } else { "ok" };
        println!("{:<8} {:>9}  {verdict}", step.name(), seconds(*taken));
    }
    let total = done.iter().map(|(_, taken)| *taken).sum();
    println!("{:<8} {:>9}", "total", seconds(total));
    println!("{tally}");
}

fn verdict(outcome: &Result<(), Error>) -> &'static str {
    if outcome.is_ok() { "ok" } else { "FAILED" }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

#[expect(clippy::disallowed_methods, reason = "a build step has no clock to be given")]
fn now() -> Instant {
    Instant::now()
}
