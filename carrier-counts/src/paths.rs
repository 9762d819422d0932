//! What can be run: a file for each crate or protocol.

pub(crate) mod compiler;
pub(crate) mod containers;
pub(crate) mod memcached;
pub(crate) mod programs;
pub(crate) mod ring;
pub(crate) mod shard;
pub(crate) mod wire;

use crate::measure::measured;
use std::hint::black_box;

/// Buffers of 16 KiB, each full of copies of one request, parsed to their ends; returns the number
/// of requests. `parse` takes the head of an input: its bytes, or none where it is not complete.
fn parsed(one: &[u8], mut parse: impl FnMut(&[u8]) -> Option<usize>) -> u64 {
    let input = one.repeat(INPUT_BYTES / one.len());
    let requests = measured(|| {
        let mut requests = 0;
        for _ in 0..BUFFERS {
            let mut rest: &[u8] = black_box(&input);
            while let Some(consumed) = parse(rest) {
                rest = &rest[consumed..];
                requests += 1;
            }
        }
        requests
    });
    assert_eq!(requests, BUFFERS * (input.len() / one.len()) as u64);
    requests
}

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
const INPUT_BYTES: usize = 16 << 10;
const BUFFERS: u64 = 20;
