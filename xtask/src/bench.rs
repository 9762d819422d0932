//! `cargo xtask bench`: the criterion benchmarks of every crate, or those of one.

use std::fmt;

use clap::Args;

use crate::error::Error;
use crate::workspace::Workspace;

/// Which benchmarks to run, and how.
#[derive(Args, Debug)]
pub(crate) struct Bench {
    /// A crate's folder or package, or a benchmark; all of them where absent.
    name: Option<String>,
    /// Only check that each benchmark runs: once, in the build that the tests use.
    #[arg(long)]
    quick: bool,
    /// What to pass on to the benchmarks, such as a filter.
    #[arg(last = true)]
    arguments: Vec<String>,
}

impl Bench {
    /// All benchmarks, each run once.
    pub(crate) const QUICK: Self = Self { name: None, quick: true, arguments: Vec::new() };

    /// Runs the benchmarks that were asked for.
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<(), Error> {
        let known = benches(workspace);
        let chosen: Vec<&Subject<'_>> =
            known.iter().filter(|bench| self.name.as_deref().is_none_or(|n| bench.is(n))).collect();
        if let Some(name) = self.name.as_ref().filter(|_| chosen.is_empty()) {
            let known = known.iter().map(Subject::to_string).collect();
            return Err(Error::Unknown { what: "benchmark", name: name.clone(), known });
        }
        if chosen.is_empty() {
            eprintln!("no crate has benchmarks");
            return Ok(());
        }
        let subcommand = if self.quick { "test" } else { "bench" };
        workspace
            .cargo()
            .args([subcommand, "--locked"])
            .args(chosen.iter().flat_map(|bench| ["--package", bench.package]))
            .args(chosen.iter().flat_map(|bench| ["--bench", bench.name]))
            .arg("--")
            .args(self.quick.then_some("--test"))
            .args(&self.arguments)
            .run()
    }
}

/// A benchmark target and the package it stands in.
#[derive(Debug)]
struct Subject<'a> {
    package: &'a str,
    folder: &'a str,
    name: &'a str,
}

impl Subject<'_> {
    fn is(&self, name: &str) -> bool {
        [self.package, self.folder, self.name].contains(&name)
    }
}

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.folder, self.name)
    }
}

fn benches(workspace: &Workspace) -> Vec<Subject<'_>> {
    let of_package = workspace.packages.iter().flat_map(|package| {
        package.targets.iter().filter(|target| target.is("bench")).map(|target| Subject {
            package: &package.name,
            folder: package.folder_name(),
            name: &target.name,
        })
    });
    of_package.collect()
}
