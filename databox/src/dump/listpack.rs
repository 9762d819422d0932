//! Redis' listpack: strings and integers one after the other, each with its length behind it.

use super::redis::signed;
use crate::Text;

/// The elements of a listpack; an element is `None`, and the last, where it is none.
pub(super) struct Elements<'a> {
    rest: &'a [u8],
    left: Option<u16>,
}

impl<'a> Elements<'a> {
    /// Those of a whole listpack.
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        let (total, rest) = bytes.split_first_chunk::<4>()?;
        let (count, rest) = rest.split_first_chunk::<2>()?;
        let (&end, rest) = rest.split_last()?;
        if u32::from_le_bytes(*total) as usize != bytes.len() || end != END {
            return None;
        }
        // A count of 65,535 says that there are so many or more.
        let count = Some(u16::from_le_bytes(*count)).filter(|&count| count < u16::MAX);
        Some(Self { rest, left: count })
    }

    /// Whether as many came as were announced.
    pub(super) fn is_complete(&self) -> bool {
        self.rest.is_empty() && self.left.is_none_or(|left| left == 0)
    }

    fn element(&mut self) -> Option<Text<'a>> {
        let (&first, behind) = self.rest.split_first()?;
        let (text, behind) = match first {
            0x00..=0x7f => (Text::Integer(first.into()), behind),
            0x80..=0xbf => string(behind, usize::from(first & 0x3f))?,
            0xc0..=0xdf => {
                let (&low, behind) = behind.split_first()?;
                let bits = u16::from(first & 0x1f) << 8 | u16::from(low);
                // 13 bits with a sign.
                (Text::Integer(i64::from((bits << 3).cast_signed() >> 3)), behind)
            }
            0xe0..=0xef => {
                let (&low, behind) = behind.split_first()?;
                string(behind, usize::from(first & 0xf) << 8 | usize::from(low))?
            }
            0xf0 => {
                let (len, behind) = behind.split_first_chunk::<4>()?;
                string(behind, usize::try_from(u32::from_le_bytes(*len)).ok()?)?
            }
            0xf1 => integer(behind, 2)?,
            0xf2 => integer(behind, 3)?,
            0xf3 => integer(behind, 4)?,
            0xf4 => integer(behind, 8)?,
            _ => return None,
        };
        let len = self.rest.len().checked_sub(behind.len())?;
        self.rest = length_behind(behind, len)?;
        Some(text)
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Option<Text<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() || self.left == Some(0) {
            return None;
        }
        let element = self.element();
        if element.is_none() {
            self.rest = &[];
        }
        self.left = self.left.map(|left| left.saturating_sub(1));
        Some(element)
    }
}

fn string(bytes: &[u8], len: usize) -> Option<(Text<'_>, &[u8])> {
    let (string, behind) = bytes.split_at_checked(len)?;
    Some((Text::canonical(string), behind))
}

fn integer(bytes: &[u8], width: usize) -> Option<(Text<'_>, &[u8])> {
    let (stored, behind) = bytes.split_at_checked(width)?;
    Some((Text::Integer(signed(stored)), behind))
}

/// What stands behind the length of an element of `len` bytes: seven bits a byte, the highest
/// first, all but the first with the top bit set.
fn length_behind(bytes: &[u8], len: usize) -> Option<&[u8]> {
    let width: usize = match len {
        0..128 => 1,
        128..16_384 => 2,
        16_384..2_097_152 => 3,
        2_097_152..268_435_456 => 4,
        _ => 5,
    };
    let (stored, behind) = bytes.split_at_checked(width)?;
    let mut length = 0_usize;
    for (at, &byte) in stored.iter().enumerate() {
        if (byte >= 0x80) != (at > 0) {
            return None;
        }
        length = length << 7 | usize::from(byte & 0x7f);
    }
    (length == len).then_some(behind)
}

/// The byte behind the last element.
const END: u8 = 0xff;
