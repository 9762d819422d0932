//! A word of a request, with what it is there for.

/// A word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) bytes: Vec<u8>,
    pub(crate) role: Role,
}

/// What a word is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The command's name, or a part of it.
    Name,
    /// An option's name, or another word of the command's own.
    Option,
    Key,
    Value,
    /// The cursor that a loop replaces.
    Cursor,
}

impl Word {
    pub(crate) fn new(bytes: impl Into<Vec<u8>>, role: Role) -> Self {
        Self { bytes: bytes.into(), role }
    }
}
