//! A page: the entries of one bucket in one block.
//!
//! ```text
//! byte  0            1      2..4   4..8
//!       kind, owner  count  arena  earliest expiry, coarse            header
//!       link: the next page of the bucket                             4 bytes, with the flag LINK
//!       tags[count] key codes[count] value codes[count]               the arrays
//!       meta[count]                                                   with the flag META
//!       ... gap ...
//!       entry count-1 | ... | entry 1 | entry 0                       filled from the end
//! ```
//!
//! An entry is its key, its value and its extras back to back. None holds an offset: entry `i`
//! begins at the page's end less the sizes of the entries up to and including `i`, which the
//! arrays tell. So a new entry moves no data, and the arrays' bytes are all a look-up searches.
//!
//! P1: the arrays and the data do not overlap. P2: a page in a directory holds an entry. P3: no
//! entry expires before the header's moment. P4: in a page without META no entry has extras.

pub(crate) mod edit;

use crate::arena::Handle;
use crate::lanes::{LANE, Lane};
use crate::{code, extras};

/// A page, to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page<'a>(&'a [u8]);

impl<'a> Page<'a> {
    #[inline]
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// How many entries there are.
    #[inline]
    pub(crate) const fn count(self) -> usize {
        self.0[1] as usize
    }

    /// [`LINK`] and [`META`], where the page has them.
    #[inline]
    pub(crate) const fn flags(self) -> u8 {
        self.0[0] & (LINK | META)
    }

    /// The next page of the bucket.
    #[inline]
    pub(crate) fn link(self) -> Option<Handle> {
        if self.flags() & LINK == 0 {
            return None;
        }
        Handle::from_bits(word(self.0, HEAD_BYTES))
    }

    /// A moment before which nothing expires, in the coarse unit of [`Times`](crate::times::Times).
    #[inline]
    pub(crate) fn earliest(self) -> u32 {
        word(self.0, 4)
    }

    #[inline]
    pub(crate) fn tag(self, index: usize) -> u8 {
        self.0[self.arrays() + index]
    }

    #[inline]
    pub(crate) fn key_code(self, index: usize) -> u8 {
        self.0[self.arrays() + self.count() + index]
    }

    #[inline]
    pub(crate) fn value_code(self, index: usize) -> u8 {
        self.0[self.arrays() + 2 * self.count() + index]
    }

    /// All codes of an entry.
    #[inline]
    pub(crate) fn codes(self, index: usize) -> edit::Codes {
        [self.tag(index), self.key_code(index), self.value_code(index), self.meta(index)]
    }

    /// What an entry carries beside its value, and bits for whoever ages entries.
    #[inline]
    pub(crate) fn meta(self, index: usize) -> u8 {
        if self.flags() & META == 0 {
            return 0;
        }
        self.0[self.arrays() + 3 * self.count() + index]
    }

    /// The number and start of the first entry whose tag is `tag`, whose key's code is `code`,
    /// and whose bytes from its start on `holds` recognises.
    #[inline(always)]
    pub(crate) fn find(
        self,
        tag: u8,
        code: u8,
        holds: impl Fn(&'a [u8]) -> bool,
    ) -> Option<(usize, usize)> {
        let index = self.candidate(tag, code, 0)?;
        let start = self.start(index);
        if holds(&self.0[start..]) {
            return Some((index, start));
        }
        self.find_behind(index, (tag, code), holds)
    }

    /// The same behind entry `index`. Few look-ups meet a key that only resembles theirs.
    #[cold]
    #[inline(never)]
    fn find_behind(
        self,
        mut index: usize,
        (tag, code): (u8, u8),
        holds: impl Fn(&'a [u8]) -> bool,
    ) -> Option<(usize, usize)> {
        loop {
            index = self.candidate(tag, code, index + 1)?;
            let start = self.start(index);
            if holds(&self.0[start..]) {
                return Some((index, start));
            }
        }
    }

    /// The first entry from number `first` on with this tag and this code of its key.
    #[inline(always)]
    fn candidate(self, tag: u8, code: u8, mut first: usize) -> Option<usize> {
        let (tags, count) = (self.arrays(), self.count());
        while first < count {
            let mut hits = Lane::at(self.0, tags + first).matches(tag);
            while hits != 0 {
                let index = first + hits.trailing_zeros() as usize;
                if index >= count {
                    // What stands behind the last tag.
                    break;
                }
                if self.key_code(index) == code {
                    return Some(index);
                }
                hits &= hits - 1;
            }
            first += LANE;
        }
        None
    }

    /// Where the first entry with this tag begins, if there is one: where a look-up will read.
    #[inline]
    pub(crate) fn likely_start(self, tag: u8) -> Option<usize> {
        let (tags, count) = (self.arrays(), self.count());
        let mut first = 0;
        while first < count {
            let hits = Lane::at(self.0, tags + first).matches(tag);
            let index = first + hits.trailing_zeros() as usize;
            if hits != 0 && index < count {
                return Some(self.start(index));
            }
            first += LANE;
        }
        None
    }

    /// Where entry `index` begins.
    #[inline]
    pub(crate) fn start(self, index: usize) -> usize {
        self.0.len() - self.sizes(index + 1)
    }

    /// Where the data begins, which is behind the gap.
    #[inline]
    pub(crate) fn data_start(self) -> usize {
        self.0.len() - self.sizes(self.count())
    }

    /// The bytes of entry `index`, which begins at `start`.
    #[inline]
    pub(crate) fn entry(self, index: usize, start: usize) -> &'a [u8] {
        &self.0[start..start + self.size(index)]
    }

    /// How many bytes entry `index` takes beside the arrays.
    #[inline]
    pub(crate) fn size(self, index: usize) -> usize {
        code::size(self.key_code(index))
            + code::size(self.value_code(index))
            + extras::size(self.meta(index))
    }

    /// The stored bytes of the key of the entry that begins at `start`.
    #[inline]
    pub(crate) fn key(self, index: usize, start: usize) -> &'a [u8] {
        &self.0[start..start + code::size(self.key_code(index))]
    }

    /// The stored bytes of the value of the entry that begins at `start`.
    #[inline]
    pub(crate) fn value(self, index: usize, start: usize) -> &'a [u8] {
        let start = start + code::size(self.key_code(index));
        &self.0[start..start + code::size(self.value_code(index))]
    }

    /// The code of the value of the entry that begins at `start`, and its stored bytes.
    #[inline]
    pub(crate) fn coded_value(self, index: usize, start: usize) -> (u8, &'a [u8]) {
        let (at, count) = (self.arrays() + self.count() + index, self.count());
        let (key, value) = (self.0[at], self.0[at + count]);
        let start = start + code::size(key);
        (value, &self.0[start..start + code::size(value)])
    }

    /// The bytes that the page's content takes.
    #[inline]
    pub(crate) fn used(self) -> usize {
        self.arrays_end() + self.sizes(self.count())
    }

    /// How many bytes the block has.
    pub(crate) const fn len(self) -> usize {
        self.0.len()
    }

    /// The number and start of each entry.
    pub(crate) fn iter(self) -> impl Iterator<Item = (usize, usize)> + 'a {
        self.sized().map(|(at, _)| at)
    }

    /// The number, start and size of each entry.
    #[inline]
    pub(crate) fn sized(self) -> impl Iterator<Item = ((usize, usize), usize)> + 'a {
        let (flags, count) = (self.flags(), self.count());
        let codes = &self.0[self.arrays() + count..self.arrays_end()];
        let (keys, rest) = codes.split_at(count);
        let (values, metas) = rest.split_at(count);
        debug_assert_eq!(metas.is_empty(), flags & META == 0 || count == 0);
        let mut start = self.0.len();
        keys.iter().zip(values).enumerate().map(move |(index, (&key, &value))| {
            let extras = metas.get(index).map_or(0, |&meta| extras::size(meta));
            let size = code::size(key) + code::size(value) + extras;
            start -= size;
            ((index, start), size)
        })
    }

    /// The sizes of the first `count` entries.
    #[inline]
    fn sizes(self, count: usize) -> usize {
        let all = self.count();
        let keys = self.arrays() + all;
        if self.flags() & META != 0 {
            self.sizes_with_extras(keys, count)
        } else if count > LANE {
            self.sizes_of_many(keys, count)
        } else {
            Lane::at(self.0, keys).code_sums(Lane::at(self.0, keys + all), count)
        }
    }

    #[inline(never)]
    fn sizes_of_many(self, keys: usize, count: usize) -> usize {
        let all = self.count();
        let (mut sum, mut first) = (0, 0);
        while first < count {
            let own = (count - first).min(LANE);
            sum +=
                Lane::at(self.0, keys + first).code_sums(Lane::at(self.0, keys + all + first), own);
            first += LANE;
        }
        sum
    }

    #[inline(never)]
    fn sizes_with_extras(self, keys: usize, count: usize) -> usize {
        let all = self.count();
        let (mut sum, mut first) = (0, 0);
        while first < count {
            let own = (count - first).min(LANE);
            sum += Lane::at(self.0, keys + first)
                .code_sums(Lane::at(self.0, keys + all + first), own)
                + Lane::at(self.0, keys + 2 * all + first).extras_sum(own);
            first += LANE;
        }
        sum
    }

    /// Where the arrays begin.
    #[inline]
    const fn arrays(self) -> usize {
        arrays(self.flags())
    }

    const fn arrays_end(self) -> usize {
        self.arrays() + array_count(self.flags()) * self.count()
    }

    /// Panics where the page contradicts itself.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    pub(crate) fn check(self) {
        assert!(self.0[0] & PAGE != 0, "not a page");
        assert!(self.arrays_end() <= self.data_start(), "P1");
        assert!(self.count() > 0, "P2");
        let sum: usize = (0..self.count()).map(|index| self.size(index)).sum();
        assert_eq!(sum, self.sizes(self.count()), "a sum of sizes");
        let mut end = self.0.len();
        for (index, start) in self.iter() {
            assert_eq!(self.start(index), start);
            assert_eq!(start + self.size(index), end);
            end = start;
        }
    }
}

/// The bytes of a page with these flags beside its entries' data.
#[inline]
pub(crate) const fn overhead(flags: u8, count: usize) -> usize {
    arrays(flags) + array_count(flags) * count
}

#[inline]
const fn arrays(flags: u8) -> usize {
    HEAD_BYTES + if flags & LINK != 0 { LINK_BYTES } else { 0 }
}

/// How many bytes the arrays take for each entry.
#[inline]
pub(crate) const fn array_count(flags: u8) -> usize {
    if flags & META != 0 { 4 } else { 3 }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(word)
}

/// The kind of a block that is a page; [`LINK`] and [`META`] may be set beside it.
pub(crate) const PAGE: u8 = 4;
/// The page has room for the handle of another one.
pub(crate) const LINK: u8 = 1;
/// The page has a meta byte for each entry.
pub(crate) const META: u8 = 2;

const HEAD_BYTES: usize = 8;
pub(crate) const LINK_BYTES: usize = 4;

#[cfg(test)]
mod tests;
