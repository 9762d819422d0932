//! A growable array in shared segments: growing it never moves more than the first, small one,
//! and lending it takes no more than a count for each segment.

use super::Shared;
use alloc::vec::Vec;

/// A growable array of items in segments of `SEGMENT`, which can be lent: what one of those who
/// have it writes, the others do not see.
///
/// # Complexity
///
/// Growing never moves more than one segment, and the first write to a segment that is lent copies
/// it. The list of segments, 16 bytes each, is an ordinary vector.
///
/// # Examples
///
/// ```
/// use packed_map::Table;
///
/// let mut own = Table::<u32, 64>::new();
/// own.push(7);
/// let lent = own.lend();
/// *own.get_mut(0) = 8;
/// assert_eq!((*own.get(0), *lent.get(0)), (8, 7));
/// ```
#[derive(Debug)]
pub struct Table<T, const SEGMENT: usize> {
    /// Segments of `SEGMENT` items, but for the first one, which starts small.
    segments: Vec<Shared<T>>,
    /// How many items there are; those behind them are spare.
    len: usize,
    /// The bytes of segments that were copied because others had them.
    copied_bytes: usize,
}

impl<T: Clone + Default, const SEGMENT: usize> Default for Table<T, SEGMENT> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Clone + Default, const SEGMENT: usize> Table<T, SEGMENT> {
    /// An empty array, which has allocated nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { segments: Vec::new(), len: 0, copied_bytes: 0 }
    }

    /// The same items, once more; what either writes, the other does not see.
    ///
    /// # Complexity
    ///
    /// Linear in the segments.
    #[must_use]
    pub fn lend(&self) -> Self {
        Self { segments: self.segments.clone(), len: self.len, copied_bytes: 0 }
    }

    /// How many items there are.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no items.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes of segments that were copied because others had them.
    #[must_use]
    pub const fn copied_bytes(&self) -> usize {
        self.copied_bytes
    }

    /// The bytes that the array has allocated, what items own not included.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let Some(first) = self.segments.first() else {
            return self.segments.capacity() * size_of::<Shared<T>>();
        };
        let others = (self.segments.len() - 1) * Shared::<T>::bytes_of(SEGMENT);
        self.segments.capacity() * size_of::<Shared<T>>() + first.bytes() + others
    }

    /// What [`bytes`](Self::bytes) must be, counted segment by segment; meant for tests.
    #[must_use]
    pub fn counted_bytes(&self) -> usize {
        self.segments.capacity() * size_of::<Shared<T>>()
            + self.segments.iter().map(Shared::bytes).sum::<usize>()
    }

    /// An item.
    ///
    /// # Panics
    ///
    /// Where `index` is beyond the segments.
    #[inline]
    #[must_use]
    pub fn get(&self, index: usize) -> &T {
        debug_assert!(index < self.len);
        &self.segments[index / SEGMENT][index % SEGMENT]
    }

    /// An item, to be changed; its segment is copied first where others have it.
    ///
    /// # Panics
    ///
    /// Where `index` is beyond the segments.
    #[inline]
    pub fn get_mut(&mut self, index: usize) -> &mut T {
        debug_assert!(index < self.len);
        let segment = &mut self.segments[index / SEGMENT];
        if !segment.is_alone() {
            self.copied_bytes += segment.bytes();
        }
        &mut segment.make_mut()[index % SEGMENT]
    }

    /// Two different items at once.
    ///
    /// # Panics
    ///
    /// Where both are the same, or one is beyond the segments.
    pub fn get_both_mut(&mut self, one: usize, other: usize) -> (&mut T, &mut T) {
        // Both segments are made this array's own first.
        self.get_mut(one);
        self.get_mut(other);
        let (own, rest) = (one / SEGMENT, other / SEGMENT);
        if own == rest {
            let items = self.segments[own].make_mut();
            let both = items.get_disjoint_mut([one % SEGMENT, other % SEGMENT]);
            let [one, other] = both.expect("two different items");
            (one, other)
        } else {
            let both = self.segments.get_disjoint_mut([own, rest]);
            let [own, rest] = both.expect("two different segments");
            (&mut own.make_mut()[one % SEGMENT], &mut rest.make_mut()[other % SEGMENT])
        }
    }

    /// Adds an item behind the others.
    pub fn push(&mut self, item: T) {
        match self.segments.first() {
            Some(first) if self.len < SEGMENT && self.len == first.len() => {
                self.resize_first((2 * self.len).min(SEGMENT));
            }
            _ if self.len.is_multiple_of(SEGMENT) => {
                let capacity = if self.len == 0 { 1 } else { SEGMENT };
                let items = core::iter::repeat_n(T::default(), capacity);
                self.segments.push(Shared::from_items(items));
            }
            _ => {}
        }
        self.len += 1;
        *self.get_mut(self.len - 1) = item;
    }

    /// Removes the last item.
    pub fn pop(&mut self) -> Option<T> {
        let last = self.len.checked_sub(1)?;
        let item = core::mem::take(self.get_mut(last));
        self.len = last;
        if self.len.is_multiple_of(SEGMENT) {
            self.segments.pop();
            self.segments.shrink_to(self.segments.len() * 2);
        } else if self.len < SEGMENT && self.segments[0].len() >= 4 * self.len {
            self.resize_first(2 * self.len);
        }
        Some(item)
    }

    /// Lets go of the last segment and tells whether there was one.
    pub fn pop_segment(&mut self) -> bool {
        let popped = self.segments.pop().is_some();
        self.len = self.len.min(self.segments.len() * SEGMENT);
        popped
    }

    /// At least as many bytes as [`bytes`](Self::bytes) can rise by in `count` pushes, which are
    /// fewer than a segment.
    #[must_use]
    pub fn growth_max(&self, count: usize) -> usize {
        let first = self.segments.first().map_or(0, |first| first.len());
        let room = match self.segments.len() {
            0 | 1 => first - self.len,
            segments => segments * SEGMENT - self.len,
        };
        if count <= room {
            return 0;
        }
        let list = (self.segments.len() + LIST_MIN) * size_of::<Shared<T>>();
        let grown = if self.len < SEGMENT { 2 * (self.len + count) } else { 0 };
        let next = if self.len + count > SEGMENT { Shared::<T>::bytes_of(SEGMENT) } else { 0 };
        list + Shared::<T>::bytes_of(grown.min(SEGMENT)) + next
    }

    /// All items, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.segments.iter().flat_map(|segment| segment.iter()).take(self.len)
    }

    /// Makes the first segment, which holds all items, one of `capacity` items.
    fn resize_first(&mut self, capacity: usize) {
        let len = self.len;
        let item = |index: usize| self.segments[0].get(index).filter(|_| index < len);
        let items = (0..capacity).map(|index| item(index).cloned().unwrap_or_default());
        let resized = Shared::from_items(items);
        self.segments[0] = resized;
    }
}

/// The least capacity that a growing vector takes.
const LIST_MIN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_counted_and_bounded_through_growth_and_shrinking() {
        let mut array = Table::<u32, 64>::new();
        let mut bounds = std::collections::VecDeque::from([usize::MAX; 3]);
        for item in 0..1500 {
            let bound = array.bytes() + array.growth_max(1);
            bounds.push_back(array.bytes() + array.growth_max(4));
            array.push(item);
            assert!(bounds.pop_front() >= Some(array.bytes()));
            assert_eq!(array.bytes(), array.counted_bytes());
            assert!(array.bytes() <= bound);
        }
        assert!(array.iter().copied().eq(0..1500));
        for item in (0..1500).rev() {
            assert_eq!(*array.get(item as usize), item);
            assert_eq!(array.pop(), Some(item));
            assert_eq!(array.bytes(), array.counted_bytes());
        }
        assert_eq!(array.len(), 0);
        assert!(array.bytes() <= 4 * size_of::<Shared<u32>>());
    }

    #[test]
    fn what_is_lent_stays_as_it_was() {
        let mut array = Table::<u32, 64>::new();
        (0..200).for_each(|item| array.push(item));
        let lent = array.lend();
        *array.get_mut(70) = 7;
        assert_eq!(array.copied_bytes(), Shared::<u32>::bytes_of(64));
        let (one, other) = array.get_both_mut(0, 199);
        core::mem::swap(one, other);
        assert_eq!((*array.get(0), *array.get(199)), (199, 0));
        while array.pop().is_some() {}
        assert!(lent.iter().copied().eq(0..200));
    }

    #[test]
    fn two_items_can_be_had_at_once() {
        let mut array = Table::<u32, 4>::new();
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
