//! A key as an opcode hands it to the store: its bytes, their hash, and where it was found.

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
    /// What [`Store::hint`](crate::Store::hint) said after the last operation on this key.
    pub hint: Hint,
}

/// Where a store found a key, in terms of its own: what it says after one operation on the key
/// comes back with the next one, so that it need not look the key up again.
///
/// A hint outlives changes of the store, whoever makes them: the store must be able to tell that
/// it is stale, by an epoch in it or by looking whether the key is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hint(pub u64);

impl Hint {
    /// Nothing is known.
    pub const NONE: Self = Self(0);
}
