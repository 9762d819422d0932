//! Searching a list whose elements ascend.

use super::chunk::Chunk;
use super::{Form, List};
use crate::Text;
use crate::packed::Rows;
use core::cmp::Ordering;

impl List {
    /// The number of the element that is equal to something, or where it would be. `compare` says
    /// how an element stands to it, and elements ascend.
    ///
    /// # Complexity
    ///
    /// By halves over segments and chunks; within a chunk, elements of one length by halves, others
    /// one by one.
    pub(crate) fn search(&self, compare: impl Fn(Text<'_>) -> Ordering) -> Result<usize, usize> {
        let deque = match &self.0 {
            Form::Small(bytes) => return search_rows(Rows::read(bytes), &compare),
            Form::Deque(deque) => deque,
        };
        let before = |chunk: &Chunk| compare(chunk.get(0)) != Ordering::Greater;
        let segment = deque.segments.partition_point(|segment| before(&segment.chunks[0]));
        let Some(segment) = segment.checked_sub(1) else { return Err(0) };
        let passed: usize = deque.segments.range(..segment).map(|segment| segment.len).sum();
        let chunks = &deque.segments[segment].chunks;
        let chunk = chunks.partition_point(before).saturating_sub(1);
        let passed = passed + chunks.range(..chunk).map(Chunk::len).sum::<usize>();
        let found = match &chunks[chunk] {
            Chunk::Rows(bytes) => search_rows(Rows::read(bytes), &compare),
            Chunk::Long(text) => match compare(Text::Bytes(text)) {
                Ordering::Equal => Ok(0),
                Ordering::Less => Err(1),
                Ordering::Greater => Err(0),
            },
        };
        found.map(|index| passed + index).map_err(|index| passed + index)
    }
}

fn search_rows(rows: Rows<'_, 1>, compare: &impl Fn(Text<'_>) -> Ordering) -> Result<usize, usize> {
    if !rows.is_uniform() {
        for (index, [text]) in rows.iter().enumerate() {
            match compare(text) {
                Ordering::Less => {}
                Ordering::Equal => return Ok(index),
                Ordering::Greater => return Err(index),
            }
        }
        return Err(rows.len());
    }
    let (mut low, mut high) = (0, rows.len());
    while low < high {
        let middle = low.midpoint(high);
        let [text] = rows.row(rows.place(middle));
        match compare(text) {
            Ordering::Less => low = middle + 1,
            Ordering::Equal => return Ok(middle),
            Ordering::Greater => high = middle,
        }
    }
    Err(low)
}
