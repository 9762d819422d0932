//! Sixteen bytes at a time: finding a tag, and summing the sizes that codes announce.
//!
//! A page's arrays are read in lanes of sixteen. SSE2 is part of every x86-64 processor, so there
//! is nothing to detect when the program starts; everywhere else the portable twin runs, which is
//! tested against it for every count and code.

#[cfg(any(test, miri, not(target_arch = "x86_64")))]
mod portable;
#[cfg(all(target_arch = "x86_64", not(miri)))]
mod sse2;

#[cfg(any(miri, not(target_arch = "x86_64")))]
use portable as own;
#[cfg(all(target_arch = "x86_64", not(miri)))]
use sse2 as own;

/// Sixteen neighbouring bytes of a page.
#[derive(Clone, Copy)]
pub(crate) struct Lane(own::Lane);

impl Lane {
    /// The sixteen bytes from `at` on; beyond the end of `bytes` they are zeros.
    #[inline]
    pub(crate) fn at(bytes: &[u8], at: usize) -> Self {
        match bytes.get(at..).and_then(<[u8]>::first_chunk) {
            Some(lane) => Self(own::load(lane)),
            None => Self(own::load(&last(bytes, at))),
        }
    }

    /// A bit for each byte that equals `byte`.
    #[inline]
    pub(crate) fn matches(self, byte: u8) -> u32 {
        own::matches(self.0, byte)
    }

    /// The sum of [`code::size`](crate::code::size) over the first `count` bytes of both lanes.
    #[inline]
    pub(crate) fn code_sums(self, other: Self, count: usize) -> usize {
        debug_assert!(count <= LANE);
        own::code_sums(self.0, other.0, count)
    }

    /// The sum of [`extras::size`](crate::extras::size) over the first `count` bytes.
    #[inline]
    pub(crate) fn extras_sum(self, count: usize) -> usize {
        debug_assert!(count <= LANE);
        own::extras_sum(self.0, count)
    }
}

#[cold]
fn last(bytes: &[u8], at: usize) -> [u8; LANE] {
    let mut lane = [0; LANE];
    let rest = bytes.get(at..).unwrap_or_default();
    lane[..rest.len()].copy_from_slice(rest);
    lane
}

/// Bytes in a lane.
pub(crate) const LANE: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{code, extras};

    /// Lanes with every byte in every place.
    fn lanes() -> impl Iterator<Item = [u8; LANE]> {
        (0..=255u8).flat_map(|byte| {
            [0u8, 1, 17, 37, 113].map(|step| {
                core::array::from_fn(|place| byte.wrapping_add(step.wrapping_mul(place as u8)))
            })
        })
    }

    #[test]
    fn matches_mark_exactly_the_equal_bytes() {
        for bytes in lanes() {
            for byte in [0, 1, 0x7f, 0x80, 0xff, bytes[3], bytes[15]] {
                let expected =
                    bytes.iter().rev().fold(0, |bits, &own| bits << 1 | u32::from(own == byte));
                assert_eq!(Lane::at(&bytes, 0).matches(byte), expected);
                assert_eq!(portable::matches(portable::load(&bytes), byte), expected);
            }
        }
    }

    #[test]
    fn sums_are_those_of_the_sizes_one_by_one() {
        for bytes in lanes() {
            let (own, portable) = (Lane::at(&bytes, 0), portable::load(&bytes));
            for count in 0..=LANE {
                let expected: usize = bytes[..count].iter().map(|&byte| code::size(byte)).sum();
                let (zeros, other) = ([0; LANE], [239; LANE]);
                assert_eq!(own.code_sums(Lane::at(&zeros, 0), count), expected);
                assert_eq!(Lane::at(&other, 0).code_sums(own, count), 239 * count + expected);
                let [zeros, other] = [zeros, other].map(|bytes| portable::load(&bytes));
                assert_eq!(portable::code_sums(portable, zeros, count), expected);
                assert_eq!(portable::code_sums(other, portable, count), 239 * count + expected);
                let expected: usize = bytes[..count].iter().map(|&byte| extras::size(byte)).sum();
                assert_eq!(own.extras_sum(count), expected);
                assert_eq!(portable::extras_sum(portable, count), expected);
            }
        }
    }

    #[test]
    fn a_lane_at_the_end_is_filled_with_zeros() {
        let bytes = [7; 20];
        for at in 0..30 {
            let own = (0..LANE).filter(|place| at + place < bytes.len()).count();
            let lane = Lane::at(&bytes, at);
            assert_eq!(lane.matches(7), (1u32 << own) - 1);
            assert_eq!(lane.matches(0), 0xffff & !((1u32 << own) - 1));
        }
    }
}
