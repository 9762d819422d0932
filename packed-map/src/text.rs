//! A byte string as it is kept: literally, or as the integer whose decimal form it is.

use crate::decimal;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::hash::{Hash, Hasher};

/// A byte string, either as its bytes or as the integer whose canonical decimal form it is.
///
/// Two texts are equal where their bytes are, whichever way each of them is held.
///
/// # Examples
///
/// ```
/// use packed_map::Text;
/// assert_eq!(Text::canonical(b"17"), Text::Integer(17));
/// assert_eq!(Text::Integer(17), Text::Bytes(b"17"));
/// assert_eq!(Text::Integer(-5).to_vec(), b"-5");
/// ```
#[derive(Debug, Clone, Copy)]
pub enum Text<'a> {
    /// Any bytes.
    Bytes(&'a [u8]),
    /// The canonical decimal form of this integer.
    Integer(i64),
}

impl<'a> Text<'a> {
    /// The text of `bytes`: an integer where they are canonical decimal, else the bytes.
    #[inline]
    #[must_use]
    pub fn canonical(bytes: &'a [u8]) -> Self {
        decimal::parse(bytes).map_or(Self::Bytes(bytes), Self::Integer)
    }

    /// The bytes; `buffer` lends the room where they are digits still to be written.
    #[inline]
    pub fn bytes<'b>(&self, buffer: &'b mut decimal::Buffer) -> &'b [u8]
    where
        'a: 'b,
    {
        match *self {
            Self::Bytes(bytes) => bytes,
            Self::Integer(number) => decimal::format(number, buffer),
        }
    }

    /// The integer whose canonical decimal form the text is, if it is one.
    #[inline]
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        match *self {
            Self::Bytes(bytes) => decimal::parse(bytes),
            Self::Integer(number) => Some(number),
        }
    }

    /// How many bytes the text has.
    #[must_use]
    pub fn len(&self) -> usize {
        match *self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Integer(number) => decimal::len(number),
        }
    }

    /// Whether the text has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Bytes([]))
    }

    /// The bytes in a vector of their own.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        self.bytes(&mut decimal::Buffer::new()).to_vec()
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (*self, *other) {
            (Self::Integer(one), Self::Integer(two)) => one == two,
            (one, two) => {
                one.bytes(&mut decimal::Buffer::new()) == two.bytes(&mut decimal::Buffer::new())
            }
        }
    }
}

impl Eq for Text<'_> {}

impl PartialOrd for Text<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text<'_> {
    /// The order of the bytes, so that `10` comes before `9`.
    fn cmp(&self, other: &Self) -> Ordering {
        self.bytes(&mut decimal::Buffer::new()).cmp(other.bytes(&mut decimal::Buffer::new()))
    }
}

impl Hash for Text<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes(&mut decimal::Buffer::new()).hash(state);
    }
}

impl<'a> From<&'a [u8]> for Text<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<i64> for Text<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}
