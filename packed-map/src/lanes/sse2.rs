//! Lanes on x86-64.
//!
//! Invariant L1: SSE2 is part of x86-64, so its instructions may be used without asking, and an
//! unaligned load reads exactly the sixteen bytes of the array that it is given.

#![allow(unsafe_code, reason = "the processor's vector instructions")]

use super::LANE;
use crate::code::{INTEGER, REFERENCE};
use crate::extras::{HAS_CAS, HAS_EXPIRY, HAS_FLAGS};
use core::arch::x86_64::{
    __m128i, _mm_add_epi8, _mm_add_epi64, _mm_and_si128, _mm_andnot_si128, _mm_cmpeq_epi8,
    _mm_cvtsi128_si64, _mm_loadu_si128, _mm_max_epu8, _mm_movemask_epi8, _mm_or_si128,
    _mm_sad_epu8, _mm_set1_epi8, _mm_setzero_si128, _mm_slli_epi16, _mm_srli_si128,
};

pub(super) type Lane = __m128i;

#[inline]
pub(super) fn load(bytes: &[u8; LANE]) -> Lane {
    // SAFETY: L1.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

#[inline]
pub(super) fn matches(lane: Lane, byte: u8) -> u32 {
    // SAFETY: L1.
    unsafe { equal_bytes(lane, byte) }
}

#[inline]
pub(super) fn code_sums(one: Lane, other: Lane, count: usize) -> usize {
    // SAFETY: L1.
    unsafe { sum_of_codes(one, other, first(count)) }
}

#[inline]
pub(super) fn extras_sum(meta: Lane, count: usize) -> usize {
    // SAFETY: L1.
    unsafe { sum_of_extras(meta, first(count)) }
}

#[inline]
#[target_feature(enable = "sse2")]
fn equal_bytes(lane: __m128i, byte: u8) -> u32 {
    _mm_movemask_epi8(_mm_cmpeq_epi8(lane, every(byte))).cast_unsigned()
}

/// The sum of [`code::size`](crate::code::size) over the bytes that `mask` leaves of both.
#[inline]
#[target_feature(enable = "sse2")]
fn sum_of_codes(one: __m128i, other: __m128i, mask: __m128i) -> usize {
    // Codes that are masked out are 0, which is the size 0.
    let one = halves(sizes(_mm_and_si128(one, mask)));
    let other = halves(sizes(_mm_and_si128(other, mask)));
    sum(_mm_add_epi64(one, other))
}

/// Sixteen sizes: see [`code::size`](crate::code::size).
#[inline]
#[target_feature(enable = "sse2")]
fn sizes(codes: __m128i) -> __m128i {
    let integer = _mm_and_si128(at_least(codes, INTEGER), every(0xf0));
    let reference = _mm_and_si128(at_least(codes, REFERENCE), every(0xfb));
    _mm_andnot_si128(_mm_or_si128(integer, reference), codes)
}

/// The sum of [`extras::size`](crate::extras::size) over the bytes that `mask` leaves.
#[inline]
#[target_feature(enable = "sse2")]
fn sum_of_extras(meta: __m128i, mask: __m128i) -> usize {
    let meta = _mm_and_si128(meta, mask);
    let expiry = _mm_and_si128(meta, every(HAS_EXPIRY));
    let others = _mm_and_si128(meta, every(HAS_FLAGS | HAS_CAS));
    // Five for an expiry, twice the bit for the others; none reaches into its neighbour.
    let expiries = _mm_add_epi8(expiry, _mm_slli_epi16::<2>(expiry));
    sum(halves(_mm_add_epi8(expiries, _mm_slli_epi16::<1>(others))))
}

/// The sums of the low and of the high eight bytes.
#[inline]
#[target_feature(enable = "sse2")]
fn halves(bytes: __m128i) -> __m128i {
    _mm_sad_epu8(bytes, _mm_setzero_si128())
}

/// The sum of both halves.
#[inline]
#[target_feature(enable = "sse2")]
fn sum(halves: __m128i) -> usize {
    let both = _mm_add_epi64(halves, _mm_srli_si128::<8>(halves));
    _mm_cvtsi128_si64(both) as usize
}

#[inline]
#[target_feature(enable = "sse2")]
fn at_least(codes: __m128i, least: u8) -> __m128i {
    _mm_cmpeq_epi8(_mm_max_epu8(codes, every(least)), codes)
}

#[inline]
#[target_feature(enable = "sse2")]
fn every(byte: u8) -> __m128i {
    _mm_set1_epi8(byte.cast_signed())
}

/// All bits of the first `count` bytes, which are at most sixteen.
#[inline]
fn first(count: usize) -> __m128i {
    let window = FIRST.get(LANE - count.min(LANE)..).and_then(<[u8]>::first_chunk);
    load(window.unwrap_or(&[0; LANE]))
}

/// A window of this begins with as many full bytes as are wanted.
static FIRST: [u8; 2 * LANE] = {
    let mut bytes = [0; 2 * LANE];
    let mut at = 0;
    while at < LANE {
        bytes[at] = 0xff;
        at += 1;
    }
    bytes
};
