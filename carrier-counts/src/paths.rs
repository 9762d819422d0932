//! What can be run: a file for each crate or protocol.

pub(crate) mod compiler;
pub(crate) mod containers;
pub(crate) mod memcached;
pub(crate) mod programs;
pub(crate) mod ring;
pub(crate) mod shard;
pub(crate) mod wire;

/// A key of 16 bytes, as the load generators make them.
fn key(number: u64) -> Vec<u8> {
    format!("key:{number:012}").into_bytes()
}

/// Every number below `count` once, in an order that is none of insertion.
///
/// `count` is no multiple of 7919, which is prime.
fn shuffled(count: u64) -> impl Iterator<Item = u64> {
    assert!(!count.is_multiple_of(7919), "the order would repeat itself");
    (0..count).map(move |n| n * 7919 % count)
}

/// A value of the length that most targets speak of.
const VALUE: [u8; 32] = [b'v'; 32];
