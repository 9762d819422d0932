//! A string value as it crosses between store, registers and replies.

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
