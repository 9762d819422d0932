//! Redis' ziplist, in which small containers stood before there was the listpack: strings and
//! integers one after the other, each behind the length of the one before it. And the zipmap, in
//! which hashes stood before that.

use super::redis::signed;
use crate::Text;

/// The elements of a ziplist; an element is `None`, and the last, where it is none.
pub(super) struct ZipElements<'a> {
    rest: &'a [u8],
    /// How many are to come, where that is said.
    left: Option<u16>,
    /// How long the element before was.
    len_before: usize,
}

impl<'a> ZipElements<'a> {
    /// Those of a whole ziplist.
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        let (total, rest) = bytes.split_first_chunk::<4>()?;
        let (_, rest) = rest.split_first_chunk::<4>()?;
        let (count, rest) = rest.split_first_chunk::<2>()?;
        let (&end, rest) = rest.split_last()?;
        if u32::from_le_bytes(*total) as usize != bytes.len() || end != END {
            return None;
        }
        // A count of 65,535 says that there are so many or more.
        let left = Some(u16::from_le_bytes(*count)).filter(|&count| count < u16::MAX);
        Some(Self { rest, left, len_before: 0 })
    }

    /// Whether as many came as were announced.
    pub(super) fn is_complete(&self) -> bool {
        self.rest.is_empty() && self.left.is_none_or(|left| left == 0)
    }

    fn element(&mut self) -> Option<Text<'a>> {
        let whole = self.rest.len();
        let (&first, behind) = self.rest.split_first()?;
        let (before, behind) = if first == LONG {
            let (before, behind) = behind.split_first_chunk::<4>()?;
            (u32::from_le_bytes(*before) as usize, behind)
        } else {
            (first.into(), behind)
        };
        if before != self.len_before {
            return None;
        }
        let (&code, behind) = behind.split_first()?;
        let low = code & 0x3f;
        let (text, behind) = match code {
            0x00..=0x3f => string(behind, low.into())?,
            0x40..=0x7f => {
                let (&second, behind) = behind.split_first()?;
                string(behind, usize::from(low) << 8 | usize::from(second))?
            }
            0x80 => {
                let (len, behind) = behind.split_first_chunk::<4>()?;
                string(behind, usize::try_from(u32::from_be_bytes(*len)).ok()?)?
            }
            0xc0 => integer(behind, 2)?,
            0xd0 => integer(behind, 4)?,
            0xe0 => integer(behind, 8)?,
            0xf0 => integer(behind, 3)?,
            0xfe => integer(behind, 1)?,
            0xf1..=0xfd => (Text::Integer(i64::from(code & 0xf).saturating_sub(1)), behind),
            _ => return None,
        };
        self.len_before = whole.checked_sub(behind.len())?;
        self.rest = behind;
        Some(text)
    }
}

impl<'a> Iterator for ZipElements<'a> {
    type Item = Option<Text<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() || self.left == Some(0) {
            return None;
        }
        let element = self.element();
        if element.is_none() {
            self.rest = &[];
            self.left = None;
        }
        self.left = self.left.map(|left| left.saturating_sub(1));
        Some(element)
    }
}

/// The names and values of a zipmap in turn, as [`ZipElements`] are elements.
pub(super) struct ZipMap<'a> {
    rest: &'a [u8],
    is_value: bool,
}

impl<'a> ZipMap<'a> {
    /// Those of a whole zipmap.
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        let (_, rest) = bytes.split_first()?;
        let (&end, rest) = rest.split_last()?;
        (end == END).then_some(Self { rest, is_value: false })
    }

    fn element(&mut self) -> Option<Text<'a>> {
        let (&first, behind) = self.rest.split_first()?;
        let (len, behind) = match first {
            0..LONG => (first.into(), behind),
            LONG => {
                let (len, behind) = behind.split_first_chunk::<4>()?;
                (usize::try_from(u32::from_le_bytes(*len)).ok()?, behind)
            }
            _ => return None,
        };
        // Behind a value there may be unused bytes, of which it says how many.
        let (spare, behind) = if self.is_value {
            let (&spare, behind) = behind.split_first()?;
            (usize::from(spare), behind)
        } else {
            (0, behind)
        };
        let (text, behind) = string(behind, len)?;
        self.rest = behind.get(spare..)?;
        self.is_value = !self.is_value;
        Some(text)
    }
}

impl<'a> Iterator for ZipMap<'a> {
    type Item = Option<Text<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let element = self.element();
        if element.is_none() {
            self.rest = &[];
        }
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

/// What announces a length of four bytes.
const LONG: u8 = 254;
/// The byte behind the last element.
const END: u8 = 255;
