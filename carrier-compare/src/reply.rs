//! What tests ask of a reply that drp-parser has read.

use drp_parser::Reply;
use drp_parser::reply::{ReplyLimits, ReplyParser, ReplyStatus};

use crate::request::shown;

/// Short words for what tests do with replies. All of them panic where a reply is something else.
pub trait ReplyExt: Sized {
    /// The status `OK`.
    fn ok() -> Self;
    /// A status.
    fn status(text: &str) -> Self;
    /// An error.
    fn error(text: &str) -> Self;
    /// A string.
    fn text(text: &str) -> Self;
    /// The reply that is all of `bytes`.
    fn decode(bytes: &[u8]) -> Self;
    /// The elements of an array or a set.
    fn elements(&self) -> &[Self];
    /// The value of an integer.
    fn as_integer(&self) -> i64;
    /// The bytes of a string, or of a status.
    fn as_bytes(&self) -> &[u8];
    /// The value of `key` in a map, or in the flat array that RESP2 has for it.
    fn get(&self, key: &str) -> Option<&Self>;
    /// Whether it is an error whose text has this in it.
    fn is_error_with(&self, text: &str) -> bool;
}

impl ReplyExt for Reply {
    fn ok() -> Self {
        Self::status("OK")
    }

    fn status(text: &str) -> Self {
        Self::Status(text.into())
    }

    fn error(text: &str) -> Self {
        Self::Error(text.into())
    }

    fn text(text: &str) -> Self {
        Self::Bulk(text.into())
    }

    fn decode(bytes: &[u8]) -> Self {
        match ReplyParser::new(ReplyLimits::default()).parse(bytes) {
            Ok(ReplyStatus::Complete { consumed, reply }) if consumed == bytes.len() => reply,
            other => panic!("{} is no reply: {other:?}", shown(bytes)),
        }
    }

    fn elements(&self) -> &[Self] {
        match self {
            Self::Array(elements) | Self::Set(elements) | Self::Push(elements) => elements,
            other => panic!("an array was expected, not {other:?}"),
        }
    }

    fn as_integer(&self) -> i64 {
        match self {
            Self::Integer(value) => *value,
            other => panic!("an integer was expected, not {other:?}"),
        }
    }

    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Bulk(bytes) | Self::Verbatim { text: bytes, .. } | Self::Status(bytes) => bytes,
            other => panic!("a string was expected, not {other:?}"),
        }
    }

    fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(pairs) => {
                pairs.iter().find(|(name, _)| name.as_bytes() == key.as_bytes()).map(|pair| &pair.1)
            }
            Self::Array(flat) => flat
                .chunks_exact(2)
                .find(|pair| pair[0].as_bytes() == key.as_bytes())
                .map(|pair| &pair[1]),
            other => panic!("a map was expected, not {other:?}"),
        }
    }

    fn is_error_with(&self, text: &str) -> bool {
        matches!(self, Self::Error(error) if String::from_utf8_lossy(error).contains(text))
    }
}
