//! How keys and namespaces are named.

/// A key and its hash. The hash is computed once, where the request is routed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key<'a> {
    /// The bytes of the key.
    pub bytes: &'a [u8],
    /// What the shard's [`HashKey`](crate::HashKey) makes of them.
    pub hash: u64,
}

/// A namespace: a set of keys of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Namespace(pub u32);
