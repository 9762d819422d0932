//! What a shard refuses. A refused operation has changed nothing.

use core::fmt;

/// A write that could take the shard beyond its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutOfBudget {
    /// The most bytes that the write can add.
    pub growth_max_bytes: u64,
}

/// The key holds a value of another kind than the operation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct WrongKind {
    /// What the key holds.
    pub found: databox::Kind,
}

/// Why a write to a container was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WriteError {
    /// It could take the shard beyond its budget.
    OutOfBudget(OutOfBudget),
    /// The key holds a value of another kind.
    WrongKind(WrongKind),
}

impl fmt::Display for OutOfBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "up to {} more bytes are beyond the shard's budget", self.growth_max_bytes)
    }
}

impl fmt::Display for WrongKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the key holds a value of the kind {}", self.found.name())
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfBudget(error) => error.fmt(f),
            Self::WrongKind(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for OutOfBudget {}

impl std::error::Error for WrongKind {}

impl std::error::Error for WriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::OutOfBudget(error) => Some(error),
            Self::WrongKind(error) => Some(error),
        }
    }
}

impl From<OutOfBudget> for WriteError {
    fn from(error: OutOfBudget) -> Self {
        Self::OutOfBudget(error)
    }
}

impl From<WrongKind> for WriteError {
    fn from(error: WrongKind) -> Self {
        Self::WrongKind(error)
    }
}
