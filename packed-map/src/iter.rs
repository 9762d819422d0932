//! Walking all entries of a map that stands still.

use crate::Heap;
use crate::arena::{Blocks, Handle};
use crate::directory::Directory;
use crate::entry::Entry;
use crate::outside::Outside;
use crate::page::Page;
use core::fmt;
use core::iter::FusedIterator;

/// The entries of a map, page after page, in no particular order.
pub struct Iter<'a, B, A = Heap> {
    directory: &'a Directory,
    outside: &'a Outside<B>,
    blocks: &'a A,
    /// The next bucket.
    bucket: u64,
    /// The page whose entries are being walked.
    page: Option<Page<'a>>,
    /// The next entry of `page`.
    index: usize,
    /// Where the entry before it starts.
    end: usize,
    /// How many entries are still to come.
    left: usize,
}

impl<'a, B, A: Blocks> Iter<'a, B, A> {
    pub(crate) const fn new(
        directory: &'a Directory,
        outside: &'a Outside<B>,
        blocks: &'a A,
        left: usize,
    ) -> Self {
        Self { directory, outside, blocks, bucket: 0, page: None, index: 0, end: 0, left }
    }

    /// The page behind `page` in its bucket, or the first one of the next bucket that has any.
    fn next_page(&mut self) -> Option<Handle> {
        if let Some(next) = self.page.and_then(Page::link) {
            return Some(next);
        }
        while self.bucket < self.directory.buckets() {
            let head = self.directory.head(self.bucket);
            self.bucket += 1;
            if head.is_some() {
                return head;
            }
        }
        None
    }
}

impl<'a, B, A: Blocks> Iterator for Iter<'a, B, A> {
    type Item = Entry<'a, B, A>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(page) = self.page.filter(|page| self.index < page.count()) {
                let start = self.end - page.size(self.index);
                let entry = Entry::new(self.outside, self.blocks, page, (self.index, start));
                (self.index, self.end) = (self.index + 1, start);
                self.left -= 1;
                return Some(entry);
            }
            let page = Page::new(self.blocks.bytes(self.next_page()?));
            (self.index, self.end) = (0, page.len());
            self.page = Some(page);
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<B, A: Blocks> ExactSizeIterator for Iter<'_, B, A> {}

impl<B, A: Blocks> FusedIterator for Iter<'_, B, A> {}

impl<B, A> fmt::Debug for Iter<'_, B, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter").field("left", &self.left).finish_non_exhaustive()
    }
}
