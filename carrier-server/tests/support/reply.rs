//! A reply as a value, its bytes in either protocol version, and what a test expects of one.

use std::ops::RangeInclusive;

use super::request::shown;

/// A reply of a RESP server.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reply {
    Status(String),
    Error(String),
    Integer(i64),
    Nil,
    /// What RESP2 has beside `Nil`: an array that is not there.
    NilArray,
    Boolean(bool),
    /// The text as it stands on the wire.
    Double(String),
    Number(String),
    Bytes(Vec<u8>),
    Verbatim(Vec<u8>),
    Array(Vec<Self>),
    Set(Vec<Self>),
    Push(Vec<Self>),
    Map(Vec<(Self, Self)>),
}

/// A version of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    Resp2,
    Resp3,
}

impl Reply {
    pub(crate) fn ok() -> Self {
        Self::Status("OK".to_owned())
    }

    pub(crate) fn error(text: &str) -> Self {
        Self::Error(text.to_owned())
    }

    pub(crate) fn text(text: &str) -> Self {
        Self::Bytes(text.as_bytes().to_vec())
    }

    /// The elements of an array or a set.
    pub(crate) fn elements(&self) -> &[Self] {
        match self {
            Self::Array(elements) | Self::Set(elements) | Self::Push(elements) => elements,
            other => panic!("an array was expected, not {other:?}"),
        }
    }

    pub(crate) fn as_integer(&self) -> i64 {
        match self {
            Self::Integer(value) => *value,
            other => panic!("an integer was expected, not {other:?}"),
        }
    }

    /// The bytes of a string, or of a status.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) | Self::Verbatim(bytes) => bytes,
            Self::Status(text) => text.as_bytes(),
            other => panic!("a string was expected, not {other:?}"),
        }
    }

    /// The value of `key` in a map, or in the flat array that RESP2 has for it.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
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

    /// Appends the reply's bytes in `version`.
    pub(crate) fn encode(&self, version: Version, out: &mut Vec<u8>) {
        let old = version == Version::Resp2;
        match self {
            Self::Status(text) => line(out, '+', text),
            Self::Error(text) => line(out, '-', text),
            Self::Integer(value) => line(out, ':', value),
            Self::Nil if old => out.extend(b"$-1\r\n"),
            Self::NilArray if old => out.extend(b"*-1\r\n"),
            Self::Nil | Self::NilArray => out.extend(b"_\r\n"),
            Self::Boolean(value) if old => line(out, ':', u8::from(*value)),
            Self::Boolean(value) => line(out, '#', if *value { 't' } else { 'f' }),
            Self::Double(text) | Self::Number(text) if old => blob(out, '$', text.as_bytes()),
            Self::Double(text) => line(out, ',', text),
            Self::Number(text) => line(out, '(', text),
            Self::Bytes(bytes) => blob(out, '$', bytes),
            Self::Verbatim(bytes) if old => blob(out, '$', bytes),
            Self::Verbatim(bytes) => blob(out, '=', &[b"txt:", bytes.as_slice()].concat()),
            Self::Array(elements) => aggregate(out, '*', elements, version),
            Self::Set(elements) => aggregate(out, if old { '*' } else { '~' }, elements, version),
            Self::Push(elements) => aggregate(out, if old { '*' } else { '>' }, elements, version),
            Self::Map(pairs) => {
                let len = if old { pairs.len() * 2 } else { pairs.len() };
                line(out, if old { '*' } else { '%' }, len);
                for (key, value) in pairs {
                    key.encode(version, out);
                    value.encode(version, out);
                }
            }
        }
    }

    /// The reply at the start of `bytes` and its length; none while it is not complete.
    pub(crate) fn decode(bytes: &[u8]) -> Option<(Self, usize)> {
        let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
        // An error may quote bytes that are no text.
        let text = String::from_utf8_lossy(&bytes[1..end]);
        let after = end + 2;
        let number = || text.parse::<i64>().expect("a number");
        let reply = match bytes[0] {
            b'+' => Self::Status(text.into_owned()),
            b'-' => Self::Error(text.into_owned()),
            b':' => Self::Integer(number()),
            b'_' => Self::Nil,
            b'#' => Self::Boolean(text == "t"),
            b',' => Self::Double(text.into_owned()),
            b'(' => Self::Number(text.into_owned()),
            b'$' if number() < 0 => Self::Nil,
            b'*' if number() < 0 => Self::NilArray,
            b'$' | b'=' => {
                let len = number() as usize;
                let body = bytes.get(after..after + len + 2)?;
                assert_eq!(&body[len..], b"\r\n", "a string ends with a line's end");
                let reply = match bytes[0] {
                    b'$' => Self::Bytes(body[..len].to_vec()),
                    _ => Self::Verbatim(body[4..len].to_vec()),
                };
                return Some((reply, after + len + 2));
            }
            kind @ (b'*' | b'~' | b'>' | b'%') => {
                let len = number() as usize * if kind == b'%' { 2 } else { 1 };
                return decode_elements(kind, len, bytes, after);
            }
            other => panic!("no reply starts with {:?}: {}", other as char, shown(bytes)),
        };
        Some((reply, after))
    }
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
                Some((Reply::Integer(value), _)) => range.contains(&value),
                _ => false,
            },
            Self::Unordered(reply) => {
                reply.encode(version, &mut encoded);
                encoded.len() == bytes.len()
                    && encoded[0] == bytes[0]
                    && Reply::decode(bytes)
                        .is_some_and(|(found, _)| sorted(&found) == sorted(reply))
            }
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

fn decode_elements(kind: u8, len: usize, bytes: &[u8], start: usize) -> Option<(Reply, usize)> {
    let (mut elements, mut at) = (Vec::new(), start);
    for _ in 0..len {
        let (element, used) = Reply::decode(&bytes[at..])?;
        elements.push(element);
        at += used;
    }
    let reply = match kind {
        b'*' => Reply::Array(elements),
        b'~' => Reply::Set(elements),
        b'>' => Reply::Push(elements),
        _ => {
            let mut pairs = Vec::new();
            let mut rest = elements.into_iter();
            while let (Some(key), Some(value)) = (rest.next(), rest.next()) {
                pairs.push((key, value));
            }
            Reply::Map(pairs)
        }
    };
    Some((reply, at))
}

fn line(out: &mut Vec<u8>, kind: char, text: impl std::fmt::Display) {
    out.extend(format!("{kind}{text}\r\n").bytes());
}

fn blob(out: &mut Vec<u8>, kind: char, bytes: &[u8]) {
    line(out, kind, bytes.len());
    out.extend(bytes);
    out.extend(b"\r\n");
}

fn aggregate(out: &mut Vec<u8>, kind: char, elements: &[Reply], version: Version) {
    line(out, kind, elements.len());
    for element in elements {
        element.encode(version, out);
    }
}
