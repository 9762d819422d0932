//! `cargo xtask bench`: the criterion benchmarks of every crate, or those of one; and with
//! `--against` one table that holds the server against others.

mod against;
mod cache;
mod chart;
mod client;
mod clock;
mod counted;
mod cpu;
mod criterion;
mod error;
mod example;
mod exec;
mod figure;
mod latency;
mod load;
mod machine;
mod memory;
mod page;
mod report;
mod rows;
mod stage;
mod startup;
mod statistics;
mod subject;
mod table;
mod threads;
mod trace;
mod union;

use clap::Args;

use crate::bench::against::Against;
use crate::error::Error;
use crate::workspace::Workspace;

pub(crate) use crate::bench::error::BenchError;

/// Which benchmarks to run, and how.
#[derive(Args, Debug)]
pub(crate) struct Bench {
    /// A crate's folder or package, or a benchmark; all of them where absent.
    name: Option<String>,
    /// Only check that each benchmark runs: once, in the build that the tests use. With --against:
    /// every row in seconds, whose figures say nothing.
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    against: Option<Against>,
    /// What to pass on to the benchmarks, such as a filter.
    #[arg(last = true)]
    arguments: Vec<String>,
}

impl Bench {
    /// All benchmarks, each run once.
    pub(crate) const QUICK: Self =
        Self { name: None, quick: true, against: None, arguments: Vec::new() };

    /// Runs the benchmarks that were asked for.
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<(), Error> {
        match &self.against {
            Some(against) => against.run(workspace, self.quick),
            None => criterion::run(workspace, self.name.as_deref(), self.quick, &self.arguments),
        }
    }
}
