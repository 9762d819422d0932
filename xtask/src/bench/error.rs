//! Why a comparison stopped.

use std::fmt;
use std::io;

/// Why servers could not be compared. Nothing is reported then.
#[derive(Debug)]
#[non_exhaustive]
pub(crate) enum BenchError {
    /// The table of rows cannot be read.
    Rows(toml::de::Error),
    /// A word of the command line makes no sense.
    Syntax { option: &'static str, found: String, expected: &'static str },
    /// A server cannot be started.
    Peer(carrier_peers::Error),
    /// None of the servers to compare with is there.
    NoPeer,
    /// A reply was wrong, or missing.
    Reply { row: String, server: String, said: String },
    /// The load generator did not do what it was asked for.
    Load { line: String, said: String },
    /// A program's output is not what was expected.
    Output { program: &'static str, expected: &'static str, found: String },
    /// A connection of our own to a server broke.
    Connection { server: String, source: io::Error },
    /// A file cannot be written, or a program not be started.
    System { what: String, source: io::Error },
}

impl fmt::Display for BenchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows(source) => write!(f, "xtask/src/bench/rows.toml: {source}"),
            Self::Syntax { option, found, expected } => {
                write!(f, "{option} `{found}`: expected {expected}")
            }
            Self::Peer(source) => write!(f, "{source}"),
            Self::NoPeer => write!(f, "none of the servers to compare with is there"),
            Self::Reply { row, server, said } => {
                write!(f, "nothing is reported: row {row}, server {server}: {said}")
            }
            Self::Load { line, said } => write!(f, "`{line}`: {said}"),
            Self::Output { program, expected, found } => {
                write!(f, "{program} wrote no {expected}:\n{found}")
            }
            Self::Connection { server, source } => write!(f, "server {server}: {source}"),
            Self::System { what, source } => write!(f, "{what}: {source}"),
        }
    }
}

impl std::error::Error for BenchError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Rows(source) => Some(source),
            Self::Peer(source) => Some(source),
            Self::Connection { source, .. } | Self::System { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl From<carrier_peers::Error> for BenchError {
    fn from(source: carrier_peers::Error) -> Self {
        Self::Peer(source)
    }
}
