//! A small generator of pseudo-random numbers, and the mixing function under it.
//!
//! SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014):
//! one addition and one mix a number, all of its state in one word, equidistributed over its period
//! of 2^64.

/// A stream of numbers that its seed determines.
#[derive(Debug, Clone)]
pub(crate) struct Random {
    state: u64,
}

impl Random {
    /// The stream of a seed. Neighbouring seeds give unrelated streams.
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: mix(seed) }
    }

    /// Any number.
    #[inline]
    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        mix(self.state)
    }

    /// A number below `bound`; 0 if that is 0.
    #[inline]
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        scale(self.next(), bound)
    }

    /// A number of [0, 1).
    #[inline]
    pub(crate) fn unit(&mut self) -> f64 {
        unit(self.next())
    }
}

/// A bijection of 64-bit numbers in which each input bit changes about half of the output.
#[inline]
pub(crate) fn mix(number: u64) -> u64 {
    let mut z = number;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Maps any number to one below `bound` by its upper bits. The bias is below `bound` / 2^64.
#[inline]
pub(crate) fn scale(number: u64, bound: u64) -> u64 {
    ((u128::from(number) * u128::from(bound)) >> 64) as u64
}

/// Maps any number to [0, 1) by its upper 53 bits.
#[inline]
pub(crate) fn unit(number: u64) -> f64 {
    (number >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
}

/// 2^64 divided by the golden ratio, odd.
pub(crate) const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_determines_the_stream() {
        let (mut a, mut b, mut c) = (Random::new(1), Random::new(1), Random::new(2));
        let first = [a.next(), a.next()];
        assert_eq!(first, [b.next(), b.next()]);
        assert_ne!(first, [c.next(), c.next()]);
    }

    #[test]
    fn numbers_below_a_bound_are_uniform() {
        let mut random = Random::new(7);
        let mut counts = [0_u32; 10];
        for _ in 0..100_000 {
            counts[random.below(10) as usize] += 1;
        }
        // Standard deviation of a count: 95.
        assert!(counts.iter().all(|count| count.abs_diff(10_000) < 500), "{counts:?}");
        assert_eq!(random.below(0), 0);
    }

    #[test]
    fn units_stay_below_one() {
        assert!(unit(u64::MAX) < 1.0);
        assert!(unit(0) == 0.0);
    }
}
