//! The lines that announce a count or a length: a type byte, a decimal, `\r\n`.
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use crate::decimal;

/// What stands at a header's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Header {
    /// A decimal, and the length of its line.
    Value { value: i64, len: usize },
    /// The beginning of a line, of which the first `scanned` bytes hold no carriage return.
    Incomplete { scanned: usize },
    /// A line that does not hold a canonical decimal.
    Invalid,
    /// No end of the line within the limit.
    TooLong,
}

/// Reads the header that `rest` begins with, of any type. Its first `scanned` bytes are known to
/// hold no carriage return, which is at most `limit` bytes behind the type byte.
///
/// The byte behind the carriage return is skipped unseen.
pub(super) fn read(rest: &[u8], scanned: usize, limit: usize) -> Header {
    let window = rest.get(..=limit).unwrap_or(rest);
    let unseen = window.get(scanned..).unwrap_or_default();
    let Some(offset) = memchr::memchr(b'\r', unseen) else {
        if rest.len() > limit {
            return Header::TooLong;
        }
        return Header::Incomplete { scanned: rest.len() };
    };
    let end = scanned.saturating_add(offset);
    let len = end.saturating_add(2);
    if rest.len() < len {
        return Header::Incomplete { scanned: end };
    }
    match rest.get(1..end).and_then(decimal::parse) {
        Some(value) => Header::Value { value, len },
        None => Header::Invalid,
    }
}

/// The value and length of the header of type `kind` that `rest` begins with, if it has one or
/// two digits and a byte stands behind it: nearly all headers are such, so they get a path without
/// a loop.
#[inline(always)]
pub(super) fn short(rest: &[u8], kind: u8) -> Option<(usize, usize)> {
    let &[a, b, c, d, _] = rest.first_chunk()?;
    let word = u32::from_le_bytes([a, b, c, d]);
    // Against a header of zeros what is left are the digits, if it is one. Adding 6 lifts what
    // lies between the nines and the next multiple of 16 over that.
    let one = word ^ u32::from_le_bytes([kind, b'0', b'\r', 0]);
    if (one | one.wrapping_add(0x0600)) & 0x00ff_f0ff == 0 {
        return Some(((one >> 8 & 0xf) as usize, 4));
    }
    let two = word ^ u32::from_le_bytes([kind, b'0', b'0', b'\r']);
    let tens = two >> 8 & 0xff;
    if (two | two.wrapping_add(0x0006_0600)) & 0xfff0_f0ff == 0 && tens != 0 {
        return Some((tens.wrapping_mul(10).wrapping_add(two >> 16) as usize, 5));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Header, read, short};

    #[test]
    fn needs_the_byte_behind_the_carriage_return() {
        assert_eq!(read(b"$1", 0, 64), Header::Incomplete { scanned: 2 });
        assert_eq!(read(b"$1\r", 0, 64), Header::Incomplete { scanned: 2 });
        assert_eq!(read(b"$1\r\n", 2, 64), Header::Value { value: 1, len: 4 });
        assert_eq!(read(b"$12\r\n", 0, 64), Header::Value { value: 12, len: 5 });
        assert_eq!(read(b"$123\rx", 0, 64), Header::Value { value: 123, len: 6 });
        assert_eq!(read(b"$-1\r\n", 0, 64), Header::Value { value: -1, len: 5 });
    }

    #[test]
    fn refuses_what_is_not_canonical() {
        for line in ["$\r\n__", "$01\r\n", "$00\r\n", "$1x\r\n", "$ 1\r\n", "$-\r\n_", "$1\n\r\n"] {
            assert_eq!(read(line.as_bytes(), 0, 64), Header::Invalid, "{line:?}");
        }
    }

    #[test]
    fn bounds_the_line() {
        assert_eq!(read(b"$123\r\n", 0, 4), Header::Value { value: 123, len: 6 });
        assert_eq!(read(b"$1234\r\n", 0, 4), Header::TooLong);
        assert_eq!(read(b"$1234", 0, 4), Header::TooLong);
        assert_eq!(read(b"$123", 0, 4), Header::Incomplete { scanned: 4 });
    }

    /// Whatever the short path accepts, the long one reads the same.
    #[test]
    fn short_is_read_on_every_header_it_accepts() {
        let mut accepted = 0;
        for word in 0..1 << 24 {
            let [a, b, c, _] = u32::to_le_bytes(word);
            let rest = [b'$', a, b, c, b'x'];
            if let Some((value, len)) = short(&rest, b'$') {
                let value = i64::try_from(value).unwrap();
                assert_eq!(read(&rest, 0, 64), Header::Value { value, len });
                accepted += 1;
            }
        }
        assert_eq!(accepted, 10 * 256 + 90);
        for kind in u8::MIN..=u8::MAX {
            assert_eq!(short(&[kind, b'1', b'\r', b'\n', 0], b'*').is_some(), kind == b'*');
            assert_eq!(short(&[kind, b'1', b'2', b'\r', 0], b'*').is_some(), kind == b'*');
        }
        assert_eq!(short(b"$1\r\n", b'$'), None);
    }
}
