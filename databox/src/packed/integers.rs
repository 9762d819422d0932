//! Sorted integers, each as its distance from the least, all as wide as the greatest distance.
//!
//! ```text
//! byte  0      1       2            3 ..              ..
//!       sort   width   base width   the least one     the distances of all, ascending
//! ```

use super::{Sort, width_of};
use alloc::vec::Vec;
use core::cmp::Ordering;

/// A run of sorted integers, to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Integers<'a> {
    base: i64,
    /// Bytes a distance: 1 to 8.
    width: usize,
    distances: &'a [u8],
}

impl<'a> Integers<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Self {
        let Some((&[_, width, base_width], rest)) = bytes.split_first_chunk() else {
            return Self { base: 0, width: 1, distances: &[] };
        };
        let (stored, distances) = rest.split_at(base_width.into());
        let mut wide = [0; 8];
        wide[8 - stored.len()..].copy_from_slice(stored);
        let base = i64::from_le_bytes(wide) >> (64 - 8 * stored.len());
        Self { base, width: width.into(), distances }
    }

    pub(crate) const fn len(&self) -> usize {
        self.distances.len() / self.width
    }

    pub(crate) fn get(&self, index: usize) -> i64 {
        self.base.wrapping_add(self.distance(index) as i64)
    }

    /// Where the number is, or where it would be.
    pub(crate) fn search(&self, number: i64) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.get(middle).cmp(&number) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return Ok(middle),
                Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    /// Writes the run with one more number to `out`, where it belongs.
    pub(crate) fn insert(&self, index: usize, number: i64, out: &mut Vec<u8>) {
        let len = self.len();
        let least = if index == 0 { number } else { self.base };
        let greatest = if index == len { number } else { self.get(len - 1) };
        let width = Self::start(least, greatest, out);
        let distance = number.wrapping_sub(least) as u64;
        self.copy(0..index, least, width, out);
        out.extend_from_slice(&distance.to_le_bytes()[..width]);
        self.copy(index..len, least, width, out);
    }

    /// Writes the run without one of its numbers to `out`.
    pub(crate) fn remove(&self, index: usize, out: &mut Vec<u8>) {
        let len = self.len();
        if len == 1 {
            out.clear();
            return;
        }
        let least = self.get(usize::from(index == 0));
        let greatest = self.get(if index == len - 1 { len - 2 } else { len - 1 });
        let width = Self::start(least, greatest, out);
        self.copy(0..index, least, width, out);
        self.copy(index + 1..len, least, width, out);
    }

    pub(crate) fn iter(self) -> impl ExactSizeIterator<Item = i64> + 'a {
        (0..self.len()).map(move |index| self.get(index))
    }

    /// Writes the head of a run of numbers between these two.
    fn start(least: i64, greatest: i64, out: &mut Vec<u8>) -> usize {
        let distance = greatest.wrapping_sub(least) as u64;
        let width = (u64::BITS - distance.leading_zeros()).div_ceil(8).max(1) as u8;
        let base_width = width_of(least);
        out.clear();
        out.extend_from_slice(&[Sort::Integers as u8, width, base_width]);
        out.extend_from_slice(&least.to_le_bytes()[..base_width.into()]);
        width.into()
    }

    /// Writes some of the numbers as distances from `least`.
    fn copy(&self, range: core::ops::Range<usize>, least: i64, width: usize, out: &mut Vec<u8>) {
        if (least, width) == (self.base, self.width) {
            let own = range.start * width..range.end * width;
            out.extend_from_slice(&self.distances[own]);
            return;
        }
        for index in range {
            let distance = self.get(index).wrapping_sub(least) as u64;
            out.extend_from_slice(&distance.to_le_bytes()[..width]);
        }
    }

    #[inline]
    fn distance(&self, index: usize) -> u64 {
        let at = index * self.width;
        let mut wide = [0; 8];
        if let Some(chunk) = self.distances[at..].first_chunk::<8>() {
            // Eight bytes in one go; those of the next distance are cut off.
            return u64::from_le_bytes(*chunk) & (u64::MAX >> (64 - 8 * self.width));
        }
        wide[..self.width].copy_from_slice(&self.distances[at..at + self.width]);
        u64::from_le_bytes(wide)
    }

    /// Panics where the run contradicts itself.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    pub(crate) fn check(self) {
        assert!(self.distances.len().is_multiple_of(self.width));
        assert!(self.iter().is_sorted_by(|one, two| one < two));
        if self.len() > 0 {
            let mut out = Vec::new();
            let width = Self::start(self.get(0), self.get(self.len() - 1), &mut out);
            assert_eq!((self.get(0), self.width), (self.base, width), "the narrowest form");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn insertions_and_removals_agree_with_a_set(
            numbers in prop::collection::vec((any::<bool>(), any::<i64>(), 0u32..64), 0..80),
        ) {
            let (mut bytes, mut model) = (Vec::new(), BTreeSet::new());
            for (remove, number, shift) in numbers {
                let number = number >> shift;
                let mut out = vec![9];
                let run = Integers::read(&bytes);
                match run.search(number) {
                    Ok(index) if remove => run.remove(index, &mut out),
                    Err(index) => run.insert(index, number, &mut out),
                    Ok(_) => continue,
                }
                let found = if remove && model.contains(&number) {
                    model.remove(&number)
                } else {
                    model.insert(number)
                };
                prop_assert!(found);
                bytes = out;
                let run = Integers::read(&bytes);
                run.check();
                prop_assert!(run.iter().eq(model.iter().copied()));
            }
        }
    }

    #[test]
    fn fifty_integers_below_ten_million_take_three_bytes_each() {
        let mut bytes = Vec::new();
        for number in 0..50 {
            let number = number * 199_999 + 17;
            let mut out = Vec::new();
            let run = Integers::read(&bytes);
            run.insert(run.search(number).unwrap_err(), number, &mut out);
            bytes = out;
        }
        assert_eq!(bytes.len(), 3 + 1 + 150);
    }
}
