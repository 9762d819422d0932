//! What comes of a write to a small container.

/// What a write to a container in its small form came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// Nothing is to be written.
    Unchanged,
    /// The bytes to keep from now on are written.
    Written,
    /// The container has to take its large form first.
    TooLarge,
}
