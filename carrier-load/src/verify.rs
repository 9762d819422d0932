//! Whether a reply is what its request must be answered with.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

use dmp_parser::reply::ReplyStatus;
use dmp_parser::{Limits, Reply, ReplyParser};
use drp_parser::reply::SkipStatus;
use drp_parser::{ReplyLimits, ReplySkipper};

use crate::error::Expected;
use crate::template::{Protocol, World};
use crate::words::Word;
pub(crate) use quick::Quick;

mod quick;
#[cfg(test)]
mod tests;

/// What a reply must be. No error reply is ever right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expect {
    /// The value of the request's first key, or none.
    Value,
    /// As many values as keys, each that of its key or none; in memcached those that exist.
    Values,
    /// `+OK` or `STORED`.
    Ok,
    /// An integer.
    Int,
    /// Exactly this line.
    Line(Vec<u8>),
    /// Anything else that is one whole reply.
    Any,
}

impl Expect {
    /// Reads what stands behind `=>` in a mix.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "value" => Self::Value,
            "values" => Self::Values,
            "ok" => Self::Ok,
            "int" => Self::Int,
            "any" => Self::Any,
            _ => Self::Line(text.strip_prefix("line:")?.as_bytes().to_vec()),
        })
    }

    /// What a command is answered with if its mix does not say.
    pub(crate) fn of_command(protocol: Protocol, words: &[Word]) -> Self {
        let Some((name, args)) = words.split_first() else { return Self::Any };
        let is_key = |arg: &Word| arg.text == "{key}" || arg.text.starts_with("{key}*");
        let keys_only = !args.is_empty() && args.iter().all(is_key);
        let name = name.text.to_ascii_lowercase();
        match (protocol, name.as_str()) {
            (Protocol::Resp, "get") if keys_only && args.len() == 1 => Self::Value,
            (Protocol::Resp, "mget") if keys_only => Self::Values,
            (Protocol::Resp, "set") if args.len() == 2 => Self::Ok,
            (Protocol::Resp, "mset") => Self::Ok,
            (Protocol::Resp, "ping") if args.is_empty() => Self::Line(b"+PONG".to_vec()),
            (Protocol::Resp, name) if INT_COMMANDS.contains(&name) => Self::Int,
            (Protocol::Memcached, "get" | "gets") if keys_only => Self::Values,
            (Protocol::Memcached, "set") => Self::Ok,
            _ => Self::Any,
        }
    }

    /// For a person.
    pub(crate) fn describe(&self, world: &World, key: Option<u64>, version: u32) -> Expected {
        Expected::Words(match (self, key) {
            (Self::Value | Self::Values, Some(key)) => {
                let mut value = Vec::new();
                world.values.write(&mut value, key, version);
                return Expected::Bytes(value);
            }
            (Self::Line(line), _) => return Expected::Bytes(line.clone()),
            (Self::Value, None) => "the key's value",
            (Self::Values, None) => "the keys' values",
            (Self::Ok, _) if world.protocol == Protocol::Memcached => "STORED",
            (Self::Ok, _) => "+OK",
            (Self::Int, _) => "an integer",
            (Self::Any, _) => "a reply that is no error",
        })
    }
}

/// A request as far as its reply depends on it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) expect: &'a Expect,
    /// Numbers of its keys.
    pub(crate) keys: &'a [u64],
    /// Version of their values.
    pub(crate) version: u32,
    /// Whether every key that is not fresh has a value.
    pub(crate) must_hit: bool,
}

/// What the bytes at the head of the input amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The right reply.
    Right {
        /// Its length in bytes.
        consumed: usize,
        /// Values that were there.
        hits: usize,
        /// Values that were not.
        misses: usize,
    },
    /// The beginning of a reply, to be presented again with more behind it.
    Incomplete,
    /// A piece of a long value, as it must be.
    Piece {
        /// Its length in bytes, which must not be presented again.
        consumed: usize,
    },
    /// A wrong reply.
    Wrong {
        /// How many bytes of the input show it.
        shown: usize,
        /// Which of the keys it is about.
        key: usize,
    },
}

/// The check of the replies of one connection, in order.
#[derive(Debug)]
pub(crate) struct Checker {
    skipper: ReplySkipper,
    parser: ReplyParser,
    /// Of a reply of several lines: how far it is checked, in bytes.
    checked: usize,
    /// Of a long value: how much of it has been judged and let go, in bytes.
    streamed: Option<usize>,
    /// Whether the last reply was incomplete.
    is_midway: bool,
    /// Of its keys: how many are answered.
    answered: usize,
    hits: usize,
    key: Vec<u8>,
}

impl Checker {
    /// A checker between replies.
    pub(crate) fn new() -> Self {
        let limits = Limits { item_len_max: ITEM_LEN_MAX, ..Limits::default() };
        Self {
            skipper: ReplySkipper::new(ReplyLimits::default()),
            parser: ReplyParser::new(limits),
            checked: 0,
            streamed: None,
            is_midway: false,
            answered: 0,
            hits: 0,
            key: Vec::new(),
        }
    }

    /// Whether the next bytes begin a reply, so that [`Quick::accept`] may judge it.
    #[inline]
    pub(crate) fn is_between(&self) -> bool {
        !self.is_midway
    }

    /// Judges the reply at the head of `input`. After [`Verdict::Incomplete`] the next call must
    /// present the same bytes and more behind them.
    pub(crate) fn check(&mut self, world: &World, asked: Asked<'_>, input: &[u8]) -> Verdict {
        let verdict = match (world.protocol, asked.expect) {
            (Protocol::Resp, Expect::Value) => self.resp_value(world, asked, input),
            (Protocol::Resp, Expect::Ok) if input.starts_with(b"+OK\r\n") => right(5),
            (Protocol::Resp, _) => self.resp(world, asked, input),
            (Protocol::Memcached, Expect::Ok) if input.starts_with(b"STORED\r\n") => right(8),
            (Protocol::Memcached, Expect::Value | Expect::Values) => {
                self.memcached_values(world, asked, input)
            }
            (Protocol::Memcached, _) => self.memcached(asked, input),
        };
        self.is_midway = matches!(verdict, Verdict::Incomplete | Verdict::Piece { .. });
        verdict
    }

    /// Judges what has come of a value that is too long to be held whole.
    fn long_value(
        &mut self,
        world: &World,
        asked: Asked<'_>,
        input: &[u8],
        start: usize,
        from: usize,
    ) -> Verdict {
        let key = asked.keys.first().copied().unwrap_or_default();
        let left = world.values.len_of(key, asked.version).saturating_sub(from);
        let rest = input.get(start..).unwrap_or_default();
        let piece = rest.get(..left).unwrap_or(rest);
        let consumed = start.saturating_add(piece.len());
        if !world.values.matches_range(piece, key, asked.version, from) {
            return Verdict::Wrong { shown: consumed, key: 0 };
        }
        match rest.get(left..left.saturating_add(2)) {
            Some(b"\r\n") => {
                self.streamed = None;
                Verdict::Right { consumed: consumed.saturating_add(2), hits: 1, misses: 0 }
            }
            Some(_) => Verdict::Wrong { shown: consumed, key: 0 },
            None if consumed == 0 => Verdict::Incomplete,
            None => {
                self.streamed = Some(from.saturating_add(piece.len()));
                Verdict::Piece { consumed }
            }
        }
    }

    fn resp_value(&mut self, world: &World, asked: Asked<'_>, input: &[u8]) -> Verdict {
        if let Some(from) = self.streamed {
            return self.long_value(world, asked, input, 0, from);
        }
        let (found, consumed) = match bulk(input) {
            Bulk::Found { value, consumed } => (value, consumed),
            Bulk::Begun { len, .. } if !is_len_of(world, asked, len) => {
                return Verdict::Wrong { shown: input.len(), key: 0 };
            }
            Bulk::Begun { start, .. } if input.len() >= PIECE_LEN_MIN => {
                return self.long_value(world, asked, input, start, 0);
            }
            Bulk::Incomplete | Bulk::Begun { .. } => {
                return Verdict::Incomplete;
            }
            Bulk::Other => {
                return match self.end(input) {
                    Ok(Some(shown)) => Verdict::Wrong { shown, key: 0 },
                    Ok(None) => Verdict::Incomplete,
                    Err(shown) => Verdict::Wrong { shown, key: 0 },
                };
            }
        };
        match judge(world, asked, 0, found) {
            Some(hit) => Verdict::Right { consumed, hits: hit.into(), misses: (!hit).into() },
            None => Verdict::Wrong { shown: consumed, key: 0 },
        }
    }

    fn resp(&mut self, world: &World, asked: Asked<'_>, input: &[u8]) -> Verdict {
        let consumed = match self.end(input) {
            Ok(Some(consumed)) => consumed,
            Ok(None) => return Verdict::Incomplete,
            Err(shown) => return Verdict::Wrong { shown, key: 0 },
        };
        let reply = input.get(..consumed).unwrap_or_default();
        let is_right = match asked.expect {
            Expect::Values => return resp_values(world, asked, reply),
            Expect::Int => reply.first() == Some(&b':'),
            Expect::Line(line) => reply.strip_suffix(b"\r\n") == Some(line),
            Expect::Any => !matches!(reply.first(), Some(b'-' | b'!' | b'>')),
            Expect::Value | Expect::Ok => false,
        };
        if is_right { right(consumed) } else { Verdict::Wrong { shown: consumed, key: 0 } }
    }

    /// The end of the reply; as an error, how many bytes show that there is none.
    fn end(&mut self, input: &[u8]) -> Result<Option<usize>, usize> {
        match self.skipper.skip(input) {
            Ok(SkipStatus::Complete { consumed }) => Ok(Some(consumed)),
            Ok(SkipStatus::Incomplete { .. }) => Ok(None),
            Err(_) => Err(input.len()),
        }
    }

    fn memcached(&mut self, asked: Asked<'_>, input: &[u8]) -> Verdict {
        let (consumed, reply) = match self.parser.parse(input) {
            Ok(ReplyStatus::Complete { consumed, reply }) => (consumed, reply),
            Ok(ReplyStatus::Incomplete { .. }) => return Verdict::Incomplete,
            Err(_) => return Verdict::Wrong { shown: input.len(), key: 0 },
        };
        let line = || input.get(..consumed).unwrap_or_default().strip_suffix(b"\r\n");
        let is_right = match asked.expect {
            Expect::Int => matches!(reply, Reply::Number(_)),
            Expect::Line(expected) => line() == Some(expected),
            Expect::Ok => reply == Reply::Stored,
            _ => !matches!(reply, Reply::Error | Reply::ClientError(_) | Reply::ServerError(_)),
        };
        if is_right { right(consumed) } else { Verdict::Wrong { shown: consumed, key: 0 } }
    }

    /// `VALUE` lines in the order of the keys, then `END`.
    fn memcached_values(&mut self, world: &World, asked: Asked<'_>, input: &[u8]) -> Verdict {
        loop {
            let rest = input.get(self.checked..).unwrap_or_default();
            let (consumed, reply) = match self.parser.parse(rest) {
                Ok(ReplyStatus::Complete { consumed, reply }) => (consumed, reply),
                Ok(ReplyStatus::Incomplete { .. }) => return Verdict::Incomplete,
                Err(_) => return Verdict::Wrong { shown: input.len(), key: self.answered },
            };
            self.checked = self.checked.saturating_add(consumed);
            let judged = match reply {
                Reply::Value { key, data, .. } => self.take_value(world, asked, key, data),
                Reply::End => self.skip_until(world, asked, None),
                _ => Err(self.answered),
            };
            if let Err(key) = judged {
                return Verdict::Wrong { shown: self.checked, key };
            }
            if reply == Reply::End {
                let (consumed, hits) = (self.checked, self.hits);
                (self.checked, self.answered, self.hits) = (0, 0, 0);
                let misses = asked.keys.len().saturating_sub(hits);
                return Verdict::Right { consumed, hits, misses };
            }
        }
    }

    /// Judges a `VALUE`; the error is the number of the key's place.
    fn take_value(
        &mut self,
        world: &World,
        asked: Asked<'_>,
        key: &[u8],
        data: &[u8],
    ) -> Result<(), usize> {
        self.skip_until(world, asked, Some(key))?;
        let place = self.answered;
        judge(world, asked, place, Some(data)).ok_or(place)?;
        self.answered = place.saturating_add(1);
        self.hits = self.hits.saturating_add(1);
        Ok(())
    }

    /// Passes the keys that have no value, up to the one that `key` spells, or all of them.
    fn skip_until(
        &mut self,
        world: &World,
        asked: Asked<'_>,
        key: Option<&[u8]>,
    ) -> Result<(), usize> {
        while let Some(number) = asked.keys.get(self.answered) {
            self.key.clear();
            world.space.write(&mut self.key, *number);
            if key == Some(&self.key) {
                return Ok(());
            }
            judge(world, asked, self.answered, None).ok_or(self.answered)?;
            self.answered = self.answered.saturating_add(1);
        }
        if key.is_none() { Ok(()) } else { Err(asked.keys.len().saturating_sub(1)) }
    }
}

/// Whether a value of this length can be that of the request's key.
fn is_len_of(world: &World, asked: Asked<'_>, len: usize) -> bool {
    asked.keys.first().is_some_and(|key| world.values.len_of(*key, asked.version) == len)
}

fn right(consumed: usize) -> Verdict {
    Verdict::Right { consumed, hits: 0, misses: 0 }
}

/// Whether the value at a place was there; `None` if it is wrong.
#[inline]
fn judge(world: &World, asked: Asked<'_>, place: usize, value: Option<&[u8]>) -> Option<bool> {
    let key = *asked.keys.get(place)?;
    match value {
        Some(value) => world.values.matches(value, key, asked.version).then_some(true),
        None => (!asked.must_hit || key >= world.space.count).then_some(false),
    }
}

/// The values of an array whose end is known.
fn resp_values(world: &World, asked: Asked<'_>, reply: &[u8]) -> Verdict {
    let wrong = |key| Verdict::Wrong { shown: reply.len(), key };
    let header = format!("*{}\r\n", asked.keys.len());
    let Some(mut rest) = reply.strip_prefix(header.as_bytes()) else { return wrong(0) };
    let mut hits = 0_usize;
    for place in 0..asked.keys.len() {
        let Bulk::Found { value, consumed } = bulk(rest) else { return wrong(place) };
        match judge(world, asked, place, value) {
            Some(hit) => hits = hits.saturating_add(hit.into()),
            None => return wrong(place),
        }
        rest = rest.get(consumed..).unwrap_or_default();
    }
    let misses = asked.keys.len().saturating_sub(hits);
    Verdict::Right { consumed: reply.len(), hits, misses }
}

/// A string or its absence at the head of a buffer.
enum Bulk<'a> {
    Found {
        value: Option<&'a [u8]>,
        consumed: usize,
    },
    /// The header, and not all of the string.
    Begun {
        start: usize,
        len: usize,
    },
    Incomplete,
    Other,
}

#[inline]
fn bulk(input: &[u8]) -> Bulk<'_> {
    if input.first() != Some(&b'$') {
        return match input {
            b"" | b"_" | b"_\r" => Bulk::Incomplete,
            _ if input.starts_with(b"_\r\n") => Bulk::Found { value: None, consumed: 3 },
            _ => Bulk::Other,
        };
    }
    let mut len = 0_usize;
    for (at, byte) in input.iter().enumerate().skip(1) {
        match byte {
            b'0'..=b'9' if at <= LEN_DIGITS_MAX => {
                len = len.wrapping_mul(10).wrapping_add((byte & 15).into());
            }
            b'\r' if at > 1 => return bulk_behind(input, at.saturating_add(2), len),
            b'-' if at == 1 => return nil(input),
            _ => return Bulk::Other,
        }
    }
    Bulk::Incomplete
}

fn bulk_behind(input: &[u8], start: usize, len: usize) -> Bulk<'_> {
    let end = start.saturating_add(len);
    let consumed = end.saturating_add(2);
    match input.get(start.saturating_sub(1)) {
        None => return Bulk::Incomplete,
        Some(b'\n') => {}
        Some(_) => return Bulk::Other,
    }
    match (input.get(start..end), input.get(end..consumed)) {
        (Some(value), Some(b"\r\n")) => Bulk::Found { value: Some(value), consumed },
        (Some(_), Some(_)) => Bulk::Other,
        _ => Bulk::Begun { start, len },
    }
}

fn nil(input: &[u8]) -> Bulk<'_> {
    const NIL: &[u8] = b"$-1\r\n";
    if input.starts_with(NIL) {
        Bulk::Found { value: None, consumed: NIL.len() }
    } else if NIL.starts_with(input) {
        Bulk::Incomplete
    } else {
        Bulk::Other
    }
}

/// Commands whose reply is an integer whatever their arguments are.
const INT_COMMANDS: &[&str] = &[
    "append",
    "bitcount",
    "bitop",
    "decr",
    "decrby",
    "del",
    "exists",
    "expire",
    "getbit",
    "hdel",
    "hexists",
    "hlen",
    "hset",
    "incr",
    "incrby",
    "linsert",
    "llen",
    "lpush",
    "persist",
    "pexpire",
    "pfadd",
    "pfcount",
    "pttl",
    "rpush",
    "sadd",
    "scard",
    "setbit",
    "setnx",
    "setrange",
    "sismember",
    "srem",
    "strlen",
    "ttl",
    "unlink",
    "zcard",
    "zrem",
];

/// The digits of the longest string that fits memory.
const LEN_DIGITS_MAX: usize = 12;
/// Values of which so much has come are judged and let go piece by piece.
const PIECE_LEN_MIN: usize = 32 << 10;
/// What a value of the command line may be.
const ITEM_LEN_MAX: usize = 512 << 20;
