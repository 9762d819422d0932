//! No sorted sets.

use super::NoStore;
use crate::{Key, OutOfMemory, SortedSets, Text};
use databox::SortedSet;

impl SortedSets for NoStore {
    fn sorted_len(&mut self, _: Key<'_>) -> u64 {
        0
    }

    fn sorted_score(&mut self, _: Key<'_>, _: &[u8]) -> Option<f64> {
        None
    }

    fn sorted_set(&mut self, _: Key<'_>, _: &[u8], _: f64) -> Result<bool, OutOfMemory> {
        Err(OutOfMemory)
    }

    fn sorted_remove(&mut self, _: Key<'_>, _: &[u8]) -> bool {
        false
    }

    fn sorted_remove_range(&mut self, _: Key<'_>, _: u64, _: u64) -> u64 {
        0
    }

    fn sorted_rank(&mut self, _: Key<'_>, _: &[u8]) -> Option<u64> {
        None
    }

    fn sorted_below(&mut self, _: Key<'_>, _: f64, _: bool) -> u64 {
        0
    }

    fn sorted_before(&mut self, _: Key<'_>, _: &[u8], _: bool) -> u64 {
        0
    }

    fn sorted_walk(
        &mut self,
        _: Key<'_>,
        _: u64,
        _: u64,
        _: bool,
        _: &mut dyn FnMut(Text<'_>, f64),
    ) {
    }

    fn sorted_scan(
        &mut self,
        _: Key<'_>,
        _: u64,
        _: u64,
        _: Option<&[u8]>,
        _: &mut dyn FnMut(Text<'_>, f64),
    ) -> u64 {
        0
    }

    fn lend_sorted(&mut self, _: Key<'_>) -> Option<SortedSet> {
        None
    }

    fn put_sorted(&mut self, _: Key<'_>, _: SortedSet) -> Result<(), OutOfMemory> {
        Err(OutOfMemory)
    }

    fn draw(&mut self) -> u64 {
        0
    }

    fn discard_sorted(&mut self, _: SortedSet) {}
}
