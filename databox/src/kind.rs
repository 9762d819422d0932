//! What a value is, as far as commands care.

use crate::packed::Sort;

/// The kind of value that a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Kind {
    /// A byte string, integers and floats included.
    String = 0,
    /// A set of byte strings.
    Set = 1,
    /// A sequence of byte strings.
    List = 2,
    /// Names and their values, all byte strings.
    Map = 3,
    /// Byte strings in the order of their scores.
    Sorted = 4,
}

impl Kind {
    /// The kind of the container whose packed form these bytes are.
    #[must_use]
    pub fn of_packed(bytes: &[u8]) -> Option<Self> {
        Sort::of(bytes).map(|sort| match sort {
            Sort::Set | Sort::Integers => Self::Set,
            Sort::Map => Self::Map,
            Sort::List => Self::List,
            Sort::Sorted => Self::Sorted,
        })
    }

    /// The name that Redis' `TYPE` replies.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Set => "set",
            Self::List => "list",
            Self::Map => "hash",
            Self::Sorted => "zset",
        }
    }
}
