//! Integers in ascending order, all as wide as the widest needs: 1 to 8 bytes each.

use super::width_of;
use alloc::vec::Vec;

/// A sorted run of integers.
#[derive(Clone)]
pub(super) struct Integers {
    /// Bytes an integer: 1 to 8.
    width: u8,
    /// The integers, least byte first.
    bytes: Vec<u8>,
}

impl Integers {
    pub(super) const fn new() -> Self {
        Self { width: 1, bytes: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len() / self.width()
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.bytes.capacity()
    }

    pub(super) fn contains(&self, number: i64) -> bool {
        self.search(number).is_ok()
    }

    pub(super) fn add(&mut self, number: i64) -> bool {
        self.widen(width_of(number));
        let Err(index) = self.search(number) else { return false };
        let (width, at, len) = (self.width(), index * self.width(), self.bytes.len());
        if self.bytes.capacity() - len < width {
            self.bytes.reserve_exact(width * slack(self.len()));
        }
        self.bytes.resize(len + width, 0);
        self.bytes.copy_within(at..len, at + width);
        self.bytes[at..at + width].copy_from_slice(&number.to_le_bytes()[..width]);
        true
    }

    pub(super) fn remove(&mut self, number: i64) -> bool {
        let Ok(index) = self.search(number) else { return false };
        let at = index * self.width();
        self.bytes.drain(at..at + self.width());
        if self.bytes.capacity() > 2 * self.bytes.len() + 16 {
            self.bytes.shrink_to_fit();
        }
        true
    }

    /// Whatever the number is: it may be wider than all others.
    pub(super) fn add_growth_max(&self) -> usize {
        let wanted = 8 * (self.len() + slack(self.len()));
        wanted.saturating_sub(self.bytes.capacity())
    }

    pub(super) fn iter(&self) -> Iter<'_> {
        Iter { integers: self, next: 0 }
    }

    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    pub(super) fn check(&self) {
        assert!(self.bytes.len().is_multiple_of(self.width()));
        assert!(self.iter().is_sorted_by(|one, two| one < two));
    }

    fn width(&self) -> usize {
        usize::from(self.width)
    }

    fn get(&self, index: usize) -> i64 {
        let width = self.width();
        let mut wide = [0; 8];
        wide[8 - width..].copy_from_slice(&self.bytes[index * width..(index + 1) * width]);
        // The number stands in the high bytes; the shift brings it down with its sign.
        i64::from_le_bytes(wide) >> (64 - 8 * width)
    }

    fn search(&self, number: i64) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.get(middle).cmp(&number) {
                core::cmp::Ordering::Less => low = middle + 1,
                core::cmp::Ordering::Equal => return Ok(middle),
                core::cmp::Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    fn widen(&mut self, width: u8) {
        if width <= self.width {
            return;
        }
        let mut wider = Vec::new();
        wider.reserve_exact(usize::from(width) * (self.len() + slack(self.len())));
        for number in self.iter() {
            wider.extend_from_slice(&number.to_le_bytes()[..usize::from(width)]);
        }
        *self = Self { width, bytes: wider };
    }
}

/// The integers of a set in ascending order.
#[derive(Clone)]
pub(super) struct Iter<'a> {
    integers: &'a Integers,
    next: usize,
}

impl Iterator for Iter<'_> {
    type Item = i64;

    fn next(&mut self) -> Option<i64> {
        let index = self.next;
        (index < self.integers.len()).then(|| {
            self.next += 1;
            self.integers.get(index)
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.integers.len() - self.next;
        (left, Some(left))
    }
}

impl core::fmt::Debug for Iter<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Iter").field("left", &self.size_hint().0).finish_non_exhaustive()
    }
}

/// How many integers to make room for when there are `len` and no room.
fn slack(len: usize) -> usize {
    len / 8 + 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_follow_the_widest_member() {
        let mut set = Integers::new();
        for (number, width) in [(0, 1), (-128, 1), (128, 2), (-40_000, 3), (1 << 23, 4)] {
            assert!(set.add(number));
            assert_eq!(set.width, width, "{number}");
        }
        for number in [i64::MAX, i64::MIN] {
            assert!(set.add(number));
        }
        let all: Vec<_> = set.iter().collect();
        assert_eq!(all, [i64::MIN, -40_000, -128, 0, 128, 1 << 23, i64::MAX]);
        set.check();
    }

    #[test]
    fn fifty_integers_of_four_bytes_take_little_more() {
        let mut set = Integers::new();
        (0..50).for_each(|number| assert!(set.add(number * 1_000_003 + 100_000_000)));
        assert!(set.heap_bytes() <= 230, "{}", set.heap_bytes());
    }
}
