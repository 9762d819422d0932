//! `carrier-server zvml check FILE...` and `carrier-server zvml fmt [--check] FILE...`.
//!
//! Exit codes: 0 where all is well, 1 where a source has mistakes or another format, 2 where a
//! file cannot be read or written.

use super::print;
use crate::catalog::Catalog;
use clap::Subcommand;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What is done with sources.
#[derive(Debug, Subcommand)]
pub(super) enum Task {
    /// Says everything that is wrong with each file, as the server would at its start.
    Check {
        /// Files of commands; `-` is standard input.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Rewrites each file in the canonical style.
    Fmt {
        /// Changes nothing; names the files that are in another style.
        #[arg(long)]
        check: bool,
        /// Files of commands; `-` is standard input, formatted to standard output.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

/// How a file fared; the worst of all files is the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Well = 0,
    Mistakes = 1,
    Unreadable = 2,
}

/// Does it with every file, whatever is wrong with those before it.
pub(super) fn run(task: &Task) -> ExitCode {
    let (Task::Check { files } | Task::Fmt { files, .. }) = task;
    let verdict = |path: &PathBuf| {
        let name = path.display().to_string();
        let source = match read(path) {
            Ok(source) => source,
            Err(error) => return unreadable(&name, &error),
        };
        match task {
            Task::Check { .. } => check(&name, &source),
            Task::Fmt { check: true, .. } => compare(&name, &source),
            Task::Fmt { check: false, .. } => rewrite(&name, path, &source),
        }
    };
    let worst = files.iter().map(verdict).max().unwrap_or(Verdict::Well);
    ExitCode::from(worst as u8)
}

/// Compiles and verifies a source.
fn check(name: &str, source: &str) -> Verdict {
    let programs = match zvml::compile(name, source) {
        Ok(programs) => programs,
        Err(diagnostics) => return mistake(&diagnostics.to_string()),
    };
    match Catalog::new(programs) {
        Ok(catalog) => {
            let count = catalog.len();
            let plural = if count == 1 { "" } else { "s" };
            print(&format!("{name}: {count} command{plural}\n"));
            Verdict::Well
        }
        Err(error) => mistake(&format!("{name}: {error}\n")),
    }
}

/// Tells a source that is not in the canonical style.
fn compare(name: &str, source: &str) -> Verdict {
    match zvml::format(name, source) {
        Ok(text) if text == source => Verdict::Well,
        Ok(_) => mistake(&format!("{name}: expected the style of `carrier-server zvml fmt`\n")),
        Err(diagnostics) => mistake(&diagnostics.to_string()),
    }
}

/// Writes a source anew where its style is another.
fn rewrite(name: &str, path: &Path, source: &str) -> Verdict {
    match zvml::format(name, source) {
        Ok(text) if is_standard_input(path) => {
            print(&text);
            Verdict::Well
        }
        Ok(text) if text == source => Verdict::Well,
        Ok(text) => match std::fs::write(path, text) {
            Ok(()) => Verdict::Well,
            Err(error) => unreadable(name, &error),
        },
        Err(diagnostics) => mistake(&diagnostics.to_string()),
    }
}

fn read(path: &Path) -> io::Result<String> {
    if !is_standard_input(path) {
        return std::fs::read_to_string(path);
    }
    let mut source = String::new();
    io::stdin().lock().read_to_string(&mut source)?;
    Ok(source)
}

fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn mistake(text: &str) -> Verdict {
    // Nobody is left to tell where standard error is closed.
    let _ = io::stderr().write_all(text.as_bytes());
    Verdict::Mistakes
}

fn unreadable(name: &str, error: &io::Error) -> Verdict {
    let _ = writeln!(io::stderr(), "carrier-server: {name}: {error}");
    Verdict::Unreadable
}
