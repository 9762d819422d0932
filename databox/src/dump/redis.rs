//! Values as Redis 7 serialises them, and in the forms of older versions that it still reads.

use super::containers::Form;
use super::listpack::Elements;
use super::lzf;
use crate::{Databox, DecodeOptions, Set, Text, decimal};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// The value that `bytes` hold from the first to the last.
pub(super) fn value(bytes: &[u8], options: &DecodeOptions) -> Option<Databox> {
    let (&kind, rest) = bytes.split_first()?;
    let mut reader = Reader { rest, options };
    let value = match kind {
        STRING => Databox::from_text(Text::Bytes(&reader.string()?)),
        SET => reader.set()?.into(),
        SET_OF_INTEGERS => integers(&reader.string()?, options)?.into(),
        SET_IN_LISTPACK => listpack(&reader.string()?, options)?.into(),
        LIST => reader.list()?.into(),
        LIST_IN_ZIPLIST => reader.list_of_one()?.into(),
        LIST_IN_ZIPLISTS => reader.list_in_ziplists()?.into(),
        LIST_IN_LISTPACKS => reader.list_in_listpacks()?.into(),
        HASH => reader.map()?.into(),
        HASH_IN_ZIPMAP => reader.map_of(Form::Zipmap)?.into(),
        HASH_IN_ZIPLIST => reader.map_of(Form::Ziplist)?.into(),
        HASH_IN_LISTPACK => reader.map_of(Form::Listpack)?.into(),
        SORTED_IN_DIGITS => reader.sorted_in_digits()?.into(),
        SORTED => reader.sorted()?.into(),
        SORTED_IN_ZIPLIST => reader.sorted_of(Form::Ziplist)?.into(),
        SORTED_IN_LISTPACK => reader.sorted_of(Form::Listpack)?.into(),
        _ => return None,
    };
    reader.rest.is_empty().then_some(value)
}

pub(super) struct Reader<'a> {
    rest: &'a [u8],
    pub(super) options: &'a DecodeOptions,
}

/// What stands where a length may.
pub(super) enum Length {
    Bytes(u64),
    /// A string in an encoding of its own.
    Encoded(u8),
}

impl<'a> Reader<'a> {
    pub(super) const fn options(&self) -> &'a DecodeOptions {
        self.options
    }

    fn set(&mut self) -> Option<Set> {
        let Length::Bytes(count) = self.length()? else { return None };
        if count == 0 || count > self.options.members_max as u64 {
            return None;
        }
        let mut set = Set::new(self.options.seed);
        for _ in 0..count {
            set.add(&self.string()?).then_some(())?;
        }
        Some(set)
    }

    /// A string in any encoding.
    pub(super) fn string(&mut self) -> Option<Cow<'a, [u8]>> {
        Some(match self.length()? {
            Length::Bytes(len) => Cow::Borrowed(self.take(self.bounded(len)?)?),
            Length::Encoded(0) => self.integer(1)?,
            Length::Encoded(1) => self.integer(2)?,
            Length::Encoded(2) => self.integer(4)?,
            Length::Encoded(3) => {
                let (Length::Bytes(packed), Length::Bytes(len)) = (self.length()?, self.length()?)
                else {
                    return None;
                };
                let packed = self.take(self.bounded(packed)?)?;
                Cow::Owned(lzf::unpack(packed, self.bounded(len)?)?)
            }
            Length::Encoded(_) => return None,
        })
    }

    /// The digits of an integer of a width, in two's complement, its low byte first.
    fn integer(&mut self, width: usize) -> Option<Cow<'a, [u8]>> {
        let number = signed(self.take(width)?);
        Some(Cow::Owned(Text::Integer(number).to_vec()))
    }

    pub(super) fn length(&mut self) -> Option<Length> {
        let [first] = *self.take(1)?.first_chunk::<1>()?;
        let low = first & 0x3f;
        Some(match first >> 6 {
            0 => Length::Bytes(low.into()),
            1 => {
                let [second] = *self.take(1)?.first_chunk::<1>()?;
                Length::Bytes(u64::from(low) << 8 | u64::from(second))
            }
            2 if first == 0x80 => {
                Length::Bytes(u32::from_be_bytes(*self.take(4)?.first_chunk()?).into())
            }
            2 if first == 0x81 => Length::Bytes(u64::from_be_bytes(*self.take(8)?.first_chunk()?)),
            2 => return None,
            _ => Length::Encoded(low),
        })
    }

    /// A length of bytes, where a string may be as long.
    fn bounded(&self, len: u64) -> Option<usize> {
        usize::try_from(len).ok().filter(|&len| len <= self.options.bytes_max)
    }

    pub(super) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }
}

/// Redis' intset: width, count, and the members in ascending order.
fn integers(bytes: &[u8], options: &DecodeOptions) -> Option<Set> {
    let (width, rest) = bytes.split_first_chunk::<4>()?;
    let (count, rest) = rest.split_first_chunk::<4>()?;
    let width = usize::try_from(u32::from_le_bytes(*width)).ok()?;
    let count = usize::try_from(u32::from_le_bytes(*count)).ok()?;
    let fits = matches!(width, 2 | 4 | 8) && count.checked_mul(width) == Some(rest.len());
    if !fits || count == 0 || count > options.members_max {
        return None;
    }
    let members: Vec<i64> = rest.chunks_exact(width).map(signed).collect();
    if !members.is_sorted_by(|one, two| one < two) {
        return None;
    }
    let mut set = Set::new(options.seed);
    let mut digits = decimal::Buffer::new();
    for number in members {
        set.add(decimal::format(number, &mut digits));
    }
    Some(set)
}

fn listpack(bytes: &[u8], options: &DecodeOptions) -> Option<Set> {
    let mut set = Set::new(options.seed);
    let mut elements = Elements::new(bytes)?;
    let mut digits = decimal::Buffer::new();
    for element in &mut elements {
        let is_new = set.add(element?.bytes(&mut digits));
        if !is_new || set.len() > options.members_max {
            return None;
        }
    }
    (elements.is_complete() && !set.is_empty()).then_some(set)
}

/// A number in two's complement of up to eight bytes, its low byte first.
pub(super) fn signed(stored: &[u8]) -> i64 {
    let fill = if stored.last().is_some_and(|&last| last >= 0x80) { u8::MAX } else { 0 };
    let mut wide = [fill; 8];
    wide.iter_mut().zip(stored).for_each(|(to, from)| *to = *from);
    i64::from_le_bytes(wide)
}

const STRING: u8 = 0;
const LIST: u8 = 1;
const SET: u8 = 2;
const SORTED_IN_DIGITS: u8 = 3;
const HASH: u8 = 4;
const SORTED: u8 = 5;
const HASH_IN_ZIPMAP: u8 = 9;
const LIST_IN_ZIPLIST: u8 = 10;
const SET_OF_INTEGERS: u8 = 11;
const SORTED_IN_ZIPLIST: u8 = 12;
const HASH_IN_ZIPLIST: u8 = 13;
const LIST_IN_ZIPLISTS: u8 = 14;
const HASH_IN_LISTPACK: u8 = 16;
const SORTED_IN_LISTPACK: u8 = 17;
const LIST_IN_LISTPACKS: u8 = 18;
const SET_IN_LISTPACK: u8 = 20;
