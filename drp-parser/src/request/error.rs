//! Why a request cannot be understood.

use core::error::Error;
use core::fmt::{self, Display, Formatter};

/// A request that cannot be understood, and with it whatever follows on its connection.
///
/// [`Display`] gives the text of Redis 7.0.15's reply behind `-ERR `.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestError {
    kind: RequestErrorKind,
    position: usize,
}

/// What was wrong with a request.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestErrorKind {
    /// The count of arguments is not a canonical decimal, or over the limit.
    InvalidMultibulkLength,
    /// The length of an argument is not a canonical decimal, negative, or over the limit.
    InvalidBulkLength,
    /// An argument's header (`$`) was expected.
    ExpectedBulk {
        /// The byte that stood there.
        got: u8,
    },
    /// A quote in an inline request is not closed, or not followed by a space.
    UnbalancedQuotes,
    /// The line with the count of arguments does not end within the limit.
    TooBigMultibulkCount,
    /// The line with the length of an argument does not end within the limit.
    TooBigBulkCount,
    /// An inline request does not end within the limit.
    TooBigInline,
    /// The request as a whole is over the limit.
    TooBigRequest,
    /// More arguments than a client may send before it has authenticated.
    UnauthenticatedMultibulkLength,
    /// A longer argument than a client may send before it has authenticated.
    UnauthenticatedBulkLength,
}

impl RequestError {
    pub(super) const fn new(kind: RequestErrorKind, position: usize) -> Self {
        Self { kind, position }
    }

    /// What was wrong.
    #[must_use]
    pub const fn kind(&self) -> RequestErrorKind {
        self.kind
    }

    /// Where, in bytes from the start of the request.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }
}

impl Display for RequestError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.kind, f)
    }
}

impl Error for RequestError {}

impl Display for RequestErrorKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("Protocol error: ")?;
        f.write_str(match self {
            Self::InvalidMultibulkLength => "invalid multibulk length",
            Self::InvalidBulkLength => "invalid bulk length",
            // The byte stands in an error's line, where Redis puts a space for these two.
            Self::ExpectedBulk { got: b'\r' | b'\n' } => "expected '$', got ' '",
            Self::ExpectedBulk { got } if got.is_ascii_graphic() || *got == b' ' => {
                return write!(f, "expected '$', got '{}'", char::from(*got));
            }
            Self::ExpectedBulk { got } => {
                return write!(f, "expected '$', got '{}'", got.escape_ascii());
            }
            Self::UnbalancedQuotes => "unbalanced quotes in request",
            Self::TooBigMultibulkCount => "too big mbulk count string",
            Self::TooBigBulkCount => "too big bulk count string",
            Self::TooBigInline => "too big inline request",
            Self::TooBigRequest => "too big request",
            Self::UnauthenticatedMultibulkLength => "unauthenticated multibulk length",
            Self::UnauthenticatedBulkLength => "unauthenticated bulk length",
        })
    }
}
