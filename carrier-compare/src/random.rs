//! A small seeded generator of numbers (SplitMix64): one seed gives one sequence, on every machine.

/// A stream of numbers that its seed determines.
#[derive(Debug, Clone)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The stream of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number in `0..end`.
    ///
    /// # Panics
    ///
    /// There is none: `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        assert!(end > 0);
        (self.number() % end as u64) as usize
    }

    /// A number in `low..=high`.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = (i128::from(high) - i128::from(low) + 1).max(1) as u128;
        let offset = u128::from(self.number()) % span;
        (i128::from(low) + offset as i128) as i64
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of some.
    ///
    /// # Panics
    ///
    /// There are none to pick from.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Any bytes.
    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.number() as u8).collect()
    }

    /// Puts the elements into any order.
    pub fn shuffle<T>(&mut self, elements: &mut [T]) {
        for end in (1..elements.len()).rev() {
            elements.swap(end, self.below(end + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_determines_the_numbers() {
        let (mut a, mut b, mut c) = (Random::new(1), Random::new(1), Random::new(2));
        let numbers = [a.number(), a.number()];
        assert_eq!(numbers, [b.number(), b.number()]);
        assert_ne!(numbers, [c.number(), c.number()]);
    }

    #[test]
    fn ranges_hold_their_ends() {
        let mut random = Random::new(7);
        let numbers: Vec<i64> = (0..200).map(|_| random.between(-2, 2)).collect();
        assert!((-2..=2).all(|number| numbers.contains(&number)));
        assert!(numbers.iter().all(|number| (-2..=2).contains(number)));
        // The widest range does not overflow.
        let _ = random.between(i64::MIN, i64::MAX);
    }

    #[test]
    fn shuffling_keeps_every_element() {
        let mut elements: Vec<usize> = (0..20).collect();
        Random::new(3).shuffle(&mut elements);
        assert_ne!(elements, (0..20).collect::<Vec<_>>());
        elements.sort_unstable();
        assert_eq!(elements, (0..20).collect::<Vec<_>>());
    }
}
