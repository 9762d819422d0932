//! Requests written as nearly all are: `get` of one key and `set`, with one space between words and
//! plain decimals. They are read in one pass; any other line is left to the general way.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

use crate::verb::{Mode, Store, Verb};
use crate::{ArgRange, Limits, Request};

/// Reads the line that `input` begins with, if it is one of those; with its length, its end
/// included.
///
/// # Complexity
///
/// O(n) in the bytes of the line, of which no more are looked at than a longest key and four
/// numbers have.
#[inline]
pub(crate) fn parse(input: &[u8], limits: &Limits) -> Option<Plain> {
    let plain = match input.first_chunk::<VERB_LEN>()? {
        b"get " => get(input, limits),
        b"set " => set(input, limits),
        _ => None,
    };
    plain.filter(|plain| plain.line_len() <= limits.line_len_max)
}

/// What was read.
pub(crate) enum Plain {
    /// `get <key>\r\n`
    Get {
        /// Where the key stands.
        key: ArgRange,
        /// Length of the line.
        consumed: usize,
    },
    /// `set <key> <flags> <exptime> <bytes>[ noreply]\r\n`
    Set {
        /// The request, but for where its item stands.
        request: Request,
        /// Where the key stands.
        key: ArgRange,
        /// Length of the item.
        data_len: usize,
        /// Length of the line.
        consumed: usize,
    },
}

impl Plain {
    #[inline]
    const fn line_len(&self) -> usize {
        match self {
            Self::Get { consumed, .. } | Self::Set { consumed, .. } => *consumed,
        }
    }
}

#[inline]
fn get(input: &[u8], limits: &Limits) -> Option<Plain> {
    let (key, rest) = key(input, limits)?;
    let rest = rest.strip_prefix(b"\r\n")?;
    Some(Plain::Get { key, consumed: input.len().wrapping_sub(rest.len()) })
}

#[inline]
fn set(input: &[u8], limits: &Limits) -> Option<Plain> {
    let (key, rest) = key(input, limits)?;
    let at = |rest: &[u8]| input.len().wrapping_sub(rest.len());
    let flags_text = rest.strip_prefix(b" ")?;
    let (flags, rest) = number(flags_text)?;
    let flags_range = ArgRange::new(at(flags_text), at(rest).wrapping_sub(at(flags_text)));
    let time_text = rest.strip_prefix(b" ")?;
    let (exptime, rest) = number(time_text)?;
    let time_range = ArgRange::new(at(time_text), at(rest).wrapping_sub(at(time_text)));
    let (data_len, rest) = number(rest.strip_prefix(b" ")?)?;
    let (noreply, rest) = match rest.strip_prefix(b"\r\n") {
        Some(rest) => (false, rest),
        None => (true, rest.strip_prefix(b" noreply\r\n")?),
    };
    let numbers = [flags_range, time_range];
    let store = Store { flags, exptime: exptime.into(), numbers, ..Store::new(Mode::Set) };
    let request = Request { noreply, ..Request::new(Verb::Store(store)) };
    Some(Plain::Set { request, key, data_len: data_len as usize, consumed: at(rest) })
}

/// The key behind the verb's four bytes, and what follows it.
#[inline]
fn key<'a>(input: &'a [u8], limits: &Limits) -> Option<(ArgRange, &'a [u8])> {
    let (_, words) = input.split_first_chunk::<VERB_LEN>()?;
    let len = visible_len(words);
    let is_key = len > 0 && len <= limits.key_len_max.min(KEY_LEN_MAX);
    is_key.then_some((ArgRange::new(VERB_LEN, len), words.get(len..)?))
}

/// How many bytes stand before the first space or control character; all, if there is none.
#[inline]
fn visible_len(bytes: &[u8]) -> usize {
    let (groups, rest) = bytes.as_chunks::<8>();
    let mut len = 0_usize;
    for group in groups {
        let word = u64::from_le_bytes(*group);
        // The lowest byte that borrows is the first below 0x21; those above it may be others.
        let below = word.wrapping_sub(EACH * 0x21) & !word & (EACH * 0x80);
        if below != 0 {
            return len.wrapping_add(below.trailing_zeros() as usize / 8);
        }
        len = len.wrapping_add(8);
        if len > KEY_LEN_MAX {
            return len;
        }
    }
    len.wrapping_add(rest.iter().position(|byte| *byte < 0x21).unwrap_or(rest.len()))
}

/// A number of at most nine digits, as anyone would write it, and what follows it.
#[inline]
fn number(text: &[u8]) -> Option<(u32, &[u8])> {
    let (first, mut rest) = text.split_first()?;
    let mut value = u32::from(first.wrapping_sub(b'0'));
    if value == 0 {
        return (!rest.first()?.is_ascii_digit()).then_some((0, rest));
    }
    if value > 9 {
        return None;
    }
    for _ in 0..9 {
        let (digit, after) = rest.split_first()?;
        let digit = u32::from(digit.wrapping_sub(b'0'));
        if digit > 9 {
            return Some((value, rest));
        }
        // Nine digits are less than 2^30, and the tenth ends the loop without a value.
        value = value.wrapping_mul(10).wrapping_add(digit);
        rest = after;
    }
    None
}

/// The verbs' letters and the space.
const VERB_LEN: usize = 4;
/// Keys beyond it go the general way, whatever the limit: it looks at no byte twice.
const KEY_LEN_MAX: usize = 256;
/// A one in each byte.
const EACH: u64 = u64::MAX / 0xff;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verb::Line;
    use crate::words::trim_line_end;
    use proptest::prelude::*;

    /// The general way to the same line.
    fn general(input: &[u8], limits: &Limits) -> Option<(Request, ArgRange, usize)> {
        let end = input.iter().position(|byte| *byte == b'\n')?;
        let mut args = Vec::new();
        match crate::verb::parse(trim_line_end(&input[..=end]), limits, &mut args).ok()? {
            Line::Request(request) => Some((request, args[0], 0)),
            Line::Item { request, key, data_len } => Some((request, key, data_len)),
        }
    }

    fn compared(input: &[u8], limits: &Limits) -> bool {
        let (found, length) = match parse(input, limits) {
            None => return false,
            Some(Plain::Get { key, consumed }) => ((Request::new(Verb::Get), key, 0), consumed),
            Some(Plain::Set { request, key, data_len, consumed }) => {
                ((request, key, data_len), consumed)
            }
        };
        assert_eq!(Some(found), general(input, limits), "{}", input.escape_ascii());
        assert_eq!(input.iter().position(|byte| *byte == b'\n'), Some(length - 1));
        true
    }

    #[test]
    fn the_usual_lines_are_plain() {
        let limits = Limits::default();
        for line in ["get k\r\n", "set k 0 0 5\r\n", "set k 12 999999999 0 noreply\r\nget"] {
            assert!(compared(line.as_bytes(), &limits), "{line}");
        }
        for len in 1..=260 {
            let key = "k".repeat(len);
            assert_eq!(compared(format!("get {key}\r\n").as_bytes(), &limits), len <= 250);
            assert_eq!(compared(format!("set {key} 0 0 1\r\n").as_bytes(), &limits), len <= 250);
        }
        for line in [
            "get k",
            "get k\r",
            "get k\n",
            "get  k\r\n",
            "get k l\r\n",
            "get \r\n",
            "get k\t\r\n",
            "set k 0 0 1",
            "set k 00 0 1\r\n",
            "set k 0 -1 1\r\n",
            "set k 0 0 1234567890\r\n",
            "set k 0 0 1 noreply",
            "set k 0 0 1 5\r\n",
            "set k 0 0\r\n",
            "gets k\r\n",
        ] {
            assert!(!compared(line.as_bytes(), &limits), "{line}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_the_general_way_reads(
            words in proptest::collection::vec(
                "[ 0-9a-z\u{1}-\u{ff}]{0,11}|0|1|[1-9][0-9]{0,9}",
                0..7,
            ),
            verb in "get |set |get|set",
            end in "\r\n|\n|\r|",
        ) {
            let line = [verb, words.join(" "), end].concat();
            compared(line.as_bytes(), &Limits { key_len_max: 9, ..Limits::default() });
        }
    }
}
