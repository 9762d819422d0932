//! Whether a map agrees with itself, for tests.

use super::PageMap;
use crate::arena::{Blocks, Handle};
use crate::code::{BLOCK, BOXED, BUFFER, Form, PACKED};
use crate::entry::Entry;
use crate::extras::{HAS_EXPIRY, Packed};
use crate::pages::KIND_BITS;
use crate::rank::{self, LEVELS_MAX};
use crate::{HashKeys, hash, outside, page, string_block};
use alloc::vec::Vec;

impl<B, H: HashKeys> PageMap<B, H> {
    /// Panics where the map contradicts itself.
    #[doc(hidden)]
    pub fn check<A: Blocks>(&self, blocks: &A) {
        let mut found = Found::default();
        for bucket in 0..self.directory.buckets() {
            for (_, page) in self.chain(blocks, bucket) {
                page.check();
                let mut own_bytes = 0;
                for at in page.iter() {
                    let entry = Entry::new(&self.outside, blocks, page, at);
                    let key = entry.key().to_vec();
                    let own = self.hasher.hash(&key);
                    assert_eq!(self.directory.bucket(own), bucket, "an entry in a wrong bucket");
                    assert_eq!(page.tag(at.0), hash::tag(own));
                    assert_eq!(page.key_code(at.0), Form::of_bytes(&key).code(), "one form a text");
                    let low_bits = u64::from(u32::MAX);
                    assert_eq!(self.key_hash(blocks, page, at) & low_bits, own & low_bits);
                    let place = self.locate(blocks, own, &Form::of_bytes(&key));
                    let place = place.expect("every entry is found");
                    assert_eq!((place.index, place.start), at, "a key twice");
                    if let Some(text) = entry.value().text() {
                        assert_eq!(page.value_code(at.0), Form::of(text).code(), "one form a text");
                    }
                    let key = (page.key_code(at.0), page.key(at.0, at.1));
                    let value = (page.value_code(at.0), page.value(at.0, at.1));
                    self.check_references(blocks, own, [key, value], &mut found);
                    if page.meta(at.0) & HAS_EXPIRY != 0 {
                        let packed = Packed::read(page.meta(at.0), page.entry(at.0, at.1));
                        let expiry = packed.expiry().expect("its bit is set");
                        let at_ms = self.outside.times.unpack(expiry);
                        assert!(self.outside.times.coarse(at_ms) >= page.earliest(), "P3");
                        found.far += usize::from(expiry >> 39 != 0);
                        found.expiring += 1;
                    }
                    found.levels[rank::level(page.meta(at.0))] += 1;
                    found.len += 1;
                    found.data += page.size(at.0);
                    found.used += entry.used_bytes();
                    own_bytes += page.size(at.0) + page::array_count(page.flags());
                }
                found.page_rest += page.len() - own_bytes;
            }
        }
        let counted = (self.len, self.expiring, self.data_bytes);
        assert_eq!(counted, (found.len, found.expiring, found.data), "counters");
        let outside = (self.outside.boxed.len(), self.outside.strings());
        assert_eq!(outside, (found.boxed, found.strings), "what stands outside");
        assert_eq!(self.pages.string_bytes(), found.block_strings, "strings in blocks");
        assert_eq!(self.outside.times.far_len(), found.far, "far moments");
        assert_eq!(self.level_lens(), found.levels, "levels");
        assert_eq!(self.used_bytes(), self.recount_bytes(blocks), "bytes");
        let shared = found.page_rest + self.directory.bytes() + self.outside.shared_bytes();
        assert_eq!(self.used_bytes(), found.used + shared, "what entries take, and the rest");
    }

    /// All blocks of the map.
    #[doc(hidden)]
    pub fn handles<A: Blocks>(&self, blocks: &A) -> Vec<Handle> {
        let mut handles = Vec::new();
        for bucket in 0..self.directory.buckets() {
            for (handle, page) in self.chain(blocks, bucket) {
                handles.push(handle);
                for (index, start) in page.iter() {
                    let key = (page.key_code(index), page.key(index, start));
                    let value = (page.value_code(index), page.value(index, start));
                    let parts =
                        [key, value].into_iter().filter(|part| matches!(part.0, BLOCK | PACKED));
                    handles.extend(parts.map(|(_, stored)| outside::handle(stored)));
                }
            }
        }
        handles
    }

    fn check_references<A: Blocks>(
        &self,
        blocks: &A,
        hash: u64,
        parts: [(u8, &[u8]); 2],
        found: &mut Found,
    ) {
        for (code, stored) in parts {
            match code {
                BOXED => found.boxed += 1,
                BUFFER => found.strings += 1,
                BLOCK | PACKED => {
                    let block = blocks.bytes(outside::handle(stored));
                    assert_eq!(string_block::hash(block), hash & u64::from(u32::MAX));
                    assert_eq!(block[0] >> KIND_BITS, self.owner());
                    found.block_strings += string_block::read(block).len();
                }
                _ => {}
            }
        }
    }
}

/// What was counted.
#[derive(Debug, Default)]
struct Found {
    len: usize,
    expiring: usize,
    data: usize,
    boxed: usize,
    strings: usize,
    /// The bytes of strings in blocks.
    block_strings: usize,
    /// The bytes that entries say they take.
    used: usize,
    /// The bytes of pages that no entry says it takes: heads, gaps, links.
    page_rest: usize,
    far: usize,
    levels: [usize; LEVELS_MAX],
}
