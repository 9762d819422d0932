//! A key as an opcode hands it to the store: its bytes and their hash.

/// A key of the request being executed.
///
/// The hash is computed once, when the request is routed, and travels with the bytes so that no
/// layer below hashes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key<'a> {
    /// The bytes the client sent.
    pub bytes: &'a [u8],
    /// [`Store::hash`](crate::Store::hash) of `bytes`.
    pub hash: u64,
}
