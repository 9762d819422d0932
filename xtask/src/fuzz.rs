//! `cargo xtask fuzz`: one build of all fuzz targets, then each binary run by itself.
//!
//! The targets are the binaries of `/fuzz`, a cargo-fuzz crate outside the workspace; each calls a
//! function `check_...` of the crate it examines. A target starts from what earlier runs found
//! (`fuzz/corpus/<target>`, not tracked) and from `fuzz/seeds/<target>` where that exists. An input
//! that breaks a property is left in `fuzz/artifacts/<target>`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::error::Error;
use crate::tool::Tool;
use crate::workspace::Workspace;

/// What to fuzz, and for how long.
#[derive(Args, Debug)]
pub(crate) struct Fuzz {
    /// The target; all of them, one after the other, where absent.
    target: Option<String>,
    /// How long to run each target.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Only print the names of the targets.
    #[arg(long)]
    list: bool,
}

impl Fuzz {
    /// Every target, ten seconds each.
    pub(crate) const SMOKE: Self = Self { target: None, seconds: 10, list: false };

    /// Builds and runs the targets that were asked for.
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<(), Error> {
        let folder = workspace.root.join("fuzz");
        let targets = targets(&folder)?;
        if self.list {
            targets.iter().for_each(|target| println!("{target}"));
            return Ok(());
        }
        let chosen: Vec<&String> = match &self.target {
            Some(name) => targets.iter().filter(|target| *target == name).collect(),
            None => targets.iter().collect(),
        };
        if let Some(name) = self.target.as_ref().filter(|_| chosen.is_empty()) {
            return Err(Error::Unknown { what: "fuzz target", name: name.clone(), known: targets });
        }
        let binaries = build(workspace)?;
        for target in chosen {
            self.run_target(&folder, &binaries, target)?;
        }
        Ok(())
    }

    fn run_target(&self, folder: &Path, binaries: &Path, target: &str) -> Result<(), Error> {
        let corpus = folder.join("corpus").join(target);
        let artifacts = folder.join("artifacts").join(target);
        for made in [&corpus, &artifacts] {
            fs::create_dir_all(made)
                .map_err(|source| Error::File { path: made.clone(), source })?;
        }
        let seeds = Some(folder.join("seeds").join(target)).filter(|seeds| seeds.is_dir());
        let run = Tool::new(binaries.join(target), folder)
            .arg(format!("-max_total_time={}", self.seconds))
            .arg(format!("-artifact_prefix={}/", artifacts.display()))
            .arg(format!("-timeout={INPUT_SECONDS_MAX}"))
            .arg(&corpus)
            .args(seeds);
        let (status, log) = run.complaints()?;
        if status.success() {
            println!("{target}: {}", log.lines().last().unwrap_or("ran"));
            return Ok(());
        }
        println!("{log}");
        Err(Error::Crashed { target: target.to_owned(), artifacts })
    }
}

/// The names of the targets, as the manifest of the fuzz crate lists them.
fn targets(folder: &Path) -> Result<Vec<String>, Error> {
    let fuzz = Workspace::load_manifest(&folder.join("Cargo.toml"))?;
    let all = fuzz.packages.into_iter().flat_map(|package| package.targets);
    Ok(all.filter(|target| target.is("bin")).map(|target| target.name).collect())
}

/// Builds all targets at once; returns the folder of the binaries.
fn build(workspace: &Workspace) -> Result<PathBuf, Error> {
    let is_installed = Tool::cargo(&workspace.root).args(["fuzz", "--version"]).complaints()?;
    if !is_installed.0.success() {
        return Err(Error::Missing { program: "cargo-fuzz", install: INSTALL });
    }
    let triple = host()?;
    let target = workspace.target.join("fuzz");
    workspace
        .cargo()
        // The instrumentation is behind -Z flags, which a stable compiler takes only so.
        .env("RUSTC_BOOTSTRAP", "1")
        .args(["fuzz", "build", "--target", &triple, "--target-dir"])
        .arg(&target)
        .run()?;
    Ok(target.join(triple).join("release"))
}

/// The platform triple of the compiler.
fn host() -> Result<String, Error> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Tool::new(rustc, env::current_dir().unwrap_or_default()).arg("-vV").output()?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.unwrap_or(DEFAULT_HOST).to_owned())
}

/// An input on which a target takes longer than this is a finding of its own.
const INPUT_SECONDS_MAX: u32 = 20;
const INSTALL: &str = "cargo install cargo-fuzz --locked";
const DEFAULT_HOST: &str = "x86_64-unknown-linux-gnu";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_a_target_is_registered() {
        let workspace = Workspace::load().expect("cargo metadata");
        let folder = workspace.root.join("fuzz");
        let mut registered = targets(&folder).expect("the manifest of the fuzz crate");
        registered.sort();
        let files = fs::read_dir(folder.join("fuzz_targets")).expect("fuzz/fuzz_targets");
        let mut files: Vec<String> = files
            .map(|entry| entry.expect("a directory entry").path())
            .map(|path| path.file_stem().expect("a file name").to_string_lossy().into_owned())
            .collect();
        files.sort();
        assert_eq!(registered, files);
    }
}
