//! Requests as a server reads them, in any of the dialects.

mod error;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use crate::binary::BinaryParser;
use crate::text::TextParser;
use crate::verb::Verb;
use crate::{ArgRange, Limits};
pub use error::{RequestError, RequestErrorKind};

/// A request without its arguments, which are keys for most verbs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// What is asked for.
    pub verb: Verb,
    /// How it is written, and so how it is to be answered.
    pub form: Form,
    /// Whether the client wants not to hear of it. In the text protocol that is every reply; in
    /// the others the usual one: what that is the encoders know.
    pub noreply: bool,
    /// Whether the reply tells the item's CAS stamp.
    pub stamp: bool,
}

/// How a request is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As a line of the classic text protocol.
    Text,
    /// As a meta command.
    Meta {
        /// Where its flags stand, from the first to the last, for the reply's encoder.
        tokens: ArgRange,
        /// Whether the key stands in base64.
        is_base64: bool,
    },
    /// As a packet of the binary protocol.
    Binary {
        /// The operation, which the reply repeats.
        opcode: u8,
        /// A number that the reply repeats.
        opaque: u32,
    },
}

/// A resumable parser of requests: the state of at most one unfinished request.
///
/// The first byte of a connection tells whether it speaks the binary protocol or the text
/// protocol, in which classic and meta commands mix.
///
/// # Shape
///
/// The bytes stay with the caller, who presents those of the current request from its first byte
/// on, again with more behind them after [`Status::Incomplete`]. The parser goes on where it
/// stopped, however they are cut.
///
/// # Examples
///
/// ```
/// use dmp_parser::{Limits, Mode, RequestParser, Status, Verb};
///
/// let mut parser = RequestParser::new(Limits::default());
/// let mut args = Vec::new();
/// let input = b"set k 7 0 5\r\nhello\r\nget k\r\n";
///
/// assert_eq!(parser.parse(&input[..15], &mut args), Ok(Status::Incomplete { needed: 5 }));
/// let Ok(Status::Complete { consumed, request }) = parser.parse(input, &mut args) else {
///     panic!();
/// };
/// let Verb::Store(store) = request.verb else { panic!() };
/// assert_eq!((consumed, store.mode, store.flags), (20, Mode::Set, 7));
/// assert_eq!(args[0].of(input), b"k");
/// assert_eq!(store.data.of(input), b"hello");
/// ```
#[derive(Debug)]
pub struct RequestParser {
    dialect: Dialect,
}

#[derive(Debug)]
enum Dialect {
    Undecided(Limits),
    Text(TextParser),
    Binary(BinaryParser),
}

/// What the bytes presented amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// A request, whose arguments were appended.
    Complete {
        /// Length of the request in bytes; the next one begins there.
        consumed: usize,
        /// The request.
        request: Request,
    },
    /// Bytes of an item that was refused by an earlier call. They need no reply.
    Swallowed {
        /// How many they are; what follows begins there.
        consumed: usize,
    },
    /// The beginning of a request.
    Incomplete {
        /// A lower bound, at least 1, of the bytes that must follow before anything new can be
        /// said. Inside an item it is exactly what is missing of it.
        needed: usize,
    },
}

impl Request {
    pub(crate) const fn new(verb: Verb) -> Self {
        Self { verb, form: Form::Text, noreply: false, stamp: false }
    }

    pub(crate) const fn with_stamp(self) -> Self {
        Self { stamp: true, ..self }
    }
}

impl RequestParser {
    /// A parser at the start of a connection.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { dialect: Dialect::Undecided(limits.clamped()) }
    }

    /// Parses one request from the start of `input`, appending its arguments to `args`.
    ///
    /// `input` holds what has arrived of the current request, and whatever followed it. After
    /// [`Status::Incomplete`] the next call must present the same bytes and more behind them;
    /// after the other two, the bytes from `consumed` on. `args` is touched only by
    /// [`Status::Complete`].
    ///
    /// # Errors
    ///
    /// A request that is refused. Unless [`RequestError::is_fatal`], the next call goes on
    /// [`RequestError::consumed`] bytes further on.
    ///
    /// # Complexity
    ///
    /// O(n) in the bytes of a request over all the calls it takes. Allocates nothing.
    #[inline]
    pub fn parse(
        &mut self,
        input: &[u8],
        args: &mut Vec<ArgRange>,
    ) -> Result<Status, RequestError> {
        match &mut self.dialect {
            Dialect::Text(parser) => parser.parse(input, args),
            Dialect::Binary(parser) => parser.parse(input, args),
            Dialect::Undecided(limits) => {
                let limits = *limits;
                self.dialect = match input.first() {
                    None => return Ok(Status::Incomplete { needed: 1 }),
                    Some(&REQUEST_MAGIC) => Dialect::Binary(BinaryParser::new(limits)),
                    Some(&TLS_HANDSHAKE) => {
                        return Err(RequestError::new(RequestErrorKind::Tls, 1, false));
                    }
                    Some(_) => Dialect::Text(TextParser::new(limits)),
                };
                self.parse(input, args)
            }
        }
    }

    /// Whether the parser has understood a part of a request that is not complete.
    #[must_use]
    pub const fn is_mid_request(&self) -> bool {
        match &self.dialect {
            Dialect::Undecided(_) => false,
            Dialect::Text(parser) => parser.is_mid_request(),
            Dialect::Binary(parser) => parser.is_mid_request(),
        }
    }
}

/// The byte that a packet of the binary protocol begins with.
pub(crate) const REQUEST_MAGIC: u8 = 0x80;
/// The byte that a TLS client begins with.
const TLS_HANDSHAKE: u8 = 0x16;
