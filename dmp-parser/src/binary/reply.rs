//! Packets as a client reads them.
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

use super::encode::RESPONSE_MAGIC;
use super::header::{HEADER_LEN, Header};
use crate::Limits;

/// A reply, borrowed from the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BinaryReply<'a> {
    /// The number of the operation that it answers.
    pub opcode: u8,
    /// What became of it: [`BinaryStatus::of`](super::BinaryStatus::of) names what is known.
    pub status: u16,
    /// What the request said.
    pub opaque: u32,
    /// The stamp of the item; 0 where there is none to tell.
    pub cas: u64,
    /// For an item its flags.
    pub extras: &'a [u8],
    /// The key, where it was asked for, or a figure's name.
    pub key: &'a [u8],
    /// The value, or the text of an error.
    pub value: &'a [u8],
}

/// What the bytes presented amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryReplyStatus<'a> {
    /// A reply.
    Complete {
        /// Its length in bytes; the next one begins there.
        consumed: usize,
        /// The reply.
        reply: BinaryReply<'a>,
    },
    /// The beginning of a reply.
    Incomplete {
        /// How many bytes must follow at least; once the header is there, exactly.
        needed: usize,
    },
}

/// A reply that cannot be understood, and with it whatever follows on its connection.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryReplyError {
    /// Bytes that are no packet.
    BadMagic,
    /// Extras and key longer than the body.
    Inconsistent,
    /// A key or value over the limit.
    TooLong,
}

/// A parser of replies. It needs no state: a header tells all lengths.
#[derive(Debug, Clone, Copy)]
pub struct BinaryReplyParser {
    limits: Limits,
}

impl BinaryReplyParser {
    /// A parser with these limits, of which those of lines have no say.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits: limits.clamped() }
    }

    /// Parses one reply from the start of `input`.
    ///
    /// # Errors
    ///
    /// What follows cannot be understood.
    pub fn parse<'a>(&self, input: &'a [u8]) -> Result<BinaryReplyStatus<'a>, BinaryReplyError> {
        if input.first().is_some_and(|magic| *magic != RESPONSE_MAGIC) {
            return Err(BinaryReplyError::BadMagic);
        }
        let Some(header) = Header::read(input) else {
            let needed = HEADER_LEN.saturating_sub(input.len());
            return Ok(BinaryReplyStatus::Incomplete { needed });
        };
        let value_len = header.value_len().ok_or(BinaryReplyError::Inconsistent)?;
        if header.key_len > self.limits.key_len_max || value_len > self.limits.item_len_max {
            return Err(BinaryReplyError::TooLong);
        }
        let consumed = HEADER_LEN.saturating_add(header.body_len);
        let Some(body) = input.get(HEADER_LEN..consumed) else {
            let needed = consumed.saturating_sub(input.len());
            return Ok(BinaryReplyStatus::Incomplete { needed });
        };
        let (extras, rest) = body.split_at_checked(header.extras_len).unwrap_or_default();
        let (key, value) = rest.split_at_checked(header.key_len).unwrap_or_default();
        let Header { opcode, status, opaque, cas, .. } = header;
        let reply = BinaryReply { opcode, status, opaque, cas, extras, key, value };
        Ok(BinaryReplyStatus::Complete { consumed, reply })
    }
}

impl Display for BinaryReplyError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadMagic => "not a reply",
            Self::Inconsistent => "parts longer than the whole",
            Self::TooLong => "key or value too long",
        })
    }
}

impl Error for BinaryReplyError {}
