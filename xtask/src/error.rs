//! Why a command stopped.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::bench::BenchError;
use crate::codegen::CodegenError;
use crate::counts::TOLERANCE;

/// The reason a command did not succeed, as one line for the person who ran it.
#[derive(Debug)]
#[non_exhaustive]
pub(crate) enum Error {
    /// A file or folder could not be read or made.
    File { path: PathBuf, source: io::Error },
    /// A program could not be started.
    Start { line: String, source: io::Error },
    /// A program ran and ended without success.
    Ended { line: String, code: Option<i32> },
    /// Servers could not be compared.
    Bench(BenchError),
    /// Generated files could not be made, or are not what is committed.
    Codegen(CodegenError),
    /// `cargo metadata` printed something else than expected.
    Metadata(serde_json::Error),
    /// A name on the command line is none of those that exist.
    Unknown { what: &'static str, name: String, known: Vec<String> },
    /// A program the command needs is not installed.
    Missing { program: &'static str, install: &'static str },
    /// A file of ours is not what it should be.
    Toml { path: PathBuf, source: toml::de::Error },
    /// A server could not be started.
    Peer(carrier_peers::Error),
    /// Callgrind ran and left no count.
    Uncounted { path: PathBuf, expected: &'static str },
    /// Paths take another number of instructions than recorded.
    Counts { differing: Vec<String> },
    /// A fuzz target found an input that breaks its property.
    Crashed { target: String, artifacts: PathBuf },
    /// The loom step found no model, or none of the models ran.
    NoModelRan,
    /// A fault that was planted was not found.
    NotFound { fault: String },
    /// A document is not what would be written now.
    Stale { document: &'static str, command: &'static str },
    /// Rules are broken; each was printed.
    Untidy { findings: usize },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Start { line, source } => write!(f, "cannot start `{line}`: {source}"),
            Self::Ended { line, code: Some(code) } => write!(f, "`{line}` ended with code {code}"),
            Self::Ended { line, code: None } => write!(f, "`{line}` was ended by a signal"),
            Self::Bench(source) => write!(f, "{source}"),
            Self::Codegen(source) => write!(f, "{source}"),
            Self::Stale { document, command } => {
                write!(f, "{document} is out of date, run `{command}`")
            }
            Self::Metadata(source) => write!(f, "cannot read `cargo metadata`: {source}"),
            Self::Unknown { what, name, known } => {
                write!(f, "there is no {what} `{name}`; there are: {}", known.join(", "))
            }
            Self::Missing { program, install } => {
                write!(f, "{program} is not installed; install it with `{install}`")
            }
            Self::Toml { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Peer(source) => write!(f, "{source}"),
            Self::Uncounted { path, expected } => {
                write!(f, "{}: expected {expected}", path.display())
            }
            Self::Counts { differing } => write!(
                f,
                "not as recorded within {:.0} %: {}; if this is meant, say why in the commit and \
                 run `cargo xtask counts --update`",
                TOLERANCE * 100.0,
                differing.join(", "),
            ),
            Self::Crashed { target, artifacts } => {
                write!(f, "fuzz target {target} failed; its input is in {}", artifacts.display())
            }
            Self::NoModelRan => f.write_str(
                "no model ran; expected tests/loom_*.rs or tests/shuttle_*.rs in a crate",
            ),
            Self::NotFound { fault } => {
                write!(f, "the planted fault `{fault}` was not found: longer, or another seed?")
            }
            Self::Untidy { findings: 1 } => write!(f, "1 finding, printed above"),
            Self::Untidy { findings } => write!(f, "{findings} findings, printed above"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File { source, .. } | Self::Start { source, .. } => Some(source),
            Self::Bench(source) => Some(source),
            Self::Codegen(source) => Some(source),
            Self::Metadata(source) => Some(source),
            Self::Toml { source, .. } => Some(source),
            Self::Peer(source) => Some(source),
            _ => None,
        }
    }
}

impl From<BenchError> for Error {
    fn from(source: BenchError) -> Self {
        Self::Bench(source)
    }
}
