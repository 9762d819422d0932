//! Why a run cannot start, and why it ended before its time.

use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::io;
use std::path::PathBuf;

use crate::words::LineError;

/// An option or a line of a file that cannot be understood, in one line. Exit code 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageError {
    /// Where it stands: an option, or a file and a line.
    pub place: String,
    /// What stands there.
    pub found: String,
    /// What should.
    pub expected: &'static str,
}

impl UsageError {
    pub(crate) fn new(place: impl Into<String>, found: &str, expected: &'static str) -> Self {
        Self { place: place.into(), found: found.to_owned(), expected }
    }

    /// What is wrong with a line of a file, or with the one that an option gives.
    pub(crate) fn of_line(place: &str, line: Option<usize>, text: &str, error: LineError) -> Self {
        let column = error.column;
        let place = match line {
            Some(line) => format!("{place} line {line} column {column}:"),
            None => format!("{place} column {column}:"),
        };
        Self::new(place, text.trim(), error.expected)
    }
}

impl Display for UsageError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`: expected {}", self.place, self.found.escape_debug(), self.expected)
    }
}

impl Error for UsageError {}

/// What ended a run. Exit code 1.
#[non_exhaustive]
#[derive(Debug)]
pub enum Failure {
    /// The server cannot be reached, or the connection broke.
    Io {
        /// What was being done.
        doing: &'static str,
        /// The system's reason.
        source: io::Error,
    },
    /// A file of the command line cannot be read.
    File {
        /// Which one.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A reply is not what the request must be answered with.
    WrongReply {
        /// The number of the connection; `None` for one of the set-up file.
        connection: Option<usize>,
        /// The request's bytes.
        request: Vec<u8>,
        /// What the reply should have been.
        expected: Expected,
        /// The reply's bytes, or those that have arrived.
        reply: Vec<u8>,
    },
    /// A reply to nothing.
    Unrequested {
        /// The number of the connection.
        connection: usize,
        /// The bytes.
        reply: Vec<u8>,
    },
    /// A request had no reply within the patience of the run, or before the connection closed.
    Missing {
        /// The number of the connection.
        connection: usize,
        /// How many requests of the connection have no reply.
        missing: usize,
        /// The first of them.
        request: Vec<u8>,
        /// What has arrived of its reply.
        reply: Vec<u8>,
    },
    /// The user ended the run before there was anything to report.
    Interrupted,
    /// Something the system could not give.
    Setup(UsageError),
}

/// What a reply should have been.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// In words.
    Words(&'static str),
    /// These bytes, as a value or a line.
    Bytes(Vec<u8>),
}

impl Display for Failure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { doing, source } => write!(f, "{doing}: {source}"),
            Self::File { path, source } => write!(f, "{}: {source}", path.display()),
            Self::WrongReply { connection, request, expected, reply } => {
                match connection {
                    Some(connection) => writeln!(f, "wrong reply on connection {connection}")?,
                    None => writeln!(f, "wrong reply during the set-up")?,
                }
                writeln!(f, "  request:  {}", Shown(request))?;
                match expected {
                    Expected::Words(words) => writeln!(f, "  expected: {words}")?,
                    Expected::Bytes(bytes) => writeln!(f, "  expected: {}", Shown(bytes))?,
                }
                write!(f, "  reply:    {}", Shown(reply))
            }
            Self::Unrequested { connection, reply } => {
                writeln!(f, "reply to no request on connection {connection}")?;
                write!(f, "  reply:    {}", Shown(reply))
            }
            Self::Missing { connection, missing, request, reply } => {
                writeln!(f, "missing replies on connection {connection}: {missing}")?;
                writeln!(f, "  request:  {}", Shown(request))?;
                write!(f, "  reply:    {}", Shown(reply))
            }
            Self::Interrupted => f.write_str("interrupted before the measured part"),
            Self::Setup(error) => write!(f, "{error}"),
        }
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { source, .. } | Self::File { source, .. } => Some(source),
            Self::Setup(error) => Some(error),
            _ => None,
        }
    }
}

/// Bytes for a person: escaped, and cut where they get long.
struct Shown<'a>(&'a [u8]);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let shown = &self.0[..self.0.len().min(SHOWN_LEN_MAX)];
        write!(f, "\"{}\"", shown.escape_ascii())?;
        match self.0.len() - shown.len() {
            0 => Ok(()),
            more => write!(f, " and {more} bytes more"),
        }
    }
}

const SHOWN_LEN_MAX: usize = 400;
