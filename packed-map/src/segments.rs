//! A growable array in segments: growing it never moves more than the first, small one.

use alloc::vec::Vec;

/// Items in segments of `SEGMENT`.
#[derive(Debug, Clone)]
pub(crate) struct Segments<T, const SEGMENT: usize> {
    /// Full segments, but for the last one.
    segments: Vec<Vec<T>>,
    /// How many items there are.
    len: usize,
    /// The bytes allocated for segments and their list.
    bytes: usize,
}

impl<T, const SEGMENT: usize> Segments<T, SEGMENT> {
    pub(crate) const fn new() -> Self {
        Self { segments: Vec::new(), len: 0, bytes: 0 }
    }

    #[inline]
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// The bytes that the array has allocated, what items own not included.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    #[inline]
    pub(crate) fn get(&self, index: usize) -> &T {
        &self.segments[index / SEGMENT][index % SEGMENT]
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, index: usize) -> &mut T {
        &mut self.segments[index / SEGMENT][index % SEGMENT]
    }

    /// Two different items at once.
    pub(crate) fn get_both_mut(&mut self, one: usize, other: usize) -> (&mut T, &mut T) {
        let (own, rest) = (one / SEGMENT, other / SEGMENT);
        if own == rest {
            let both = self.segments[own].get_disjoint_mut([one % SEGMENT, other % SEGMENT]);
            let [one, other] = both.expect("two different items");
            (one, other)
        } else {
            let both = self.segments.get_disjoint_mut([own, rest]);
            let [own, rest] = both.expect("two different segments");
            (&mut own[one % SEGMENT], &mut rest[other % SEGMENT])
        }
    }

    /// Adds an item behind the others.
    pub(crate) fn push(&mut self, item: T) {
        if self.len.is_multiple_of(SEGMENT) {
            // The first segment starts small, as most arrays stay small.
            let capacity = if self.len == 0 { 1 } else { SEGMENT };
            self.segments.push(Vec::with_capacity(capacity));
        }
        if let Some(segment) = self.segments.last_mut() {
            segment.push(item);
        }
        self.len += 1;
        if self.len <= SEGMENT || self.len % SEGMENT == 1 {
            self.recount();
        }
    }

    /// Removes all items and frees their room.
    pub(crate) fn clear(&mut self) {
        *self = Self::new();
    }

    /// At least as many bytes as [`bytes`](Self::bytes) can rise by in one `push`.
    pub(crate) fn growth_max(&self) -> usize {
        let list = if self.segments.len() == self.segments.capacity() {
            (self.segments.len() + LIST_MIN) * size_of::<Vec<T>>()
        } else {
            0
        };
        let segment = match self.segments.last() {
            Some(last) if self.len < SEGMENT => {
                if last.len() < last.capacity() {
                    0
                } else {
                    last.len().max(LIST_MIN)
                }
            }
            Some(_) if !self.len.is_multiple_of(SEGMENT) => 0,
            Some(_) => SEGMENT,
            None => 1,
        };
        list + segment * size_of::<T>()
    }

    /// At least as many bytes as [`bytes`](Self::bytes) can rise by in `count` pushes, which are
    /// fewer than a segment.
    pub(crate) fn growth_max_of(&self, count: usize) -> usize {
        let room = self.segments.last().map_or(0, |last| last.capacity() - last.len());
        if count <= room {
            return 0;
        }
        let list = (self.segments.len() + LIST_MIN) * size_of::<Vec<T>>();
        // Within the first segment the capacity doubles; behind it, whole segments are added.
        let first = if self.len < SEGMENT { 2 * (self.len + count) + LIST_MIN } else { 0 };
        let next = if self.len + count > SEGMENT { SEGMENT } else { 0 };
        list + (first + next) * size_of::<T>()
    }

    /// All items, in their order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.segments.iter().flatten()
    }

    fn recount(&mut self) {
        // All segments but the first and the last have the same capacity.
        let first = self.segments.first().map_or(0, Vec::capacity);
        let others = self.segments.len().saturating_sub(1) * SEGMENT;
        self.bytes =
            self.segments.capacity() * size_of::<Vec<T>>() + (first + others) * size_of::<T>();
    }

    /// What [`bytes`](Self::bytes) must be.
    pub(crate) fn counted_bytes(&self) -> usize {
        self.segments.capacity() * size_of::<Vec<T>>()
            + self.segments.iter().map(Vec::capacity).sum::<usize>() * size_of::<T>()
    }
}

/// The least capacity that a growing vector takes.
const LIST_MIN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_counted_and_bounded_through_growth() {
        let mut array = Segments::<u32, 64>::new();
        let mut bounds = std::collections::VecDeque::from([usize::MAX; 3]);
        for item in 0..1500 {
            let bound = array.bytes() + array.growth_max();
            bounds.push_back(array.bytes() + array.growth_max_of(4));
            array.push(item);
            assert!(bounds.pop_front() >= Some(array.bytes()));
            assert_eq!(array.bytes(), array.counted_bytes());
            assert!(array.bytes() <= bound);
        }
        assert!(array.iter().copied().eq(0..1500));
        array.clear();
        assert_eq!((array.len(), array.bytes()), (0, 0));
    }

    #[test]
    fn two_items_can_be_had_at_once() {
        let mut array = Segments::<u32, 4>::new();
        (0..10).for_each(|item| array.push(item));
        for (one, other) in [(0, 3), (3, 0), (1, 9), (9, 4)] {
            let (first, second) = array.get_both_mut(one, other);
            core::mem::swap(first, second);
            assert_eq!((*array.get(one), *array.get(other)), (other as u32, one as u32));
            let (first, second) = array.get_both_mut(one, other);
            core::mem::swap(first, second);
        }
    }
}
