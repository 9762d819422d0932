//! Bringing the parts of one request together that ran on several shards.
//!
//! A command with `run_where: KEYS`, `EACH` or `ALL` runs the same program once per key (group)
//! or shard, each on its own part of the arguments. How the parts' replies become one follows
//! from what the command declares that it returns.

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

/// How parts become one reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Combine {
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

impl Gather {
    /// Awaits `parts` parts of a request whose program returns `returns`.
    pub(crate) fn new(returns: Returns, dialect: Dialect, parts: usize) -> Self {
        let combine = match returns {
            Returns::Integer => Combine::Sum,
            Returns::Array => Combine::Elements,
            Returns::Bytes => Combine::Found,
            Returns::Items => Combine::Items,
            _ => Combine::One,
        };
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
        let is_error = |reply: &&[u8]| match self.dialect {
            Dialect::Resp(_) => reply.first() == Some(&b'-'),
            _ => crate::sink::is_error(reply),
        };
        if let Some(error) = self.replies().find(is_error) {
            out.extend_from_slice(error);
            return;
        }
        match self.combine {
            Combine::Sum => self.write_sum(out),
            Combine::One => out.extend_from_slice(self.replies().next().unwrap_or(&[])),
            Combine::Found => out.extend_from_slice(self.found()),
            Combine::Elements => self.write_elements(out),
            Combine::Items => {
                self.replies().for_each(|reply| out.extend_from_slice(reply));
                if self.dialect == Dialect::Memcached {
                    end_items(out);
                }
            }
        }
    }

    fn replies(&self) -> impl Iterator<Item = &[u8]> {
        self.parts.iter().map(|part| self.bytes.get(part.clone()).unwrap_or(&[]))
    }

    /// A part that is not nil. Which of them: what they found was drawn at random, and so is this
    /// by their bytes.
    fn found(&self) -> &[u8] {
        let is_nil = |reply: &[u8]| matches!(reply, b"$-1\r\n" | b"_\r\n");
        let found = || self.replies().filter(|reply| !is_nil(reply));
        let (mut count, mut bytes) = (0, 0_u64);
        for reply in found() {
            count += 1;
            let mix = |sum: u64, byte: &u8| sum.wrapping_mul(31).wrapping_add(u64::from(*byte));
            bytes = reply.iter().fold(bytes, mix);
        }
        let at = usize::try_from(bytes % u64::max(count, 1)).unwrap_or(0);
        found().nth(at).or_else(|| self.replies().next()).unwrap_or(&[])
    }

    fn write_sum(&self, out: &mut Vec<u8>) {
        let sum: i64 = self.replies().filter_map(header_number).map(|(number, _)| number).sum();
        if let Dialect::Resp(version) = self.dialect {
            drp_parser::Encoder::new(out, version).integer(sum);
        }
    }

    fn write_elements(&self, out: &mut Vec<u8>) {
        let headers = || self.replies().filter_map(|reply| Some((header_number(reply)?, reply)));
        let total: i64 = headers().map(|((len, _), _)| len).sum();
        if let Dialect::Resp(version) = self.dialect {
            drp_parser::Encoder::new(out, version).array(usize::try_from(total).unwrap_or(0));
        }
        for ((_, after), reply) in headers() {
            out.extend_from_slice(reply.get(after..).unwrap_or(&[]));
        }
    }
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
