//! Replies as a client reads them: as a tree, or just to find their end.

mod error;
mod parser;
mod skip;
#[cfg(test)]
mod tests;
mod token;

use alloc::vec::Vec;

pub use error::{ReplyError, ReplyErrorKind};
pub use parser::{ReplyParser, ReplyStatus};
pub use skip::{ReplySkipper, SkipStatus};

/// One reply, of RESP2 or RESP3. Attributes are not part of it: they are skipped.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Reply {
    /// `+`: a short status.
    Status(Vec<u8>),
    /// `-`, or `!` where it is long: an error.
    Error(Vec<u8>),
    /// `:`
    Integer(i64),
    /// `,`
    Double(f64),
    /// `#`
    Boolean(bool),
    /// `(`: an integer of any size, in decimal.
    BigNumber(Vec<u8>),
    /// `$`: a string of any bytes.
    Bulk(Vec<u8>),
    /// `=`: text for people, and how it is formatted (`txt`, `mkd`).
    Verbatim {
        /// Three bytes naming the format.
        format: [u8; 3],
        /// The text.
        text: Vec<u8>,
    },
    /// `_` or `$-1`: the absence of a value.
    Nil,
    /// `*-1`: the absence of an array.
    NilArray,
    /// `*`
    Array(Vec<Self>),
    /// `%`: pairs in the order they came in.
    Map(Vec<(Self, Self)>),
    /// `~`: elements in the order they came in.
    Set(Vec<Self>),
    /// `>`: an out-of-band message. It comes between replies, and answers no request.
    Push(Vec<Self>),
}

/// Limits on one reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplyLimits {
    /// Longest string in bytes.
    pub bulk_len_max: usize,
    /// Longest line (a status, an error, a number) in bytes.
    pub line_len_max: usize,
    /// Most elements of all the aggregates of a reply together, a pair of a map being two.
    pub elements_max: usize,
    /// Deepest nesting of aggregates. A [`ReplySkipper`] needs no such limit.
    pub depth_max: usize,
}

impl Default for ReplyLimits {
    fn default() -> Self {
        Self {
            bulk_len_max: 512 << 20,
            line_len_max: 64 << 10,
            elements_max: 1 << 24,
            depth_max: 32,
        }
    }
}
