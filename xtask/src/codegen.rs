//! `cargo xtask codegen [--check]`: everything that follows from the opcode table `zvm/ops/*.toml`.
//!
//! The table is read into a [`model`], checked there as a whole, and rendered to Rust by
//! [`rust`], to Markdown by [`markdown`] and [`primitives`]. Output is committed, so that building
//! needs no generator; `--check` compares instead of writing.

mod markdown;
mod model;
mod primitives;
mod rust;

use model::Table;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io};

/// Writes the generated files, or with `check` compares them with what is committed.
///
/// # Errors
///
/// The table is malformed, a file cannot be read or written, `rustfmt` fails, or, with `check`,
/// a file differs.
pub(crate) fn run(check: bool) -> Result<(), CodegenError> {
    let root = workspace_root();
    let table = Table::read(&root.join("zvm/ops"))?;
    let mut stale = Vec::new();
    for (path, text) in outputs(&root, &table)? {
        if check {
            if fs::read_to_string(&path).ok().as_deref() != Some(text.as_str()) {
                stale.push(path);
            }
        } else {
            fs::write(&path, text).map_err(|error| CodegenError::File(path, error))?;
        }
    }
    if stale.is_empty() { Ok(()) } else { Err(CodegenError::Stale(stale)) }
}

/// Why code generation failed.
#[derive(Debug)]
pub(crate) enum CodegenError {
    /// A file cannot be read or written.
    File(PathBuf, io::Error),
    /// A table is not TOML of the expected shape.
    Toml(PathBuf, Box<toml::de::Error>),
    /// An opcode of the table makes no sense; which one and why.
    Table(String, &'static str),
    /// `rustfmt` cannot be run or refuses its input.
    Rustfmt(io::Error),
    /// Committed files that differ from what the table says.
    Stale(Vec<PathBuf>),
}

impl fmt::Display for CodegenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Toml(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Table(name, why) => write!(f, "{name}: {why}"),
            Self::Rustfmt(error) => write!(f, "rustfmt: {error}"),
            Self::Stale(paths) => {
                write!(f, "out of date, run `cargo xtask codegen`:")?;
                paths.iter().try_for_each(|path| write!(f, " {}", path.display()))
            }
        }
    }
}

impl std::error::Error for CodegenError {}

fn outputs(root: &Path, table: &Table) -> Result<Vec<(PathBuf, String)>, CodegenError> {
    let folder = root.join("zvm/src/generated");
    let mut outputs = vec![
        (root.join("zvm/OPCODES.md"), markdown::opcodes(table)),
        (root.join("zvml/PRIMITIVES.md"), primitives::document(table)),
    ];
    for (name, text) in rust::files(table) {
        outputs.push((folder.join(name), rustfmt(root, &text)?));
    }
    Ok(outputs)
}

fn rustfmt(root: &Path, text: &str) -> Result<String, CodegenError> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout", "--config-path"])
        .arg(root.join("rustfmt.toml"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(CodegenError::Rustfmt)?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(text.as_bytes()).map_err(CodegenError::Rustfmt)?;
    }
    let output = child.wait_with_output().map_err(CodegenError::Rustfmt)?;
    if !output.status.success() {
        return Err(CodegenError::Rustfmt(io::Error::other("refused the generated text")));
    }
    String::from_utf8(output.stdout).map_err(|error| CodegenError::Rustfmt(io::Error::other(error)))
}

fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use super::run;

    #[test]
    fn committed_files_are_current() {
        if let Err(error) = run(true) {
            panic!("{error}");
        }
    }
}
