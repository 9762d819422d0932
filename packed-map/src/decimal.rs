//! Canonical decimal integers: the texts that are kept as numbers.
//!
//! A text is canonical where it is what [`format`] writes for some `i64`: an optional minus sign,
//! no leading zero, no plus sign, no `-0`. Such a text can be kept as its number and given back
//! byte for byte, so both directions live here and nowhere else.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use core::fmt;

/// Room for the digits of one integer, to be kept on the stack.
#[derive(Clone, Copy)]
pub struct Buffer(itoa::Buffer);

impl Buffer {
    /// A buffer to hand to [`format`].
    #[inline]
    #[must_use]
    pub fn new() -> Self {
        Self(itoa::Buffer::new())
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer").finish_non_exhaustive()
    }
}

impl Default for Buffer {
    fn default() -> Self {
        Self::new()
    }
}

/// The number whose canonical decimal form `text` is, or `None` where it is none.
///
/// # Examples
///
/// ```
/// use packed_map::decimal::parse;
/// assert_eq!(parse(b"-42"), Some(-42));
/// assert_eq!(parse(b"042"), None);
/// assert_eq!(parse(b"9223372036854775808"), None);
/// ```
#[inline]
#[must_use]
pub fn parse(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    match digits {
        [b'0'] if !negative => return Some(0),
        [b'1'..=b'9', ..] if digits.len() <= DIGITS_MAX => {}
        _ => return None,
    }
    let mut magnitude = 0u64;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        // Nineteen digits stay below 10^19, which a u64 holds.
        magnitude = magnitude.wrapping_mul(10).wrapping_add(u64::from(digit));
    }
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

/// The canonical decimal form of `number`, written into `buffer`.
#[inline]
pub fn format(number: i64, buffer: &mut Buffer) -> &[u8] {
    buffer.0.format(number).as_bytes()
}

/// How many bytes [`format`] writes for `number`: 1 to 20.
#[must_use]
pub fn len(number: i64) -> usize {
    let digits = number.unsigned_abs().checked_ilog10().unwrap_or(0).saturating_add(1);
    usize::from(number < 0).saturating_add(digits as usize)
}

/// The most digits an `i64` has.
const DIGITS_MAX: usize = 19;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn canonical_texts_are_numbers() {
        for number in [0, 1, -1, 9, 10, -10, 99, 100, i64::MAX, i64::MIN] {
            let mut buffer = Buffer::new();
            let text = format(number, &mut buffer);
            assert_eq!(parse(text), Some(number));
            assert_eq!(text.len(), len(number));
        }
    }

    #[test]
    fn other_texts_are_not() {
        for text in [
            "",
            "-",
            "+1",
            "-0",
            "00",
            "01",
            "-01",
            "1 ",
            " 1",
            "1.0",
            "1e3",
            "0x1",
            "--1",
            "9223372036854775808",
            "-9223372036854775809",
            "18446744073709551616",
            "99999999999999999999",
            "/",
            ":",
            "1:",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_number_comes_back(number: i64) {
            let mut buffer = Buffer::new();
            let text = format(number, &mut buffer);
            prop_assert_eq!(parse(text), Some(number));
            prop_assert_eq!(text.len(), len(number));
        }

        #[test]
        fn what_parses_is_what_format_writes(text in "-?[0-9]{0,21}") {
            if let Some(number) = parse(text.as_bytes()) {
                let mut buffer = Buffer::new();
                prop_assert_eq!(format(number, &mut buffer), text.as_bytes());
            } else {
                prop_assert_ne!(text.parse::<i64>().map(|n| n.to_string()), Ok(text));
            }
        }
    }
}
