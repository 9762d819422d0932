//! How much a write can add to a map, before it is made.

use super::PageMap;
use super::growth::{DATA_MEAN, ENTRIES_MEAN};
use super::write::{formed, presence};
use crate::arena::{Blocks, UNIT_BYTES};
use crate::code::{BOXED, BUFFER, Form, size};
use crate::entry::{Extras, NewValue};
use crate::page::{META, Page};
use crate::{HashKeys, extras as packed, pages, string_block};

/// What a write can add to the pages: one that grows to its largest, and a split or a merge.
const PAGES_GROWTH_MAX: usize = 3 * pages::PAGE_BYTES_MAX;

impl<B, H: HashKeys> PageMap<B, H> {
    /// At least as many bytes as [`used_bytes`](Self::used_bytes) will rise by when `key` is
    /// [`put`](Self::put) with this value and these extras.
    ///
    /// # Complexity
    ///
    /// That of a look-up.
    #[must_use]
    pub fn put_growth_max<A: Blocks>(
        &self,
        blocks: &A,
        hash: u64,
        key: &[u8],
        value: &NewValue<'_, B>,
        extras: Extras,
    ) -> usize {
        let key = Form::of_bytes(key);
        let (value_form, value_code) = formed(value);
        let presence = presence(extras);
        let value_size = size(value_code) + packed::size(presence);
        let mut growth = self.outside_growth(&value_form, value_code);
        growth += extras.expires_at_ms.map_or(0, |at_ms| self.outside.times.growth_max(at_ms));
        if let Some(place) = self.locate(blocks, hash, &key) {
            let page = Page::new(blocks.bytes(place.page));
            let old = page.size(place.index) - size(page.key_code(place.index));
            let grows = value_size > old || (presence != 0 && page.flags() & META == 0);
            if grows {
                let more = value_size.saturating_sub(old);
                growth += pages::growth_max(page.len(), page.used(), page.count(), more);
                growth += self.split_growth(blocks, more, 0);
            }
            if value_size < old && self.would_be_thin(old - value_size) {
                growth += self.merge_growth(blocks);
            }
            return growth;
        }
        let size = key.size() + value_size;
        growth += self.outside_growth(&key, key.code());
        if self.directory.buckets() == 0 {
            return growth + self.directory.growth_max() + pages::growth_max(0, 0, 0, size);
        }
        growth += self.page_growth(blocks, hash, size);
        growth + self.split_growth(blocks, size, 1)
    }

    /// As [`put_growth_max`](Self::put_growth_max) for any key and value of together `bytes` bytes,
    /// told without looking for the key, and far above what most writes add. It is a bound as long
    /// as no bucket has more than a thousand entries, which takes equal hashes.
    #[inline]
    #[must_use]
    pub fn any_put_growth_max(&self, bytes: usize) -> usize {
        let outside = self.outside.any_growth_max();
        bytes + PAGES_GROWTH_MAX + self.directory.growth_max() + outside
    }

    /// What a text takes outside its page.
    fn outside_growth(&self, form: &Form<'_>, code: u8) -> usize {
        match form {
            _ if code == BOXED => self.outside.boxed.growth_max(),
            Form::Long(bytes) if code == BUFFER => self.outside.strings_growth_max(2, bytes.len()),
            Form::Long(bytes) => string_block::units(bytes.len()) * UNIT_BYTES,
            _ => 0,
        }
    }

    /// What the bucket's pages can grow by when an entry of `size` bytes enters one of them, or
    /// another one that is made for it.
    fn page_growth<A: Blocks>(&self, blocks: &A, hash: u64, size: usize) -> usize {
        let mut most = pages::growth_max(0, 0, 0, size);
        let mut next = self.directory.head(self.directory.bucket(hash));
        while let Some(handle) = next {
            let page = Page::new(blocks.bytes(handle));
            most = most.max(pages::growth_max(page.len(), page.used(), page.count(), size));
            next = page.link();
        }
        most
    }

    /// What a merge can cost that follows when there is less in the map: where one of both pages
    /// has an array of extras, the other's entries get one.
    fn merge_growth<A: Blocks>(&self, blocks: &A) -> usize {
        if self.directory.buckets() < 2 {
            return 0;
        }
        let mut growth = 0;
        for bucket in [self.directory.last_split(), self.directory.buckets() - 1] {
            let mut next = self.directory.head(bucket);
            while let Some(handle) = next {
                let page = Page::new(blocks.bytes(handle));
                growth += pages::split_growth_max(page.used(), 0) + page.count();
                next = page.link();
            }
        }
        growth
    }

    /// What a split can cost that follows when `more` bytes and `entries` entries have come.
    fn split_growth<A: Blocks>(&self, blocks: &A, more: usize, entries: usize) -> usize {
        let buckets = self.directory.buckets() as usize;
        let (len, data) = (self.len + entries, self.data_bytes + more);
        if len <= buckets * ENTRIES_MEAN && data <= buckets * DATA_MEAN {
            return 0;
        }
        let (mut used, mut pages, mut meta) = (more, 0, 0);
        let mut next = self.directory.head(self.directory.next_split().0);
        while let Some(handle) = next {
            let page = Page::new(blocks.bytes(handle));
            used += page.used();
            if self.levels() > 0 && page.flags() & META == 0 {
                meta += page.count();
            }
            pages += 1;
            next = page.link();
        }
        self.directory.growth_max() + pages::split_growth_max(used, pages) + meta
    }
}
