//! Requests as a server reads them: a command line, and for `set` an item behind it.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

mod error;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use crate::verb::{self, Line, Refusal, Verb};
use crate::words::trim_line_end;
use crate::{ArgRange, Limits};
pub use error::{RequestError, RequestErrorKind};

/// A request without its keys, which stand among the arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// What is asked for.
    pub verb: Verb,
    /// `set`: a number that the client wants back with the item.
    pub flags: u32,
    /// `set`: seconds. 0 is never, negative is past; which others are relative is the store's
    /// affair.
    pub exptime: i64,
    /// `set`: where the item stands, counted from the start of the request.
    pub data: ArgRange,
    /// Whether the client wants no reply, not even an error.
    pub noreply: bool,
}

/// A resumable parser of requests: the state of at most one unfinished request.
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
/// use dmp_parser::{Limits, RequestParser, Status, Verb};
///
/// let mut parser = RequestParser::new(Limits::default());
/// let mut args = Vec::new();
/// let input = b"set k 7 0 5\r\nhello\r\nget k\r\n";
///
/// assert_eq!(parser.parse(&input[..15], &mut args), Ok(Status::Incomplete { needed: 5 }));
/// let Ok(Status::Complete { consumed, request }) = parser.parse(input, &mut args) else {
///     panic!();
/// };
/// assert_eq!((consumed, request.verb, request.flags), (20, Verb::Set, 7));
/// assert_eq!(args[0].of(input), b"k");
/// assert_eq!(request.data.of(input), b"hello");
/// ```
#[derive(Debug)]
pub struct RequestParser {
    limits: Limits,
    /// Bytes of the current line that are known not to end it.
    scanned: usize,
    /// The request whose line is read and whose item is not all there, and its key.
    item: Option<(Request, ArgRange)>,
    /// Bytes still to come of an item that was refused.
    unwanted: usize,
}

/// What the bytes presented amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// A request, whose keys were appended.
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
        /// said. Inside an item it is exactly what is missing of it and its terminator.
        needed: usize,
    },
}

impl Request {
    pub(crate) const fn new(verb: Verb) -> Self {
        let data = ArgRange { start: 0, len: 0 };
        Self { verb, flags: 0, exptime: 0, data, noreply: false }
    }
}

impl RequestParser {
    /// A parser between requests.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits: limits.clamped(), scanned: 0, item: None, unwanted: 0 }
    }

    /// Parses one request from the start of `input`, appending its keys to `args`.
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
    pub fn parse(
        &mut self,
        input: &[u8],
        args: &mut Vec<ArgRange>,
    ) -> Result<Status, RequestError> {
        if let Some((request, key)) = self.item {
            return self.item(request, key, input, args);
        }
        if self.unwanted > 0 {
            return Ok(self.swallow(input));
        }
        let Some(len) = self.line_len(input)? else {
            return Ok(Status::Incomplete { needed: 1 });
        };
        self.scanned = 0;
        let line = trim_line_end(input.get(..len).unwrap_or_default());
        let before = args.len();
        match verb::parse(line, &self.limits, args) {
            Ok(Line::Request(request)) => Ok(Status::Complete { consumed: len, request }),
            Ok(Line::Item { request, key, data_len }) if data_len > self.limits.item_len_max => {
                self.unwanted = data_len.saturating_add(TERMINATOR.len());
                let refusal =
                    Refusal { kind: RequestErrorKind::TooLarge, noreply: request.noreply };
                Err(RequestError::new(refusal, len).with_key(key))
            }
            Ok(Line::Item { request, key, data_len }) => {
                let request = Request { data: ArgRange::new(len, data_len), ..request };
                self.item(request, key, input, args)
            }
            Err(refusal) => {
                args.truncate(before);
                Err(RequestError::new(refusal, len))
            }
        }
    }

    /// Whether the parser has understood a part of a request that is not complete.
    #[must_use]
    pub const fn is_mid_request(&self) -> bool {
        self.scanned > 0 || self.item.is_some() || self.unwanted > 0
    }

    /// The length of the line that `input` begins with, line feed included, if that is there.
    fn line_len(&mut self, input: &[u8]) -> Result<Option<usize>, RequestError> {
        let mut limit = self.limits.line_len_max;
        let mut len = self.find_line_feed(input, limit);
        if len.is_none() && input.len() > limit {
            if is_long_get(input) {
                limit = limit.max(self.limits.get_line_len_max);
                len = self.find_line_feed(input, limit);
            }
            if len.is_none() && input.len() > limit {
                self.scanned = 0;
                return Err(RequestError::new(RequestErrorKind::LineTooLong.into(), limit));
            }
        }
        Ok(len)
    }

    /// The length of a line with at most `limit` bytes before its line feed.
    fn find_line_feed(&mut self, input: &[u8], limit: usize) -> Option<usize> {
        let window = input.get(..=limit).unwrap_or(input);
        let unseen = window.get(self.scanned..).unwrap_or_default();
        let Some(offset) = memchr::memchr(b'\n', unseen) else {
            self.scanned = self.scanned.max(window.len());
            return None;
        };
        Some(self.scanned.saturating_add(offset).saturating_add(1))
    }

    /// Completes `request` if its item is there.
    fn item(
        &mut self,
        request: Request,
        key: ArgRange,
        input: &[u8],
        args: &mut Vec<ArgRange>,
    ) -> Result<Status, RequestError> {
        let end = (request.data.start as usize).saturating_add(request.data.len as usize);
        let consumed = end.saturating_add(TERMINATOR.len());
        let Some(terminator) = input.get(end..consumed) else {
            self.item = Some((request, key));
            return Ok(Status::Incomplete { needed: consumed.saturating_sub(input.len()) });
        };
        self.item = None;
        if terminator != TERMINATOR {
            let refusal =
                Refusal { kind: RequestErrorKind::BadDataChunk, noreply: request.noreply };
            return Err(RequestError::new(refusal, consumed));
        }
        args.push(key);
        Ok(Status::Complete { consumed, request })
    }

    fn swallow(&mut self, input: &[u8]) -> Status {
        let consumed = self.unwanted.min(input.len());
        if consumed == 0 {
            return Status::Incomplete { needed: 1 };
        }
        self.unwanted = self.unwanted.saturating_sub(consumed);
        Status::Swallowed { consumed }
    }
}

/// Whether a line that is long for a command, or its beginning, is one that may be: a `get`
/// behind not too many spaces.
#[must_use]
pub fn is_long_get(line: &[u8]) -> bool {
    let spaces = line.iter().take(SPACES_MAX.saturating_add(1)).take_while(|b| **b == b' ').count();
    let rest = line.get(spaces..).unwrap_or_default();
    spaces <= SPACES_MAX && (rest.starts_with(b"get ") || rest.starts_with(b"gets "))
}

/// What stands behind an item.
const TERMINATOR: &[u8] = b"\r\n";
/// Spaces in front of a `get` longer than other lines, as in memcached.
const SPACES_MAX: usize = 100;
