//! Keys that were asked for lately: two Bloom filters, of which the older is replaced when the
//! younger is full.

/// A set of hashes that forgets, and that now and then knows one that it never saw.
///
/// Each filter is in blocks of a word (Putze, Sanders and Singler 2007): one cache line is read,
/// and three bits of one word tell of a key.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    young: Box<[u64]>,
    old: Box<[u64]>,
    /// Keys noted in `young`.
    noted: u64,
}

impl Recent {
    /// The bytes of both filters.
    pub(crate) const fn bytes(&self) -> u64 {
        ((self.young.len() + self.old.len()) * size_of::<u64>()) as u64
    }

    /// Notes a key, of about `keys` that there are.
    pub(crate) fn note(&mut self, hash: u32, keys: u64) {
        if self.noted >= capacity(&self.young) {
            let words = (keys * BITS_A_KEY / u64::from(u64::BITS)).clamp(1, WORDS_MAX);
            // Zeroed memory comes from the system as it is touched, so this takes no time of a
            // large filter.
            let empty = vec![0; words.next_power_of_two() as usize].into_boxed_slice();
            self.old = core::mem::replace(&mut self.young, empty);
            self.noted = 0;
        }
        let (word, bits) = place(&self.young, hash);
        if let Some(word) = self.young.get_mut(word)
            && *word & bits != bits
        {
            *word |= bits;
            self.noted += 1;
        }
    }

    /// Whether a key was noted lately.
    pub(crate) fn knows(&self, hash: u32) -> bool {
        [&self.young, &self.old].into_iter().any(|filter| {
            let (word, bits) = place(filter, hash);
            filter.get(word).is_some_and(|word| word & bits == bits)
        })
    }
}

/// How many keys a filter may hold.
const fn capacity(filter: &[u64]) -> u64 {
    filter.len() as u64 * u64::BITS as u64 / BITS_A_KEY
}

/// The word of a filter that tells of a hash, and its bits there.
fn place(filter: &[u64], hash: u32) -> (usize, u64) {
    let mixed = u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let bit = |shift: u32| 1u64 << (mixed >> shift & 63);
    let word = (mixed >> 32) as usize & filter.len().wrapping_sub(1);
    (word, bit(2) | bit(8) | bit(14))
}

/// Bits that a filter has for each key.
const BITS_A_KEY: u64 = 8;

/// The most words of a filter: a gibibyte.
const WORDS_MAX: u64 = 1 << 27;

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(number: u32) -> u32 {
        number.wrapping_mul(0x9e37_79b1) ^ number >> 7
    }

    #[test]
    fn what_was_noted_lately_is_known_and_little_else() {
        let mut recent = Recent::default();
        assert!(!recent.knows(7));
        for number in 0..20_000 {
            recent.note(hash(number), 10_000);
            assert!(recent.knows(hash(number)));
        }
        assert!((12_000..20_000).all(|number| recent.knows(hash(number))));
        let strangers = (1_000_000..1_100_000).filter(|&number| recent.knows(hash(number)));
        assert!(strangers.count() < 15_000);
        assert!(recent.bytes() <= 4 * 10_000 * BITS_A_KEY / 8);
    }

    #[test]
    fn what_was_noted_long_ago_is_forgotten() {
        let mut recent = Recent::default();
        (0..100_000).for_each(|number| recent.note(hash(number), 10_000));
        assert!((0..10_000).filter(|&number| recent.knows(hash(number))).count() < 2_000);
    }
}
