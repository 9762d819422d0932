//! The pages of a map among the blocks of an arena: made, moved to larger blocks, fitted, freed.
//!
//! A bucket is a chain of pages, nearly always of one. A page that is full, which takes many keys
//! with equal hashes, stays, and a new one in front of it leads to it.

use crate::arena::{Blocks, Exhausted, Handle, UNIT_BYTES};
use crate::page::{self, LINK, LINK_BYTES, META, PAGE, Page, edit};
use crate::string_block;

/// What a map counts of its blocks, and how it marks them.
#[derive(Debug, Clone)]
pub(crate) struct Pages {
    /// The mark of the map, in the high five bits of each block's kind.
    owner: u8,
    /// The units of all the map's blocks.
    units: usize,
    /// The bytes of the strings in blocks of their own.
    string_bytes: usize,
}

/// An entry, and how its page is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The page that leads to this one; `None` where the directory does.
    pub(crate) previous: Option<Handle>,
    pub(crate) page: Handle,
    pub(crate) index: usize,
    /// Where the entry begins in the page.
    pub(crate) start: usize,
}

impl Pages {
    pub(crate) const fn new(owner: u8) -> Self {
        assert!(owner < OWNERS, "an owner below 32");
        Self { owner, units: 0, string_bytes: 0 }
    }

    /// The bytes of all the map's blocks.
    pub(crate) const fn bytes(&self) -> usize {
        self.units * UNIT_BYTES
    }

    /// The bytes of the strings in blocks of their own.
    pub(crate) const fn string_bytes(&self) -> usize {
        self.string_bytes
    }

    /// The mark of the map.
    pub(crate) const fn owner(&self) -> u8 {
        self.owner
    }

    pub(crate) fn alloc<A: Blocks>(
        &mut self,
        blocks: &mut A,
        kind: u8,
        units: usize,
    ) -> Result<Handle, Exhausted> {
        let handle = blocks.alloc(kind | self.owner << KIND_BITS, units)?;
        self.units += units;
        Ok(handle)
    }

    pub(crate) fn free<A: Blocks>(&mut self, blocks: &mut A, handle: Handle) {
        let block = blocks.bytes(handle);
        self.units -= block.len() / UNIT_BYTES;
        if block[0] & PAGE == 0 {
            self.string_bytes -= string_block::read(block).len();
        }
        blocks.free(handle);
    }

    /// Frees a page and those it leads to.
    pub(crate) fn free_chain<A: Blocks>(&mut self, blocks: &mut A, head: Option<Handle>) {
        let mut next = head;
        while let Some(handle) = next {
            next = Page::new(blocks.bytes(handle)).link();
            self.free(blocks, handle);
        }
    }

    /// A block for a long string.
    pub(crate) fn alloc_string<A: Blocks>(
        &mut self,
        blocks: &mut A,
        kind: u8,
        string: &[u8],
        hash: u64,
    ) -> Result<Handle, Exhausted> {
        let handle = self.alloc(blocks, kind, string_block::units(string.len()))?;
        string_block::write(blocks.bytes_mut(handle), string, hash);
        self.string_bytes += string.len();
        Ok(handle)
    }

    /// Puts another string, which takes as many units, into the block of one.
    pub(crate) fn replace_string<A: Blocks>(
        &mut self,
        blocks: &mut A,
        handle: Handle,
        string: &[u8],
        hash: u64,
    ) {
        let block = blocks.bytes_mut(handle);
        self.string_bytes = self.string_bytes - string_block::read(block).len() + string.len();
        string_block::write(block, string, hash);
    }

    /// An empty page of at least `bytes` bytes.
    pub(crate) fn alloc_page<A: Blocks>(
        &mut self,
        blocks: &mut A,
        flags: u8,
        link: Option<Handle>,
        bytes: usize,
    ) -> Result<Handle, Exhausted> {
        let handle = self.alloc(blocks, PAGE | flags, units(bytes))?;
        edit::clear(blocks.bytes_mut(handle), link);
        Ok(handle)
    }

    /// Adds an entry of `size` bytes to the bucket that begins with the page `head`, and returns
    /// its page and where it begins there: its bytes are still to be written. `meta` is META where
    /// the page must have that array.
    pub(crate) fn push<A: Blocks>(
        &mut self,
        blocks: &mut A,
        head: &mut Option<Handle>,
        (codes, size): (edit::Codes, usize),
        meta: u8,
    ) -> Result<(Handle, usize), Exhausted> {
        let (mut previous, mut next) = (None, *head);
        while let Some(handle) = next {
            let page = Page::new(blocks.bytes(handle));
            let flags = page.flags() | meta;
            let data = page.len() - page.data_start();
            let used = page::overhead(flags, page.count() + 1) + data + size;
            if page.count() < PAGE_ENTRIES_MAX && used <= PAGE_BYTES_MAX {
                if used <= page.len() || self.widen(blocks, handle, (used, data)) {
                    let bytes = blocks.bytes_mut(handle);
                    edit::set_flags(bytes, flags);
                    return Ok((handle, edit::push(bytes, data, codes, size)));
                }
                let new = self.alloc(blocks, PAGE | flags, units(used))?;
                let (from, to) = blocks.pair(handle, new);
                let start = edit::copy_and_push(from, to, data, codes, size);
                relink(blocks, head, previous, Some(new));
                self.free(blocks, handle);
                return Ok((new, start));
            }
            (previous, next) = (next, page.link());
        }
        let flags = meta | if head.is_some() { LINK } else { 0 };
        let bytes = page::overhead(flags, 1) + size;
        let handle = self.alloc_page(blocks, flags, *head, bytes)?;
        *head = Some(handle);
        Ok((handle, edit::push(blocks.bytes_mut(handle), 0, codes, size)))
    }

    /// Makes the page able to hold `used` bytes, of which `data` are its data now, and gives it
    /// META where `flags` has it. Returns where the page is then.
    pub(crate) fn ensure<A: Blocks>(
        &mut self,
        blocks: &mut A,
        head: &mut Option<Handle>,
        (previous, handle): (Option<Handle>, Handle),
        (used, data): (usize, usize),
        flags: u8,
    ) -> Result<Handle, Exhausted> {
        if used > blocks.bytes(handle).len() && !self.widen(blocks, handle, (used, data)) {
            let new = self.alloc(blocks, PAGE | flags, units(used))?;
            let (from, to) = blocks.pair(handle, new);
            edit::copy(from, to, data);
            relink(blocks, head, previous, Some(new));
            self.free(blocks, handle);
            return Ok(new);
        }
        edit::set_flags(blocks.bytes_mut(handle), flags);
        Ok(handle)
    }

    /// Makes the page able to hold `used` bytes where it is, of which `data` are its data now, and
    /// tells whether it did.
    fn widen<A: Blocks>(
        &mut self,
        blocks: &mut A,
        handle: Handle,
        (used, data): (usize, usize),
    ) -> bool {
        let (len, units) = (blocks.bytes(handle).len(), units(used));
        let grows = blocks.grow(handle, units);
        if grows {
            self.units += units - len / UNIT_BYTES;
            let bytes = blocks.bytes_mut(handle);
            let new_len = bytes.len();
            edit::move_data(bytes, data, len, new_len);
        }
        grows
    }

    /// Gives room back that the page has too much of, and the page itself where it is empty.
    pub(crate) fn tighten<A: Blocks>(
        &mut self,
        blocks: &mut A,
        head: &mut Option<Handle>,
        (previous, handle): (Option<Handle>, Handle),
    ) {
        let page = Page::new(blocks.bytes(handle));
        if page.count() == 0 {
            let next = page.link();
            relink(blocks, head, previous, next);
            self.free(blocks, handle);
            return;
        }
        let (len, data) = (page.len(), page.len() - page.data_start());
        let used = page::overhead(page.flags(), page.count()) + data;
        if len - used <= slack_max(used) {
            return;
        }
        let units = units(used);
        if units * UNIT_BYTES >= len {
            return;
        }
        let bytes = blocks.bytes_mut(handle);
        edit::move_data(bytes, data, len, units * UNIT_BYTES);
        if blocks.grow(handle, units) {
            self.units -= len / UNIT_BYTES - units;
        } else {
            edit::move_data(blocks.bytes_mut(handle), data, units * UNIT_BYTES, len);
        }
    }
}

/// Makes what led to a page lead to `to`.
pub(crate) fn relink<A: Blocks>(
    blocks: &mut A,
    head: &mut Option<Handle>,
    previous: Option<Handle>,
    to: Option<Handle>,
) {
    match previous {
        None => *head = to,
        Some(previous) => edit::set_link(blocks.bytes_mut(previous), to),
    }
}

/// At least as many bytes as a bucket's pages can grow by when an entry of `size` bytes enters a
/// page that uses `used` bytes of its `len`.
pub(crate) const fn growth_max(len: usize, used: usize, count: usize, size: usize) -> usize {
    // The entry's own arrays, and an array for all others where this is the first with extras.
    let after = used + size + 4 + count;
    if after <= len { 0 } else { units(after + page::overhead(LINK, 0)) * UNIT_BYTES - len }
}

/// At least as many bytes as two pages can take more than the `used` bytes of one they are made
/// from.
pub(crate) const fn split_growth_max(used: usize, pages: usize) -> usize {
    used / 8 + (pages + 2) * (page::overhead(LINK, 1) + slack_max(0) + UNIT_BYTES)
}

/// The units of a page of this size. A page is given no room to grow into: with room for one more
/// entry it would move half as often, which spares a tenth of an insertion's instructions and
/// costs two bytes a pair.
const fn units(bytes: usize) -> usize {
    bytes.div_ceil(UNIT_BYTES)
}

/// How many bytes a page may leave unused before it is made smaller.
const fn slack_max(used: usize) -> usize {
    if used / 8 > SLACK_MIN { used / 8 } else { SLACK_MIN }
}

const SLACK_MIN: usize = 32;

/// Entries of a page beyond which a bucket gets another one.
pub(crate) const PAGE_ENTRIES_MAX: usize = 128;

/// Bytes of a page beyond which a bucket gets another one.
pub(crate) const PAGE_BYTES_MAX: usize = 16 * 1024;

/// The bits of a block's kind that say what it is; the others are the map's mark.
pub(crate) const KIND_BITS: u32 = 3;

/// How many marks there are.
pub(crate) const OWNERS: u8 = 32;

const _: () = assert!(PAGE | LINK | META == (1 << KIND_BITS) - 1 && LINK_BYTES == 4);
