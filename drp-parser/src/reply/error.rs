//! Why a reply cannot be understood.

use core::error::Error;
use core::fmt::{self, Display, Formatter};

/// A reply that cannot be understood, and with it whatever follows on its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplyError {
    kind: ReplyErrorKind,
    position: usize,
}

/// What was wrong with a reply.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyErrorKind {
    /// No type begins with this byte.
    UnknownType {
        /// The byte.
        got: u8,
    },
    /// A number, boolean, null or length is not written as its type demands.
    Malformed,
    /// A string or a line does not end with `\r\n`.
    MissingTerminator,
    /// An aggregate or string whose length is not announced (`$?`, `*?`), which no released
    /// server sends and this parser does not read.
    Streamed,
    /// A line is over the limit.
    LineTooLong,
    /// A string is over the limit.
    BulkTooLong,
    /// The reply has more elements than the limit.
    TooManyElements,
    /// Aggregates are nested more deeply than the limit.
    TooDeep,
}

impl ReplyError {
    pub(super) const fn new(kind: ReplyErrorKind, position: usize) -> Self {
        Self { kind, position }
    }

    /// What was wrong.
    #[must_use]
    pub const fn kind(&self) -> ReplyErrorKind {
        self.kind
    }

    /// Where, in bytes from the start of the reply: the type byte of the value that is wrong.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }
}

impl Display for ReplyError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {} of a reply", self.kind, self.position)
    }
}

impl Error for ReplyError {}

impl Display for ReplyErrorKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownType { got } => {
                return write!(f, "unknown type '{}'", got.escape_ascii());
            }
            Self::Malformed => "malformed value",
            Self::MissingTerminator => "missing line end",
            Self::Streamed => "unsupported streamed value",
            Self::LineTooLong => "line too long",
            Self::BulkTooLong => "string too long",
            Self::TooManyElements => "too many elements",
            Self::TooDeep => "nesting too deep",
        })
    }
}
