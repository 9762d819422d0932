//! Requests as a server reads them: multibulk (`*2\r\n$3\r\nGET\r\n...`) and inline (`GET k\n`).
//!
//! The language accepted is that of Redis 7.0.15, laxities included: the two bytes after an
//! argument and the byte after a header's carriage return are skipped unseen. It differs in two
//! points, both where Redis waits: a byte that cannot begin an argument is refused when it
//! arrives, not when its line ends, and a NUL is a byte like any other.
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
mod header;
mod inline;
mod short;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use core::mem;

use crate::limits::{UNAUTHENTICATED_ARGS_MAX, UNAUTHENTICATED_BULK_LEN_MAX};
use crate::{ArgRange, Limits};
pub use error::{RequestError, RequestErrorKind};
use header::Header;

/// A resumable parser of requests: the state of at most one unfinished request.
///
/// # Shape
///
/// The bytes stay with the caller, who presents those of the current request from its first byte
/// on, again with more behind them after [`Status::Incomplete`]. The parser remembers how far it
/// has understood them: however they are cut, it goes on there, reading again no more than the
/// header of the unfinished argument (and, once in a request, at most nine arguments before it).
///
/// # Examples
///
/// ```
/// use drp_parser::{Limits, RequestParser, Source, Status};
///
/// let mut parser = RequestParser::new(Limits::default());
/// let mut args = Vec::new();
/// let input = b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\nPING\r\n";
///
/// // Half a key has arrived: the argument's length is known, so what is missing is too.
/// assert_eq!(parser.parse(&input[..17], &mut args), Ok(Status::Incomplete { needed: 3 }));
/// let status = parser.parse(input, &mut args).unwrap();
/// assert_eq!(status, Status::Complete { consumed: 20, source: Source::Input });
/// assert_eq!(args[0].of(input), b"GET");
/// assert_eq!(args[1].of(input), b"k");
/// ```
#[derive(Debug)]
pub struct RequestParser {
    limits: Limits,
    /// `limits.args_max`, or less while the client has yet to authenticate.
    args_max: usize,
    /// `limits.bulk_len_max`, or less while the client has yet to authenticate.
    bulk_len_max: usize,
    /// Whether the short path need not look at limits.
    is_short_within: bool,
    /// Arguments of an unfinished multibulk request still to come; 0 between requests.
    remaining: usize,
    /// Offset of the first of them; 0 between requests.
    at: usize,
    /// Bytes from `at` on that are known not to end the line which begins there.
    scanned: usize,
    /// The arguments that an unfinished multibulk request has so far.
    pending: Vec<ArgRange>,
    /// The arguments of the last inline request with quotes, decoded, end to end.
    unescaped: Vec<u8>,
}

/// What the bytes presented amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// A request, whose arguments (at least one) were appended.
    Complete {
        /// Length of the request in bytes; the next one begins there.
        consumed: usize,
        /// What the arguments' ranges refer to.
        source: Source,
    },
    /// Bytes that ask for nothing and get no reply: a blank inline line, or a multibulk request
    /// of no arguments (`*0`, `*-1`).
    Empty {
        /// How many they are; the next request begins there.
        consumed: usize,
    },
    /// The beginning of a request.
    Incomplete {
        /// A lower bound, at least 1, of the bytes that must follow before anything new can be
        /// said. Inside an argument it is exactly what is missing of it and its terminator.
        needed: usize,
    },
}

/// What the [`ArgRange`]s of a complete request refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The input: the arguments stand there as they are.
    Input,
    /// [`RequestParser::unescaped`], until the next call of [`RequestParser::parse`]: the request
    /// was an inline one with quotes, so its arguments are not what was sent.
    Unescaped,
}

impl RequestParser {
    /// A parser between requests, for an authenticated client.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits: Limits {
                inline_len_max: limits.inline_len_max.max(Limits::INLINE_LEN_MAX_LEAST),
                request_len_max: limits.request_len_max.min(Limits::REQUEST_LEN_MAX_MOST),
                ..limits
            },
            args_max: limits.args_max,
            bulk_len_max: limits.bulk_len_max,
            is_short_within: short::is_within(&limits),
            remaining: 0,
            at: 0,
            scanned: 0,
            pending: Vec::new(),
            unescaped: Vec::new(),
        }
    }

    /// Says whether the client has authenticated (or need not). One that has not may send at most
    /// 10 arguments of 16 KiB, which keeps strangers from occupying memory.
    pub fn set_authenticated(&mut self, authenticated: bool) {
        let (args_max, bulk_len_max) = if authenticated {
            (usize::MAX, usize::MAX)
        } else {
            (UNAUTHENTICATED_ARGS_MAX, UNAUTHENTICATED_BULK_LEN_MAX)
        };
        self.args_max = self.limits.args_max.min(args_max);
        self.bulk_len_max = self.limits.bulk_len_max.min(bulk_len_max);
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
    /// What follows cannot be understood: the connection is to be closed once the error is
    /// replied. The parser is then as new.
    ///
    /// # Complexity
    ///
    /// O(n) in the bytes of a request over all the calls it takes, for any division of them.
    /// Allocates only for what outlives a call: the arguments of an unfinished request (8 bytes
    /// each) and the decoded bytes of an inline request with quotes.
    #[inline]
    pub fn parse(
        &mut self,
        input: &[u8],
        args: &mut Vec<ArgRange>,
    ) -> Result<Status, RequestError> {
        if self.remaining > 0 {
            return self.resume(input, args);
        }
        if self.is_short_within
            && let Some(consumed) = short::request(input, args)
        {
            self.scanned = 0;
            return Ok(Status::Complete { consumed, source: Source::Input });
        }
        self.any(input, args)
    }

    /// The decoded arguments of the inline request that the last call of [`parse`](Self::parse)
    /// reported as [`Source::Unescaped`].
    #[must_use]
    pub fn unescaped(&self) -> &[u8] {
        &self.unescaped
    }

    /// What the ranges of a request refer to: the `input` it was parsed from, or the parser's own
    /// buffer.
    #[inline]
    #[must_use]
    pub fn bytes<'a>(&'a self, source: Source, input: &'a [u8]) -> &'a [u8] {
        match source {
            Source::Input => input,
            Source::Unescaped => &self.unescaped,
        }
    }

    /// Whether the parser has understood a part of a request that is not complete.
    #[must_use]
    pub const fn is_mid_request(&self) -> bool {
        self.remaining > 0 || self.scanned > 0
    }

    /// The long path.
    #[inline(never)]
    fn any(&mut self, input: &[u8], args: &mut Vec<ArgRange>) -> Result<Status, RequestError> {
        match input.first() {
            Some(b'*') => self.multibulk(input, args),
            Some(_) => self.inline(input, args),
            None => Ok(Status::Incomplete { needed: 1 }),
        }
    }

    fn multibulk(
        &mut self,
        input: &[u8],
        args: &mut Vec<ArgRange>,
    ) -> Result<Status, RequestError> {
        let (count, next) = match header::read(input, self.scanned, self.limits.inline_len_max) {
            Header::Value { value, len } => (value, len),
            Header::Incomplete { scanned } => {
                self.scanned = scanned;
                return Ok(Status::Incomplete { needed: 1 });
            }
            Header::Invalid => return Err(self.fail(RequestErrorKind::InvalidMultibulkLength, 1)),
            Header::TooLong => return Err(self.fail(RequestErrorKind::TooBigMultibulkCount, 1)),
        };
        self.scanned = 0;
        match usize::try_from(count) {
            Err(_) | Ok(0) => Ok(Status::Empty { consumed: next }),
            Ok(count) if count > self.args_max => Err(self.fail(self.refused_count(count), 1)),
            Ok(count) => self.begin(input, args, next, count),
        }
    }

    /// Parses the `count` arguments of a request from `at` on.
    fn begin(
        &mut self,
        input: &[u8],
        args: &mut Vec<ArgRange>,
        at: usize,
        count: usize,
    ) -> Result<Status, RequestError> {
        self.scanned = 0;
        let before = args.len();
        let outcome = self.bulks(input, args, at, count);
        if !matches!(outcome, Ok(Status::Complete { .. })) {
            let unfinished = args.drain(before..);
            if outcome.is_ok() {
                self.pending.extend(unfinished);
            }
        }
        outcome
    }

    /// Goes on with a multibulk request. Its arguments are gathered aside and handed over in one
    /// piece, or each call would copy those of the calls before.
    #[cold]
    fn resume(&mut self, input: &[u8], args: &mut Vec<ArgRange>) -> Result<Status, RequestError> {
        let mut pending = mem::take(&mut self.pending);
        let status = self.bulks(input, &mut pending, self.at, self.remaining)?;
        if let Status::Complete { .. } = status {
            args.append(&mut pending);
        }
        if !pending.is_empty() || pending.capacity() <= PENDING_ARGS_KEPT_MAX {
            self.pending = pending;
        }
        Ok(status)
    }

    /// Parses the `remaining` arguments that begin at `at`, or remembers how many are left.
    fn bulks(
        &mut self,
        input: &[u8],
        args: &mut Vec<ArgRange>,
        mut at: usize,
        mut remaining: usize,
    ) -> Result<Status, RequestError> {
        let window = input.get(..self.limits.request_len_max).unwrap_or(input);
        let mut rest = window.get(at..).unwrap_or_default();
        loop {
            if self.is_short_within
                && let Some((arg, after)) = short::bulk(rest, at)
            {
                args.push(arg);
                at = window.len().wrapping_sub(after.len());
                rest = after;
            } else {
                match self.any_bulk(input, at)? {
                    Bulk::Read { arg, next } => {
                        args.push(arg);
                        at = next;
                        rest = window.get(at..).unwrap_or_default();
                    }
                    Bulk::Missing { needed } => {
                        self.at = at;
                        self.remaining = remaining;
                        return Ok(Status::Incomplete { needed });
                    }
                }
            }
            remaining = remaining.wrapping_sub(1);
            if remaining == 0 {
                self.remaining = 0;
                self.at = 0;
                self.scanned = 0;
                return Ok(Status::Complete { consumed: at, source: Source::Input });
            }
        }
    }

    /// Parses the argument that begins `at` bytes into the request. Where that is not all there,
    /// `scanned` is about it from then on.
    #[inline(never)]
    fn any_bulk(&mut self, input: &[u8], at: usize) -> Result<Bulk, RequestError> {
        let rest = input.get(at..).unwrap_or_default();
        match rest.first() {
            Some(b'$') => {}
            Some(&got) => return Err(self.fail(RequestErrorKind::ExpectedBulk { got }, at)),
            None => {
                self.scanned = 0;
                return Ok(Bulk::Missing { needed: 1 });
            }
        }
        // What was scanned was at the place where the last call stopped.
        let scanned = if at == self.at { self.scanned } else { 0 };
        let (len, header_len) = match header::read(rest, scanned, self.limits.inline_len_max) {
            Header::Value { value, len } => (value, len),
            Header::Incomplete { scanned } => {
                self.scanned = scanned;
                return Ok(Bulk::Missing { needed: 1 });
            }
            Header::Invalid => return Err(self.fail(RequestErrorKind::InvalidBulkLength, at)),
            Header::TooLong => return Err(self.fail(RequestErrorKind::TooBigBulkCount, at)),
        };
        let len = match usize::try_from(len) {
            Ok(len) if len <= self.bulk_len_max => len,
            refused => return Err(self.fail(self.refused_len(refused.ok()), at)),
        };
        let start = at.saturating_add(header_len);
        let next = start.saturating_add(len).saturating_add(TERMINATOR_LEN);
        if next > self.limits.request_len_max {
            return Err(self.fail(RequestErrorKind::TooBigRequest, at));
        }
        let needed = next.saturating_sub(at).saturating_sub(rest.len());
        if needed > 0 {
            self.scanned = 0;
            return Ok(Bulk::Missing { needed });
        }
        Ok(Bulk::Read { arg: ArgRange::new(start, len), next })
    }

    fn inline(&mut self, input: &[u8], args: &mut Vec<ArgRange>) -> Result<Status, RequestError> {
        let limit = self.limits.inline_len_max.min(self.limits.request_len_max.saturating_sub(1));
        let window = input.get(..=limit).unwrap_or(input);
        let unseen = window.get(self.scanned..).unwrap_or_default();
        let Some(offset) = memchr::memchr(b'\n', unseen) else {
            if input.len() > limit {
                return Err(self.fail(RequestErrorKind::TooBigInline, limit));
            }
            self.scanned = input.len();
            return Ok(Status::Incomplete { needed: 1 });
        };
        let len = self.scanned.saturating_add(offset);
        self.scanned = 0;
        let line = input.get(..len).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let before = args.len();
        let source = match inline::split(line, &mut self.unescaped, args) {
            Ok(source) => source,
            Err(position) => {
                args.truncate(before);
                return Err(self.fail(RequestErrorKind::UnbalancedQuotes, position));
            }
        };
        let consumed = len.saturating_add(1);
        if args.len() == before {
            return Ok(Status::Empty { consumed });
        }
        Ok(Status::Complete { consumed, source })
    }

    const fn refused_count(&self, count: usize) -> RequestErrorKind {
        if count > self.limits.args_max {
            RequestErrorKind::InvalidMultibulkLength
        } else {
            RequestErrorKind::UnauthenticatedMultibulkLength
        }
    }

    /// Why an argument of this length, or of a negative one (`None`), is refused.
    const fn refused_len(&self, len: Option<usize>) -> RequestErrorKind {
        match len {
            Some(len) if len <= self.limits.bulk_len_max => {
                RequestErrorKind::UnauthenticatedBulkLength
            }
            _ => RequestErrorKind::InvalidBulkLength,
        }
    }

    #[cold]
    fn fail(&mut self, kind: RequestErrorKind, position: usize) -> RequestError {
        self.remaining = 0;
        self.at = 0;
        self.scanned = 0;
        self.pending = Vec::new();
        RequestError::new(kind, position)
    }
}

/// An argument, or how many bytes are missing of it.
enum Bulk {
    Read { arg: ArgRange, next: usize },
    Missing { needed: usize },
}

/// Bytes behind an argument: `\r\n`.
const TERMINATOR_LEN: usize = 2;
/// Arguments for which the memory of an unfinished request is kept for the next one.
const PENDING_ARGS_KEPT_MAX: usize = 1024;
