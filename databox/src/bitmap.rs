//! A string as bits: chunks of 2^16 under a two-level directory.
//!
//! ```text
//!  segments, 256 chunks each        chunks
//! +------+------+------+----       +-------+--------+------+-------+----
//! | ones |  --  | ones |           | empty | places | runs | bytes |
//! +--|---+------+--|---+----       +-------+---|----+--|---+---|---+----
//!    `-> chunks    `-> chunks                  `-> 2 bytes a bit, 4 a run, or 8 KiB
//! ```
//!
//! Chunks, and the segments that hold them, are shared by all clones; who writes copies one segment
//! of the directory, six KiB, and one chunk.
//!
//! Invariants:
//!
//! - M1: no bit is set at or behind `len_bytes × 8`.
//! - M2: `heap_bytes` is what the directory and the chunks have allocated, others' share included.
//! - M3: a segment that is there has a chunk with a set bit, but for chunks whose bits nobody has
//!   counted.
//! - M4: what a segment or chunk says that it has of set bits is right; it may not know.

mod chunk;
mod combine;
mod kernel;
mod view;

pub(crate) use chunk::{Bits, CHUNK_BITS, CHUNK_BYTES, Form, Run};
pub use combine::Combination;
pub(crate) use view::ChunkView;
pub use view::{BitsView, Found};

use alloc::vec::Vec;
use chunk::{Chunk, Ones};
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use packed_map::Shared;
use view::{STEP_WORK, split};

/// A byte string of which the bits are written and counted: bit 0 is the top bit of byte 0.
///
/// # Shape
///
/// Bits in chunks of 2^16, each in the smallest of three forms. It says how long the string is, so
/// zeros at its end are part of it and take nothing.
///
/// # Complexity
///
/// A bit is read and written in constant time, but for the copying of what a clone has too. What
/// goes over the bits does so in steps of some 64 KiB.
///
/// # Equality and order
///
/// Those of the bytes. A bitmap is not equal to a [`Databox`](crate::Databox) that holds the same
/// bytes as a string.
///
/// # Examples
///
/// ```
/// use databox::{BitsView, Bitmap, Found};
///
/// let mut bits = Bitmap::new();
/// assert!(!bits.set(4_000_000_000, true));
/// assert_eq!(bits.len_bytes(), 500_000_001);
/// assert!(bits.heap_bytes() < 64 * 1024);
/// assert_eq!(BitsView::Bitmap(&bits).find_last_step(u64::MAX), Found::At(4_000_000_000));
/// ```
#[derive(Clone, Default)]
pub struct Bitmap {
    segments: Vec<Option<Segment>>,
    /// The length of the string.
    len_bytes: u64,
    /// M2, but for `segments` itself.
    bytes: usize,
    /// The bytes that were copied because a clone had them too.
    copied_bytes: usize,
}

/// The chunks of 2^24 bits.
#[derive(Debug, Clone)]
struct Segment {
    /// [`SEGMENT_CHUNKS`] of them.
    chunks: Shared<Chunk>,
    ones: Ones,
}

impl Bitmap {
    /// The empty string.
    #[must_use]
    pub const fn new() -> Self {
        Self { segments: Vec::new(), len_bytes: 0, bytes: 0, copied_bytes: 0 }
    }

    /// The bits of these bytes.
    ///
    /// # Complexity
    ///
    /// Linear; [`extend_step`](Self::extend_step) does the same bit by bit.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut bitmap = Self::new();
        bitmap.write(0, bytes);
        bitmap
    }

    /// The length of the string.
    #[must_use]
    pub const fn len_bytes(&self) -> u64 {
        self.len_bytes
    }

    /// What the bitmap has allocated, all that it shares included.
    #[must_use]
    pub const fn heap_bytes(&self) -> usize {
        self.bytes + self.segments.capacity() * size_of::<Option<Segment>>()
    }

    /// The bytes that writes have copied because a clone had them too.
    #[must_use]
    pub const fn copied_bytes(&self) -> usize {
        self.copied_bytes
    }

    /// Sets or clears a bit and tells what it was. The string grows to have that bit.
    pub fn set(&mut self, bit: u64, value: bool) -> bool {
        self.grow(bit / 8 + 1);
        let (chunk, place) = split(bit);
        if !value && self.chunk(chunk).is_empty() {
            return false;
        }
        if self.chunk(chunk).get(place) == value {
            return value;
        }
        self.change(chunk, |chunk| chunk.set(place, value))
    }

    /// The most bytes that [`set`](Self::set) can add to [`heap_bytes`](Self::heap_bytes).
    #[must_use]
    pub fn set_growth_max(&self, bit: u64) -> usize {
        self.write_growth_max(bit / 8, 1)
    }

    /// The most bytes that [`write`](Self::write) of `len` bytes from `at` on can add to
    /// [`heap_bytes`](Self::heap_bytes).
    #[must_use]
    pub fn write_growth_max(&self, at: u64, len: usize) -> usize {
        let end = at.saturating_add(len as u64);
        let chunks = (end.div_ceil(CHUNK_BYTES as u64) - at / CHUNK_BYTES as u64) as usize;
        let segments = chunks.div_ceil(SEGMENT_CHUNKS) + 1;
        let listed = segments_for(end).saturating_sub(self.segments.capacity());
        listed * size_of::<Option<Segment>>()
            + segments * Shared::<Chunk>::bytes_of(SEGMENT_CHUNKS)
            + chunks * Shared::<u8>::bytes_of(CHUNK_BYTES)
    }

    /// Makes the string so long at least, with zeros at its end.
    pub fn grow(&mut self, len_bytes: u64) {
        self.len_bytes = self.len_bytes.max(len_bytes);
    }

    /// Writes bytes over what the string holds from `at` on, with zeros between its end and `at`.
    ///
    /// # Complexity
    ///
    /// Linear in the bytes.
    pub fn write(&mut self, at: u64, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.grow(at + bytes.len() as u64);
        let (mut rest, mut at) = (bytes, at);
        while !rest.is_empty() {
            let (chunk, start) = (at / CHUNK_BYTES as u64, (at % CHUNK_BYTES as u64) as usize);
            let (piece, behind) = rest.split_at(rest.len().min(CHUNK_BYTES - start));
            self.write_chunk(chunk, start, piece);
            (rest, at) = (behind, at + piece.len() as u64);
        }
    }

    /// Makes the string what `how` makes of it and `other`, chunk by chunk from `chunk` on; returns
    /// the chunk to go on with, or `None` at the end. It is as long as the longer one then.
    ///
    /// # Complexity
    ///
    /// Bounded: 64 small chunks, or 8 large ones.
    pub fn combine_step(
        &mut self,
        how: Combination,
        other: BitsView<'_>,
        chunk: u64,
    ) -> Option<u64> {
        self.grow(other.len_bytes());
        let end = BitsView::Bitmap(self).chunks();
        self.step(chunk, end, |own, at| {
            let (one, two) = (own.chunk(at), other.chunk(at));
            let made = Chunk::combined(how, one, two);
            (made, one.work().max(two.work()))
        })
    }

    /// The same of two others, to which the string, which is empty before the first step, has
    /// no part.
    pub fn combine_pair_step(
        &mut self,
        how: Combination,
        pair: (BitsView<'_>, BitsView<'_>),
        chunk: u64,
    ) -> Option<u64> {
        self.grow(pair.0.len_bytes().max(pair.1.len_bytes()));
        let end = BitsView::Bitmap(self).chunks();
        self.step(chunk, end, |_, at| {
            let (one, two) = (pair.0.chunk(at), pair.1.chunk(at));
            (Chunk::combined(how, one, two), one.work().max(two.work()))
        })
    }

    /// Keeps the bits that are set in one string alone, of those that steps like this one have
    /// taken in: `other` is one more, and `more` has what was set in several of them.
    pub fn once_step(&mut self, more: &mut Self, other: BitsView<'_>, chunk: u64) -> Option<u64> {
        self.grow(other.len_bytes());
        more.grow(self.len_bytes);
        let end = self.view().chunks();
        self.step(chunk, end, |own, at| {
            let (once, view) = (own.chunk(at), other.chunk(at));
            let again = Chunk::combined(Combination::And, once, view);
            if !again.is_empty() {
                let twice = Chunk::combined(Combination::Or, more.chunk(at), again.view());
                more.change(at, |chunk| *chunk = twice);
            }
            let either = Chunk::combined(Combination::Xor, once, view);
            let kept = Chunk::combined(Combination::AndNot, either.view(), more.chunk(at));
            (kept, 2 * once.work().max(view.work()))
        })
    }

    /// Inverts every bit, as [`combine_step`](Self::combine_step) combines.
    pub fn invert_step(&mut self, chunk: u64) -> Option<u64> {
        let (end, len) = (BitsView::Bitmap(self).chunks(), self.len_bytes * 8);
        self.step(chunk, end, |own, at| {
            let start = at * u64::from(CHUNK_BITS);
            let last = (len - start).min(u64::from(CHUNK_BITS)) - 1;
            let view = own.chunk(at);
            // What is made takes work too.
            (Chunk::inverted(view, last as u16), view.work().max(2))
        })
    }

    /// Takes over a string, as [`combine_step`](Self::combine_step) combines, with each chunk in
    /// its smallest form. The bitmap is empty before the first step.
    pub fn extend_step(&mut self, bytes: &[u8], chunk: u64) -> Option<u64> {
        self.grow(bytes.len() as u64);
        let end = BitsView::Bytes(bytes).chunks();
        self.step(chunk, end, |_, at| {
            let view = BitsView::Bytes(bytes).chunk(at);
            (Chunk::of_bytes(&view.to_bits()), 2 * view.work())
        })
    }

    /// Gives back what only bits before byte `at` need; they must not be read any more.
    pub fn forget_before(&mut self, at: u64) {
        let index = (at / (SEGMENT_CHUNKS * CHUNK_BYTES) as u64) as usize;
        let passed = self.segments.iter_mut().take(index).rev();
        for slot in passed.take_while(|slot| slot.is_some()) {
            self.bytes -= slot.take().map_or(0, |segment| segment.bytes());
        }
    }

    /// Frees a piece and tells whether more is left, which must not be read any more.
    pub fn free_step(&mut self) -> bool {
        let Some(last) = self.segments.last_mut() else { return false };
        let done = match last {
            Some(segment) if segment.chunks.is_alone() => {
                let chunks = segment.chunks.make_mut();
                let full = chunks.iter_mut().filter(|chunk| !chunk.is_empty());
                let mut freed = 0;
                full.take(FREED_CHUNKS).for_each(|chunk| {
                    self.bytes -= chunk.heap_bytes();
                    *chunk = Chunk::Empty;
                    freed += 1;
                });
                segment.ones = Ones::unknown();
                freed < FREED_CHUNKS
            }
            _ => true,
        };
        if done && let Some(segment) = self.segments.pop().flatten() {
            self.bytes -= segment.bytes();
        }
        !self.segments.is_empty()
    }

    /// [`heap_bytes`](Self::heap_bytes), counted again; meant for tests.
    #[must_use]
    pub fn recount_bytes(&self) -> usize {
        let segments: usize = self.segments.iter().flatten().map(Segment::bytes).sum();
        segments + self.segments.capacity() * size_of::<Option<Segment>>()
    }

    /// The bits of one chunk.
    #[inline]
    fn chunk_at(&self, chunk: u64) -> Option<&Chunk> {
        let segment = self.segment(chunk)?;
        segment.chunks.get(chunk as usize % SEGMENT_CHUNKS)
    }

    fn segment(&self, chunk: u64) -> Option<&Segment> {
        let index = usize::try_from(chunk).ok()? / SEGMENT_CHUNKS;
        self.segments.get(index)?.as_ref()
    }

    #[inline]
    pub(crate) fn chunk(&self, chunk: u64) -> ChunkView<'_> {
        self.chunk_at(chunk).map_or(ChunkView::Empty, Chunk::view)
    }

    /// How many bits of a chunk are set, and what it took to count them.
    fn count_chunk(&self, chunk: u64) -> (u32, u32) {
        let Some(found) = self.chunk_at(chunk) else { return (0, 1) };
        let work = if found.known_ones().is_some() { 1 } else { found.view().work() };
        let ones = found.ones();
        // Behind its last chunk a segment knows all of them.
        if chunk as usize % SEGMENT_CHUNKS == SEGMENT_CHUNKS - 1
            && let Some(segment) = self.segment(chunk)
            && segment.ones.get().is_none()
        {
            let known: Option<u32> = segment.chunks.iter().map(Chunk::known_ones).sum();
            known.into_iter().for_each(|known| segment.ones.keep(known));
        }
        (ones, work)
    }

    /// How many bits are set from a chunk, the first of its segment, on to the bit returned, where
    /// that is known.
    fn counted_segment(&self, chunk: u64) -> Option<(u64, u64)> {
        if !(chunk as usize).is_multiple_of(SEGMENT_CHUNKS) {
            return None;
        }
        let ones = self.segment(chunk).map_or(Some(0), |segment| segment.ones.get())?;
        Some((ones.into(), (chunk + SEGMENT_CHUNKS as u64) * u64::from(CHUNK_BITS)))
    }

    /// The first of the chunks without bits that end with this one.
    fn gap_before(&self, chunk: u64) -> u64 {
        let index = chunk as usize / SEGMENT_CHUNKS;
        if self.segment(chunk).is_some() {
            return chunk;
        }
        let before = self.segments.get(..index).unwrap_or(&self.segments);
        let behind = before.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        (behind * SEGMENT_CHUNKS) as u64
    }

    /// Puts what `make` makes in the place of chunks from `first` to before `end`, as far as one
    /// step goes. What it makes comes with what it took.
    fn step(
        &mut self,
        first: u64,
        end: u64,
        mut make: impl FnMut(&Self, u64) -> (Chunk, u32),
    ) -> Option<u64> {
        let (mut at, mut work) = (first, 0);
        while at < end && work < STEP_WORK {
            let (made, cost) = make(self, at);
            if !(made.is_empty() && self.chunk(at).is_empty()) {
                self.change(at, |chunk| *chunk = made);
            }
            (at, work) = (at + 1, work + cost);
        }
        (at < end).then_some(at)
    }

    fn write_chunk(&mut self, chunk: u64, start: usize, piece: &[u8]) {
        if let ChunkView::Bytes(_) = self.chunk(chunk)
            && piece.len() < CHUNK_BYTES
        {
            self.change(chunk, |chunk| {
                if let Chunk::Bytes { ones, bytes } = chunk {
                    *ones = Ones::unknown();
                    bytes.make_mut()[start..start + piece.len()].copy_from_slice(piece);
                }
            });
            return;
        }
        let mut bits = self.chunk(chunk).to_bits();
        bits[start..start + piece.len()].copy_from_slice(piece);
        let made = Chunk::of_bytes(&bits);
        if !(made.is_empty() && self.chunk(chunk).is_empty()) {
            self.change(chunk, |chunk| *chunk = made);
        }
    }

    /// Changes a chunk, for which its segment is made where there is none, and keeps count. One
    /// without bits takes its segment with it where all others have none either.
    fn change<R>(&mut self, chunk: u64, change: impl FnOnce(&mut Chunk) -> R) -> R {
        let (index, place) = (chunk as usize / SEGMENT_CHUNKS, chunk as usize % SEGMENT_CHUNKS);
        if self.segments.len() <= index {
            self.segments.reserve_exact(index + 1 - self.segments.len());
            self.segments.resize_with(index + 1, || None);
        }
        let slot = &mut self.segments[index];
        let segment = slot.get_or_insert_with(|| {
            self.bytes += Shared::<Chunk>::bytes_of(SEGMENT_CHUNKS);
            Segment::new()
        });
        if !segment.chunks.is_alone() {
            self.copied_bytes += segment.chunks.bytes();
        }
        let chunk = &mut segment.chunks.make_mut()[place];
        self.copied_bytes += chunk.shared_bytes();
        let (bytes, ones) = (chunk.heap_bytes(), chunk.known_ones());
        let result = change(chunk);
        self.bytes = self.bytes + chunk.heap_bytes() - bytes;
        let is_empty = chunk.is_empty();
        segment.ones = match (segment.ones.get(), ones, chunk.known_ones()) {
            (Some(all), Some(before), Some(now)) => Ones::known(all + now - before),
            _ => Ones::unknown(),
        };
        if is_empty && segment.chunks.iter().all(Chunk::is_empty) {
            self.bytes -= Shared::<Chunk>::bytes_of(SEGMENT_CHUNKS);
            *slot = None;
        }
        result
    }

    /// Panics where the bitmap contradicts itself.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    pub(crate) fn check(&self) {
        assert_eq!(self.recount_bytes(), self.heap_bytes(), "M2");
        for segment in self.segments.iter().flatten() {
            segment.chunks.iter().for_each(Chunk::check);
            assert!(segment.chunks.iter().any(|chunk| !chunk.is_empty()), "M3");
            let ones: u32 = segment.chunks.iter().map(|chunk| chunk.view().ones()).sum();
            assert_eq!(segment.ones.get().unwrap_or(ones), ones, "M4");
        }
        let mut last = Found::Before(u64::MAX);
        while let Found::Before(at) = last {
            last = Self { len_bytes: u64::MAX / 16, ..self.clone() }.view().find_last_step(at);
        }
        if let Found::At(bit) = last {
            assert!(bit < self.len_bytes * 8, "M1");
        }
    }

    /// The bits to be read.
    #[must_use]
    pub const fn view(&self) -> BitsView<'_> {
        BitsView::Bitmap(self)
    }

    /// The numbers of the chunks with set bits, and these, in ascending order.
    pub(crate) fn filled_chunks(&self) -> impl Iterator<Item = (u64, ChunkView<'_>)> {
        let segments = (0..).zip(&self.segments);
        let segments = segments.filter_map(|(at, segment)| Some((at, segment.as_ref()?)));
        let chunks = segments.flat_map(|(at, segment): (u64, &Segment)| {
            let first = at * SEGMENT_CHUNKS as u64;
            (first..).zip(segment.chunks.iter().map(Chunk::view))
        });
        chunks.filter(|(_, view)| view.ones() > 0)
    }

    /// Puts the bits of one chunk in its place.
    pub(crate) fn put_chunk(&mut self, chunk: u64, bits: &Bits) {
        self.write_chunk(chunk, 0, bits);
    }
}

impl Segment {
    fn new() -> Self {
        let chunks = Shared::from_items((0..SEGMENT_CHUNKS).map(|_| Chunk::Empty));
        Self { chunks, ones: Ones::known(0) }
    }

    /// The bytes of the chunks and their list.
    fn bytes(&self) -> usize {
        self.chunks.bytes() + self.chunks.iter().map(Chunk::heap_bytes).sum::<usize>()
    }
}

/// How many segments a string of so many bytes has.
fn segments_for(len_bytes: u64) -> usize {
    len_bytes.div_ceil((SEGMENT_CHUNKS * CHUNK_BYTES) as u64) as usize
}

impl Ord for Bitmap {
    fn cmp(&self, other: &Self) -> Ordering {
        let (one, two) = (self.view(), other.view());
        let common = one.chunks().min(two.chunks());
        let differing = (0..common).find_map(|chunk| {
            let (one, two) = (one.chunk(chunk), two.chunk(chunk));
            if matches!((one, two), (ChunkView::Empty, ChunkView::Empty)) {
                return None;
            }
            Some(one.to_bits().cmp(&two.to_bits())).filter(|order| order.is_ne())
        });
        differing.unwrap_or_else(|| {
            // Of a string and one that begins with it the shorter one is less.
            self.len_bytes.cmp(&other.len_bytes)
        })
    }
}

impl PartialOrd for Bitmap {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Bitmap {
    fn eq(&self, other: &Self) -> bool {
        self.len_bytes == other.len_bytes && self.cmp(other).is_eq()
    }
}

impl Eq for Bitmap {}

impl Hash for Bitmap {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.len_bytes);
        for (number, view) in self.filled_chunks() {
            state.write_u64(number);
            state.write(&view.to_bits());
        }
    }
}

impl fmt::Debug for Bitmap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.heap_bytes();
        f.debug_struct("Bitmap").field("len_bytes", &self.len_bytes).field("heap", &bytes).finish()
    }
}

/// Chunks of a segment.
const SEGMENT_CHUNKS: usize = 256;

/// Chunks that are freed at a time.
const FREED_CHUNKS: usize = 16;

#[cfg(test)]
mod tests;
