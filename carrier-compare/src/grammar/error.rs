//! Why a grammar cannot be read.

use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::io;
use std::path::{Path, PathBuf};

/// Why a grammar cannot be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum GrammarError {
    /// A file or folder cannot.
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A line says nothing that can be understood.
    Line {
        /// The file.
        file: String,
        /// From 1.
        line: usize,
        /// In bytes, from 1.
        column: usize,
        /// What would be right there.
        expected: &'static str,
    },
}

impl GrammarError {
    pub(crate) fn new(file: &str, line: usize, column: usize, expected: &'static str) -> Self {
        Self::Line { file: file.to_owned(), line, column, expected }
    }

    pub(crate) fn file(path: &Path, source: io::Error) -> Self {
        Self::File { path: path.to_owned(), source }
    }
}

impl Display for GrammarError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Line { file, line, column, expected } => {
                write!(f, "{file}:{line}:{column}: expected {expected}")
            }
        }
    }
}

impl Error for GrammarError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::File { source, .. } => Some(source),
            Self::Line { .. } => None,
        }
    }
}
