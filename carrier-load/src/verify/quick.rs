//! Replies that are all of one length, told right by comparing bytes.
//!
//! What is not accepted here is not wrong yet: the checker looks at it again and tells why.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

use crate::digits::put_digits;
use crate::template::{Protocol, World};
use crate::verify::Expect;

/// What the right reply to a template's requests looks like.
#[derive(Debug, Clone)]
pub(crate) enum Quick {
    /// That takes parsing to tell.
    Unknown,
    /// Always this line.
    Line(Vec<u8>),
    /// Always this line, which is as short as it is frequent.
    Short(Header),
    /// RESP: this header, the value of the key, and the end of the line.
    Value { header: Header, len: usize },
    /// memcached: the first, the key's digits, the second, the value, and the end.
    Item { before: Vec<u8>, digits: usize, behind: Vec<u8>, len: usize },
}

impl Quick {
    /// What follows from an expectation of a request with so many keys.
    pub(crate) fn new(expect: &Expect, keys: usize, world: &World) -> Self {
        let len = world.values.fixed_len().filter(|len| keys == 1 && *len <= LEN_MAX);
        match (world.protocol, expect, len) {
            (Protocol::Resp, Expect::Ok, _) => Self::Short(Header::new(b"+OK\r\n")),
            (Protocol::Memcached, Expect::Ok, _) => Self::Short(Header::new(b"STORED\r\n")),
            (_, Expect::Line(line), _) => Self::Line([line, &b"\r\n"[..]].concat()),
            (Protocol::Resp, Expect::Value, Some(len)) => {
                Self::Value { header: Header::new(format!("${len}\r\n").as_bytes()), len }
            }
            (Protocol::Memcached, Expect::Value | Expect::Values, Some(len))
                if world.space.digits <= DIGITS_MAX =>
            {
                Self::Item {
                    before: [b"VALUE ", &world.space.prefix[..]].concat(),
                    digits: world.space.digits,
                    behind: format!(" 0 {len}\r\n").into_bytes(),
                    len,
                }
            }
            _ => Self::Unknown,
        }
    }

    /// The length of the right reply, if `input` begins with it.
    #[inline(always)]
    pub(crate) fn accept(
        &self,
        world: &World,
        keys: &[u64],
        version: u32,
        input: &[u8],
    ) -> Option<usize> {
        let rest = match self {
            Self::Unknown => return None,
            Self::Short(line) => line.strip(input)?,
            Self::Line(line) => input.strip_prefix(&line[..])?,
            Self::Value { header, len } => {
                let (value, rest) = header.strip(input)?.split_at_checked(*len)?;
                let rest = rest.strip_prefix(b"\r\n")?;
                let key = keys.first()?;
                world.values.matches_whole(value, *key, version).then_some(rest)?
            }
            Self::Item { before, digits, behind, len } => {
                let key = keys.first()?;
                let mut spelt = [b'0'; DIGITS_MAX];
                let spelt = spelt.get_mut(..*digits)?;
                put_digits(spelt, *key);
                let rest = input.strip_prefix(&before[..])?.strip_prefix(&*spelt)?;
                let (value, rest) = rest.strip_prefix(&behind[..])?.split_at_checked(*len)?;
                let rest = rest.strip_prefix(b"\r\nEND\r\n")?;
                world.values.matches_whole(value, *key, version).then_some(rest)?
            }
        };
        Some(input.len().saturating_sub(rest.len()))
    }

    /// Whether what is accepted is a value.
    #[inline]
    pub(crate) fn is_value(&self) -> bool {
        matches!(self, Self::Value { .. } | Self::Item { .. })
    }
}

/// A few bytes, compared as one word.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Header {
    word: u64,
    mask: u64,
    len: usize,
}

impl Header {
    /// At most eight bytes; of more than that, the first eight.
    fn new(bytes: &[u8]) -> Self {
        let (mut word, mut mask) = ([0; 8], [0; 8]);
        for ((word, mask), byte) in word.iter_mut().zip(&mut mask).zip(bytes) {
            (*word, *mask) = (*byte, u8::MAX);
        }
        let (word, mask) = (u64::from_le_bytes(word), u64::from_le_bytes(mask));
        Self { word, mask, len: bytes.len() }
    }

    /// What stands behind the header, of an input that is long enough to be asked so: the last
    /// short line of a read is for the checker.
    #[inline(always)]
    fn strip<'a>(&self, input: &'a [u8]) -> Option<&'a [u8]> {
        let head = u64::from_le_bytes(*input.first_chunk::<8>()?);
        if head & self.mask == self.word { input.get(self.len..) } else { None }
    }
}

/// Longer values are judged piece by piece. Five digits, `$` and the end of a line fill a word.
const LEN_MAX: usize = 16 << 10;
const DIGITS_MAX: usize = 64;
