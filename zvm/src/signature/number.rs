//! How Redis reads numbers from arguments, other than canonical integers.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

/// Reads a cursor as `SCAN` does: as C's `strtoul`, but without spaces. So a sign is allowed, `-`
/// counts down from 2^64, and the empty string is 0.
pub(crate) fn parse_cursor(text: &[u8]) -> Option<u64> {
    match text {
        [] => Some(0),
        [b'-', digits @ ..] => parse_unsigned(digits).map(u64::wrapping_neg),
        [b'+', digits @ ..] | digits => parse_unsigned(digits),
    }
}

/// Reads an unsigned decimal; leading zeros are allowed, signs and spaces are not.
pub(crate) fn parse_unsigned(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    let mut value: u64 = 0;
    for digit in text {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u64::from(digit.wrapping_sub(b'0')))?;
    }
    Some(value)
}

/// Reads a double; `inf` and `-inf` are doubles, `nan` and the empty string are none.
pub(crate) fn parse_float(text: &[u8]) -> Option<f64> {
    let value: f64 = str::from_utf8(text).ok()?.parse().ok()?;
    (!value.is_nan()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::{parse_cursor, parse_float, parse_unsigned};

    #[test]
    fn unsigned_decimals_have_no_sign() {
        assert_eq!(parse_unsigned(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(parse_unsigned(b"007"), Some(7));
        for text in ["", "-1", "+1", "18446744073709551616", "1a"] {
            assert_eq!(parse_unsigned(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn cursors_are_what_redis_takes_for_one() {
        for (text, value) in [("", 0), ("007", 7), ("+1", 1), ("-1", u64::MAX)] {
            assert_eq!(parse_cursor(text.as_bytes()), Some(value), "{text:?}");
        }
        for text in [" 1", "1 ", "-", "+", "+-1", "x", "99999999999999999999"] {
            assert_eq!(parse_cursor(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn floats_are_numbers() {
        assert_eq!(parse_float(b"-1.5e3"), Some(-1500.0));
        assert_eq!(parse_float(b"inf"), Some(f64::INFINITY));
        for text in ["", "nan", "1,5", " 1"] {
            assert_eq!(parse_float(text.as_bytes()), None, "{text:?}");
        }
    }
}
