//! The packed form of a key or value: one code byte, and the bytes it announces.
//!
//! | code | meaning | bytes in the page |
//! |---|---|---|
//! | 0..=239 | a byte string of that length | the string |
//! | 240 | out of line: too long for a code, or a boxed value | none |
//! | 241..=248 | the canonical decimal form of an integer | its `code - 240` low bytes |
//!
//! A text has exactly one form, so equal forms are equal texts: canonical decimals are always
//! integers in their shortest two's complement. From 240 on the low half of a code is its size, so
//! that eight codes can be summed at once.

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
        // A number needs its significant bits and one for the sign.
        let magnitude = if number < 0 { !number } else { number };
        let bits = 65 - magnitude.leading_zeros();
        Self::Integer(number.to_le_bytes(), bits.div_ceil(8) as u8)
    }

    #[inline]
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Literal(bytes) => bytes.len() as u8,
            Self::Integer(_, width) => OUT + width,
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
    (if code < OUT { code } else { code - OUT }) as usize
}

/// The sum of [`size`] over the eight codes in `word`.
#[inline]
pub(crate) const fn sizes(word: u64) -> usize {
    // The high bit of every byte whose four high bits are all set, then those four bits.
    let pairs = word & (word << 1);
    let marks = pairs & (pairs << 2) & HIGH_BITS;
    sum_bytes(word & !((marks >> 7) * 0xf0))
}

/// The sum of the eight bytes of `word`.
#[inline]
pub(crate) const fn sum_bytes(word: u64) -> usize {
    let pairs = (word & 0x00ff_00ff_00ff_00ff) + ((word >> 8) & 0x00ff_00ff_00ff_00ff);
    (pairs.wrapping_mul(0x0001_0001_0001_0001) >> 48) as usize
}

/// Reads back what a code other than [`OUT`] announced.
#[inline]
pub(crate) fn text(code: u8, stored: &[u8]) -> Text<'_> {
    if code < OUT {
        return Text::Bytes(stored);
    }
    let mut wide = [0; 8];
    wide[8 - stored.len()..].copy_from_slice(stored);
    // The number stands in the high bytes; the shift brings it down with its sign.
    Text::Integer(i64::from_le_bytes(wide) >> (64 - 8 * stored.len()))
}

/// The longest string that stands in the page.
pub(crate) const LITERAL_MAX: usize = OUT as usize - 1;

/// The code of what stands outside the page. Those above it announce integers.
pub(crate) const OUT: u8 = 240;

/// The high bit of each of eight bytes.
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

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
            (0, 1),
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

    #[test]
    fn eight_sizes_are_summed_as_one_by_one() {
        for code in 0..=248u8 {
            let codes = [code, 0, 239, 240, 241, 248, code / 2, code];
            assert_eq!(
                sizes(u64::from_le_bytes(codes)),
                codes.iter().map(|&code| size(code)).sum::<usize>()
            );
        }
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
