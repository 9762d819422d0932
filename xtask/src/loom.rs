//! `cargo xtask loom`: the concurrent code under every interleaving, and under random ones.
//!
//! A loom model is a test in a crate's `tests/loom_*.rs`. It sees loom's atomics and threads as the
//! whole build has `--cfg loopy_loom`; hence a target folder of its own. Models explore all
//! interleavings with at most `LOOM_MAX_PREEMPTIONS` (default 2) forced switches. What is too large
//! for that is a test in `tests/shuttle_*.rs`: the same for shuttle, whose schedules are drawn.

use std::env;
use std::ffi::OsString;

use crate::error::Error;
use crate::tally::Tally;
use crate::workspace::{Package, Workspace};

/// Runs every model of every crate, adding the results to `tally`.
pub(crate) fn run(workspace: &Workspace, tally: &mut Tally) -> Result<(), Error> {
    for checker in ["loom", "shuttle"] {
        let before = tally.passed;
        for package in &workspace.packages {
            run_models(workspace, package, checker, tally)?;
        }
        if tally.passed == before {
            return Err(Error::NoModelRan);
        }
    }
    Ok(())
}

fn run_models(
    workspace: &Workspace,
    package: &Package,
    checker: &str,
    tally: &mut Tally,
) -> Result<(), Error> {
    let models = models(package, checker);
    if models.is_empty() {
        return Ok(());
    }
    workspace
        .cargo()
        .env("RUSTFLAGS", format!("--cfg loopy_{checker}"))
        .env("LOOM_MAX_PREEMPTIONS", preemptions())
        .env("CARGO_TARGET_DIR", workspace.target.join(checker))
        // Most of the time goes into building the checker: optimise a little, link loosely.
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true")
        .args(["test", "--release", "--locked", "--package", &package.name])
        .args(models.iter().flat_map(|model| ["--test", model]))
        .run_tests(tally)
}

/// The tests of a package that are for this checker.
fn models<'a>(package: &'a Package, checker: &str) -> Vec<&'a str> {
    let tests = package.targets.iter().filter(|target| target.is("test"));
    let names = tests.map(|test| test.name.as_str());
    names.filter(|name| name.split_once('_').is_some_and(|(kind, _)| kind == checker)).collect()
}

fn preemptions() -> OsString {
    env::var_os("LOOM_MAX_PREEMPTIONS").unwrap_or_else(|| OsString::from("2"))
}
