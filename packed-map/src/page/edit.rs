//! Changes to a page within its block. Whoever calls has made sure of the room.

use super::{HEAD_BYTES, LINK, META, Page, array_count, arrays};
use crate::arena::Handle;
use crate::extras::PRESENCE;
use crate::times::NEVER;

/// One byte an entry in each array: tag, key's code, value's code, meta.
pub(crate) type Codes = [u8; 4];

/// Makes a block of the kind of a page an empty one.
pub(crate) fn clear(bytes: &mut [u8], link: Option<Handle>) {
    bytes[1] = 0;
    set_earliest(bytes, NEVER);
    if bytes[0] & LINK != 0 {
        set_link(bytes, link);
    }
}

/// Makes `link` the next page of the bucket. The page has room for one.
pub(crate) fn set_link(bytes: &mut [u8], link: Option<Handle>) {
    debug_assert!(bytes[0] & LINK != 0);
    let bits = link.map_or(0, Handle::bits);
    bytes[HEAD_BYTES..HEAD_BYTES + 4].copy_from_slice(&bits.to_le_bytes());
}

/// Sets the moment before which nothing expires.
pub(crate) fn set_earliest(bytes: &mut [u8], earliest: u32) {
    bytes[4..8].copy_from_slice(&earliest.to_le_bytes());
}

/// Gives the page an array of meta bytes, all zero, where `flags` has META and the page has not.
pub(crate) fn set_flags(bytes: &mut [u8], flags: u8) {
    let page = Page::new(bytes);
    if flags & !page.flags() & META == 0 {
        return;
    }
    let (start, count) = (page.arrays_end(), page.count());
    bytes[start..start + count].fill(0);
    bytes[0] |= META;
}

/// Adds an entry of `size` bytes to those of `data` bytes, and returns where it begins.
pub(crate) fn push(bytes: &mut [u8], data: usize, codes: Codes, size: usize) -> usize {
    let page = Page::new(bytes);
    debug_assert_eq!(page.data_start() + data, page.len());
    let (count, flags) = (page.count(), page.flags());
    let start = bytes.len() - data - size;
    let arrays = arrays(flags);
    debug_assert!(arrays + array_count(flags) * (count + 1) <= start, "P1");
    // The first array stays where it is.
    for array in (1..array_count(flags)).rev() {
        let from = arrays + array * count;
        let to = from + array;
        bytes.copy_within(from..from + count, to);
        bytes[to + count] = codes[array];
    }
    bytes[arrays + count] = codes[0];
    bytes[1] += 1;
    start
}

/// Makes the value and extras of an entry take `size` bytes and returns where the entry begins
/// now. Its key has moved along; its codes are still the old ones.
pub(crate) fn resize(
    bytes: &mut [u8],
    (index, start): (usize, usize),
    key_size: usize,
    size: usize,
) -> usize {
    let page = Page::new(bytes);
    let old = page.size(index) - key_size;
    if size != old {
        let data = page.data_start();
        bytes.copy_within(data..start + key_size, data + old - size);
    }
    start + old - size
}

/// Sets the value's code and the meta byte of an entry.
pub(crate) fn set_codes(bytes: &mut [u8], index: usize, value_code: u8, meta: u8) {
    let page = Page::new(bytes);
    let (arrays, count, flags) = (page.arrays(), page.count(), page.flags());
    bytes[arrays + 2 * count + index] = value_code;
    if flags & META != 0 {
        bytes[arrays + 3 * count + index] = meta;
    } else {
        debug_assert_eq!(meta & PRESENCE, 0, "P4");
    }
}

/// The meta bytes of a page that has them.
#[inline]
pub(crate) fn metas(bytes: &mut [u8]) -> &mut [u8] {
    let page = Page::new(bytes);
    debug_assert!(page.flags() & META != 0);
    let (start, count) = (page.arrays() + 3 * page.count(), page.count());
    &mut bytes[start..start + count]
}

/// Removes an entry; those behind it close up.
pub(crate) fn remove(bytes: &mut [u8], (index, start): (usize, usize)) {
    let page = Page::new(bytes);
    let (count, flags, size) = (page.count(), page.flags(), page.size(index));
    let data = page.data_start();
    bytes.copy_within(data..start, data + size);
    let arrays = arrays(flags);
    for array in 0..array_count(flags) {
        let from = arrays + array * count;
        let to = from - array;
        bytes.copy_within(from..from + index, to);
        bytes.copy_within(from + index + 1..from + count, to + index);
    }
    bytes[1] -= 1;
}

/// Moves the data, which ends at `from_end`, so that it ends at `to_end`.
pub(crate) fn move_data(bytes: &mut [u8], data_len: usize, from_end: usize, to_end: usize) {
    bytes.copy_within(from_end - data_len..from_end, to_end - data_len);
}

/// Makes the block `to`, of the kind of a page, hold what the page `from` does. It may have META
/// and LINK where `from` does not; a link it gains leads nowhere. The entries have `data` bytes.
pub(crate) fn copy(from: &[u8], to: &mut [u8], data: usize) {
    copy_apart(from, to, data, 0);
}

/// As [`copy`], and adds an entry of `size` bytes; returns where it begins.
pub(crate) fn copy_and_push(
    from: &[u8],
    to: &mut [u8],
    data: usize,
    codes: Codes,
    size: usize,
) -> usize {
    copy_apart(from, to, data, 1);
    let (flags, count) = (Page::new(to).flags(), usize::from(from[1]));
    let start = to.len() - data - size;
    debug_assert!(arrays(flags) + array_count(flags) * (count + 1) <= start, "P1");
    for array in 0..array_count(flags) {
        to[arrays(flags) + array * (count + 1) + count] = codes[array];
    }
    to[1] += 1;
    start
}

/// As [`copy`], with room for so many `more` codes in each array.
#[inline]
fn copy_apart(from: &[u8], to: &mut [u8], data: usize, more: usize) {
    let page = Page::new(from);
    debug_assert_eq!(page.data_start() + data, page.len());
    clear(to, page.link());
    to[1] = from[1];
    set_earliest(to, page.earliest());
    let count = page.count();
    let (own, new) = (page.flags(), Page::new(to).flags());
    let (mut source, mut target) = (arrays(own), arrays(new));
    for _ in 0..array_count(own) {
        to[target..target + count].copy_from_slice(&from[source..source + count]);
        (source, target) = (source + count, target + count + more);
    }
    if new & META != 0 && own & META == 0 {
        to[target..target + count].fill(0);
    }
    let start = to.len() - data;
    to[start..].copy_from_slice(&from[from.len() - data..]);
}

/// Adds copies of those entries of `from` whose bits are set in `takes`, lowest first.
pub(crate) fn append(from: &[u8], to: &mut [u8], takes: u128) {
    let (source, target) = (Page::new(from), Page::new(to));
    let (count, flags) = (target.count(), target.flags());
    let (arrays, added) = (arrays(flags), takes.count_ones() as usize);
    let mut end = target.data_start();
    for array in (1..array_count(flags)).rev().filter(|_| count > 0) {
        let from = arrays + array * count;
        to.copy_within(from..from + count, from + array * added);
    }
    let step = count + added;
    let (mut at, mut left) = (arrays + count, takes);
    for ((index, start), size) in source.sized() {
        if left & 1 == 1 {
            to[at] = source.tag(index);
            to[at + step] = source.key_code(index);
            to[at + 2 * step] = source.value_code(index);
            if flags & META != 0 {
                to[at + 3 * step] = source.meta(index);
            }
            at += 1;
            to[end - size..end].copy_from_slice(&from[start..start + size]);
            end -= size;
        }
        left >>= 1;
    }
    debug_assert!(arrays + array_count(flags) * step <= end, "P1");
    to[1] = step as u8;
}

/// Makes the handle that stands at `at` another one.
pub(crate) fn set_handle(bytes: &mut [u8], at: usize, handle: Handle) {
    bytes[at..at + 4].copy_from_slice(&handle.bits().to_le_bytes());
}
