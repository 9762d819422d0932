//! The lines that announce a count or a length: a type byte, a decimal, `\r\n`.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
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

#[cfg(test)]
mod tests {
    use super::{Header, read};

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
}
