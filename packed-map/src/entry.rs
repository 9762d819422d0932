//! What goes into a map and what comes out.

use crate::arena::Blocks;
use crate::code::{self, BOXED, INTEGER, PACKED, REFERENCE};
use crate::extras::Packed;
use crate::outside::{self, Outside};
use crate::page::Page;
use crate::{Heap, Text};
use core::fmt;

/// The value of an entry, as read.
#[derive(Debug, PartialEq, Eq)]
pub enum Value<'a, B> {
    /// A byte string that is not canonical decimal.
    Bytes(&'a [u8]),
    /// The byte string that is the canonical decimal form of this integer.
    Integer(i64),
    /// Bytes of a form of the caller's own.
    Packed(&'a [u8]),
    /// A value of the caller's own type.
    Boxed(&'a B),
}

impl<'a, B> Value<'a, B> {
    /// The byte string, unless the value is of the caller's own form or type.
    #[inline]
    #[must_use]
    pub fn text(&self) -> Option<Text<'a>> {
        match *self {
            Self::Bytes(bytes) => Some(Text::Bytes(bytes)),
            Self::Integer(number) => Some(Text::Integer(number)),
            Self::Packed(_) | Self::Boxed(_) => None,
        }
    }
}

impl<B> Clone for Value<'_, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<B> Copy for Value<'_, B> {}

impl<'a, B> From<Text<'a>> for Value<'a, B> {
    #[inline]
    fn from(text: Text<'a>) -> Self {
        match text {
            Text::Bytes(bytes) => Self::Bytes(bytes),
            Text::Integer(number) => Self::Integer(number),
        }
    }
}

/// The value of an entry, to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewValue<'a, B> {
    /// A byte string; one that is canonical decimal is kept, and read, as its integer.
    Text(Text<'a>),
    /// Bytes of a form of the caller's own, at most
    /// [`PACKED_BYTES_MAX`](crate::PACKED_BYTES_MAX). They take a block whatever their length, and
    /// are read as what they are: neither a string nor an integer.
    Packed(&'a [u8]),
    /// A value of the caller's own type.
    Boxed(B),
}

impl<'a, B> From<Text<'a>> for NewValue<'a, B> {
    fn from(text: Text<'a>) -> Self {
        Self::Text(text)
    }
}

impl<'a, B> From<&'a [u8]> for NewValue<'a, B> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Text(Text::Bytes(bytes))
    }
}

impl<B> From<i64> for NewValue<'_, B> {
    fn from(number: i64) -> Self {
        Self::Text(Text::Integer(number))
    }
}

/// What an entry may carry beside its value; what it does not carry takes no room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extras {
    /// When the entry expires, in milliseconds on the caller's clock. 5 bytes.
    pub expires_at_ms: Option<u64>,
    /// Any number; 0 takes no room, others 4 bytes.
    pub flags: u32,
    /// Any number, meant for compare-and-swap; 0 takes no room, others 8 bytes.
    pub cas: u64,
}

/// What a write or a removal took out of the map.
#[derive(Debug, PartialEq, Eq)]
pub enum Displaced<B> {
    /// A byte string, which is gone.
    Text,
    /// A value of the caller's own type, handed back.
    Boxed(B),
}

impl<B> Displaced<B> {
    /// The value of the caller's own type, if it was one.
    pub fn boxed(self) -> Option<B> {
        match self {
            Self::Text => None,
            Self::Boxed(boxed) => Some(boxed),
        }
    }
}

/// A write for which there was no room. Nothing has changed.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Full<'a, B> {
    /// What was to be written.
    pub value: NewValue<'a, B>,
}

impl<B> fmt::Display for Full<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no room for the blocks that the entry needs")
    }
}

impl<B: fmt::Debug> core::error::Error for Full<'_, B> {}

/// One entry of a map, borrowed until the map is next written.
pub struct Entry<'a, B, A = Heap> {
    outside: &'a Outside<B>,
    blocks: &'a A,
    page: Page<'a>,
    /// Its number within the page.
    index: usize,
    /// Where its bytes start in the page.
    start: usize,
}

impl<'a, B, A: Blocks> Entry<'a, B, A> {
    #[inline]
    pub(crate) const fn new(
        outside: &'a Outside<B>,
        blocks: &'a A,
        page: Page<'a>,
        (index, start): (usize, usize),
    ) -> Self {
        Self { outside, blocks, page, index, start }
    }

    /// The key.
    #[inline]
    #[must_use]
    pub fn key(&self) -> Text<'a> {
        let stored = self.page.key(self.index, self.start);
        self.outside.text(self.blocks, self.page.key_code(self.index), stored)
    }

    /// Whether this is the entry of `key`, which is cheaper than to compare with
    /// [`key`](Self::key).
    #[inline]
    #[must_use]
    pub fn has_key(&self, key: &[u8]) -> bool {
        let code = self.page.key_code(self.index);
        let stored = self.page.key(self.index, self.start);
        match code {
            0..INTEGER => code::same(stored, key),
            INTEGER..REFERENCE => code::text(code, stored) == Text::Bytes(key),
            REFERENCE.. => self.outside.string(self.blocks, code, stored) == key,
        }
    }

    /// The value.
    #[inline]
    #[must_use]
    pub fn value(&self) -> Value<'a, B> {
        let (code, stored) = self.page.coded_value(self.index, self.start);
        match code {
            BOXED => Value::Boxed(self.outside.boxed.get(outside::number(stored))),
            PACKED => Value::Packed(self.outside.string(self.blocks, PACKED, stored)),
            _ => self.outside.text(self.blocks, code, stored).into(),
        }
    }

    /// What the entry carries beside its value.
    #[inline]
    #[must_use]
    pub fn extras(&self) -> Extras {
        let packed = self.packed();
        Extras {
            expires_at_ms: packed.expiry().map(|packed| self.outside.times.unpack(packed)),
            flags: packed.flags(),
            cas: packed.cas(),
        }
    }

    /// When the entry expires, if it does.
    #[inline]
    #[must_use]
    pub fn expires_at_ms(&self) -> Option<u64> {
        self.packed().expiry().map(|packed| self.outside.times.unpack(packed))
    }

    /// The bytes that the entry alone takes: its own and what stands outside its page for it. A
    /// value of the type `B` counts as its slot; what it owns is the caller's to count.
    #[must_use]
    pub fn used_bytes(&self) -> usize {
        let (key, value) = (self.page.key_code(self.index), self.page.value_code(self.index));
        self.page.size(self.index)
            + crate::page::array_count(self.page.flags())
            + self.outside.used_bytes(self.blocks, key, self.page.key(self.index, self.start))
            + self.outside.used_bytes(self.blocks, value, self.page.value(self.index, self.start))
    }

    #[inline]
    fn packed(&self) -> Packed {
        match self.page.meta(self.index) {
            meta if code_has_extras(meta) => {
                Packed::read(meta, self.page.entry(self.index, self.start))
            }
            _ => Packed::NONE,
        }
    }
}

impl<B, A> Clone for Entry<'_, B, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<B, A> Copy for Entry<'_, B, A> {}

impl<B: fmt::Debug, A: Blocks> fmt::Debug for Entry<'_, B, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("key", &self.key())
            .field("value", &self.value())
            .field("extras", &self.extras())
            .finish()
    }
}

/// Whether a meta byte tells of any extras.
#[inline]
const fn code_has_extras(meta: u8) -> bool {
    meta & crate::extras::PRESENCE != 0
}

const _: () = assert!(code::size(BOXED) == 4);
