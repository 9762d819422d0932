//! Replies of meta commands: a code and, in the order in which they were asked for, what the flags
//! want to know.

use alloc::vec::Vec;

use super::base64;
use crate::words::Words;

/// Appends replies to one meta command.
///
/// # Examples
///
/// ```
/// use dmp_parser::{Facts, MetaCode, MetaEncoder};
///
/// let mut out = Vec::new();
/// let encoder = MetaEncoder { key: b"k", tokens: b"v f O12 t", quiet: false };
/// encoder.item(&mut out, b"hello", &Facts { flags: 7, ..Facts::default() });
/// encoder.code(&mut out, MetaCode::Missing, None);
/// assert_eq!(out, b"VA 5 f7 O12 t-1\r\nhello\r\nEN O12\r\n");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct MetaEncoder<'a> {
    /// The key as the store has it.
    pub key: &'a [u8],
    /// The request's flags.
    pub tokens: &'a [u8],
    /// Whether the usual reply is left out.
    pub quiet: bool,
}

/// What became of a request, where no item is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetaCode {
    /// `HD`: done.
    Done,
    /// `NS`: not stored.
    NotStored,
    /// `EX`: the stamp is another.
    Exists,
    /// `NF`: there is no item.
    NotFound,
    /// `EN`: there is no item to get.
    Missing,
}

/// What there is to tell about an item beside its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts {
    /// The number that it was stored with.
    pub flags: u32,
    /// Its stamp; 0 where it has none.
    pub cas: u64,
    /// Seconds that it lives on; `None` is for ever.
    pub ttl: Option<u64>,
    /// Seconds since it was used before.
    pub idle: u64,
    /// Whether it was used before.
    pub was_hit: bool,
    /// Whether this client is to store it anew.
    pub is_won: bool,
    /// Whether it is stale.
    pub is_stale: bool,
    /// Whether another client is to store it anew.
    pub is_claimed: bool,
}

impl MetaCode {
    const fn text(self) -> &'static [u8] {
        match self {
            Self::Done => b"HD",
            Self::NotStored => b"NS",
            Self::Exists => b"EX",
            Self::NotFound => b"NF",
            Self::Missing => b"EN",
        }
    }
}

impl MetaEncoder<'_> {
    /// A reply of a code alone. `cas` is the stamp of what was stored. Nothing where the request
    /// is quiet and this what it expects.
    pub fn code(&self, out: &mut Vec<u8>, code: MetaCode, cas: Option<u64>) {
        if self.quiet && matches!(code, MetaCode::Done | MetaCode::Missing) {
            return;
        }
        out.extend_from_slice(code.text());
        // What `mn` says, and `EN`, tells nothing but whose it is.
        for word in Words::new(self.tokens) {
            match word.bytes {
                [b'k', ..] => self.key(out),
                [b'O', ..] => Self::token(out, word.bytes),
                [b'c', ..] if code != MetaCode::Missing => {
                    if let Some(cas) = cas {
                        number(out, b'c', cas);
                    }
                }
                _ => {}
            }
        }
        out.extend_from_slice(b"\r\n");
    }

    /// An item, as `mg` tells it: with its value where that was asked for.
    pub fn item(&self, out: &mut Vec<u8>, data: &[u8], facts: &Facts) {
        self.described(out, data, facts, ITEM_FLAGS);
    }

    /// A number that has changed, as `ma` tells it: as an item of which less is told.
    pub fn number(&self, out: &mut Vec<u8>, digits: &[u8], facts: &Facts) {
        self.described(out, digits, facts, NUMBER_FLAGS);
    }

    fn described(&self, out: &mut Vec<u8>, data: &[u8], facts: &Facts, told: &[u8]) {
        let has_value = Words::new(self.tokens).any(|word| word.bytes.starts_with(b"v"));
        if has_value {
            out.extend_from_slice(b"VA ");
            out.extend_from_slice(itoa::Buffer::new().format(data.len()).as_bytes());
        } else {
            out.extend_from_slice(b"HD");
        }
        for word in Words::new(self.tokens) {
            match word.bytes {
                [letter, ..] if !told.contains(letter) => {}
                [b'k', ..] => self.key(out),
                [b'O', ..] => Self::token(out, word.bytes),
                [b's', ..] => number(out, b's', data.len() as u64),
                [b'f', ..] => number(out, b'f', facts.flags.into()),
                [b'c', ..] => number(out, b'c', facts.cas),
                [b'h', ..] => number(out, b'h', facts.was_hit.into()),
                [b'l', ..] => number(out, b'l', facts.idle),
                [b't', ..] => match facts.ttl {
                    Some(ttl) => number(out, b't', ttl),
                    None => out.extend_from_slice(b" t-1"),
                },
                _ => {}
            }
        }
        for (is_so, letter) in
            [(facts.is_claimed, b'Z'), (facts.is_stale, b'X'), (facts.is_won, b'W')]
        {
            if is_so {
                out.extend_from_slice(&[b' ', letter]);
            }
        }
        out.extend_from_slice(b"\r\n");
        if has_value {
            out.extend_from_slice(data);
            out.extend_from_slice(b"\r\n");
        }
    }

    /// What `me` tells of an item, of `size` bytes in all.
    pub fn debug(&self, out: &mut Vec<u8>, facts: &Facts, size: u64) {
        out.extend_from_slice(b"ME ");
        if self.is_base64() {
            base64::encode(self.key, out);
        } else {
            out.extend_from_slice(self.key);
        }
        let mut digits = itoa::Buffer::new();
        out.extend_from_slice(b" exp=");
        // memcached counts from the end of the item's life, so that what is to come is negative.
        let since = facts.ttl.map_or(-1, |ttl| 0_i64.saturating_sub_unsigned(ttl));
        out.extend_from_slice(digits.format(since).as_bytes());
        for (name, value) in [(&b" la="[..], facts.idle), (b" cas=", facts.cas)] {
            out.extend_from_slice(name);
            out.extend_from_slice(digits.format(value).as_bytes());
        }
        out.extend_from_slice(if facts.was_hit { b" fetch=yes" } else { b" fetch=no" });
        out.extend_from_slice(b" cls=1 size=");
        out.extend_from_slice(digits.format(size).as_bytes());
        out.extend_from_slice(b"\r\n");
    }

    fn key(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b" k");
        if self.is_base64() {
            base64::encode(self.key, out);
            out.extend_from_slice(b" b");
        } else {
            out.extend_from_slice(self.key);
        }
    }

    fn token(out: &mut Vec<u8>, token: &[u8]) {
        out.push(b' ');
        out.extend_from_slice(token);
    }

    fn is_base64(&self) -> bool {
        Words::new(self.tokens).any(|word| word.bytes.starts_with(b"b"))
    }
}

/// What flags let `mg` tell.
const ITEM_FLAGS: &[u8] = b"kOsfchlt";
/// What flags let `ma` tell.
const NUMBER_FLAGS: &[u8] = b"kOct";

fn number(out: &mut Vec<u8>, letter: u8, value: u64) {
    out.extend_from_slice(&[b' ', letter]);
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}
