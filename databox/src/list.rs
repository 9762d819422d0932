//! The list of byte strings.
//!
//! Two forms, chosen here and nowhere else: a packed run ([`SmallList`]) of up to 2.5 KiB of short
//! elements, and a deque of chunks of up to 2 KiB (`chunk.rs`). Chunks stand in segments of up to
//! [`CHUNKS_MAX`], which know how many elements they have, so that an element is found without
//! looking at every chunk. A list only moves on: one that shrinks is likely to grow again.

mod chunk;
mod search;
pub(crate) mod small;
pub(crate) mod view;

use crate::{Edit, SmallList, Text};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use chunk::Chunk;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};

/// A list of byte strings.
///
/// Elements that are canonical decimal integers are kept as integers, and come back byte for byte.
///
/// # Complexity
///
/// The ends are at hand. An element in the midst is found by way of its segment, some 5,000
/// elements, and its chunk; what is inserted or removed there moves at most a chunk and a segment's
/// pointers.
///
/// # Examples
///
/// ```
/// use databox::{End, List, Text};
///
/// let mut list = List::new();
/// list.push(End::Back, b"2");
/// list.push(End::Front, b"one");
/// assert_eq!(list.get(1), Some(Text::Integer(2)));
/// assert_eq!(list.iter().next(), Some(Text::Bytes(b"one")));
/// ```
#[derive(Clone, Default)]
pub struct List(Form);

/// An end of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Where the first element is.
    Front,
    /// Where the last element is.
    Back,
}

#[derive(Clone)]
enum Form {
    /// The bytes of a [`SmallList`].
    Small(Vec<u8>),
    Deque(Box<Deque>),
}

/// The form of a large list.
#[derive(Debug, Clone, Default)]
struct Deque {
    segments: VecDeque<Segment>,
    /// How many elements there are.
    len: usize,
    /// The bytes of all chunks and segments.
    bytes: usize,
}

/// Some neighbouring chunks; at least one.
#[derive(Debug, Clone, Default)]
struct Segment {
    chunks: VecDeque<Chunk>,
    /// How many elements they have.
    len: usize,
}

/// Where an element is.
#[derive(Debug, Clone, Copy)]
struct Place {
    segment: usize,
    chunk: usize,
    /// Its number in the chunk.
    index: usize,
}

impl List {
    /// An empty list, which has allocated nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(Form::Small(Vec::new()))
    }

    /// A copy of a small list.
    #[must_use]
    pub fn from_small(small: SmallList<'_>) -> Self {
        Self(Form::Small(small.bytes().to_vec()))
    }

    /// How many elements there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Form::Small(bytes) => SmallList::new(bytes).len(),
            Form::Deque(deque) => deque.len,
        }
    }

    /// Whether there are no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes that the list has allocated, this struct not included.
    ///
    /// # Complexity
    ///
    /// Constant.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        match &self.0 {
            Form::Small(bytes) => bytes.capacity(),
            Form::Deque(deque) => {
                let list = deque.segments.capacity() * size_of::<Segment>();
                size_of::<Deque>() + list + deque.bytes
            }
        }
    }

    /// [`heap_bytes`](Self::heap_bytes), counted again from nothing; meant for tests.
    #[must_use]
    pub fn recount_bytes(&self) -> usize {
        let Form::Deque(deque) = &self.0 else { return self.heap_bytes() };
        let list = deque.segments.capacity() * size_of::<Segment>();
        size_of::<Deque>() + list + deque.segments.iter().map(Segment::bytes).sum::<usize>()
    }

    /// The element with this number.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Text<'_>> {
        match &self.0 {
            Form::Small(bytes) => SmallList::new(bytes).get(index),
            Form::Deque(deque) => (index < deque.len).then(|| {
                let place = deque.place(index);
                deque.segments[place.segment].chunks[place.chunk].get(place.index)
            }),
        }
    }

    /// Adds an element at an end.
    pub fn push(&mut self, end: End, element: &[u8]) {
        let at = if end == End::Front { 0 } else { self.len() };
        self.replace(at, 0, Some(element));
    }

    /// Puts `added` in place of `removed` elements from `at` on.
    ///
    /// # Panics
    ///
    /// Where there are not so many elements from `at` on.
    ///
    /// # Complexity
    ///
    /// Linear in the chunks of what is removed.
    pub fn replace(&mut self, at: usize, removed: usize, added: Option<&[u8]>) {
        assert!(at + removed <= self.len(), "elements that are there");
        if let Form::Small(bytes) = &mut self.0 {
            let mut out = Vec::new();
            if SmallList::new(bytes).replace(at, removed, added, &mut out) == Edit::Written {
                out.shrink_to_fit();
                *bytes = out;
                return;
            }
            self.promote();
        }
        let Form::Deque(deque) = &mut self.0 else { unreachable!("it was promoted") };
        deque.remove(at, removed);
        if let Some(added) = added {
            deque.insert(at, added);
        }
    }

    /// The elements in their order.
    pub fn iter(&self) -> Elements<'_> {
        Elements { list: self, next: 0, piece: Vec::new().into_iter() }
    }

    /// Visits up to `count` elements from `index` on, in their order.
    pub fn walk<'a>(&'a self, index: usize, count: usize, mut visit: impl FnMut(Text<'a>)) {
        match &self.0 {
            Form::Small(bytes) => {
                SmallList::new(bytes).iter_from(index).take(count).for_each(visit);
            }
            Form::Deque(deque) => {
                let count = count.min(deque.len.saturating_sub(index));
                deque.walk(index, count, &mut visit);
            }
        }
    }

    /// Visits up to `count` elements before the one with the number `index`, from there backwards.
    pub fn walk_back<'a>(&'a self, index: usize, count: usize, mut visit: impl FnMut(Text<'a>)) {
        match &self.0 {
            Form::Small(bytes) => {
                SmallList::new(bytes).iter_back(index).take(count).for_each(visit);
            }
            Form::Deque(deque) => {
                let index = index.min(deque.len);
                deque.walk_back(index, count.min(index), &mut visit);
            }
        }
    }

    /// The list in its small form, if it has that.
    #[must_use]
    pub fn as_small(&self) -> Option<SmallList<'_>> {
        match &self.0 {
            Form::Small(bytes) => Some(SmallList::new(bytes)),
            Form::Deque(_) => None,
        }
    }

    /// At least as many bytes as [`heap_bytes`](Self::heap_bytes) will rise by when an element is
    /// added.
    #[must_use]
    pub fn push_growth_max(&self, element: &[u8]) -> usize {
        let segments = match &self.0 {
            Form::Small(_) => 0,
            Form::Deque(deque) => deque.segments.capacity(),
        };
        // Three chunks where one was, a segment split in two, and the list of them doubled.
        let lists =
            4 * (CHUNKS_MAX + 1) * size_of::<Chunk>() + (segments + 4) * size_of::<Segment>();
        size_of::<Deque>() + lists + 4 * SmallList::BYTES_MAX + 2 * element.len()
    }

    /// Frees a piece of the list and tells whether more is left. What is left must be freed or
    /// dropped; it is not a meaningful list.
    pub fn free_step(&mut self) -> bool {
        let Form::Deque(deque) = &mut self.0 else { return false };
        let Some(segment) = deque.segments.pop_back() else { return false };
        deque.bytes -= segment.bytes();
        deque.len -= segment.len;
        true
    }

    fn promote(&mut self) {
        let Form::Small(bytes) = &self.0 else { return };
        let mut deque = Deque::default();
        if !bytes.is_empty() {
            // One chunk may be a little larger than those to come; it is split when it is written.
            let small = SmallList::new(bytes);
            let mut digits = crate::decimal::Buffer::new();
            for (index, text) in small.iter_from(0).enumerate() {
                deque.insert(index, text.bytes(&mut digits));
            }
        }
        self.0 = Form::Deque(Box::new(deque));
    }

    /// Panics where the list contradicts itself.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    #[doc(hidden)]
    pub fn check(&self) {
        match &self.0 {
            Form::Small(bytes) => SmallList::new(bytes).check(),
            Form::Deque(deque) => {
                for segment in &deque.segments {
                    segment.chunks.iter().for_each(Chunk::check);
                    let len: usize = segment.chunks.iter().map(Chunk::len).sum();
                    assert_eq!(segment.len, len, "a segment's count");
                    assert!((1..=CHUNKS_MAX).contains(&segment.chunks.len()));
                }
                let len: usize = deque.segments.iter().map(|segment| segment.len).sum();
                assert_eq!(deque.len, len, "the count");
            }
        }
        assert_eq!(self.heap_bytes(), self.recount_bytes());
    }
}

impl Deque {
    /// Where the element with this number is, which there is.
    fn place(&self, index: usize) -> Place {
        let (segment, mut rest) = if index <= self.len / 2 {
            seek(self.segments.iter().map(|segment| segment.len), index)
        } else {
            let from_back = self.len - 1 - index;
            let lens = self.segments.iter().rev().map(|segment| segment.len);
            let (behind, rest) = seek(lens, from_back);
            let segment = self.segments.len() - 1 - behind;
            (segment, self.segments[segment].len - 1 - rest)
        };
        let own = &self.segments[segment];
        let chunk;
        if rest <= own.len / 2 {
            (chunk, rest) = seek(own.chunks.iter().map(Chunk::len), rest);
        } else {
            let (behind, back) = seek(own.chunks.iter().rev().map(Chunk::len), own.len - 1 - rest);
            chunk = own.chunks.len() - 1 - behind;
            rest = own.chunks[chunk].len() - 1 - back;
        }
        Place { segment, chunk, index: rest }
    }

    fn insert(&mut self, at: usize, text: &[u8]) {
        self.len += 1;
        let place = match (at + 1 == self.len, self.segments.is_empty()) {
            (_, true) => {
                self.segments.push_back(Segment::default());
                return self.insert_chunk(Place { segment: 0, chunk: 0, index: 0 }, text);
            }
            (true, false) => {
                let segment = self.segments.len() - 1;
                let chunk = self.segments[segment].chunks.len() - 1;
                let index = self.segments[segment].chunks[chunk].len();
                Place { segment, chunk, index }
            }
            (false, false) => {
                // The count is one ahead of the elements.
                self.len -= 1;
                let place = self.place(at);
                self.len += 1;
                place
            }
        };
        let inserted = self.edit(place, |chunk| chunk.insert(place.index, text));
        if inserted {
            self.segments[place.segment].len += 1;
            return;
        }
        let len = self.segments[place.segment].chunks[place.chunk].len();
        let chunk = match place.index {
            // What comes before it or behind it is another chunk's.
            0 => {
                self.edit(place, Chunk::fit);
                place.chunk
            }
            index if index == len => {
                self.edit(place, Chunk::fit);
                place.chunk + 1
            }
            index => {
                let rest = self.edit(place, |chunk| chunk.split_off(index));
                self.change(place.segment, |segment| segment.chunks.insert(place.chunk + 1, rest));
                place.chunk + 1
            }
        };
        self.insert_chunk(Place { chunk, ..place }, text);
    }

    /// Makes a chunk of one element before another one, or behind all of a segment.
    fn insert_chunk(&mut self, place: Place, text: &[u8]) {
        self.change(place.segment, |segment| {
            segment.chunks.insert(place.chunk, Chunk::of(text));
            segment.len += 1;
        });
        if self.segments[place.segment].chunks.len() > CHUNKS_MAX {
            // At an end the full segment stays full, as more is likely to come there.
            let at = match place.chunk {
                0 => 1,
                chunk if chunk == CHUNKS_MAX => CHUNKS_MAX,
                _ => CHUNKS_MAX / 2,
            };
            let chunks = self.change(place.segment, |segment| {
                let chunks = segment.chunks.split_off(at);
                segment.chunks.shrink_to_fit();
                segment.len -= chunks.iter().map(Chunk::len).sum::<usize>();
                chunks
            });
            let behind = Segment { len: chunks.iter().map(Chunk::len).sum(), chunks };
            self.bytes += behind.bytes();
            self.segments.insert(place.segment + 1, behind);
        }
    }

    /// Removes some elements, chunk by chunk.
    fn remove(&mut self, at: usize, count: usize) {
        let mut left = count;
        while left > 0 {
            let place = self.place(at);
            let own = self.segments[place.segment].chunks[place.chunk].len();
            let gone = left.min(own - place.index);
            let remain = gone < own && self.edit(place, |chunk| chunk.remove(place.index, gone));
            self.change(place.segment, |segment| {
                segment.len -= gone;
                if remain {
                    segment.join(place.chunk);
                } else {
                    segment.chunks.remove(place.chunk);
                }
                if segment.chunks.capacity() > 4 * segment.chunks.len() + 4 {
                    segment.chunks.shrink_to(2 * segment.chunks.len());
                }
            });
            if self.segments[place.segment].chunks.is_empty() {
                self.bytes -= self.segments.remove(place.segment).map_or(0, |own| own.bytes());
                self.segments.shrink_to(2 * self.segments.len() + 4);
            }
            self.len -= gone;
            left -= gone;
        }
    }

    fn walk<'a>(&'a self, index: usize, count: usize, visit: &mut impl FnMut(Text<'a>)) {
        if count == 0 {
            return;
        }
        let Place { segment, chunk, mut index } = self.place(index);
        let (mut left, mut skipped) = (count, chunk);
        for segment in self.segments.range(segment..) {
            for chunk in segment.chunks.range(skipped..) {
                chunk.walk(index, left, visit);
                left -= left.min(chunk.len() - index);
                if left == 0 {
                    return;
                }
                index = 0;
            }
            skipped = 0;
        }
    }

    fn walk_back<'a>(&'a self, index: usize, count: usize, visit: &mut impl FnMut(Text<'a>)) {
        if count == 0 {
            return;
        }
        let place = self.place(index - 1);
        let mut left = count;
        let mut from = Some(place);
        for segment in self.segments.range(..=place.segment).rev() {
            let end = from.map_or(segment.chunks.len(), |place| place.chunk + 1);
            for chunk in segment.chunks.range(..end).rev() {
                let end = from.take().map_or(chunk.len(), |place| place.index + 1);
                chunk.walk_back(end, left, visit);
                left -= left.min(end);
                if left == 0 {
                    return;
                }
            }
        }
    }

    /// Changes a chunk and keeps count of its bytes.
    fn edit<R>(&mut self, place: Place, edit: impl FnOnce(&mut Chunk) -> R) -> R {
        let chunk = &mut self.segments[place.segment].chunks[place.chunk];
        let before = chunk.heap_bytes();
        let result = edit(chunk);
        self.bytes = self.bytes + chunk.heap_bytes() - before;
        result
    }

    /// Changes the chunks of a segment and keeps count of their bytes.
    fn change<R>(&mut self, segment: usize, change: impl FnOnce(&mut Segment) -> R) -> R {
        let segment = &mut self.segments[segment];
        let before = segment.bytes();
        let result = change(segment);
        self.bytes = self.bytes + segment.bytes() - before;
        result
    }
}

impl Segment {
    /// The bytes of the chunks and their list.
    fn bytes(&self) -> usize {
        let chunks: usize = self.chunks.iter().map(Chunk::heap_bytes).sum();
        self.chunks.capacity() * size_of::<Chunk>() + chunks
    }

    /// Joins a chunk that has become smaller with a neighbour, where both are small.
    fn join(&mut self, at: usize) {
        for first in [Some(at), at.checked_sub(1)].into_iter().flatten() {
            if first + 1 < self.chunks.len() {
                let behind = self.chunks[first + 1].clone();
                if self.chunks[first].join(&behind) {
                    self.chunks.remove(first + 1);
                    return;
                }
            }
        }
    }
}

/// The first of these lengths that reaches beyond `index`, and what is left of `index` there.
fn seek(lens: impl Iterator<Item = usize>, index: usize) -> (usize, usize) {
    let mut rest = index;
    for (at, len) in lens.enumerate() {
        if rest < len {
            return (at, rest);
        }
        rest -= len;
    }
    unreachable!("an element that is there")
}

impl Default for Form {
    fn default() -> Self {
        Self::Small(Vec::new())
    }
}

impl PartialEq for List {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl Eq for List {}

impl PartialOrd for List {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for List {
    fn cmp(&self, other: &Self) -> Ordering {
        self.iter().cmp(other.iter())
    }
}

impl Hash for List {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_usize(self.len());
        self.iter().for_each(|text| text.to_vec().hash(state));
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a> IntoIterator for &'a List {
    type Item = Text<'a>;
    type IntoIter = Elements<'a>;

    fn into_iter(self) -> Elements<'a> {
        self.iter()
    }
}

/// The elements of a [`List`] in their order.
#[derive(Debug)]
pub struct Elements<'a> {
    list: &'a List,
    /// The number of the next element behind `piece`.
    next: usize,
    piece: alloc::vec::IntoIter<Text<'a>>,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Text<'a>;

    fn next(&mut self) -> Option<Text<'a>> {
        if self.piece.len() == 0 {
            let mut piece = Vec::with_capacity(PIECE);
            self.list.walk(self.next, PIECE, |text| piece.push(text));
            self.next += piece.len();
            self.piece = piece.into_iter();
        }
        self.piece.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.list.len() - self.next + self.piece.len();
        (left, Some(left))
    }
}

impl ExactSizeIterator for Elements<'_> {}

/// Elements that are looked up at a time.
const PIECE: usize = 64;

/// Chunks of a segment.
const CHUNKS_MAX: usize = 64;

#[cfg(test)]
mod tests;
