//! Bringing the parts of one request together that ran on several shards.
//!
//! A command with `run_where: EACH` runs the same program once per key (group), one with `ALL` once
//! per shard, and one with `KEYS` once on each shard of its keys, as a transaction. How the parts'
//! replies become one follows from what the command declares that it returns.

use crate::dialect::Dialect;
use crate::sink::end_items;
use std::ops::Range;
use zvm::Returns;

/// The replies of one request's parts, as far as they have come in.
#[derive(Debug)]
pub(crate) struct Gather {
    combine: Combine,
    dialect: Dialect,
    missing: usize,
    parts: Vec<Range<usize>>,
    bytes: Vec<u8>,
}

impl Gather {
    /// Awaits `parts` parts of a request whose program returns `returns`.
    pub(crate) fn new(returns: Returns, dialect: Dialect, parts: usize) -> Self {
        let combine = Combine::of(returns);
        Self { combine, dialect, missing: parts, parts: vec![0..0; parts], bytes: Vec::new() }
    }

    /// Takes in the encoded reply of one part; true when it was the last one missing.
    pub(crate) fn add(&mut self, part: usize, reply: &[u8]) -> bool {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(reply);
        if let Some(place) = self.parts.get_mut(part) {
            *place = start..self.bytes.len();
        }
        self.missing = self.missing.saturating_sub(1);
        self.missing == 0
    }

    /// Writes the combined reply. The first part that is an error stands for the whole.
    pub(crate) fn finish(&self, out: &mut Vec<u8>) {
        let parts = self.parts.iter().map(|part| self.bytes.get(part.clone()).unwrap_or(&[]));
        self.combine.write(self.dialect, parts, out);
    }
}

/// How parts become one reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Combine {
    /// The sum of the parts' integers.
    Sum,
    /// Any one of the parts: all say the same.
    One,
    /// One of the parts that found something, any of them; nil where none did.
    Found,
    /// One array of the elements of the parts' arrays, in the order of the parts.
    Elements,
    /// The parts one after the other.
    Items,
}

impl Combine {
    /// What a program that returns `returns` asks for.
    pub(crate) const fn of(returns: Returns) -> Self {
        match returns {
            Returns::Integer => Self::Sum,
            Returns::Array => Self::Elements,
            Returns::Bytes => Self::Found,
            Returns::Items => Self::Items,
            _ => Self::One,
        }
    }

    /// Writes one reply of the parts'. The first part that is an error stands for the whole.
    pub(crate) fn write<'a>(
        self,
        dialect: Dialect,
        mut parts: impl Iterator<Item = &'a [u8]> + Clone,
        out: &mut Vec<u8>,
    ) {
        let is_error = |reply: &&[u8]| match dialect {
            Dialect::Resp(_) => reply.first() == Some(&b'-'),
            _ => crate::sink::is_error(reply),
        };
        if let Some(error) = parts.clone().find(is_error) {
            out.extend_from_slice(error);
            return;
        }
        match self {
            Self::Sum => {
                let sum = parts.filter_map(header_number).map(|(number, _)| number).sum();
                if let Dialect::Resp(version) = dialect {
                    drp_parser::Encoder::new(out, version).integer(sum);
                }
            }
            Self::One => out.extend_from_slice(parts.next().unwrap_or(&[])),
            Self::Found => out.extend_from_slice(found(parts)),
            Self::Elements => {
                let headers = parts.filter_map(|reply| Some((header_number(reply)?, reply)));
                let total: i64 = headers.clone().map(|((len, _), _)| len).sum();
                if let Dialect::Resp(version) = dialect {
                    let total = usize::try_from(total).unwrap_or(0);
                    drp_parser::Encoder::new(out, version).array(total);
                }
                for ((_, after), reply) in headers {
                    out.extend_from_slice(reply.get(after..).unwrap_or(&[]));
                }
            }
            Self::Items => {
                parts.for_each(|reply| out.extend_from_slice(reply));
                if dialect == Dialect::Memcached {
                    end_items(out);
                }
            }
        }
    }

    /// The same for parts of which each stands for several key groups: `groups` tells the part of
    /// each, in order. A part without a group has nothing to say, and its reply is empty.
    pub(crate) fn write_groups(
        self,
        dialect: Dialect,
        parts: &[&[u8]],
        groups: &[u32],
        out: &mut Vec<u8>,
    ) {
        let is_error = |reply: &&[u8]| reply.first() == Some(&b'-');
        if self != Self::Elements || parts.iter().any(is_error) {
            // Who has none of the groups has nothing to say.
            let told = parts.iter().copied().filter(|reply| !reply.is_empty());
            self.write(dialect, told, out);
            return;
        }
        let behind_header = |reply: &&[u8]| header_number(reply).map_or(0, |(_, after)| after);
        let mut places: Vec<usize> = parts.iter().map(behind_header).collect();
        if let Dialect::Resp(version) = dialect {
            drp_parser::Encoder::new(out, version).array(groups.len());
        }
        for group in groups {
            let part = *group as usize;
            let (Some(reply), Some(place)) = (parts.get(part), places.get_mut(part)) else {
                continue;
            };
            let rest = reply.get(*place..).unwrap_or(&[]);
            let element = rest.get(..element_len(rest)).unwrap_or(&[]);
            out.extend_from_slice(element);
            *place += element.len();
        }
    }
}

/// A part that is not nil. Which of them: what they found was drawn at random, and so is this by
/// their bytes.
fn found<'a>(mut parts: impl Iterator<Item = &'a [u8]> + Clone) -> &'a [u8] {
    let is_nil = |reply: &[u8]| matches!(reply, b"$-1\r\n" | b"_\r\n");
    let mut found = parts.clone().filter(|reply| !is_nil(reply));
    let (mut count, mut bytes) = (0, 0_u64);
    for reply in found.clone() {
        count += 1;
        let mix = |sum: u64, byte: &u8| sum.wrapping_mul(31).wrapping_add(u64::from(*byte));
        bytes = reply.iter().fold(bytes, mix);
    }
    let at = usize::try_from(bytes % u64::max(count, 1)).unwrap_or(0);
    found.nth(at).or_else(|| parts.next()).unwrap_or(&[])
}

/// How long the first value is in a run of values that our own encoder wrote.
fn element_len(reply: &[u8]) -> usize {
    let (mut len, mut left) = (0, 1_i64);
    while left > 0 {
        let rest = reply.get(len..).unwrap_or(&[]);
        let Some((number, after)) = header_number(rest) else {
            // A line that holds no number.
            let Some(line) = memchr::memchr(b'\n', rest) else { break };
            (len, left) = (len + line + 1, left - 1);
            continue;
        };
        left -= 1;
        len += after;
        match rest.first() {
            Some(b'$' | b'=') => len += usize::try_from(number).map_or(0, |bytes| bytes + 2),
            Some(b'*' | b'~' | b'>') => left += number.max(0),
            Some(b'%') => left += 2 * number.max(0),
            _ => {}
        }
    }
    len
}

/// The number in the header line of a reply that our own encoder wrote, and where the line ends.
fn header_number(reply: &[u8]) -> Option<(i64, usize)> {
    let line_end = reply.iter().position(|&byte| byte == b'\r')?;
    let digits = std::str::from_utf8(reply.get(1..line_end)?).ok()?;
    Some((digits.parse().ok()?, line_end + 2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use drp_parser::Version;

    fn combined(returns: Returns, parts: &[&[u8]]) -> Vec<u8> {
        let mut gather = Gather::new(returns, Dialect::Resp(Version::Resp2), parts.len());
        for (index, part) in parts.iter().enumerate().rev() {
            assert_eq!(gather.add(index, part), index == 0);
        }
        let mut out = Vec::new();
        gather.finish(&mut out);
        out
    }

    #[test]
    fn sums_integers() {
        assert_eq!(combined(Returns::Integer, &[b":2\r\n", b":0\r\n", b":40\r\n"]), b":42\r\n");
    }

    #[test]
    fn keeps_elements_in_the_order_of_their_keys() {
        let parts: &[&[u8]] = &[b"*1\r\n$1\r\na\r\n", b"*1\r\n$-1\r\n", b"*1\r\n$1\r\nc\r\n"];
        assert_eq!(combined(Returns::Array, parts), b"*3\r\n$1\r\na\r\n$-1\r\n$1\r\nc\r\n");
    }

    #[test]
    fn elements_of_several_groups_are_dealt_out() {
        let parts: &[&[u8]] = &[b"*2\r\n$1\r\na\r\n*2\r\n:1\r\n+x\r\n", b"*2\r\n$-1\r\n_\r\n"];
        let mut out = Vec::new();
        let dialect = Dialect::Resp(Version::Resp2);
        Combine::Elements.write_groups(dialect, parts, &[1, 0, 0, 1], &mut out);
        assert_eq!(out, b"*4\r\n$-1\r\n$1\r\na\r\n*2\r\n:1\r\n+x\r\n_\r\n");
    }

    #[test]
    fn parts_without_a_group_say_nothing() {
        let dialect = Dialect::Resp(Version::Resp2);
        let of = |combine: Combine, parts: &[&[u8]]| {
            let mut out = Vec::new();
            combine.write_groups(dialect, parts, &[1, 2], &mut out);
            out
        };
        assert_eq!(of(Combine::One, &[b"", b"+OK\r\n", b"+OK\r\n"]), b"+OK\r\n");
        assert_eq!(of(Combine::Sum, &[b"", b":1\r\n", b":2\r\n"]), b":3\r\n");
        assert_eq!(of(Combine::Found, &[b"", b"$-1\r\n", b"$1\r\na\r\n"]), b"$1\r\na\r\n");
    }

    #[test]
    fn one_status_stands_for_all() {
        assert_eq!(combined(Returns::Status, &[b"+OK\r\n", b"+OK\r\n"]), b"+OK\r\n");
    }

    #[test]
    fn what_was_found_wins_over_nil() {
        let nil = b"$-1\r\n".as_slice();
        let parts = [nil, b"$1\r\na\r\n", nil];
        assert_eq!(combined(Returns::Bytes, &parts), b"$1\r\na\r\n");
        assert_eq!(combined(Returns::Bytes, &[nil, nil]), nil);
        let both = [b"$1\r\na\r\n".as_slice(), b"$1\r\nb\r\n"];
        assert!(both.contains(&&*combined(Returns::Bytes, &both)));
    }

    #[test]
    fn an_error_wins() {
        assert_eq!(combined(Returns::Integer, &[b":1\r\n", b"-OOM full\r\n"]), b"-OOM full\r\n");
    }
}
