//! Items by a number that stays theirs while others come and go.

use crate::segments::Segments;

/// Items under numbers. A freed number is given out again.
#[derive(Debug, Clone)]
pub(crate) struct Slab<T> {
    slots: Segments<Slot<T>, SEGMENT>,
    /// The number freed last; [`NONE`] where no slot is free.
    free: u32,
    /// How many slots hold an item.
    len: usize,
}

#[derive(Debug, Clone)]
enum Slot<T> {
    Full(T),
    /// The number that was freed before this one.
    Free(u32),
}

impl<T> Slab<T> {
    /// What an item takes.
    pub(crate) const SLOT_BYTES: usize = size_of::<Slot<T>>();

    pub(crate) const fn new() -> Self {
        Self { slots: Segments::new(), free: NONE, len: 0 }
    }

    /// How many items there are.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// The bytes of all slots, what items own not included.
    pub(crate) const fn bytes(&self) -> usize {
        self.slots.bytes()
    }

    /// What [`bytes`](Self::bytes) must be.
    pub(crate) fn counted_bytes(&self) -> usize {
        self.slots.counted_bytes()
    }

    /// At least as many bytes as one `insert` can add.
    pub(crate) fn growth_max(&self) -> usize {
        if self.free == NONE { self.slots.growth_max() } else { 0 }
    }

    /// At least as many bytes as `count` insertions can add.
    pub(crate) fn growth_max_of(&self, count: usize) -> usize {
        self.slots.growth_max_of(count)
    }

    /// Keeps an item and returns its number.
    pub(crate) fn insert(&mut self, item: T) -> u32 {
        self.len += 1;
        if self.free == NONE {
            self.slots.push(Slot::Full(item));
            return (self.slots.len() - 1) as u32;
        }
        let number = self.free;
        let slot = core::mem::replace(self.slots.get_mut(number as usize), Slot::Full(item));
        match slot {
            Slot::Free(next) => self.free = next,
            Slot::Full(_) => unreachable!("a full slot among the free ones"),
        }
        number
    }

    /// Whether there is an item with this number.
    pub(crate) fn holds(&self, number: u32) -> bool {
        let number = number as usize;
        number < self.slots.len() && matches!(self.slots.get(number), Slot::Full(_))
    }

    /// Takes the item with this number out.
    ///
    /// # Panics
    ///
    /// Where there is none.
    pub(crate) fn remove(&mut self, number: u32) -> T {
        let slot = core::mem::replace(self.slots.get_mut(number as usize), Slot::Free(self.free));
        let Slot::Full(item) = slot else { unreachable!("an empty slot is removed") };
        self.free = number;
        self.len -= 1;
        if self.len == 0 {
            self.slots.clear();
            self.free = NONE;
        }
        item
    }

    /// The item with this number.
    ///
    /// # Panics
    ///
    /// Where there is none.
    #[inline]
    pub(crate) fn get(&self, number: u32) -> &T {
        match self.slots.get(number as usize) {
            Slot::Full(item) => item,
            Slot::Free(_) => unreachable!("an empty slot is read"),
        }
    }

    /// The item with this number, to be changed.
    ///
    /// # Panics
    ///
    /// Where there is none.
    #[inline]
    pub(crate) fn get_mut(&mut self, number: u32) -> &mut T {
        match self.slots.get_mut(number as usize) {
            Slot::Full(item) => item,
            Slot::Free(_) => unreachable!("an empty slot is written"),
        }
    }

    /// Two different items: the first to be read, the second to be changed.
    pub(crate) fn get_both(&mut self, one: u32, other: u32) -> (&T, &mut T) {
        match self.slots.get_both_mut(one as usize, other as usize) {
            (Slot::Full(one), Slot::Full(other)) => (one, other),
            _ => unreachable!("an empty slot is read"),
        }
    }

    /// All items.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().filter_map(|slot| match slot {
            Slot::Full(item) => Some(item),
            Slot::Free(_) => None,
        })
    }
}

/// No slot.
const NONE: u32 = u32::MAX;

/// Slots in a segment.
const SEGMENT: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_and_are_given_out_again() {
        let mut slab = Slab::new();
        let numbers: Vec<_> = (0..1000u64).map(|item| slab.insert(item)).collect();
        for (item, &number) in numbers.iter().enumerate().filter(|(item, _)| item % 3 == 0) {
            assert_eq!(slab.remove(number), item as u64);
        }
        let before = slab.bytes();
        for item in 2000..2300 {
            let number = slab.insert(item);
            assert!(number < 1000);
            assert_eq!(*slab.get(number), item);
        }
        assert_eq!(slab.bytes(), before);
        assert_eq!(slab.bytes(), slab.counted_bytes());
        for (item, &number) in numbers.iter().enumerate().filter(|(item, _)| item % 3 != 0) {
            assert_eq!(*slab.get(number), item as u64);
        }
        assert_eq!(slab.iter().count(), slab.len());
    }

    #[test]
    fn a_slab_that_becomes_empty_frees_its_slots() {
        let mut slab = Slab::new();
        let numbers: Vec<_> = (0..300u32).map(|item| slab.insert(item)).collect();
        for (item, number) in (0..).zip(numbers) {
            assert_eq!(slab.remove(number), item);
        }
        assert_eq!((slab.len(), slab.bytes()), (0, 0));
    }
}
