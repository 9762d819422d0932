//! What a value is, as far as commands care.

/// The kind of value that a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Kind {
    /// A byte string, integers and floats included.
    String = 0,
    /// A set of byte strings.
    Set = 1,
}

impl Kind {
    /// The name that Redis' `TYPE` replies.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Set => "set",
        }
    }
}
