//! Why a request is refused.

use core::error::Error;
use core::fmt::{self, Display, Formatter};

use crate::ArgRange;
use crate::verb::Refusal;

/// A request that is refused.
///
/// [`Display`] gives memcached 1.6.18's reply without its line end. Most refusals concern one
/// request only: the next is parsed [`consumed`](Self::consumed) bytes further on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestError {
    kind: RequestErrorKind,
    consumed: usize,
    noreply: bool,
    key: Option<ArgRange>,
}

/// Why.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestErrorKind {
    /// No such verb, or not with so many arguments; an empty line too.
    Unknown,
    /// A key over the limit, or a number that is none or out of its range.
    BadFormat,
    /// `delete` with other options than it has.
    BadDeleteFormat,
    /// An item that is not followed by a line end. What was taken for it is consumed.
    BadDataChunk,
    /// An item over the limit. The parser swallows it as it arrives.
    TooLarge,
    /// A command line over the limit: the connection is to be closed.
    LineTooLong,
}

impl RequestError {
    pub(super) const fn new(refusal: Refusal, consumed: usize) -> Self {
        Self { kind: refusal.kind, consumed, noreply: refusal.noreply, key: None }
    }

    pub(super) const fn with_key(self, key: ArgRange) -> Self {
        Self { key: Some(key), ..self }
    }

    /// Why the request is refused.
    #[must_use]
    pub const fn kind(&self) -> RequestErrorKind {
        self.kind
    }

    /// How many bytes are done with; what follows begins there.
    #[must_use]
    pub const fn consumed(&self) -> usize {
        self.consumed
    }

    /// Whether the client wants no reply to this request, so that it is not told either.
    #[must_use]
    pub const fn noreply(&self) -> bool {
        self.noreply
    }

    /// Whether nothing that follows on the connection can be understood.
    #[must_use]
    pub const fn is_fatal(&self) -> bool {
        matches!(self.kind, RequestErrorKind::LineTooLong)
    }

    /// The key of an item that is [too large](RequestErrorKind::TooLarge). memcached removes what
    /// is stored under it, so that nobody reads a value which should have been replaced.
    #[must_use]
    pub const fn key(&self) -> Option<ArgRange> {
        self.key
    }
}

impl Display for RequestError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.kind, f)
    }
}

impl Error for RequestError {}

impl RequestErrorKind {
    /// The reply's line without its end.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Unknown => "ERROR",
            Self::BadFormat => "CLIENT_ERROR bad command line format",
            Self::BadDeleteFormat => {
                "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]"
            }
            Self::BadDataChunk => "CLIENT_ERROR bad data chunk",
            Self::TooLarge => "SERVER_ERROR object too large for cache",
            // memcached closes the connection without a word.
            Self::LineTooLong => "CLIENT_ERROR line too long",
        }
    }
}

impl Display for RequestErrorKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}
