//! The portable form of a value, version 1.
//!
//! One version byte, then the value: a tag and what it announces. Numbers are little-endian,
//! lengths and counts LEB128, and every value has exactly one encoding but for the order of a
//! set's members and a map's names.
//!
//! | tag | value |
//! |---|---|
//! | 0 | nil |
//! | 1, 2 | false, true |
//! | 3, 4 | `f32`, `f64` |
//! | 5 | length, bytes |
//! | 6 | count, members: each a string or an integer of at most 8 bytes |
//! | 7 | count, elements of a list, as members |
//! | 8 | count, names of a map and their values in turn, as members |
//! | 9 | length in bytes and count of chunks of a bitmap, chunks |
//! | 12 | count, names, values and the moments in milliseconds at which names expire, as integers, 0 for never |
//! | 16 to 32 | an integer in `tag - 16` bytes of two's complement, as few as hold it |
//! | 48 | an integer above `i128::MAX`, in 16 bytes |
//!
//! Chunks of 2^16 bits, those without set bits left out, ascend: how many were left out before it,
//! its form, and in the smallest of the forms 1 (count less one, places of set bits), 2 (count less
//! one, first and last of each run) and 3 (8 KiB of bits) what is set; places take two bytes.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod bitmap;

use crate::{Databox, End, List, Map, Set, SortedSet, Text, View};
use alloc::vec::Vec;
use core::fmt;

/// What [`Databox::decode`] accepts, and what it needs to build values.
#[derive(Debug, Clone, Copy)]
pub struct DecodeOptions {
    /// The longest string, in bytes.
    pub bytes_max: usize,
    /// The most members of a set.
    pub members_max: usize,
    /// The seed of sets, as [`Set::new`] takes it.
    pub seed: u64,
}

/// Why bytes are not the portable form of a value. Offsets count from the version byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// The input ends at `offset`, where more was announced.
    Truncated {
        /// Where the input ends.
        offset: usize,
    },
    /// The version is not one that this crate reads.
    UnknownVersion {
        /// The version found; 1 was expected.
        version: u8,
    },
    /// There is no such tag, or not in a set.
    UnknownTag {
        /// Where the tag stands.
        offset: usize,
        /// The tag found.
        tag: u8,
    },
    /// A number, length or string is not in the form that [`Databox::encode`] gives it.
    NotCanonical {
        /// Where it starts.
        offset: usize,
    },
    /// A length or count is above what the options allow.
    TooLong {
        /// Where it stands.
        offset: usize,
        /// The most that is allowed.
        max: usize,
    },
    /// A set has a member twice.
    Duplicate {
        /// Where the second one ends.
        offset: usize,
    },
    /// The value ends before the input.
    Trailing {
        /// Where the value ends.
        offset: usize,
    },
}

impl Databox {
    /// Appends the portable form to `out`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use databox::{Databox, DecodeOptions};
    /// let mut bytes = Vec::new();
    /// Databox::from(300).encode(&mut bytes);
    /// assert_eq!(bytes, [1, 18, 44, 1]);
    ///
    /// let options = DecodeOptions { bytes_max: 1024, members_max: 1024, seed: 7 };
    /// assert_eq!(Databox::decode(&bytes, &options), Ok(Databox::from(300)));
    /// ```
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(VERSION);
        match self.view() {
            View::Nil => out.push(NIL),
            View::Bool(value) => out.push(if value { TRUE } else { FALSE }),
            View::Integer(value) => put_integer(out, value.into()),
            View::Unsigned(value) => put_integer(out, value.into()),
            View::Wide(value) => put_integer(out, value),
            View::WideUnsigned(value) => {
                out.push(WIDE_UNSIGNED);
                out.extend_from_slice(&value.to_le_bytes());
            }
            View::Float32(value) => {
                out.push(FLOAT32);
                out.extend_from_slice(&value.to_le_bytes());
            }
            View::Float64(value) => {
                out.push(FLOAT64);
                out.extend_from_slice(&value.to_le_bytes());
            }
            View::Bytes(bytes) => put_bytes(out, bytes),
            View::Set(set) => {
                out.push(SET);
                put_length(out, set.len());
                set.iter().for_each(|member| put_text(out, member));
            }
            View::List(list) => {
                out.push(LIST);
                put_length(out, list.len());
                list.iter().for_each(|element| put_text(out, element));
            }
            View::Map(map) if map.expiring() > 0 => {
                out.push(EXPIRING_MAP);
                put_length(out, map.len());
                for (name, value) in map.iter() {
                    put_text(out, name);
                    put_text(out, value);
                    let at_ms = map.expiry(&name.to_vec()).flatten().unwrap_or(0);
                    put_integer(out, at_ms.into());
                }
            }
            View::Bitmap(bitmap) => {
                out.push(BITMAP);
                bitmap::put(out, bitmap);
            }
            View::Map(map) => {
                out.push(MAP);
                put_length(out, map.len());
                for (name, value) in map.iter() {
                    put_text(out, name);
                    put_text(out, value);
                }
            }
            View::Sorted(set) => {
                out.push(SORTED);
                put_length(out, set.len());
                set.walk(0, usize::MAX, |member, score| {
                    put_text(out, member);
                    out.extend_from_slice(&score.to_le_bytes());
                });
            }
        }
    }

    /// The value whose portable form `bytes` are, from the first to the last.
    ///
    /// # Errors
    ///
    /// [`DecodeError`], with the position. Memory is taken for what the input holds, not for what
    /// it announces.
    pub fn decode(bytes: &[u8], options: &DecodeOptions) -> Result<Self, DecodeError> {
        let mut reader = Reader { bytes, offset: 0 };
        let version = reader.byte()?;
        if version != VERSION {
            return Err(DecodeError::UnknownVersion { version });
        }
        let value = reader.value(options)?;
        if reader.offset < bytes.len() {
            return Err(DecodeError::Trailing { offset: reader.offset });
        }
        Ok(value)
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Truncated { offset } => {
                write!(f, "the input ends at byte {offset}, where more was announced")
            }
            Self::UnknownVersion { version } => {
                write!(f, "version {version} of the portable form; expected {VERSION}")
            }
            Self::UnknownTag { offset, tag } => {
                write!(f, "tag {tag} at byte {offset} is not one that may stand there")
            }
            Self::NotCanonical { offset } => {
                write!(f, "what starts at byte {offset} has a shorter form; expected that one")
            }
            Self::TooLong { offset, max } => {
                write!(f, "the length at byte {offset} is above the limit of {max}")
            }
            Self::Duplicate { offset } => {
                write!(f, "the member that ends at byte {offset} was in the set already")
            }
            Self::Trailing { offset } => {
                write!(f, "the value ends at byte {offset}, the input not")
            }
        }
    }
}

impl core::error::Error for DecodeError {}

/// Reads values from the front of `bytes`.
struct Reader<'a> {
    bytes: &'a [u8],
    /// How many bytes were read; at most all.
    offset: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, options: &DecodeOptions) -> Result<Databox, DecodeError> {
        let start = self.offset;
        Ok(match self.byte()? {
            NIL => Databox::NIL,
            FALSE => false.into(),
            TRUE => true.into(),
            FLOAT32 => f32::from_le_bytes(self.array()?).into(),
            FLOAT64 => f64::from_le_bytes(self.array()?).into(),
            BYTES => self.string(options)?.into(),
            SET => self.set(options)?.into(),
            LIST => self.list(options)?.into(),
            MAP => self.map(options)?.into(),
            EXPIRING_MAP => self.expiring_map(options)?.into(),
            BITMAP => self.bitmap(options)?.into(),
            SORTED => self.sorted(options)?.into(),
            WIDE_UNSIGNED => {
                let value = u128::from_le_bytes(self.array()?);
                if i128::try_from(value).is_ok() {
                    return Err(DecodeError::NotCanonical { offset: start });
                }
                value.into()
            }
            tag => self.integer(tag, start)?.into(),
        })
    }

    fn set(&mut self, options: &DecodeOptions) -> Result<Set, DecodeError> {
        let count = self.length(options.members_max)?;
        let mut set = Set::new(options.seed);
        let mut digits = crate::decimal::Buffer::new();
        for _ in 0..count {
            if !set.add(self.text(options, &mut digits)?) {
                return Err(DecodeError::Duplicate { offset: self.offset });
            }
        }
        Ok(set)
    }

    fn list(&mut self, options: &DecodeOptions) -> Result<List, DecodeError> {
        let count = self.length(options.members_max)?;
        let mut list = List::new();
        let mut digits = crate::decimal::Buffer::new();
        for _ in 0..count {
            list.push(End::Back, self.text(options, &mut digits)?);
        }
        Ok(list)
    }

    fn map(&mut self, options: &DecodeOptions) -> Result<Map, DecodeError> {
        let count = self.length(options.members_max)?;
        let mut map = Map::new(options.seed);
        let mut digits = crate::decimal::Buffer::new();
        for _ in 0..count {
            let name = self.text(options, &mut digits)?.to_vec();
            if !map.set(&name, self.text(options, &mut digits)?) {
                return Err(DecodeError::Duplicate { offset: self.offset });
            }
        }
        Ok(map)
    }

    fn expiring_map(&mut self, options: &DecodeOptions) -> Result<Map, DecodeError> {
        let start = self.offset;
        let count = self.length(options.members_max)?;
        let mut map = Map::new(options.seed);
        let mut digits = crate::decimal::Buffer::new();
        for _ in 0..count {
            let name = self.text(options, &mut digits)?.to_vec();
            if !map.set(&name, self.text(options, &mut digits)?) {
                return Err(DecodeError::Duplicate { offset: self.offset });
            }
            let (offset, tag) = (self.offset, self.byte()?);
            let at_ms = u64::try_from(self.integer(tag, offset)?)
                .map_err(|_| DecodeError::UnknownTag { offset, tag })?;
            if at_ms > 0 {
                map.set_expiry(&name, Some(at_ms));
            }
        }
        if map.expiring() == 0 {
            return Err(DecodeError::NotCanonical { offset: start });
        }
        Ok(map)
    }

    /// Members come in their order.
    fn sorted(&mut self, options: &DecodeOptions) -> Result<SortedSet, DecodeError> {
        let count = self.length(options.members_max)?;
        let mut set = SortedSet::new(options.seed);
        let mut digits = crate::decimal::Buffer::new();
        let mut last: Option<(f64, Vec<u8>)> = None;
        for _ in 0..count {
            let start = self.offset;
            let member = self.text(options, &mut digits)?.to_vec();
            let score = f64::from_le_bytes(self.array()?);
            let is_behind = last.is_none_or(|(before, other)| {
                before < score || (before == score && other < member)
            });
            if score.is_nan() || !is_behind {
                return Err(DecodeError::NotCanonical { offset: start });
            }
            if set.set(&member, score).is_some() {
                return Err(DecodeError::Duplicate { offset: self.offset });
            }
            last = Some((score, member));
        }
        Ok(set)
    }

    /// A member of a container: a string, or an integer of at most 8 bytes, as its digits.
    fn text<'t>(
        &mut self,
        options: &DecodeOptions,
        digits: &'t mut crate::decimal::Buffer,
    ) -> Result<&'t [u8], DecodeError>
    where
        'a: 't,
    {
        let start = self.offset;
        match self.byte()? {
            BYTES => {
                let bytes = self.string(options)?;
                if crate::decimal::parse(bytes).is_some() {
                    return Err(DecodeError::NotCanonical { offset: start });
                }
                Ok(bytes)
            }
            tag => {
                let number = i64::try_from(self.integer(tag, start)?)
                    .map_err(|_| DecodeError::UnknownTag { offset: start, tag })?;
                Ok(crate::decimal::format(number, digits))
            }
        }
    }

    /// The integer that the tag at `start` announces.
    fn integer(&mut self, tag: u8, start: usize) -> Result<i128, DecodeError> {
        let width = tag.checked_sub(INTEGER).map(usize::from).filter(|&width| width <= 16);
        let width = width.ok_or(DecodeError::UnknownTag { offset: start, tag })?;
        let stored = self.take(width)?;
        let negative = stored.last().is_some_and(|&last| last >= 0x80);
        let mut wide = [if negative { u8::MAX } else { 0 }; 16];
        for (to, from) in wide.iter_mut().zip(stored) {
            *to = *from;
        }
        let value = i128::from_le_bytes(wide);
        if width_of(value) != width {
            return Err(DecodeError::NotCanonical { offset: start });
        }
        Ok(value)
    }

    fn string(&mut self, options: &DecodeOptions) -> Result<&'a [u8], DecodeError> {
        let len = self.length(options.bytes_max)?;
        self.take(len)
    }

    fn length(&mut self, max: usize) -> Result<usize, DecodeError> {
        let start = self.offset;
        let mut length = 0u64;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            let shifted = part << shift;
            if (byte == 0 && shift > 0) || shifted >> shift != part {
                return Err(DecodeError::NotCanonical { offset: start });
            }
            length |= shifted;
            if byte < 0x80 {
                let length = usize::try_from(length).ok().filter(|&length| length <= max);
                return length.ok_or(DecodeError::TooLong { offset: start, max });
            }
        }
        Err(DecodeError::NotCanonical { offset: start })
    }

    fn byte(&mut self) -> Result<u8, DecodeError> {
        self.array().map(|[byte]| byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let truncated = DecodeError::Truncated { offset: self.bytes.len() };
        self.take(N)?.first_chunk().copied().ok_or(truncated)
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let rest = self.bytes.get(self.offset..).unwrap_or_default();
        let taken = rest.get(..len).ok_or(DecodeError::Truncated { offset: self.bytes.len() })?;
        self.offset = self.offset.saturating_add(len);
        Ok(taken)
    }
}

fn put_integer(out: &mut Vec<u8>, value: i128) {
    let width = width_of(value);
    out.push(INTEGER.saturating_add(width as u8));
    out.extend(value.to_le_bytes().iter().take(width));
}

fn put_text(out: &mut Vec<u8>, text: Text<'_>) {
    match text {
        Text::Integer(number) => put_integer(out, number.into()),
        Text::Bytes(bytes) => put_bytes(out, bytes),
    }
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(BYTES);
    put_length(out, bytes.len());
    out.extend_from_slice(bytes);
}

fn put_length(out: &mut Vec<u8>, length: usize) {
    let mut rest = length;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// How many bytes hold a number and its sign; zero takes none.
const fn width_of(value: i128) -> usize {
    let magnitude = if value < 0 { !value } else { value };
    if value == 0 {
        return 0;
    }
    let bits = 129u32.saturating_sub(magnitude.leading_zeros());
    bits.div_ceil(8) as usize
}

/// The version that this module writes and reads.
const VERSION: u8 = 1;

const NIL: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const FLOAT32: u8 = 3;
const FLOAT64: u8 = 4;
const BYTES: u8 = 5;
const SET: u8 = 6;
const LIST: u8 = 7;
const MAP: u8 = 8;
const BITMAP: u8 = 9;
const EXPIRING_MAP: u8 = 12;
const SORTED: u8 = 13;
const INTEGER: u8 = 16;
const WIDE_UNSIGNED: u8 = 48;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing::check_codec;
    use proptest::prelude::*;

    const OPTIONS: DecodeOptions = DecodeOptions { bytes_max: 100, members_max: 3, seed: 1 };

    fn decode(bytes: &[u8]) -> Result<Databox, DecodeError> {
        Databox::decode(bytes, &OPTIONS)
    }

    #[test]
    fn each_error_names_its_place() {
        let cases: [(&[u8], DecodeError); 12] = [
            (&[], DecodeError::Truncated { offset: 0 }),
            (&[1], DecodeError::Truncated { offset: 1 }),
            (&[2, 0], DecodeError::UnknownVersion { version: 2 }),
            (&[1, 10], DecodeError::UnknownTag { offset: 1, tag: 10 }),
            (&[1, 33], DecodeError::UnknownTag { offset: 1, tag: 33 }),
            (&[1, 17, 0], DecodeError::NotCanonical { offset: 1 }),
            (&[1, 5, 101], DecodeError::TooLong { offset: 2, max: 100 }),
            (&[1, 5, 0x80, 0], DecodeError::NotCanonical { offset: 2 }),
            (&[1, 6, 4], DecodeError::TooLong { offset: 2, max: 3 }),
            (&[1, 6, 2, 17, 5, 17, 5], DecodeError::Duplicate { offset: 7 }),
            (&[1, 6, 1, 5, 1, b'5'], DecodeError::NotCanonical { offset: 3 }),
            (&[1, 0, 0], DecodeError::Trailing { offset: 2 }),
        ];
        for (bytes, error) in cases {
            assert_eq!(decode(bytes), Err(error), "{bytes:?}");
        }
    }

    #[test]
    fn integers_at_the_edges_come_back() {
        for bits in 0..127 {
            for value in [1i128 << bits, -(1i128 << bits), (1i128 << bits) - 1] {
                let mut bytes = Vec::new();
                Databox::from(value).encode(&mut bytes);
                assert_eq!(decode(&bytes), Ok(Databox::from(value)));
            }
        }
        for value in [i128::MAX as u128, 1 << 127, u128::MAX] {
            let mut bytes = Vec::new();
            Databox::from(value).encode(&mut bytes);
            assert_eq!(decode(&bytes), Ok(Databox::from(value)));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_error_or_a_value(data in prop::collection::vec(any::<u8>(), 0..300)) {
            check_codec(&data);
        }

        #[test]
        fn what_starts_well_is_an_error_or_a_value(
            tag in 0u8..49,
            data in prop::collection::vec(0u8..34, 0..60),
        ) {
            check_codec(&[&[1, tag][..], &data].concat());
        }
    }
}
