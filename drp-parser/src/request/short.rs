//! The path nearly every request takes: few and short arguments, all of them there.
//!
//! A header of one or two digits, as nearly all are, fits a word, so it is checked and decoded as
//! one: XORed with the header of zeros, what is left are the digits, if it is a header. A byte is
//! then at most 9 exactly if its upper half is empty before and after 6 is added (what lies
//! between 10 and 15 is lifted over it).
//!
//! What does not look like that is left to the long path, which sees it from its beginning: at
//! most nine arguments are read twice for it, once in the life of a request.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

use alloc::vec::Vec;

use super::TERMINATOR_LEN;
use crate::{ArgRange, Limits};

/// Whether nothing that takes the short path can exceed `limits`.
pub(super) const fn is_within(limits: &Limits) -> bool {
    limits.args_max >= ARGS_MAX
        && limits.bulk_len_max >= BULK_LEN_MAX
        && limits.request_len_max >= HEAD_LEN + ARGS_MAX * (7 + BULK_LEN_MAX + TERMINATOR_LEN)
}

/// Parses a request of 1 to 9 arguments of at most 9999 bytes (the first of at most 9), and says
/// how long it is. `None` says only that it is not one, or not all there.
#[inline(always)]
pub(super) fn request(input: &[u8], args: &mut Vec<ArgRange>) -> Option<usize> {
    let head = u64::from_le_bytes(*input.first_chunk()?) ^ u64::from_le_bytes(*b"*0\r\n$0\r\n");
    if (head | head.wrapping_add(0x600 << 32 | 0x600)) & 0x00ff_f0ff_00ff_f0ff != 0 {
        return None;
    }
    let more = (head >> 8 & 0xf).checked_sub(1)?;
    let name_len = (head >> 40 & 0xf) as usize;
    let mut rest = input.get(HEAD_LEN.wrapping_add(name_len).wrapping_add(TERMINATOR_LEN)..)?;
    let before = args.len();
    args.push(ArgRange::new(HEAD_LEN, name_len));
    for _ in 0..more {
        let at = input.len().wrapping_sub(rest.len());
        let Some((arg, after)) = bulk(rest, at) else {
            args.truncate(before);
            return None;
        };
        args.push(arg);
        rest = after;
    }
    Some(input.len().wrapping_sub(rest.len()))
}

/// Parses an argument of at most 9999 bytes, which begins `at` bytes into the request, and says
/// what is behind it. `None` says only that it is not one, or not all there.
#[inline(always)]
pub(super) fn bulk(rest: &[u8], at: usize) -> Option<(ArgRange, &[u8])> {
    let word = u32::from_le_bytes(*rest.first_chunk()?);
    let two = word ^ u32::from_le_bytes(*b"$00\r");
    if (two | two.wrapping_add(0x0006_0600)) & 0xfff0_f0ff == 0 {
        let tens = two >> 8 & 0xf;
        let len = tens.wrapping_mul(10).wrapping_add(two >> 16) as usize;
        let after = rest.get(5usize.wrapping_add(len).wrapping_add(TERMINATOR_LEN)..)?;
        return (tens != 0).then(|| (ArgRange::new(at.wrapping_add(5), len), after));
    }
    let one = word ^ u32::from_le_bytes(*b"$0\r\n");
    if (one | one.wrapping_add(0x600)) & 0x00ff_f0ff == 0 {
        let len = (one >> 8 & 0xf) as usize;
        let after = rest.get(4usize.wrapping_add(len).wrapping_add(TERMINATOR_LEN)..)?;
        return Some((ArgRange::new(at.wrapping_add(4), len), after));
    }
    longer_bulk(rest, at)
}

/// [`bulk`] for headers of three or four digits.
#[inline(never)]
fn longer_bulk(rest: &[u8], at: usize) -> Option<(ArgRange, &[u8])> {
    let &[b'$', a @ b'1'..=b'9', b, c, d, e] = rest.first_chunk()? else { return None };
    let mut len = 0usize;
    for byte in [a, b, c] {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        len = len.wrapping_mul(10).wrapping_add(usize::from(digit));
    }
    let header_len = match (d.wrapping_sub(b'0'), d, e) {
        (_, b'\r', _) => 6usize,
        (digit @ 0..=9, _, b'\r') => {
            len = len.wrapping_mul(10).wrapping_add(usize::from(digit));
            7
        }
        _ => return None,
    };
    let after = rest.get(header_len.wrapping_add(len).wrapping_add(TERMINATOR_LEN)..)?;
    Some((ArgRange::new(at.wrapping_add(header_len), len), after))
}

/// The headers of the request and of its first argument, the command's name, with a digit each.
const HEAD_LEN: usize = 8;
const ARGS_MAX: usize = 9;
const BULK_LEN_MAX: usize = 9999;

#[cfg(test)]
mod tests {
    use super::{bulk, request};
    use crate::ArgRange;
    use crate::request::header::{Header, read};

    /// Whatever headers of arguments the short path accepts, the long one reads the same, and it
    /// accepts all that it should.
    #[test]
    fn headers_of_one_or_two_digits() {
        let mut accepted = 0;
        let mut rest = [b'x'; 5 + 99 + 2];
        rest[0] = b'$';
        for word in 0..1u32 << 24 {
            rest[1..4].copy_from_slice(&word.to_le_bytes()[..3]);
            if let Some((arg, _)) = bulk(&rest, 0) {
                let (value, len) = (i64::from(arg.len), arg.start as usize);
                assert_eq!(read(&rest, 0, 64), Header::Value { value, len });
                accepted += 1;
            }
        }
        assert_eq!(accepted, 10 * 256 + 90);
    }

    #[test]
    fn headers_of_more_digits() {
        let mut rest = [b'x'; 7 + 9999 + 2];
        for len in 0..20_000 {
            let header = format!("${len}\r\n");
            rest[..header.len()].copy_from_slice(header.as_bytes());
            let arg = ArgRange { start: 3 + header.len() as u32, len };
            let expected = (len <= 9999).then_some(arg);
            assert_eq!(bulk(&rest, 3).map(|(arg, _)| arg), expected);
        }
        for header in ["$0100\r\n", "$1/0\r\n", "$10:\r\n", "$100:\r\n", "$100/\r\n", "$100\n\r"] {
            rest[..header.len()].copy_from_slice(header.as_bytes());
            assert_eq!(bulk(&rest, 3), None, "{header:?}");
        }
    }

    #[test]
    fn heads() {
        let mut args = Vec::new();
        for place in [0, 1, 2, 4, 5, 6] {
            for byte in u8::MIN..=u8::MAX {
                let mut input = *b"*1\r\n$4\r\nPINGPONG!\r\n";
                input[place] = byte;
                args.clear();
                let expected = match (place, byte) {
                    (_, byte) if byte == b"*1\r\n$4\r\n"[place] => Some((14, 4)),
                    (5, b'0'..=b'9') => Some((10 + usize::from(byte - b'0'), byte - b'0')),
                    _ => None,
                };
                assert_eq!(request(&input, &mut args), expected.map(|(consumed, _)| consumed));
                let arg = expected.map(|(_, len)| ArgRange { start: 8, len: u32::from(len) });
                assert_eq!(args, Vec::from_iter(arg));
            }
        }
    }

    #[test]
    fn what_is_not_all_there_is_left_alone() {
        let input = b"*2\r\n$3\r\nGET\r\n$10\r\n0123456789\r\n";
        let mut args = vec![ArgRange::default()];
        for end in 0..input.len() {
            assert_eq!(request(&input[..end], &mut args), None);
            assert_eq!(args.len(), 1);
        }
        assert_eq!(request(input, &mut args), Some(input.len()));
        assert_eq!(args[1..], [ArgRange { start: 8, len: 3 }, ArgRange { start: 18, len: 10 }]);
    }
}
