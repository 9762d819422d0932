//! Following blocks that move.

use super::PageMap;
use super::write::{KEY, VALUE};
use crate::HashKeys;
use crate::arena::{Blocks, Handle};
use crate::code::{BLOCK, BUFFER, PACKED};
use crate::page::{PAGE, Page, edit};
use crate::pages::{KIND_BITS, relink};
use crate::{outside, string_block};

impl<B, H: HashKeys> PageMap<B, H> {
    /// The mark of the map whose block this is.
    #[must_use]
    pub fn owner_of(block: &[u8]) -> u8 {
        block[0] >> KIND_BITS
    }

    /// Tells the map that the block `from` has been copied to `to`, and returns whether it is one
    /// of the map's and now known as `to`. Both copies must still be there.
    ///
    /// # Complexity
    ///
    /// A look-up: the first key of a page, and the hash that stands in a block of a string, lead
    /// to the bucket.
    pub fn rehome<A: Blocks>(&mut self, blocks: &mut A, from: Handle, to: Handle) -> bool {
        if self.directory.buckets() == 0 {
            return false;
        }
        let block = blocks.bytes(to);
        if Self::owner_of(block) != self.owner() {
            return false;
        }
        match block[0] & KIND_MASK {
            kind if kind & PAGE != 0 => self.rehome_page(blocks, from, to),
            kind @ (KEY | VALUE) => self.rehome_string(blocks, (from, to), kind == KEY),
            _ => false,
        }
    }

    fn rehome_page<A: Blocks>(&mut self, blocks: &mut A, from: Handle, to: Handle) -> bool {
        let page = Page::new(blocks.bytes(to));
        let first = (0, page.start(0));
        // Another map may have the same mark; then a number in its page means nothing here.
        if page.key_code(0) == BUFFER && !self.outside.has_buffer(page.key(first.0, first.1)) {
            return false;
        }
        let hash = self.key_hash(blocks, page, first);
        let head = self.directory.head_mut(self.directory.bucket(hash));
        let (mut previous, mut next) = (None, *head);
        while let Some(handle) = next {
            if handle == from {
                relink(blocks, head, previous, Some(to));
                return true;
            }
            (previous, next) = (Some(handle), Page::new(blocks.bytes(handle)).link());
        }
        false
    }

    fn rehome_string<A: Blocks>(
        &mut self,
        blocks: &mut A,
        (from, to): (Handle, Handle),
        is_key: bool,
    ) -> bool {
        let hash = string_block::hash(blocks.bytes(to));
        let mut next = self.directory.head(self.directory.bucket(hash));
        while let Some(handle) = next {
            let page = Page::new(blocks.bytes(handle));
            let holds = |&(index, start): &(usize, usize)| {
                let (code, stored) = if is_key {
                    (page.key_code(index), page.key(index, start))
                } else {
                    (page.value_code(index), page.value(index, start))
                };
                matches!(code, BLOCK | PACKED) && outside::handle(stored) == from
            };
            let found = page.iter().find(holds);
            if let Some((index, start)) = found {
                let at = if is_key { start } else { start + page.key(index, start).len() };
                edit::set_handle(blocks.bytes_mut(handle), at, to);
                return true;
            }
            next = page.link();
        }
        false
    }
}

const KIND_MASK: u8 = (1 << KIND_BITS) - 1;
