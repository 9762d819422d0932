//! A list to be read, whatever form it has.

use crate::{List, SmallList, Text};

/// A list, borrowed: a run of bytes that somebody keeps, or a [`List`].
#[derive(Debug, Clone, Copy)]
pub enum ListView<'a> {
    /// A small list.
    Small(SmallList<'a>),
    /// A list, small or large.
    List(&'a List),
}

impl<'a> ListView<'a> {
    /// How many elements there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Small(list) => list.len(),
            Self::List(list) => list.len(),
        }
    }

    /// Whether there are no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The small form, if the list has that.
    #[must_use]
    pub fn as_small(&self) -> Option<SmallList<'a>> {
        match self {
            Self::Small(list) => Some(*list),
            Self::List(list) => list.as_small(),
        }
    }

    /// The element with this number.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Text<'a>> {
        match self {
            Self::Small(list) => list.get(index),
            Self::List(list) => list.get(index),
        }
    }

    /// Visits up to `count` elements from `index` on, in their order.
    pub fn walk(&self, index: usize, count: usize, visit: impl FnMut(Text<'a>)) {
        match self {
            Self::Small(list) => list.iter_from(index).take(count).for_each(visit),
            Self::List(list) => list.walk(index, count, visit),
        }
    }

    /// Visits up to `count` elements before the one with the number `index`, from there backwards.
    pub fn walk_back(&self, index: usize, count: usize, visit: impl FnMut(Text<'a>)) {
        match self {
            Self::Small(list) => list.iter_back(index).take(count).for_each(visit),
            Self::List(list) => list.walk_back(index, count, visit),
        }
    }
}
