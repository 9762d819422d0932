//! Walking all entries of a map that stands still.

use crate::directory::Directory;
use crate::entry::Entry;
use crate::page::Page;
use alloc::vec::Vec;
use core::fmt;
use core::iter::{Flatten, FusedIterator};
use core::slice;

/// The entries of a map, page after page, in no particular order.
pub struct Iter<'a, B> {
    pages: Flatten<slice::Iter<'a, Vec<Page<B>>>>,
    page: Option<&'a Page<B>>,
    /// The next entry of `page`.
    index: usize,
    /// Where its bytes start.
    offset: usize,
    /// How many entries are still to come.
    left: usize,
}

impl<'a, B> Iter<'a, B> {
    pub(crate) fn new(directory: &'a Directory<B>, len: usize) -> Self {
        Self { pages: directory.iter(), page: None, index: 0, offset: 0, left: len }
    }
}

impl<'a, B> Iterator for Iter<'a, B> {
    type Item = Entry<'a, B>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(page) = self.page.filter(|page| self.index < page.len()) {
                let entry = Entry::new(page, self.index, self.offset);
                self.offset = page.end(self.index, self.offset);
                self.index += 1;
                self.left -= 1;
                return Some(entry);
            }
            self.page = Some(self.pages.next()?);
            (self.index, self.offset) = (0, 0);
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<B> ExactSizeIterator for Iter<'_, B> {}

impl<B> FusedIterator for Iter<'_, B> {}

impl<B> fmt::Debug for Iter<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter").field("left", &self.left).finish_non_exhaustive()
    }
}
