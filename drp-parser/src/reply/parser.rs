//! A reply built as a tree, resumably.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

use alloc::vec::Vec;

use super::token::{Aggregate, Cursor, Step, Token};
use super::{Reply, ReplyError, ReplyErrorKind, ReplyLimits};

/// A resumable parser of replies: the finished parts of at most one unfinished reply.
///
/// # Examples
///
/// ```
/// use drp_parser::reply::ReplyStatus;
/// use drp_parser::{Reply, ReplyLimits, ReplyParser};
///
/// let mut parser = ReplyParser::new(ReplyLimits::default());
/// let status = parser.parse(b"*2\r\n:1\r\n$1\r\na\r\n").unwrap();
/// let reply = Reply::Array(vec![Reply::Integer(1), Reply::Bulk(b"a".to_vec())]);
/// assert_eq!(status, ReplyStatus::Complete { consumed: 15, reply });
/// ```
#[derive(Debug)]
pub struct ReplyParser {
    limits: ReplyLimits,
    cursor: Cursor,
    /// The aggregates that are open, outermost first; at most `limits.depth_max`.
    open: Vec<Frame>,
}

/// What the bytes presented amount to.
#[derive(Debug, Clone, PartialEq)]
pub enum ReplyStatus {
    /// A reply.
    Complete {
        /// Its length in bytes; the next one begins there.
        consumed: usize,
        /// The reply.
        reply: Reply,
    },
    /// The beginning of a reply.
    Incomplete {
        /// A lower bound, at least 1, of the bytes that must follow before anything new can be
        /// said. Inside a string it is exactly what is missing of it and its terminator.
        needed: usize,
    },
}

impl ReplyParser {
    /// A parser between replies.
    #[must_use]
    pub fn new(limits: ReplyLimits) -> Self {
        Self { limits, cursor: Cursor::default(), open: Vec::new() }
    }

    /// Parses one reply from the start of `input`. After [`ReplyStatus::Incomplete`] the next
    /// call must present the same bytes and more behind them.
    ///
    /// # Errors
    ///
    /// What follows cannot be understood. The parser is then as new.
    ///
    /// # Complexity
    ///
    /// O(n) in the bytes of a reply over all the calls it takes. Memory is taken for elements as
    /// they arrive, not as they are announced.
    pub fn parse(&mut self, input: &[u8]) -> Result<ReplyStatus, ReplyError> {
        loop {
            let token_at = self.cursor;
            let finished = match self.cursor.step(input, &self.limits) {
                Ok(Step::Open { kind, values }) => {
                    if self.open.len() >= self.limits.depth_max {
                        self.reset();
                        return Err(token_at.fail(ReplyErrorKind::TooDeep));
                    }
                    self.open.push(Frame { kind, left: values, items: Vec::new() });
                    self.close_full(None)
                }
                Ok(Step::Token(token)) => self.close_full(Some(leaf(token))),
                Ok(Step::Incomplete { needed }) => return Ok(ReplyStatus::Incomplete { needed }),
                Err(error) => {
                    self.reset();
                    return Err(error);
                }
            };
            if let Some(reply) = finished {
                let consumed = self.cursor.at();
                self.reset();
                return Ok(ReplyStatus::Complete { consumed, reply });
            }
        }
    }

    /// Puts `value` into the innermost open aggregate and closes whichever are full now. Returns
    /// the reply if that was its last part.
    fn close_full(&mut self, mut value: Option<Reply>) -> Option<Reply> {
        loop {
            let Some(frame) = self.open.last_mut() else { return value };
            if let Some(value) = value.take() {
                frame.left = frame.left.saturating_sub(1);
                // Nobody will see an attribute.
                if frame.kind != Aggregate::Attribute {
                    frame.items.push(value);
                }
            }
            if frame.left > 0 {
                return None;
            }
            value = Some(self.open.pop()?.close()?);
        }
    }

    fn reset(&mut self) {
        self.cursor = Cursor::default();
        self.open.clear();
    }
}

/// An open aggregate.
#[derive(Debug)]
struct Frame {
    kind: Aggregate,
    /// Values still to come.
    left: usize,
    items: Vec<Reply>,
}

impl Frame {
    /// The aggregate as a value, unless it is an attribute.
    fn close(self) -> Option<Reply> {
        Some(match self.kind {
            Aggregate::Array => Reply::Array(self.items),
            Aggregate::Set => Reply::Set(self.items),
            Aggregate::Push => Reply::Push(self.items),
            Aggregate::Map => Reply::Map(pairs(self.items)),
            Aggregate::Attribute => return None,
        })
    }
}

fn pairs(items: Vec<Reply>) -> Vec<(Reply, Reply)> {
    let mut pairs = Vec::with_capacity(items.len().div_euclid(2));
    let mut items = items.into_iter();
    while let (Some(key), Some(value)) = (items.next(), items.next()) {
        pairs.push((key, value));
    }
    pairs
}

fn leaf(token: Token<'_>) -> Reply {
    match token {
        Token::Status(text) => Reply::Status(text.to_vec()),
        Token::Error(text) => Reply::Error(text.to_vec()),
        Token::Integer(value) => Reply::Integer(value),
        Token::Double(value) => Reply::Double(value),
        Token::Boolean(value) => Reply::Boolean(value),
        Token::BigNumber(digits) => Reply::BigNumber(digits.to_vec()),
        Token::Bulk(bytes) => Reply::Bulk(bytes.to_vec()),
        Token::Verbatim { format, text } => Reply::Verbatim { format, text: text.to_vec() },
        Token::Nil => Reply::Nil,
        Token::NilArray => Reply::NilArray,
    }
}
