//! Why a server could not be started.

use std::error;
use std::fmt::{self, Display, Formatter};
use std::io;

/// Why a server could not be started.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The program is not on the search path.
    Absent {
        /// The program that was looked for.
        program: String,
        /// How to get it.
        hint: &'static str,
    },
    /// The operating system did not start the program, or gave no port.
    Spawn {
        /// The command that was to run.
        command: String,
        /// What the system said.
        source: io::Error,
    },
    /// It started and does not accept connections.
    NotReady {
        /// The command that ran.
        command: String,
        /// What it wrote, to both of its streams.
        log: String,
    },
}

impl Display for Error {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent { program, hint } => write!(f, "`{program}` was not found: {hint}"),
            Self::Spawn { command, source } => write!(f, "`{command}`: {source}"),
            Self::NotReady { command, log } => {
                write!(f, "`{command}` does not accept connections; it wrote:\n{}", log.trim_end())
            }
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Spawn { source, .. } => Some(source),
            Self::Absent { .. } | Self::NotReady { .. } => None,
        }
    }
}
