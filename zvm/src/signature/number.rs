//! How Redis reads numbers from arguments, other than canonical integers.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use rustc_apfloat::ieee::Double;
use rustc_apfloat::{Float as _, Round};

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

/// Reads a double as Redis does an argument: what C's `strtod` reads, without blanks before it.
/// `inf` and `-inf` are doubles; `nan`, the empty string, and what is too large or too small to be
/// told from infinity or zero are none.
pub(crate) fn parse_float(text: &[u8]) -> Option<f64> {
    let value = parse_any_float(text)?;
    let is_spelled = |byte: &u8| byte.is_ascii_digit() && *byte != b'0';
    let mantissa = text.split(|byte| matches!(byte, b'e' | b'E')).next()?;
    let is_beyond = value.is_infinite() && mantissa.iter().any(u8::is_ascii_digit);
    let is_lost = value == 0.0 && mantissa.iter().any(is_spelled);
    (!is_beyond && !is_lost).then_some(value)
}

/// Reads a double as C's `strtod` does, where nothing may stand behind it: blanks before it are
/// passed over, nothing is 0, and what is too large is infinite.
pub(crate) fn parse_bound(text: &[u8]) -> Option<f64> {
    let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x0b;
    let start = text.iter().position(|byte| !blank(byte)).unwrap_or(text.len());
    let number = text.get(start..)?;
    if number.is_empty() { text.is_empty().then_some(0.0) } else { parse_any_float(number) }
}

fn parse_any_float(text: &[u8]) -> Option<f64> {
    let text = str::from_utf8(text).ok()?;
    let magnitude = text.trim_start_matches(['+', '-']);
    let is_hexadecimal = magnitude.starts_with("0x") || magnitude.starts_with("0X");
    let value: f64 = if is_hexadecimal { hexadecimal(text)? } else { text.parse().ok()? };
    (!value.is_nan()).then_some(value)
}

/// Reads a hexadecimal double; its exponent may be missing.
fn hexadecimal(text: &str) -> Option<f64> {
    if text.len() > HEXADECIMAL_MAX_BYTES {
        return None;
    }
    let exponent = if text.contains(['p', 'P']) { "" } else { "p0" };
    let parsed = Double::from_str_r(&format!("{text}{exponent}"), Round::NearestTiesToEven);
    let bits = u64::try_from(parsed.ok()?.value.to_bits()).ok()?;
    Some(f64::from_bits(bits))
}

/// The longest hexadecimal double that is read.
const HEXADECIMAL_MAX_BYTES: usize = 256;

#[cfg(test)]
mod tests {
    use super::{parse_bound, parse_cursor, parse_float, parse_unsigned};

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
        assert_eq!(parse_float(b"0x1F"), Some(31.0));
        assert_eq!(parse_float(b"-0x1.8p1"), Some(-3.0));
        assert_eq!(parse_float(b"0e99"), Some(0.0));
        for text in ["", "nan", "1,5", " 1", "1e400", "1e-400", "0x", "0xg", "x"] {
            assert_eq!(parse_float(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn bounds_are_what_strtod_reads() {
        for (text, value) in [("", 0.0), (" \t1.5", 1.5), ("1e400", f64::INFINITY), ("-5", -5.0)] {
            assert_eq!(parse_bound(text.as_bytes()), Some(value), "{text:?}");
        }
        for text in [" ", "nan", "1 ", "(1"] {
            assert_eq!(parse_bound(text.as_bytes()), None, "{text:?}");
        }
    }
}
