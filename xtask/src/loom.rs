//! `cargo xtask loom`: exhaustive runs of the concurrent code under loom.
//!
//! A model is a test in a crate's `tests/loom_*.rs`. It sees loom's atomics and threads because the
//! whole build has `--cfg loopy_loom`; hence a target folder of its own. Models explore all
//! interleavings with at most `LOOM_MAX_PREEMPTIONS` (default 2) forced switches.

use std::env;
use std::ffi::OsString;

use crate::error::Error;
use crate::tally::Tally;
use crate::workspace::{Package, Workspace};

/// Runs every model of every crate, adding the results to `tally`.
pub(crate) fn run(workspace: &Workspace, tally: &mut Tally) -> Result<(), Error> {
    let before = tally.passed;
    for package in &workspace.packages {
        let models = models(package);
        if models.is_empty() {
            continue;
        }
        workspace
            .cargo()
            .env("RUSTFLAGS", "--cfg loopy_loom")
            .env("LOOM_MAX_PREEMPTIONS", preemptions())
            .env("CARGO_TARGET_DIR", workspace.target.join("loom"))
            // Most of the time goes into building loom: optimise a little, link loosely.
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true")
            .args(["test", "--release", "--locked", "--package", &package.name])
            .args(models.iter().flat_map(|model| ["--test", model]))
            .run_tests(tally)?;
    }
    if tally.passed == before { Err(Error::NoModelRan) } else { Ok(()) }
}

fn models(package: &Package) -> Vec<&str> {
    let tests = package.targets.iter().filter(|target| target.is("test"));
    tests.map(|test| test.name.as_str()).filter(|name| name.starts_with("loom_")).collect()
}

fn preemptions() -> OsString {
    env::var_os("LOOM_MAX_PREEMPTIONS").unwrap_or_else(|| OsString::from("2"))
}
