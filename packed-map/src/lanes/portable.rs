//! Lanes as two words of eight bytes, on any processor.

use super::LANE;
use crate::extras::{HAS_CAS, HAS_EXPIRY, HAS_FLAGS};

pub(super) type Lane = [u64; 2];

pub(super) fn load(bytes: &[u8; LANE]) -> Lane {
    let word = u128::from_le_bytes(*bytes);
    [word as u64, (word >> 64) as u64]
}

pub(super) fn matches([low, high]: Lane, byte: u8) -> u32 {
    let bits = |word| high_bits(equal_bytes(word, byte));
    bits(low) | bits(high) << 8
}

pub(super) fn code_sums(one: Lane, other: Lane, count: usize) -> usize {
    let masks = [first_bytes(count), first_bytes(count.saturating_sub(8))];
    let sum =
        |[low, high]: Lane| sum_bytes(sizes(low) & masks[0]) + sum_bytes(sizes(high) & masks[1]);
    sum(one) + sum(other)
}

pub(super) fn extras_sum([low, high]: Lane, count: usize) -> usize {
    let sum = |word: u64| {
        let expiry = word & every(HAS_EXPIRY);
        let others = word & every(HAS_FLAGS | HAS_CAS);
        sum_bytes(expiry + (expiry << 2) + (others << 1))
    };
    sum(low & first_bytes(count)) + sum(high & first_bytes(count.saturating_sub(8)))
}

/// Eight sizes: see [`code::size`](crate::code::size).
const fn sizes(codes: u64) -> u64 {
    // The high bit of every byte of which these bits are all set.
    let upper = codes & (codes << 1) & (codes << 2) & (codes << 3) & HIGH_BITS;
    let reference = upper & (codes << 4) & (codes << 5);
    codes & !((upper >> 7) * 0xf0) & !((reference >> 7) * 0xfb)
}

/// A mask of the first `count` bytes of a word, or of all of them.
const fn first_bytes(count: usize) -> u64 {
    if count >= 8 { u64::MAX } else { (1 << (8 * count)) - 1 }
}

/// The sum of the eight bytes of `word`.
const fn sum_bytes(word: u64) -> usize {
    let pairs = (word & 0x00ff_00ff_00ff_00ff) + ((word >> 8) & 0x00ff_00ff_00ff_00ff);
    (pairs.wrapping_mul(0x0001_0001_0001_0001) >> 48) as usize
}

/// The high bit of every byte of `word` that equals `byte`.
const fn equal_bytes(word: u64, byte: u8) -> u64 {
    let difference = word ^ every(byte);
    !(((difference & !HIGH_BITS) + !HIGH_BITS) | difference | !HIGH_BITS)
}

/// The high bits of eight bytes as eight bits.
const fn high_bits(word: u64) -> u32 {
    ((word >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u32
}

const fn every(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

const HIGH_BITS: u64 = every(0x80);
