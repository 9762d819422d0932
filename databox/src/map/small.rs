//! A small map: a run of bytes, wherever they stand.

use crate::packed::{self, Element, Rows, Sort};
use crate::{Edit, Text};
use alloc::vec::Vec;

/// A map of few short names to short values in one run of bytes, borrowed.
///
/// Bytes that are none are the empty map. What writes a map gives other bytes, to be kept in place
/// of these; a map that has become too large for this form goes on as a [`Map`](crate::Map).
///
/// # Complexity
///
/// Searched through. A write copies the bytes, at most [`BYTES_MAX`](Self::BYTES_MAX).
///
/// # Examples
///
/// ```
/// use databox::{Edit, SmallMap, Text};
///
/// let mut bytes = Vec::new();
/// assert_eq!(SmallMap::new(&[]).set(b"apples", b"12", &mut bytes), (Edit::Written, true));
/// assert_eq!(SmallMap::new(&bytes).get(b"apples"), Some(Text::Integer(12)));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct SmallMap<'a> {
    bytes: &'a [u8],
    rows: Rows<'a, 2>,
}

impl<'a> SmallMap<'a> {
    /// The most bytes that a map takes in this form.
    pub const BYTES_MAX: usize = packed::BYTES_MAX;

    /// The map that these bytes, which were written by this type, are; empty where they are none.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, rows: Rows::read(bytes) }
    }

    /// The bytes that the map is.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// How many names there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no names.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a name.
    #[must_use]
    pub fn get(&self, name: &[u8]) -> Option<Text<'a>> {
        let place = self.rows.find(&Element::new(Text::Bytes(name))?)?;
        let [_, value] = self.rows.row(place);
        Some(value)
    }

    /// Writes the map in which `name` has this value to `out`, in place of what stood there, and
    /// tells whether the name is new.
    ///
    /// [`Edit::TooLarge`] where that takes another form; what stands in `out` then means nothing.
    pub fn set(&self, name: &[u8], value: &[u8], out: &mut Vec<u8>) -> (Edit, bool) {
        let elements = [name, value].map(|part| Element::new(Text::Bytes(part)));
        let [Some(name), Some(value)] = elements else {
            return (Edit::TooLarge, self.get(name).is_none());
        };
        let (at, removed) = match self.rows.find(&name) {
            Some(place) => (place.index, 1),
            None if self.len() == NAMES_MAX => return (Edit::TooLarge, true),
            None => (self.len(), 0),
        };
        self.rows.splice(Sort::Map, at, removed, &[[name, value]], out);
        let edit = if out.len() > Self::BYTES_MAX { Edit::TooLarge } else { Edit::Written };
        (edit, removed == 0)
    }

    /// Writes the map without a name to `out`, in place of what stood there: no bytes where the map
    /// becomes empty. [`Edit::Unchanged`] where there is no such name.
    pub fn remove(&self, name: &[u8], out: &mut Vec<u8>) -> Edit {
        let found = Element::new(Text::Bytes(name)).and_then(|name| self.rows.find(&name));
        let Some(place) = found else { return Edit::Unchanged };
        self.rows.splice(Sort::Map, place.index, 1, &[], out);
        Edit::Written
    }

    /// The names with their values, as they were added.
    #[must_use]
    pub fn iter(&self) -> SmallPairs<'a> {
        self.iter_from(0)
    }

    /// The names with their values from the one with the number `index` on.
    #[must_use]
    pub fn iter_from(&self, index: usize) -> SmallPairs<'a> {
        SmallPairs(self.rows.iter_from(index))
    }

    /// Panics where the map contradicts itself.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    pub(crate) fn check(&self) {
        self.rows.check();
    }
}

/// The names of a [`SmallMap`] with their values.
#[derive(Debug, Clone)]
pub struct SmallPairs<'a>(packed::Iter<'a, 2>);

impl<'a> Iterator for SmallPairs<'a> {
    type Item = (Text<'a>, Text<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|[name, value]| (name, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for SmallPairs<'_> {}

/// Names up to which a map is searched through.
const NAMES_MAX: usize = 128;
