//! Why a request is refused.

use core::error::Error;
use core::fmt::{self, Display, Formatter};

use crate::binary::BinaryStatus;
use crate::{ArgRange, Form};

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
    form: Form,
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
    /// A time that is no number.
    BadExptime,
    /// A difference that is no number.
    BadDelta,
    /// An item that is not followed by a line end. What was taken for it is consumed.
    BadDataChunk,
    /// An item over the limit. The parser swallows it as it arrives.
    TooLarge,
    /// A command line over the limit: the connection is to be closed.
    LineTooLong,
    /// A request of a browser, or of who has mistaken the port: the connection is to be closed.
    Http,
    /// A client that begins with TLS: the connection is to be closed.
    Tls,
    /// A meta flag that stands twice, or is no letter.
    DuplicateFlag,
    /// A meta flag that there is not.
    InvalidFlag,
    /// One of the two, as `md` and `ma` put it, or a token that is wrong.
    InvalidOrDuplicateFlag,
    /// More flags than an `mg` may have.
    TooManyGetFlags,
    /// More flags than another meta command may have.
    TooManyFlags,
    /// A key that is not base64.
    BadBase64,
    /// A token that is no number.
    BadToken,
    /// A mode that is not one letter.
    BadModeLength,
    /// A mode that `ms` has not.
    BadSetMode,
    /// A mode that `ma` has not.
    BadArithmeticMode,
    /// An initial value that is no number.
    BadInitial,
    /// A meta command's difference that is no number.
    BadMetaDelta,
    /// An opaque token over the limit.
    OpaqueTooLong,
    /// A packet of an operation that there is not. Its body is consumed, or swallowed.
    UnknownOpcode,
    /// A packet whose lengths are not what its operation takes: the connection is to be closed.
    InvalidPacket,
    /// A packet whose parts are longer than the whole: the connection is to be closed.
    InconsistentPacket,
    /// A packet that is none: the connection is to be closed, without a word.
    BadMagic,
}

impl RequestError {
    pub(crate) const fn new(kind: RequestErrorKind, consumed: usize, noreply: bool) -> Self {
        Self { kind, consumed, noreply, key: None, form: Form::Text }
    }

    pub(crate) const fn with_key(self, key: ArgRange) -> Self {
        Self { key: Some(key), ..self }
    }

    pub(crate) const fn with_form(self, form: Form) -> Self {
        Self { form, ..self }
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
        use RequestErrorKind as Kind;
        matches!(
            self.kind,
            Kind::LineTooLong
                | Kind::Http
                | Kind::Tls
                | Kind::InvalidPacket
                | Kind::InconsistentPacket
                | Kind::BadMagic
        )
    }

    /// The key of an item that is [too large](RequestErrorKind::TooLarge), where what is stored
    /// under it is to be removed, so that nobody reads a value which should have been replaced.
    #[must_use]
    pub const fn key(&self) -> Option<ArgRange> {
        self.key
    }

    /// How the request is written, and so how the refusal is to be told.
    #[must_use]
    pub const fn form(&self) -> Form {
        self.form
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
            Self::BadExptime => "CLIENT_ERROR invalid exptime argument",
            Self::BadDelta => "CLIENT_ERROR invalid numeric delta argument",
            Self::BadDataChunk => "CLIENT_ERROR bad data chunk",
            Self::TooLarge => "SERVER_ERROR object too large for cache",
            // memcached closes the connection without a word.
            Self::LineTooLong => "CLIENT_ERROR line too long",
            Self::Http => "CLIENT_ERROR HTTP is not spoken here",
            Self::Tls => "CLIENT_ERROR TLS is not spoken here",
            Self::DuplicateFlag => "CLIENT_ERROR duplicate flag",
            Self::InvalidFlag => "CLIENT_ERROR invalid flag",
            Self::InvalidOrDuplicateFlag => "CLIENT_ERROR invalid or duplicate flag",
            Self::TooManyGetFlags => "CLIENT_ERROR options flags are too long",
            Self::TooManyFlags => "CLIENT_ERROR options flags too long",
            Self::BadBase64 => "CLIENT_ERROR error decoding key",
            Self::BadToken => "CLIENT_ERROR bad token in command line format",
            Self::BadModeLength => "CLIENT_ERROR incorrect length for M token",
            Self::BadSetMode => "CLIENT_ERROR invalid mode for ms M token",
            Self::BadArithmeticMode => "CLIENT_ERROR invalid mode for ma M token",
            Self::BadInitial => "CLIENT_ERROR invalid numeric initial value",
            Self::BadMetaDelta => "CLIENT_ERROR invalid numeric delta value",
            Self::OpaqueTooLong => "CLIENT_ERROR opaque token too long",
            Self::UnknownOpcode | Self::InconsistentPacket => "Unknown command",
            Self::InvalidPacket => "Invalid arguments",
            Self::BadMagic => "not a packet",
        }
    }

    /// What a packet says of it.
    pub(crate) const fn binary_status(self) -> BinaryStatus {
        match self {
            Self::TooLarge => BinaryStatus::TooLarge,
            Self::UnknownOpcode | Self::InconsistentPacket => BinaryStatus::UnknownCommand,
            _ => BinaryStatus::Invalid,
        }
    }
}

impl Display for RequestErrorKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}
