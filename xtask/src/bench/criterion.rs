//! The criterion benchmarks of the crates.

use std::fmt;

use crate::error::Error;
use crate::workspace::Workspace;

/// Runs the benchmarks of this name, or all of them; quick, each once.
pub(super) fn run(
    workspace: &Workspace,
    name: Option<&str>,
    is_quick: bool,
    arguments: &[String],
) -> Result<(), Error> {
    let known = benches(workspace);
    let chosen: Vec<&Subject<'_>> =
        known.iter().filter(|bench| name.is_none_or(|name| bench.is(name))).collect();
    if let Some(name) = name.filter(|_| chosen.is_empty()) {
        let known = known.iter().map(Subject::to_string).collect();
        return Err(Error::Unknown { what: "benchmark", name: name.to_owned(), known });
    }
    if chosen.is_empty() {
        eprintln!("no crate has benchmarks");
        return Ok(());
    }
    let subcommand = if is_quick { "test" } else { "bench" };
    workspace
        .cargo()
        .args([subcommand, "--locked"])
        .args(chosen.iter().flat_map(|bench| ["--package", bench.package]))
        .args(chosen.iter().flat_map(|bench| ["--bench", bench.name]))
        .arg("--")
        .args(is_quick.then_some("--test"))
        .args(arguments)
        .run()
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
