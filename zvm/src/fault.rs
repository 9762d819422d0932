//! Errors that end a program.

use crate::registers::Input;

/// Why a program ended with an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The key holds another kind of value.
    WrongType,
    /// The memory budget is used up.
    OutOfMemory,
    /// The program says so: the index of its text.
    Program(i32),
    /// A loop goes over more integers than it may.
    RangeTooLong,
    /// What should tell where a scan goes on does not.
    InvalidCursor,
    /// Something that the verifier excludes.
    Internal,
}

impl Fault {
    /// What the client is told.
    pub(crate) fn text(self, input: Input<'_>) -> &[u8] {
        match self {
            Self::WrongType => b"WRONGTYPE Operation against a key holding the wrong kind of value",
            Self::OutOfMemory => b"OOM command not allowed when used memory > 'maxmemory'.",
            Self::Program(index) => input.literal(index),
            Self::RangeTooLong => b"ERR range is too long",
            Self::InvalidCursor => b"ERR invalid cursor",
            Self::Internal => b"ERR internal error",
        }
    }
}
