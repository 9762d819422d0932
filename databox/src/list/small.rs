//! A small list: a run of bytes, wherever they stand.

use super::End;
use crate::packed::{self, Element, Rows, Sort};
use crate::{Edit, Text};
use alloc::vec::Vec;

/// A list of few short elements in one run of bytes, borrowed.
///
/// Bytes that are none are the empty list. What writes a list gives other bytes, to be kept in
/// place of these; a list that has become too large for this form goes on as a
/// [`List`](crate::List).
///
/// # Complexity
///
/// An element is found by adding the lengths before or behind it. A write copies the bytes, at most
/// [`BYTES_MAX`](Self::BYTES_MAX).
///
/// # Examples
///
/// ```
/// use databox::{Edit, End, SmallList, Text};
///
/// let mut bytes = Vec::new();
/// assert_eq!(SmallList::new(&[]).push(End::Back, b"apple", &mut bytes), Edit::Written);
/// assert_eq!(SmallList::new(&bytes).get(0), Some(Text::Bytes(b"apple")));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct SmallList<'a> {
    bytes: &'a [u8],
    rows: Rows<'a, 1>,
}

impl<'a> SmallList<'a> {
    /// The most bytes that a list takes in this form.
    pub const BYTES_MAX: usize = packed::BYTES_MAX;

    /// The list that these bytes, which were written by this type, are; empty where they are none.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, rows: Rows::read(bytes) }
    }

    /// The bytes that the list is.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// How many elements there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no elements.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The element with this number.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Text<'a>> {
        self.rows.get(index).map(|[text]| text)
    }

    /// The elements from the one with the number `index` on.
    pub fn iter_from(&self, index: usize) -> impl Iterator<Item = Text<'a>> + use<'a> {
        self.rows.iter_from(index).map(|[text]| text)
    }

    /// The elements before the one with the number `index`, from there backwards.
    pub fn iter_back(&self, index: usize) -> impl Iterator<Item = Text<'a>> + use<'a> {
        self.rows.iter_to(index).rev().map(|[text]| text)
    }

    /// Writes the list with one more element to `out`, in place of what stood there.
    ///
    /// [`Edit::TooLarge`] where that takes another form; what stands in `out` then means nothing.
    pub fn push(&self, end: End, element: &[u8], out: &mut Vec<u8>) -> Edit {
        let at = if end == End::Front { 0 } else { self.len() };
        self.replace(at, 0, Some(element), out)
    }

    /// Writes the list in which `added` stands in place of `removed` elements from `at` on to
    /// `out`, in place of what stood there: no bytes where the list becomes empty.
    ///
    /// [`Edit::TooLarge`] where that takes another form; what stands in `out` then means nothing.
    ///
    /// # Panics
    ///
    /// Where there are not so many elements from `at` on.
    pub fn replace(
        &self,
        at: usize,
        removed: usize,
        added: Option<&[u8]>,
        out: &mut Vec<u8>,
    ) -> Edit {
        assert!(at + removed <= self.len(), "elements that are there");
        let written = match added.map(|added| Element::new(Text::Bytes(added))) {
            None => self.rows.splice(Sort::List, at, removed, &[], out),
            Some(Some(element)) => self.rows.splice(Sort::List, at, removed, &[[element]], out),
            Some(None) => return Edit::TooLarge,
        };
        if written && out.len() <= Self::BYTES_MAX { Edit::Written } else { Edit::TooLarge }
    }

    /// Panics where the list contradicts itself.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    pub(crate) fn check(&self) {
        self.rows.check();
    }
}
