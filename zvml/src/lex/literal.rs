//! The values of literals: escapes resolved, digits read.

use std::borrow::Cow;

/// An escape that means nothing, as byte offsets into the string token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StringError {
    /// Offset of the backslash.
    pub start: u32,
    /// Offset after the escape.
    pub end: u32,
}

/// The bytes that a string token, quotes included, stands for.
///
/// Escapes: `\\`, `\"`, `\n`, `\r`, `\t`, `\0` and `\xNN`.
pub(crate) fn unescape(token: &str) -> Result<Cow<'_, [u8]>, StringError> {
    let inner = token.strip_prefix('"').unwrap_or(token);
    let inner = inner.strip_suffix('"').unwrap_or(inner).as_bytes();
    if !inner.contains(&b'\\') {
        return Ok(Cow::Borrowed(inner));
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut at = 0_usize;
    while let Some(&byte) = inner.get(at) {
        let (value, len) = if byte == b'\\' {
            escape(inner.get(at..).unwrap_or(&[])).ok_or_else(|| bad_escape(at))?
        } else {
            (byte, 1)
        };
        out.push(value);
        at = at.saturating_add(len);
    }
    Ok(Cow::Owned(out))
}

/// The value of an integer token, `None` where it is no `i64`. `_` may stand between digits.
pub(crate) fn parse_integer(token: &str, negative: bool) -> Option<i64> {
    if token.ends_with('_') {
        return None;
    }
    let mut value = 0_i64;
    for byte in token.bytes().filter(|byte| *byte != b'_') {
        let digit = i64::from(byte.checked_sub(b'0').filter(|digit| *digit < 10)?);
        value = value.checked_mul(10)?;
        value = if negative { value.checked_sub(digit)? } else { value.checked_add(digit)? };
    }
    Some(value)
}

/// The value of a float token, `None` where it is malformed or beyond a double.
pub(crate) fn parse_float(token: &str) -> Option<f64> {
    let digits = |part: &str| {
        let ends = part.ends_with('_') || part.starts_with('_');
        !part.is_empty() && !ends && part.bytes().all(|b| b.is_ascii_digit() || b == b'_')
    };
    let (whole, rest) = token.split_once('.')?;
    let (fraction, exponent) =
        rest.split_once(['e', 'E']).map_or((rest, None), |(it, e)| (it, Some(e)));
    let exponent = exponent.map(|it| it.strip_prefix('-').unwrap_or(it));
    if !digits(whole) || !digits(fraction) || !exponent.is_none_or(digits) {
        return None;
    }
    let value: f64 = token.replace('_', "").parse().ok()?;
    value.is_finite().then_some(value)
}

/// The byte an escape at the start of `rest` stands for, and the escape's length.
fn escape(rest: &[u8]) -> Option<(u8, usize)> {
    match rest {
        [_, b'x', high, low, ..] => {
            let digit = |byte: u8| (byte as char).to_digit(16);
            let value = digit(*high)?.checked_mul(16)?.checked_add(digit(*low)?)?;
            Some((u8::try_from(value).ok()?, 4))
        }
        [_, letter, ..] => {
            let value = match letter {
                b'\\' | b'"' => *letter,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'0' => 0,
                _ => return None,
            };
            Some((value, 2))
        }
        _ => None,
    }
}

fn bad_escape(at: usize) -> StringError {
    let start = u32::try_from(at).unwrap_or(u32::MAX).saturating_add(1);
    StringError { start, end: start.saturating_add(2) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_stand_for_bytes() {
        let bytes = unescape(r#""a\x00\xfF\r\n\"\\""#);
        assert_eq!(bytes.as_deref(), Ok(&b"a\0\xff\r\n\"\\"[..]));
        assert_eq!(unescape(r#""a\q""#), Err(StringError { start: 2, end: 4 }));
        assert_eq!(unescape(r#""\x1""#), Err(StringError { start: 1, end: 3 }));
    }

    #[test]
    fn floats_are_decimal_and_finite() {
        assert_eq!(parse_float("1_000.25"), Some(1000.25));
        assert_eq!(parse_float("1.5e-3"), Some(0.0015));
        assert_eq!(parse_float("1.5e3"), Some(1500.0));
        for bad in ["1.5e400", "1.x", "0x1.5", "1.5e", "1_.5", "1._5", "1.5f", "1.5_"] {
            assert_eq!(parse_float(bad), None, "{bad}");
        }
    }

    #[test]
    fn integers_reach_both_ends_of_their_range() {
        assert_eq!(parse_integer("9_223_372_036_854_775_807", false), Some(i64::MAX));
        assert_eq!(parse_integer("9223372036854775808", true), Some(i64::MIN));
        assert_eq!(parse_integer("9223372036854775808", false), None);
        assert_eq!(parse_integer("1x", false), None);
        assert_eq!(parse_integer("1_", false), None);
    }
}
