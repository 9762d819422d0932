//! The flat pieces of a reply: values without elements, and headers of aggregates.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

use super::{ReplyError, ReplyErrorKind, ReplyLimits};
use crate::decimal;

/// A value without elements.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Token<'a> {
    Status(&'a [u8]),
    Error(&'a [u8]),
    Integer(i64),
    Double(f64),
    Boolean(bool),
    BigNumber(&'a [u8]),
    Bulk(&'a [u8]),
    Verbatim { format: [u8; 3], text: &'a [u8] },
    Nil,
    NilArray,
}

/// A kind of aggregate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aggregate {
    Array,
    Map,
    Set,
    Push,
    /// Pairs that stand before a value and are not part of it.
    Attribute,
}

/// Where in a reply its reader stands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cursor {
    /// Offset of the piece that begins there, or is unfinished.
    at: usize,
    /// Bytes from `at` on that are known not to end the line which begins there.
    scanned: usize,
    /// Values announced so far by the headers of aggregates.
    elements: usize,
}

/// A piece, or how many bytes are missing of it.
pub(super) enum Step<'a> {
    Token(Token<'a>),
    /// The header of an aggregate, with the number of values that follow (two for a pair).
    Open {
        kind: Aggregate,
        values: usize,
    },
    Incomplete {
        needed: usize,
    },
}

impl Cursor {
    /// Offset of the piece that comes next.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// Reads the next piece and moves behind it.
    pub(super) fn step<'a>(
        &mut self,
        input: &'a [u8],
        limits: &ReplyLimits,
    ) -> Result<Step<'a>, ReplyError> {
        let rest = input.get(self.at..).unwrap_or_default();
        let Some(&kind) = rest.first() else {
            return Ok(Step::Incomplete { needed: 1 });
        };
        if !TYPES.contains(&kind) {
            return Err(self.fail(ReplyErrorKind::UnknownType { got: kind }));
        }
        let Some((line, line_len)) = self.line(rest, limits)? else {
            return Ok(Step::Incomplete { needed: 1 });
        };
        let (step, len) = match kind {
            b'$' | b'!' | b'=' => {
                let body = rest.get(line_len..).unwrap_or_default();
                match self.bulk(kind, line, body, limits)? {
                    Body::Read { token, len } => (Step::Token(token), line_len.saturating_add(len)),
                    // The header is short, so reading it again is cheaper than keeping it.
                    Body::Missing { needed } => return Ok(Step::Incomplete { needed }),
                }
            }
            b'*' | b'%' | b'~' | b'>' | b'|' => (self.aggregate(kind, line, limits)?, line_len),
            _ => (Step::Token(self.scalar(kind, line)?), line_len),
        };
        self.at = self.at.saturating_add(len);
        self.scanned = 0;
        Ok(step)
    }

    /// The line at the start of `rest` without type byte and end, and its whole length.
    fn line<'a>(
        &mut self,
        rest: &'a [u8],
        limits: &ReplyLimits,
    ) -> Result<Option<(&'a [u8], usize)>, ReplyError> {
        let window = rest.get(..=limits.line_len_max).unwrap_or(rest);
        let unseen = window.get(self.scanned..).unwrap_or_default();
        let Some(offset) = memchr::memchr2(b'\r', b'\n', unseen) else {
            if rest.len() > limits.line_len_max {
                return Err(self.fail(ReplyErrorKind::LineTooLong));
            }
            self.scanned = rest.len();
            return Ok(None);
        };
        self.scanned = self.scanned.saturating_add(offset);
        match rest.get(self.scanned..).unwrap_or_default() {
            [b'\r'] => Ok(None),
            [b'\r', b'\n', ..] => {
                let line = rest.get(1..self.scanned).unwrap_or_default();
                Ok(Some((line, self.scanned.saturating_add(2))))
            }
            _ => Err(self.fail(ReplyErrorKind::MissingTerminator)),
        }
    }

    fn bulk<'a>(
        &self,
        kind: u8,
        header: &[u8],
        body: &'a [u8],
        limits: &ReplyLimits,
    ) -> Result<Body<'a>, ReplyError> {
        let Some(len) = self.length(header)? else {
            if kind == b'$' {
                return Ok(Body::Read { token: Token::Nil, len: 0 });
            }
            return Err(self.fail(ReplyErrorKind::Malformed));
        };
        if len > limits.bulk_len_max {
            return Err(self.fail(ReplyErrorKind::BulkTooLong));
        }
        let whole = len.saturating_add(2);
        let Some((text, end)) = body.get(..whole).and_then(|body| body.split_at_checked(len))
        else {
            return Ok(Body::Missing { needed: whole.saturating_sub(body.len()) });
        };
        if end != b"\r\n" {
            return Err(self.fail(ReplyErrorKind::MissingTerminator));
        }
        let token = match (kind, text) {
            (b'$', _) => Token::Bulk(text),
            (b'!', _) => Token::Error(text),
            (_, &[a, b, c, b':', ref text @ ..]) => Token::Verbatim { format: [a, b, c], text },
            _ => return Err(self.fail(ReplyErrorKind::Malformed)),
        };
        Ok(Body::Read { token, len: whole })
    }

    fn aggregate<'a>(
        &mut self,
        kind: u8,
        header: &[u8],
        limits: &ReplyLimits,
    ) -> Result<Step<'a>, ReplyError> {
        let Some(len) = self.length(header)? else {
            if kind == b'*' {
                return Ok(Step::Token(Token::NilArray));
            }
            return Err(self.fail(ReplyErrorKind::Malformed));
        };
        let (kind, values) = match kind {
            b'%' => (Aggregate::Map, len.checked_mul(2)),
            b'|' => (Aggregate::Attribute, len.checked_mul(2)),
            b'~' => (Aggregate::Set, Some(len)),
            b'>' => (Aggregate::Push, Some(len)),
            _ => (Aggregate::Array, Some(len)),
        };
        let total = values.and_then(|values| self.elements.checked_add(values));
        match (values, total) {
            (Some(values), Some(total)) if total <= limits.elements_max => {
                self.elements = total;
                Ok(Step::Open { kind, values })
            }
            _ => Err(self.fail(ReplyErrorKind::TooManyElements)),
        }
    }

    /// A length, or `None` for -1.
    fn length(&self, header: &[u8]) -> Result<Option<usize>, ReplyError> {
        if header == b"?" {
            return Err(self.fail(ReplyErrorKind::Streamed));
        }
        match decimal::parse(header) {
            Some(-1) => Ok(None),
            Some(len) => {
                usize::try_from(len).map(Some).map_err(|_| self.fail(ReplyErrorKind::Malformed))
            }
            None => Err(self.fail(ReplyErrorKind::Malformed)),
        }
    }

    fn scalar<'a>(&self, kind: u8, line: &'a [u8]) -> Result<Token<'a>, ReplyError> {
        match kind {
            b'+' => Some(Token::Status(line)),
            b'-' => Some(Token::Error(line)),
            b':' => decimal::parse(line).map(Token::Integer),
            b'#' => match line {
                b"t" => Some(Token::Boolean(true)),
                b"f" => Some(Token::Boolean(false)),
                _ => None,
            },
            b'_' => line.is_empty().then_some(Token::Nil),
            b'(' => is_big_number(line).then_some(Token::BigNumber(line)),
            _ => {
                let text = core::str::from_utf8(line).ok();
                text.and_then(|text| text.parse().ok()).map(Token::Double)
            }
        }
        .ok_or_else(|| self.fail(ReplyErrorKind::Malformed))
    }

    pub(super) const fn fail(&self, kind: ReplyErrorKind) -> ReplyError {
        ReplyError::new(kind, self.at)
    }
}

/// What follows a string's header.
enum Body<'a> {
    /// A token that takes `len` bytes behind the header.
    Read {
        token: Token<'a>,
        len: usize,
    },
    Missing {
        needed: usize,
    },
}

fn is_big_number(line: &[u8]) -> bool {
    let digits = line.strip_prefix(b"-").unwrap_or(line);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// The bytes that begin a value.
const TYPES: &[u8] = b"+-:,#($!=_*%~>|";
