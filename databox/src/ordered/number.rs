//! Integers from -2^127 to 2^128 - 1, as decimals.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

/// An integer of up to 128 bits: ordered as integers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Number {
    /// One that `i128` holds.
    Signed(i128),
    /// One above it.
    Above(u128),
}

impl Number {
    /// The integer that a decimal is: digits, perhaps behind a sign, perhaps with zeros before
    /// them.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let (is_negative, digits) = match text {
            [b'-', digits @ ..] => (true, digits),
            [b'+', digits @ ..] => (false, digits),
            digits => (false, digits),
        };
        if digits.is_empty() {
            return None;
        }
        let mut value = 0u128;
        for digit in digits {
            let digit = digit.is_ascii_digit().then(|| u128::from(digit - b'0'))?;
            value = value.checked_mul(10)?.checked_add(digit)?;
        }
        if is_negative {
            return 0i128.checked_sub_unsigned(value).map(Self::Signed);
        }
        Some(i128::try_from(value).map_or(Self::Above(value), Self::Signed))
    }

    /// The shortest decimal.
    pub(crate) fn digits(self) -> Vec<u8> {
        let mut text = String::new();
        let written = match self {
            Self::Signed(value) => write!(text, "{value}"),
            Self::Above(value) => write!(text, "{value}"),
        };
        debug_assert!(written.is_ok(), "a string takes everything");
        text.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_to_the_ends() {
        let ends =
            ["-170141183460469231731687303715884105728", "340282366920938463463374607431768211455"];
        for end in ends {
            let number = Number::parse(end.as_bytes()).unwrap();
            assert_eq!(number.digits(), end.as_bytes());
        }
        let beyond =
            ["-170141183460469231731687303715884105729", "340282366920938463463374607431768211456"];
        for text in beyond.into_iter().chain(["", "+", "-", "1.5", "1e3", " 1", "1 ", "0x1", "--1"])
        {
            assert_eq!(Number::parse(text.as_bytes()), None, "{text}");
        }
        for (text, digits) in [("+7", "7"), ("007", "7"), ("-0", "0"), ("-010", "-10")] {
            assert_eq!(Number::parse(text.as_bytes()).unwrap().digits(), digits.as_bytes());
        }
        assert!(Number::Signed(i128::MAX) < Number::Above(1 << 127));
    }
}
