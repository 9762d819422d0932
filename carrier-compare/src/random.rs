//! Seeded numbers: one seed gives one sequence.

/// A stream of numbers that its seed determines.
#[derive(Debug, Clone)]
pub struct Random(fastrand::Rng);

impl Random {
    /// The stream of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0.u64(..)
    }

    /// A number in `0..end`.
    ///
    /// # Panics
    ///
    /// There is none: `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.0.usize(..end)
    }

    /// A number in `low..=high`.
    ///
    /// # Panics
    ///
    /// There is none: `low` is above `high`.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        self.0.i64(low..=high)
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
        let mut bytes = vec![0; len];
        self.0.fill(&mut bytes);
        bytes
    }

    /// Puts the elements into any order.
    pub fn shuffle<T>(&mut self, elements: &mut [T]) {
        self.0.shuffle(elements);
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
