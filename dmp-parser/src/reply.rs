//! Replies as a client reads them: a line, and for `VALUE` an item behind it.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

use core::error::Error;
use core::fmt::{self, Display, Formatter};

use crate::words::{Words, trim_line_end};
use crate::{Limits, MetaCode, decimal};

#[cfg(test)]
mod tests;

/// One line of a reply. A `get` is answered by any number of values and an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reply<'a> {
    /// An item.
    Value {
        /// Its key.
        key: &'a [u8],
        /// The number that it was stored with.
        flags: u32,
        /// Its stamp, if it was asked for by `gets`.
        cas: Option<u64>,
        /// The item.
        data: &'a [u8],
    },
    /// The end of items.
    End,
    /// The item was stored.
    Stored,
    /// The item was not stored, because of a condition.
    NotStored,
    /// The item was not stored, because it has changed.
    Exists,
    /// The key was removed.
    Deleted,
    /// There is no such key.
    NotFound,
    /// The item's expiry was set.
    Touched,
    /// Done.
    Ok,
    /// A counter's value.
    Number(u64),
    /// The server's version.
    Version(&'a [u8]),
    /// One of the server's figures; they end like items.
    Stat {
        /// What it is.
        name: &'a [u8],
        /// How much.
        value: &'a [u8],
    },
    /// The figures were set back.
    Reset,
    /// The reply to a meta command that tells no value.
    Meta {
        /// What became of it.
        code: MetaCode,
        /// What the flags wanted to know, word by word.
        tokens: &'a [u8],
    },
    /// The reply to a meta command that tells a value.
    MetaValue {
        /// What the flags wanted to know, word by word.
        tokens: &'a [u8],
        /// The value.
        data: &'a [u8],
    },
    /// The reply to `mn`.
    MetaNoop,
    /// What `me` tells: the key, then `name=value` word by word.
    MetaDebug(&'a [u8]),
    /// What the server's machinery says to a line about it, such as `BUSY` or `BADCLASS`: the whole
    /// line.
    Machinery(&'a [u8]),
    /// There is no such command.
    Error,
    /// The client is at fault, and how.
    ClientError(&'a [u8]),
    /// The server is at fault, and how.
    ServerError(&'a [u8]),
}

/// A resumable parser of replies.
///
/// # Examples
///
/// ```
/// use dmp_parser::reply::ReplyStatus;
/// use dmp_parser::{Limits, Reply, ReplyParser};
///
/// let mut parser = ReplyParser::new(Limits::default());
/// let status = parser.parse(b"VALUE k 7 5\r\nhello\r\nEND\r\n").unwrap();
/// let reply = Reply::Value { key: b"k", flags: 7, cas: None, data: b"hello" };
/// assert_eq!(status, ReplyStatus::Complete { consumed: 20, reply });
/// ```
#[derive(Debug)]
pub struct ReplyParser {
    limits: Limits,
    /// Bytes of the current line that are known not to end it.
    scanned: usize,
}

/// What the bytes presented amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyStatus<'a> {
    /// A reply.
    Complete {
        /// Its length in bytes; the next one begins there.
        consumed: usize,
        /// The reply, borrowed from the input.
        reply: Reply<'a>,
    },
    /// The beginning of a reply.
    Incomplete {
        /// A lower bound, at least 1, of the bytes that must follow before anything new can be
        /// said. Inside an item it is exactly what is missing of it and its terminator.
        needed: usize,
    },
}

/// A reply that cannot be understood, and with it whatever follows on its connection.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyError {
    /// A line that no reply begins with, or a `VALUE` that is not written as it should be.
    Unknown,
    /// A line over the limit.
    LineTooLong,
    /// An item over the limit.
    ItemTooLong,
    /// An item that no line end follows, `position` bytes into the reply.
    MissingTerminator {
        /// Where it should stand.
        position: usize,
    },
}

impl ReplyParser {
    /// A parser between replies. Of the limits those of keys and `get` lines have no say.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits: limits.clamped(), scanned: 0 }
    }

    /// Parses one reply from the start of `input`. After [`ReplyStatus::Incomplete`] the next call
    /// must present the same bytes and more behind them.
    ///
    /// # Errors
    ///
    /// What follows cannot be understood. The parser is then as new.
    ///
    /// # Complexity
    ///
    /// O(n) in the bytes of a reply over all the calls it takes, where a call that ends inside an
    /// item reads its line again. Allocates nothing.
    pub fn parse<'a>(&mut self, input: &'a [u8]) -> Result<ReplyStatus<'a>, ReplyError> {
        let window = input.get(..=self.limits.line_len_max).unwrap_or(input);
        let unseen = window.get(self.scanned..).unwrap_or_default();
        let Some(offset) = memchr::memchr(b'\n', unseen) else {
            if input.len() > self.limits.line_len_max {
                self.scanned = 0;
                return Err(ReplyError::LineTooLong);
            }
            self.scanned = input.len();
            return Ok(ReplyStatus::Incomplete { needed: 1 });
        };
        let line_feed = self.scanned.saturating_add(offset);
        let line = trim_line_end(input.get(..=line_feed).unwrap_or_default());
        let consumed = line_feed.saturating_add(1);
        let status = match value_header(line) {
            Some(header) => self.value(header, input, consumed)?,
            None => ReplyStatus::Complete { consumed, reply: self.plain(line)? },
        };
        self.scanned = match status {
            ReplyStatus::Complete { .. } => 0,
            ReplyStatus::Incomplete { .. } => line_feed,
        };
        Ok(status)
    }

    fn plain<'a>(&mut self, line: &'a [u8]) -> Result<Reply<'a>, ReplyError> {
        self.scanned = 0;
        Ok(match line {
            b"END" => Reply::End,
            b"STORED" => Reply::Stored,
            b"NOT_STORED" => Reply::NotStored,
            b"EXISTS" => Reply::Exists,
            b"DELETED" => Reply::Deleted,
            b"NOT_FOUND" => Reply::NotFound,
            b"TOUCHED" => Reply::Touched,
            b"OK" => Reply::Ok,
            b"ERROR" => Reply::Error,
            b"RESET" => Reply::Reset,
            b"MN" => Reply::MetaNoop,
            _ => {
                if let Some(code) = meta_code(line) {
                    let tokens = line.get(2..).unwrap_or_default().trim_ascii();
                    Reply::Meta { code, tokens }
                } else if let Some(stat) = line.strip_prefix(b"STAT ") {
                    let mut parts = stat.splitn(2, |byte| *byte == b' ');
                    let name = parts.next().unwrap_or_default();
                    Reply::Stat { name, value: parts.next().unwrap_or_default() }
                } else if let Some(text) = line.strip_prefix(b"ME ") {
                    Reply::MetaDebug(text)
                } else if let Some(text) = line.strip_prefix(b"CLIENT_ERROR ") {
                    Reply::ClientError(text)
                } else if let Some(text) = line.strip_prefix(b"SERVER_ERROR ") {
                    Reply::ServerError(text)
                } else if let Some(text) = line.strip_prefix(b"VERSION ") {
                    Reply::Version(text)
                } else if MACHINERY.iter().any(|word| line.starts_with(word)) {
                    Reply::Machinery(line)
                } else {
                    Reply::Number(decimal::unsigned(line).ok_or(ReplyError::Unknown)?)
                }
            }
        })
    }

    fn value<'a>(
        &mut self,
        header: ValueHeader<'a>,
        input: &'a [u8],
        start: usize,
    ) -> Result<ReplyStatus<'a>, ReplyError> {
        self.scanned = 0;
        let ValueHeader { len, form } = header;
        if len > self.limits.item_len_max {
            return Err(ReplyError::ItemTooLong);
        }
        let end = start.saturating_add(len);
        let consumed = end.saturating_add(TERMINATOR.len());
        let (Some(data), Some(terminator)) = (input.get(start..end), input.get(end..consumed))
        else {
            let needed = consumed.saturating_sub(input.len());
            return Ok(ReplyStatus::Incomplete { needed });
        };
        if terminator != TERMINATOR {
            return Err(ReplyError::MissingTerminator { position: end });
        }
        let reply = match form {
            ValueForm::Classic { key, flags, cas } => Reply::Value { key, flags, cas, data },
            ValueForm::Meta { tokens } => Reply::MetaValue { tokens, data },
        };
        Ok(ReplyStatus::Complete { consumed, reply })
    }
}

impl Display for ReplyError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "not a reply",
            Self::LineTooLong => "line too long",
            Self::ItemTooLong => "item too long",
            Self::MissingTerminator { position } => {
                return write!(f, "no line end at byte {position} of a reply");
            }
        })
    }
}

impl Error for ReplyError {}

struct ValueHeader<'a> {
    len: usize,
    form: ValueForm<'a>,
}

enum ValueForm<'a> {
    Classic { key: &'a [u8], flags: u32, cas: Option<u64> },
    Meta { tokens: &'a [u8] },
}

/// `VALUE <key> <flags> <bytes> [<cas>]` or `VA <bytes> <token>*`
fn value_header(line: &[u8]) -> Option<ValueHeader<'_>> {
    let mut words = Words::new(line);
    match words.next()?.bytes {
        b"VALUE" => {
            let [Some(key), Some(flags), Some(len), cas] = words.at_most()? else { return None };
            let flags = u32::try_from(decimal::unsigned(flags.bytes)?).ok()?;
            let cas = match cas {
                Some(word) => Some(decimal::unsigned(word.bytes)?),
                None => None,
            };
            let form = ValueForm::Classic { key: key.bytes, flags, cas };
            Some(ValueHeader { len: usize::try_from(decimal::unsigned(len.bytes)?).ok()?, form })
        }
        b"VA" => {
            let len = words.next()?;
            let behind = (len.range.start as usize).saturating_add(len.bytes.len());
            let tokens = line.get(behind..).unwrap_or_default().trim_ascii();
            let form = ValueForm::Meta { tokens };
            Some(ValueHeader { len: usize::try_from(decimal::unsigned(len.bytes)?).ok()?, form })
        }
        _ => None,
    }
}

/// The code that a line begins with.
fn meta_code(line: &[u8]) -> Option<MetaCode> {
    let code = match line.get(..2)? {
        b"HD" => MetaCode::Done,
        b"NS" => MetaCode::NotStored,
        b"EX" => MetaCode::Exists,
        b"NF" => MetaCode::NotFound,
        b"EN" => MetaCode::Missing,
        _ => return None,
    };
    line.get(2).is_none_or(|byte| *byte == b' ').then_some(code)
}

/// How the replies begin to lines about the server's machinery, but for `OK`.
const MACHINERY: &[&[u8]] = &[
    b"BUSY ",
    b"BADCLASS ",
    b"NOSPARE ",
    b"NOTSTARTED ",
    b"SAME ",
    b"MEMLIMIT_TOO_SMALL ",
    b"MEMLIMIT_ADJUST_FAILED ",
    b"ERROR ",
    b"ERROR: ",
];
/// What stands behind an item.
const TERMINATOR: &[u8] = b"\r\n";
