//! The packed form of a key or value: one code byte, and the bytes it announces.
//!
//! | code | meaning | bytes in the page |
//! |---|---|---|
//! | 0..=239 | a byte string of that length | the string |
//! | 241..=248 | the canonical decimal form of an integer | its `code - 240` low bytes |
//! | 252 | a value of the caller's own type | its number in the map's slab |
//! | 253 | a string of up to 4 KiB | the handle of its block |
//! | 254 | a longer string | its number among the map's buffers |
//! | 255 | bytes of a form of the caller's own | the handle of their block |
//!
//! The code is a function of the text: canonical decimals are always integers in their shortest
//! two's complement, and the length alone decides where another string stands. So texts with
//! different codes are different. From 240 on the low half of a code tells its size, and from 252
//! on one bit of it, so that sixteen codes are summed at once without a branch.

use crate::Text;

/// One key or value on its way into a page.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Form<'a> {
    /// A string that stands in the page.
    Literal(&'a [u8]),
    /// The low bytes of an integer, and how many of them count.
    Integer([u8; 8], u8),
    /// A string that stands outside the page.
    Long(&'a [u8]),
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
            None => Self::Long(bytes),
        }
    }

    #[inline]
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
            Self::Integer(_, width) => INTEGER + width,
            Self::Long(bytes) if bytes.len() <= BLOCK_MAX => BLOCK,
            Self::Long(_) => BUFFER,
        }
    }

    /// How many bytes it takes in the page.
    #[inline]
    pub(crate) fn size(&self) -> usize {
        size(self.code())
    }
}

/// How many bytes in the page a code announces.
#[inline]
pub(crate) const fn size(code: u8) -> usize {
    (match code {
        0..INTEGER => code,
        INTEGER..REFERENCE => code & 0x0f,
        REFERENCE.. => code & 0x04,
    }) as usize
}

/// Reads back what a code below [`REFERENCE`] announced.
#[inline]
pub(crate) fn text(code: u8, stored: &[u8]) -> Text<'_> {
    debug_assert!(code < REFERENCE);
    if code < INTEGER {
        return Text::Bytes(stored);
    }
    let mut wide = [0; 8];
    wide[8 - stored.len()..].copy_from_slice(stored);
    // The number stands in the high bytes; the shift brings it down with its sign.
    Text::Integer(i64::from_le_bytes(wide) >> (64 - 8 * stored.len()))
}

/// Whether two strings are the same, without a call where they have one of the usual lengths.
#[inline]
pub(crate) fn same(one: &[u8], two: &[u8]) -> bool {
    if one.len() != two.len() {
        return false;
    }
    match one.len() {
        8..=16 => {
            one.first_chunk::<8>() == two.first_chunk::<8>()
                && one.last_chunk::<8>() == two.last_chunk::<8>()
        }
        17..=32 => {
            one.first_chunk::<16>() == two.first_chunk::<16>()
                && one.last_chunk::<16>() == two.last_chunk::<16>()
        }
        _ => one == two,
    }
}

/// The longest string that stands in the page.
pub(crate) const LITERAL_MAX: usize = 239;

/// The longest string that stands in a block of its own, in bytes, and the most that
/// [`NewValue::Packed`](crate::NewValue::Packed) takes.
pub const BLOCK_MAX: usize = 4096;

/// Codes above this one and below [`REFERENCE`] announce integers.
pub(crate) const INTEGER: u8 = 240;

/// From here on a code announces where something stands outside the page.
pub(crate) const REFERENCE: u8 = 252;

/// The code of a value of the caller's own type.
pub(crate) const BOXED: u8 = 252;

/// The code of a string in a block.
pub(crate) const BLOCK: u8 = 253;

/// The code of bytes of a form of the caller's own, in a block whatever their length.
pub(crate) const PACKED: u8 = 255;

/// The code of a string in a buffer.
pub(crate) const BUFFER: u8 = 254;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round(text_in: Text<'_>) -> usize {
        let form = Form::of(text_in);
        let stored = match &form {
            Form::Literal(bytes) => bytes,
            Form::Integer(bytes, width) => &bytes[..usize::from(*width)],
            Form::Long(_) => panic!("a short text"),
        };
        assert_eq!(size(form.code()), stored.len());
        assert_eq!(text(form.code(), stored), text_in);
        stored.len()
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
    fn the_length_decides_where_a_string_stands() {
        for (len, code) in [(239, 239), (240, BLOCK), (4096, BLOCK), (4097, BUFFER)] {
            assert_eq!(Form::of_bytes(&vec![b'x'; len]).code(), code);
        }
        for code in [BOXED, BLOCK, BUFFER, PACKED] {
            assert_eq!(size(code), 4);
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
