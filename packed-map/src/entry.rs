//! What goes into a map and what comes out.

use crate::Text;
use crate::page::Page;
use core::fmt;

/// The value of an entry, as read.
#[derive(Debug, PartialEq, Eq)]
pub enum Value<'a, B> {
    /// A byte string that is not canonical decimal.
    Bytes(&'a [u8]),
    /// The byte string that is the canonical decimal form of this integer.
    Integer(i64),
    /// A value of the caller's own type.
    Boxed(&'a B),
}

impl<'a, B> Value<'a, B> {
    /// The byte string, unless the value is the caller's own.
    #[inline]
    #[must_use]
    pub fn text(&self) -> Option<Text<'a>> {
        match *self {
            Self::Bytes(bytes) => Some(Text::Bytes(bytes)),
            Self::Integer(number) => Some(Text::Integer(number)),
            Self::Boxed(_) => None,
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
    fn from(text: Text<'a>) -> Self {
        match text {
            Text::Bytes(bytes) => Self::Bytes(bytes),
            Text::Integer(number) => Self::Integer(number),
        }
    }
}

/// The value of an entry, to be written.
#[derive(Debug, Clone, Copy)]
pub enum NewValue<'a, B> {
    /// A byte string; one that is canonical decimal is kept, and read, as its integer.
    Text(Text<'a>),
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
    /// When the entry expires, in milliseconds on the caller's clock. 8 bytes.
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

/// One entry of a map, borrowed until the map is next written.
pub struct Entry<'a, B> {
    page: &'a Page<B>,
    /// Its number within the page.
    index: usize,
    /// Where its bytes start in the page.
    offset: usize,
}

impl<'a, B> Entry<'a, B> {
    pub(crate) fn new(page: &'a Page<B>, index: usize, offset: usize) -> Self {
        Self { page, index, offset }
    }

    /// The key.
    #[inline]
    #[must_use]
    pub fn key(&self) -> Text<'a> {
        self.page.key_at(self.index, self.offset)
    }

    /// The value.
    #[inline]
    #[must_use]
    pub fn value(&self) -> Value<'a, B> {
        self.page.value_at(self.index, self.offset)
    }

    /// What the entry carries beside its value.
    #[inline]
    #[must_use]
    pub fn extras(&self) -> Extras {
        self.page.extras_at(self.index, self.offset)
    }

    /// When the entry expires, if it does.
    #[inline]
    #[must_use]
    pub fn expires_at_ms(&self) -> Option<u64> {
        self.extras().expires_at_ms
    }
}

impl<B> Clone for Entry<'_, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<B> Copy for Entry<'_, B> {}

impl<B: fmt::Debug> fmt::Debug for Entry<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("key", &self.key())
            .field("value", &self.value())
            .field("extras", &self.extras())
            .finish()
    }
}
