//! Decimal numbers as memcached takes them: with spaces around them and a plus sign, if need be.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

/// The value of `word`, which may have a sign.
pub(crate) fn signed(word: &[u8]) -> Option<i64> {
    if let Some(value) = magnitude(word) {
        return i64::try_from(value).ok();
    }
    match word.trim_ascii() {
        [b'-', digits @ ..] => 0i64.checked_sub_unsigned(magnitude(digits)?),
        [b'+', digits @ ..] | digits => i64::try_from(magnitude(digits)?).ok(),
    }
}

/// The value of `word`, which may have a plus sign.
pub(crate) fn unsigned(word: &[u8]) -> Option<u64> {
    // Nearly every number is digits alone.
    if let Some(value) = magnitude(word) {
        return Some(value);
    }
    match word.trim_ascii() {
        [b'+', digits @ ..] | digits => magnitude(digits),
    }
}

fn magnitude(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |value, byte| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::{signed, unsigned};

    #[test]
    fn lenient_forms() {
        for (word, value) in [
            ("0", Some(0)),
            ("010", Some(10)),
            ("+1", Some(1)),
            ("\t1", Some(1)),
            ("1\r", Some(1)),
            ("", None),
            ("+", None),
            ("-", None),
            ("+-1", None),
            ("1x", None),
            ("0x1", None),
        ] {
            assert_eq!(unsigned(word.as_bytes()), value, "{word:?}");
            assert_eq!(signed(word.as_bytes()), value.map(u64::cast_signed), "{word:?}");
        }
    }

    #[test]
    fn bounds() {
        assert_eq!(unsigned(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(unsigned(b"18446744073709551616"), None);
        assert_eq!(unsigned(b"-1"), None);
        assert_eq!(signed(b"-9223372036854775808"), Some(i64::MIN));
        assert_eq!(signed(b"-9223372036854775809"), None);
        assert_eq!(signed(b"9223372036854775807"), Some(i64::MAX));
        assert_eq!(signed(b"9223372036854775808"), None);
    }
}
