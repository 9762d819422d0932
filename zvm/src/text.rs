//! A string value as it crosses between store, registers and replies.

use std::fmt;

/// A string, either as bytes or as the integer whose canonical decimal form it is.
///
/// Stores keep canonical decimals as integers; carrying them as such avoids a round trip through
/// digits wherever the reader wants the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text<'a> {
    /// Any bytes.
    Bytes(&'a [u8]),
    /// The canonical decimal form of this integer.
    Integer(i64),
}

/// Room for the digits of an integer, so that a [`Text`] can be seen as bytes without allocating.
pub struct Digits(itoa::Buffer);

impl Digits {
    /// Room for one integer.
    #[must_use]
    pub fn new() -> Self {
        Self(itoa::Buffer::new())
    }

    /// The bytes of a string; an integer's digits stand in this room.
    pub fn of<'d>(&'d mut self, text: Text<'d>) -> &'d [u8] {
        match text {
            Text::Bytes(bytes) => bytes,
            Text::Integer(value) => self.0.format(value).as_bytes(),
        }
    }
}

impl Default for Digits {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digits")
    }
}
