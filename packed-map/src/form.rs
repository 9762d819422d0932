//! The packed form of a key or value: one code byte, and the bytes it announces.
//!
//! | code | meaning | bytes in the page |
//! |---|---|---|
//! | 0..=239 | a byte string of that length | the string |
//! | 240..=248 | the canonical decimal form of an integer | its `code - 240` low bytes |
//! | 255 | out of line: too long for a code, or a boxed value | none |
//!
//! A text has exactly one form, so equal forms are equal texts: canonical decimals are always
//! integers in their shortest two's complement, zero in no bytes at all.

use crate::Text;

/// One key or value on its way into a page.
#[derive(Clone, Copy)]
pub(crate) enum Form<'a> {
    /// A string that stands in the page.
    Literal(&'a [u8]),
    /// The low bytes of an integer, and how many of them count.
    Integer([u8; 8], u8),
    /// A string that stands outside the page.
    Out(&'a [u8]),
}

impl<'a> Form<'a> {
    #[inline]
    pub(crate) fn of(text: Text<'a>) -> Self {
        match text {
            Text::Integer(number) => Self::of_integer(number),
            Text::Bytes(bytes) => Self::of_bytes(bytes),
        }
    }

    #[inline]
    pub(crate) fn of_bytes(bytes: &'a [u8]) -> Self {
        match crate::decimal::parse(bytes) {
            Some(number) => Self::of_integer(number),
            None if bytes.len() <= LITERAL_MAX => Self::Literal(bytes),
            None => Self::Out(bytes),
        }
    }

    fn of_integer(number: i64) -> Self {
        // A number needs its significant bits and one for the sign; zero needs none.
        let magnitude = if number < 0 { !number } else { number };
        let bits = if number == 0 { 0 } else { 65 - magnitude.leading_zeros() };
        Self::Integer(number.to_le_bytes(), bits.div_ceil(8) as u8)
    }

    #[inline]
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Literal(bytes) => bytes.len() as u8,
            Self::Integer(_, width) => INTEGER + width,
            Self::Out(_) => OUT,
        }
    }

    /// The bytes that stand in the page.
    #[inline]
    pub(crate) fn stored(&self) -> &[u8] {
        match self {
            Self::Literal(bytes) => bytes,
            Self::Integer(bytes, width) => &bytes[..usize::from(*width)],
            Self::Out(_) => &[],
        }
    }
}

/// How many bytes in the page a code announces.
#[inline]
pub(crate) const fn size(code: u8) -> usize {
    (if code < INTEGER {
        code
    } else if code == OUT {
        0
    } else {
        code - INTEGER
    }) as usize
}

/// Reads back what a code other than [`OUT`] announced.
#[inline]
pub(crate) fn text(code: u8, stored: &[u8]) -> Text<'_> {
    if code < INTEGER {
        return Text::Bytes(stored);
    }
    let mut wide = [0; 8];
    wide[..stored.len()].copy_from_slice(stored);
    let unused = 64 - 8 * stored.len() as u32;
    let number = u64::from_le_bytes(wide).checked_shl(unused).unwrap_or(0) as i64;
    Text::Integer(number.checked_shr(unused).unwrap_or(0))
}

/// The longest string that stands in the page.
pub(crate) const LITERAL_MAX: usize = INTEGER as usize - 1;

/// The first code of an integer.
const INTEGER: u8 = 240;

/// The code of what stands outside the page.
pub(crate) const OUT: u8 = u8::MAX;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round(text_in: Text<'_>) -> usize {
        let form = Form::of(text_in);
        assert_eq!(size(form.code()), form.stored().len());
        assert_eq!(text(form.code(), form.stored()), text_in);
        form.stored().len()
    }

    #[test]
    fn integers_take_their_shortest_form() {
        for (number, bytes) in [
            (0, 0),
            (1, 1),
            (-1, 1),
            (127, 1),
            (-128, 1),
            (128, 2),
            (-129, 2),
            (32767, 2),
            (32768, 3),
            (8_388_607, 3),
            (8_388_608, 4),
            (999_999_999, 4),
            (i64::MAX, 8),
            (i64::MIN, 8),
        ] {
            assert_eq!(round(Text::Integer(number)), bytes, "{number}");
        }
    }

    #[test]
    fn long_strings_stand_outside() {
        assert_eq!(Form::of_bytes(&[b'x'; LITERAL_MAX]).code(), 239);
        assert_eq!(Form::of_bytes(&[b'x'; LITERAL_MAX + 1]).code(), OUT);
    }

    proptest! {
        #[test]
        fn every_integer_comes_back(number: i64, shift in 0u32..64) {
            round(Text::Integer(number >> shift));
        }

        #[test]
        fn every_short_string_comes_back(bytes in prop::collection::vec(any::<u8>(), 0..240)) {
            round(Text::Bytes(&bytes));
        }
    }
}
