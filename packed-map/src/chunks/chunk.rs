//! The bytes of one chunk: a few blocks back to back.
//!
//! ```text
//! byte  0      1 ..
//!       slots  ends[slots]  ... room ...  block slots-1 | ... | block 1 | block 0
//! ```
//!
//! `ends[i]` is where block `i` begins, in units from the chunk's end; a block ends where the one
//! before it begins. So a block that grows pushes those behind it on, and all room is in one piece:
//! a chunk has no holes. A slot without units is free.

use crate::arena::UNIT_BYTES;
use core::ops::Range;

/// The bytes of a chunk.
pub(super) const CHUNK_BYTES: usize = 4096 - 8;

/// Makes these bytes an empty chunk.
pub(super) fn empty() -> [u8; CHUNK_BYTES] {
    [0; CHUNK_BYTES]
}

/// Where the block in a slot stands.
#[inline]
pub(super) fn range(chunk: &[u8], slot: usize) -> Range<usize> {
    let end = if slot == 0 { 0 } else { end(chunk, slot - 1) };
    chunk.len() - end_of(chunk, slot)..chunk.len() - end
}

/// The units of the largest block that the chunk has room for.
#[inline]
pub(super) fn room(chunk: &[u8]) -> usize {
    if slots(chunk) == SLOTS_MAX {
        return 0;
    }
    // The block may need another slot.
    gap(chunk).saturating_sub(1) / UNIT_BYTES
}

/// Whether the chunk holds no block.
pub(super) fn is_empty(chunk: &[u8]) -> bool {
    used(chunk) == 0
}

/// The last slot that holds a block.
pub(super) fn last(chunk: &[u8]) -> Option<usize> {
    // Slots behind the last block are given up with it.
    slots(chunk).checked_sub(1)
}

/// Puts a block into the chunk, which has the room, and returns its slot: the last free one, or
/// one behind the others.
pub(super) fn insert(chunk: &mut [u8], units: usize) -> usize {
    debug_assert!(units <= room(chunk));
    let slots = slots(chunk);
    if let Some(slot) = (0..slots).rev().find(|&slot| range(chunk, slot).is_empty()) {
        let fits = resize(chunk, slot, units);
        debug_assert!(fits, "room is the gap and less");
        return slot;
    }
    let end = used(chunk) / UNIT_BYTES + units;
    chunk[0] += 1;
    chunk[HEAD_BYTES + slots] = end as u8;
    slots
}

/// Makes the block in a slot have so many units, of which the first stay as they are, and tells
/// whether there was room.
pub(super) fn resize(chunk: &mut [u8], slot: usize, units: usize) -> bool {
    let own = range(chunk, slot);
    let before = own.len() / UNIT_BYTES;
    if units > before && (units - before) * UNIT_BYTES > gap(chunk) {
        return false;
    }
    // The blocks behind, and as much of this one as stays.
    let low = chunk.len() - used(chunk);
    let moved = low..own.start + UNIT_BYTES * units.min(before);
    let to = low + UNIT_BYTES * before - UNIT_BYTES * units;
    chunk.copy_within(moved, to);
    let slots = slots(chunk);
    for end in &mut chunk[HEAD_BYTES + slot..HEAD_BYTES + slots] {
        // In this order, as what a chunk has of units fits into a byte.
        *end = (usize::from(*end) + units - before) as u8;
    }
    true
}

/// Removes the block in a slot.
pub(super) fn remove(chunk: &mut [u8], slot: usize) {
    resize(chunk, slot, 0);
    while let Some(last) = last(chunk).filter(|&last| range(chunk, last).is_empty()) {
        chunk[0] = last as u8;
    }
}

/// How many slots there are.
fn slots(chunk: &[u8]) -> usize {
    usize::from(chunk[0])
}

#[inline]
fn end(chunk: &[u8], slot: usize) -> usize {
    UNIT_BYTES * usize::from(chunk[HEAD_BYTES + slot])
}

/// The end of a slot that must be there.
#[inline]
fn end_of(chunk: &[u8], slot: usize) -> usize {
    assert!(slot < slots(chunk), "a handle of a block that was freed");
    end(chunk, slot)
}

/// The bytes of all blocks.
#[inline]
fn used(chunk: &[u8]) -> usize {
    last(chunk).map_or(0, |last| end(chunk, last))
}

/// The bytes between the slots and the blocks.
fn gap(chunk: &[u8]) -> usize {
    chunk.len() - HEAD_BYTES - slots(chunk) - used(chunk)
}

const HEAD_BYTES: usize = 1;

/// The most slots that a chunk has; its number must fit into the low byte of a handle.
const SLOTS_MAX: usize = 255;

const _: () = assert!(CHUNK_BYTES / UNIT_BYTES <= u8::MAX as usize);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fill(chunk: &mut [u8], slot: usize, with: u8) {
        let range = range(chunk, slot);
        chunk[range].fill(with);
    }

    #[test]
    fn a_chunk_is_filled_to_its_last_unit() {
        let mut chunk = empty();
        let mut blocks = 0;
        while room(&chunk) > 0 {
            insert(&mut chunk, 1);
            blocks += 1;
        }
        assert!(blocks * (UNIT_BYTES + 1) + HEAD_BYTES + UNIT_BYTES >= CHUNK_BYTES, "{blocks}");
        assert!(!resize(&mut chunk, 3, 3));
        (0..blocks).for_each(|slot| remove(&mut chunk, slot));
        assert!(is_empty(&chunk) && chunk[0] == 0);
    }

    proptest! {
        #[test]
        fn blocks_keep_their_bytes(
            operations in prop::collection::vec((0usize..12, 0usize..20), 0..200),
        ) {
            let mut chunk = empty();
            let mut model: Vec<Vec<u8>> = Vec::new();
            for (number, (slot, units)) in operations.into_iter().enumerate() {
                let with = number as u8;
                if slot >= model.len() {
                    if units > 0 && units <= room(&chunk) {
                        let slot = insert(&mut chunk, units);
                        model.resize(model.len().max(slot + 1), Vec::new());
                        model[slot] = vec![with; units * UNIT_BYTES];
                        fill(&mut chunk, slot, with);
                    }
                } else if model[slot].is_empty() {
                    continue;
                } else if units == 0 {
                    remove(&mut chunk, slot);
                    model[slot].clear();
                } else if resize(&mut chunk, slot, units) {
                    let old = model[slot].len();
                    model[slot].resize(units * UNIT_BYTES, with);
                    let range = range(&chunk, slot);
                    if old < range.len() {
                        chunk[range][old..].fill(with);
                    }
                }
                while model.last().is_some_and(Vec::is_empty) {
                    model.pop();
                }
                prop_assert_eq!(slots(&chunk), model.len());
                for (slot, bytes) in model.iter().enumerate() {
                    prop_assert_eq!(&chunk[range(&chunk, slot)], bytes);
                }
            }
        }
    }
}
