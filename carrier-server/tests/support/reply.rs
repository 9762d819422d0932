//! A reply as drp-parser reads it, its bytes in either protocol version, and what a test expects of
//! one. The bytes are made here, plainly: not by the encoder that is under test.

use std::ops::RangeInclusive;

use drp_parser::reply::{ReplyLimits, ReplyParser, ReplyStatus};
pub(crate) use drp_parser::{Reply, Version};

use super::request::shown;

/// What tests ask of a reply.
pub(crate) trait ReplyExt: Sized {
    fn ok() -> Self;
    fn status(text: &str) -> Self;
    fn error(text: &str) -> Self;
    fn text(text: &str) -> Self;
    /// The reply that is all of `bytes`.
    fn decode(bytes: &[u8]) -> Self;
    /// Appends the reply's bytes in `version`.
    fn encode(&self, version: Version, out: &mut Vec<u8>);
    /// The elements of an array or a set.
    fn elements(&self) -> &[Self];
    fn as_integer(&self) -> i64;
    /// The bytes of a string, or of a status.
    fn as_bytes(&self) -> &[u8];
    /// The value of `key` in a map, or in the flat array that RESP2 has for it.
    fn get(&self, key: &str) -> Option<&Self>;
    /// Whether it is an error whose text has this in it.
    fn is_error_with(&self, text: &str) -> bool;
}

/// What a reply may be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expected {
    /// Exactly this, byte for byte.
    Exactly(Reply),
    /// An integer within a range: where the clock has a say.
    Within(RangeInclusive<i64>),
    /// These elements in any order.
    Unordered(Reply),
}

impl Expected {
    /// Whether the bytes of a whole reply are as expected.
    pub(crate) fn allows(&self, version: Version, bytes: &[u8]) -> bool {
        let mut encoded = Vec::new();
        match self {
            Self::Exactly(reply) => {
                reply.encode(version, &mut encoded);
                encoded == bytes
            }
            Self::Within(range) => match Reply::decode(bytes) {
                Reply::Integer(value) => range.contains(&value),
                _ => false,
            },
            Self::Unordered(reply) => {
                reply.encode(version, &mut encoded);
                encoded.len() == bytes.len()
                    && encoded[0] == bytes[0]
                    && sorted(&Reply::decode(bytes)) == sorted(reply)
            }
        }
    }

    /// For a person to read.
    pub(crate) fn describe(&self, version: Version) -> String {
        let mut encoded = Vec::new();
        match self {
            Self::Within(range) => format!("an integer in {range:?}"),
            Self::Exactly(reply) => {
                reply.encode(version, &mut encoded);
                shown(&encoded)
            }
            Self::Unordered(reply) => {
                reply.encode(version, &mut encoded);
                format!("in any order {}", shown(&encoded))
            }
        }
    }
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

    fn encode(&self, version: Version, out: &mut Vec<u8>) {
        let old = version == Version::Resp2;
        match self {
            Self::Status(text) => line(out, '+', text),
            Self::Error(text) => line(out, '-', text),
            Self::Integer(value) => line(out, ':', value.to_string().as_bytes()),
            Self::Nil if old => out.extend(b"$-1\r\n"),
            Self::NilArray if old => out.extend(b"*-1\r\n"),
            Self::Nil | Self::NilArray => out.extend(b"_\r\n"),
            Self::Bulk(bytes) => {
                line(out, '$', bytes.len().to_string().as_bytes());
                out.extend(bytes);
                out.extend(b"\r\n");
            }
            Self::Array(elements) => aggregate(out, '*', elements, version),
            Self::Set(elements) => aggregate(out, if old { '*' } else { '~' }, elements, version),
            other => panic!("the reference has no {other:?}"),
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

    fn is_error_with(&self, text: &str) -> bool {
        matches!(self, Self::Error(error) if String::from_utf8_lossy(error).contains(text))
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
}

fn sorted(reply: &Reply) -> Option<Vec<&[u8]>> {
    let (Reply::Array(elements) | Reply::Set(elements)) = reply else {
        return None;
    };
    let mut bytes: Vec<&[u8]> = elements.iter().map(Reply::as_bytes).collect();
    bytes.sort_unstable();
    Some(bytes)
}

fn line(out: &mut Vec<u8>, kind: char, text: &[u8]) {
    out.push(kind as u8);
    out.extend(text);
    out.extend(b"\r\n");
}

fn aggregate(out: &mut Vec<u8>, kind: char, elements: &[Reply], version: Version) {
    line(out, kind, elements.len().to_string().as_bytes());
    for element in elements {
        element.encode(version, out);
    }
}
