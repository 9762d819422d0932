//! A page: the entries of one bucket in one run of bytes.
//!
//! ```text
//! run   | key value extras | key value extras | ... | tags | key codes | value codes | presence |
//!         `------- data, entry after entry -------'   `---- four arrays of one byte an entry ---'
//! outs  what a code could not announce: long keys, long values, boxed values, in entry order
//! ```
//!
//! No entry holds an offset: it is the sum of the sizes before it, and a position in `outs` is the
//! count of codes before it that stand for one. The arrays come last, so that a new entry moves
//! four bytes an entry and no data. P1: the data is exactly as long as the codes and presence
//! bytes say. P2: `outs` has exactly one item for each code that is [`OUT`], in entry order, an
//! entry's key before its value, and a key is never boxed. P3: no entry expires before
//! `earliest_ms`.

use crate::entry::{Displaced, Extras, NewValue, Value};
use crate::extras::{extras_size, extras_sizes, pack_extras, read_extras};
use crate::form::{self, Form, OUT};
use crate::{Text, prefetch::prefetch};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Range;

/// The entries of one bucket.
pub(crate) struct Page<B> {
    /// Data and arrays, as drawn above.
    run: Vec<u8>,
    /// What stands outside the run.
    outs: Vec<Out<B>>,
    /// How many entries there are.
    count: usize,
    /// A moment before which no entry expires, in milliseconds.
    earliest_ms: u64,
}

/// One thing outside the run.
pub(crate) enum Out<B> {
    /// A long key or value.
    Bytes(Box<[u8]>),
    /// A value of the caller's own type.
    Boxed(B),
}

impl<B> Page<B> {
    pub(crate) const fn new() -> Self {
        Self { run: Vec::new(), outs: Vec::new(), count: 0, earliest_ms: u64::MAX }
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    pub(crate) fn earliest_ms(&self) -> u64 {
        self.earliest_ms
    }

    /// The bytes that the page has allocated, boxed values' own not included.
    pub(crate) fn heap_bytes(&self) -> usize {
        let out_bytes: usize = self.outs.iter().map(Out::heap_bytes).sum();
        self.run.capacity() + self.outs.capacity() * size_of::<Out<B>>() + out_bytes
    }

    /// Hints that a look-up in this page follows.
    pub(crate) fn prefetch(&self) {
        prefetch(self.run.as_ptr());
        prefetch(self.run.as_ptr_range().end.wrapping_sub(1));
    }

    /// The number of the entry with this key, and where its bytes start.
    #[inline]
    pub(crate) fn find(&self, tag: u8, key: &Form<'_>) -> Option<(usize, usize)> {
        let tags = self.data_len();
        let mut first = 0;
        while first < self.count {
            let mut hits = equal_bytes(self.word(tags + first), tag);
            while hits != 0 {
                let index = first + (hits.trailing_zeros() / 8) as usize;
                if index >= self.count {
                    // What stands behind the last tag.
                    break;
                }
                if let Some(offset) = self.offset_of(index, key) {
                    return Some((index, offset));
                }
                hits &= hits - 1;
            }
            first += 8;
        }
        None
    }

    /// Where the bytes of entry `index` start.
    #[inline]
    pub(crate) fn offset(&self, index: usize) -> usize {
        let tags = self.data_len();
        let [keys, values, presence] =
            [KEYS, VALUES, PRESENCE].map(|array| tags + array * self.count);
        let mut offset = 0;
        let mut first = 0;
        while first < index {
            let mask = first_bytes(index - first);
            offset += form::sizes(self.word(keys + first) & mask)
                + form::sizes(self.word(values + first) & mask)
                + extras_sizes(self.word(presence + first) & mask);
            first += 8;
        }
        offset
    }

    #[inline]
    pub(crate) fn key_at(&self, index: usize, offset: usize) -> Text<'_> {
        let code = self.array(KEYS)[index];
        if code == OUT {
            return match &self.outs[self.key_out(index)] {
                Out::Bytes(bytes) => Text::Bytes(bytes),
                Out::Boxed(_) => unreachable!("P2: a key is never boxed"),
            };
        }
        form::text(code, &self.run[offset..offset + form::size(code)])
    }

    #[inline]
    pub(crate) fn value_at(&self, index: usize, offset: usize) -> Value<'_, B> {
        let code = self.array(VALUES)[index];
        if code == OUT {
            return match &self.outs[self.value_out(index)] {
                Out::Bytes(bytes) => Value::Bytes(bytes),
                Out::Boxed(boxed) => Value::Boxed(boxed),
            };
        }
        let start = offset + form::size(self.array(KEYS)[index]);
        form::text(code, &self.run[start..start + form::size(code)]).into()
    }

    #[inline]
    pub(crate) fn extras_at(&self, index: usize, offset: usize) -> Extras {
        let presence = self.array(PRESENCE)[index];
        if presence == 0 {
            return Extras::default();
        }
        read_extras(presence, &self.run[self.extras_range(index, offset)])
    }

    /// The boxed value of entry `index`, if that is what it holds.
    pub(crate) fn boxed_mut(&mut self, index: usize) -> Option<&mut B> {
        if self.array(VALUES)[index] != OUT {
            return None;
        }
        let position = self.value_out(index);
        match &mut self.outs[position] {
            Out::Bytes(_) => None,
            Out::Boxed(boxed) => Some(boxed),
        }
    }

    /// Adds an entry whose key is not in the page.
    pub(crate) fn push(&mut self, tag: u8, key: &Form<'_>, value: NewValue<'_, B>, extras: Extras) {
        let (form, value_out) = split_value(value);
        let code = form.as_ref().map_or(OUT, Form::code);
        let stored = form.as_ref().map_or(&[][..], Form::stored);
        let (packed, presence) = pack_extras(extras);
        let packed = &packed[..extras_size(presence)];
        let size = key.stored().len() + stored.len() + packed.len();
        let start = self.open([tag, key.code(), code, presence], size);
        let at = put_bytes(&mut self.run, start, key.stored());
        let at = put_bytes(&mut self.run, at, stored);
        put_bytes(&mut self.run, at, packed);
        if let Form::Out(bytes) = key {
            self.push_out(Out::Bytes((*bytes).into()));
        }
        if let Some(out) = value_out {
            self.push_out(out);
        }
        self.note_expiry(extras.expires_at_ms);
    }

    /// Gives an entry, by its number and offset, another value and extras.
    pub(crate) fn replace(
        &mut self,
        (index, offset): (usize, usize),
        value: NewValue<'_, B>,
        extras: Extras,
    ) -> Displaced<B> {
        let (form, value_out) = split_value(value);
        let code = form.as_ref().map_or(OUT, Form::code);
        let stored = form.as_ref().map_or(&[][..], Form::stored);
        let (packed, presence) = pack_extras(extras);
        let packed = &packed[..extras_size(presence)];
        let old = self.value_start(index, offset)..self.extras_range(index, offset).end;
        let start = old.start;
        self.resize(old, stored.len() + packed.len());
        let at = put_bytes(&mut self.run, start, stored);
        put_bytes(&mut self.run, at, packed);
        let displaced = self.replace_out(index, value_out);
        self.set(VALUES, index, code);
        self.set(PRESENCE, index, presence);
        self.note_expiry(extras.expires_at_ms);
        displaced
    }

    /// Gives an entry other extras and leaves its value.
    pub(crate) fn set_extras(&mut self, (index, offset): (usize, usize), extras: Extras) {
        let (packed, presence) = pack_extras(extras);
        let packed = &packed[..extras_size(presence)];
        let old = self.extras_range(index, offset);
        let start = old.start;
        self.resize(old, packed.len());
        put_bytes(&mut self.run, start, packed);
        self.set(PRESENCE, index, presence);
        self.note_expiry(extras.expires_at_ms);
    }

    /// Removes an entry; those behind it move up.
    pub(crate) fn remove(&mut self, (index, offset): (usize, usize)) -> Displaced<B> {
        let end = self.extras_range(index, offset).end;
        let displaced = self.replace_out(index, None);
        if self.array(KEYS)[index] == OUT {
            let position = self.key_out(index);
            self.outs.remove(position);
        }
        let count = self.count;
        let data = self.data_len();
        let mut to = offset;
        self.run.copy_within(end..data, to);
        to += data - end;
        for array in 0..ARRAYS {
            let start = data + array * count;
            self.run.copy_within(start..start + index, to);
            self.run.copy_within(start + index + 1..start + count, to + index);
            to += count - 1;
        }
        self.run.truncate(to);
        self.count -= 1;
        self.trim();
        displaced
    }

    /// Recomputes the moment before which no entry expires.
    pub(crate) fn refresh_earliest(&mut self) {
        let earliest =
            self.iter().filter_map(|(index, at)| self.extras_at(index, at).expires_at_ms);
        self.earliest_ms = earliest.min().unwrap_or(u64::MAX);
    }

    /// The number and offset of each entry.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let mut offset = 0;
        (0..self.count).map(move |index| {
            let start = offset;
            offset = self.end(index, start);
            (index, start)
        })
    }

    /// Where the bytes of the entry end that start at `offset`.
    #[inline]
    pub(crate) fn end(&self, index: usize, offset: usize) -> usize {
        self.extras_range(index, offset).end
    }

    /// Moves every entry out: to `away` where `leaves` says so, else to `stay`.
    pub(crate) fn deal(
        mut self,
        mut leaves: impl FnMut(Text<'_>) -> bool,
        stay: &mut Self,
        away: &mut Self,
    ) {
        let outs = core::mem::take(&mut self.outs);
        let mut outs_left = outs.into_iter();
        let mut offset = 0;
        for index in 0..self.count {
            let codes @ [_, key, value, _] =
                [TAGS, KEYS, VALUES, PRESENCE].map(|array| self.array(array)[index]);
            let end = self.extras_range(index, offset).end;
            let key_out = if key == OUT { outs_left.next() } else { None };
            let text = match &key_out {
                Some(Out::Bytes(bytes)) => Text::Bytes(bytes),
                _ => form::text(key, &self.run[offset..offset + form::size(key)]),
            };
            let expires_at_ms = self.extras_at(index, offset).expires_at_ms;
            let target = if leaves(text) { &mut *away } else { &mut *stay };
            let start = target.open(codes, end - offset);
            put_bytes(&mut target.run, start, &self.run[offset..end]);
            let value_out = if value == OUT { outs_left.next() } else { None };
            for out in [key_out, value_out].into_iter().flatten() {
                target.push_out(out);
            }
            target.note_expiry(expires_at_ms);
            offset = end;
        }
        stay.trim();
        away.trim();
    }

    /// What the page holds in boxed values, dropping all else.
    pub(crate) fn into_boxed(self) -> impl Iterator<Item = B> {
        self.outs.into_iter().filter_map(|out| match out {
            Out::Bytes(_) => None,
            Out::Boxed(boxed) => Some(boxed),
        })
    }

    /// At least as many bytes as [`heap_bytes`](Self::heap_bytes) can rise by when `run` more
    /// bytes and `outs` more items enter the page.
    pub(crate) fn growth_max(&self, run: usize, outs: usize) -> usize {
        let run_growth = grown(self.run.len(), self.run.capacity(), run) - self.run.capacity();
        let outs_growth = (self.outs.len() / 4 + 2) * outs;
        run_growth + outs_growth * size_of::<Out<B>>()
    }

    /// How many bytes the run takes.
    pub(crate) fn run_len(&self) -> usize {
        self.run.len()
    }

    /// How many bytes entry `index` takes in the run beside its key.
    pub(crate) fn value_size(&self, index: usize) -> usize {
        form::size(self.array(VALUES)[index]) + extras_size(self.array(PRESENCE)[index])
    }

    /// Panics where the page contradicts itself.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    pub(crate) fn check(&self) {
        assert_eq!(self.offset(self.count), self.data_len(), "P1");
        let outs = [KEYS, VALUES].map(|array| self.array(array).iter().filter(|&&c| c == OUT));
        assert_eq!(outs.into_iter().flatten().count(), self.outs.len(), "P2");
        for (index, offset) in self.iter() {
            let key = self.key_at(index, offset);
            assert_eq!(Form::of(key).code(), self.array(KEYS)[index], "one form a text");
            if let Some(text) = self.value_at(index, offset).text() {
                assert_eq!(Form::of(text).code(), self.array(VALUES)[index], "one form a text");
            }
            let expiry = self.extras_at(index, offset).expires_at_ms;
            assert!(expiry.is_none_or(|at| at >= self.earliest_ms), "P3");
        }
    }

    /// Eight bytes of the run from `at` on, zeros behind its end.
    #[inline]
    fn word(&self, at: usize) -> u64 {
        if let Some(word) = self.run[at..].first_chunk() {
            return u64::from_le_bytes(*word);
        }
        match self.run.last_chunk() {
            Some(word) => u64::from_le_bytes(*word) >> (8 * (at + 8 - self.run.len())),
            None => self.run[at..].iter().rfold(0, |word, &byte| (word << 8) | u64::from(byte)),
        }
    }

    #[inline]
    fn data_len(&self) -> usize {
        self.run.len() - ARRAYS * self.count
    }

    /// One of the four arrays behind the data.
    #[inline]
    fn array(&self, array: usize) -> &[u8] {
        let start = self.data_len() + array * self.count;
        &self.run[start..start + self.count]
    }

    fn set(&mut self, array: usize, index: usize, byte: u8) {
        let at = self.data_len() + array * self.count + index;
        self.run[at] = byte;
    }

    /// Where the bytes of entry `index` start, if its key is this one.
    #[inline]
    fn offset_of(&self, index: usize, key: &Form<'_>) -> Option<usize> {
        if self.array(KEYS)[index] != key.code() {
            return None;
        }
        let offset = self.offset(index);
        let same = match key {
            Form::Out(bytes) => {
                matches!(&self.outs[self.key_out(index)], Out::Bytes(own) if **own == **bytes)
            }
            form => {
                let stored = form.stored();
                self.run[offset..offset + stored.len()] == *stored
            }
        };
        same.then_some(offset)
    }

    fn value_start(&self, index: usize, offset: usize) -> usize {
        offset + form::size(self.array(KEYS)[index])
    }

    fn extras_range(&self, index: usize, offset: usize) -> Range<usize> {
        let start = self.value_start(index, offset) + form::size(self.array(VALUES)[index]);
        start..start + extras_size(self.array(PRESENCE)[index])
    }

    /// Where in `outs` the key of entry `index` is, or would be.
    fn key_out(&self, index: usize) -> usize {
        let before = |array| self.array(array)[..index].iter().filter(|&&code| code == OUT).count();
        before(KEYS) + before(VALUES)
    }

    /// Where in `outs` the value of entry `index` is, or would be.
    fn value_out(&self, index: usize) -> usize {
        self.key_out(index) + usize::from(self.array(KEYS)[index] == OUT)
    }

    /// Puts `new` where the value of entry `index` is in `outs`. The codes are still the old ones.
    fn replace_out(&mut self, index: usize, new: Option<Out<B>>) -> Displaced<B> {
        let had = self.array(VALUES)[index] == OUT;
        if !had && new.is_none() {
            return Displaced::Text;
        }
        let position = self.value_out(index);
        let old = match (had, new) {
            (true, Some(new)) => Some(core::mem::replace(&mut self.outs[position], new)),
            (true, None) => Some(self.outs.remove(position)),
            (false, Some(new)) => {
                self.reserve_out();
                self.outs.insert(position, new);
                None
            }
            (false, None) => None,
        };
        match old {
            Some(Out::Boxed(boxed)) => Displaced::Boxed(boxed),
            _ => Displaced::Text,
        }
    }

    fn push_out(&mut self, out: Out<B>) {
        self.reserve_out();
        self.outs.push(out);
    }

    fn reserve_out(&mut self) {
        if self.outs.len() == self.outs.capacity() {
            self.outs.reserve_exact(self.outs.len() / 4 + 1);
        }
    }

    /// Makes room for one more entry of `size` data bytes at the end; returns where they go.
    fn open(&mut self, codes: [u8; ARRAYS], size: usize) -> usize {
        let (data, count) = (self.data_len(), self.count);
        self.reserve(size + ARRAYS);
        self.run.resize(self.run.len() + size + ARRAYS, 0);
        for array in (0..ARRAYS).rev() {
            let from = data + array * count;
            let to = data + size + array * (count + 1);
            self.run.copy_within(from..from + count, to);
            self.run[to + count] = codes[array];
        }
        self.count += 1;
        data
    }

    /// Makes `old` within the data `size` bytes long.
    fn resize(&mut self, old: Range<usize>, size: usize) {
        let len = self.run.len();
        if size > old.len() {
            let more = size - old.len();
            self.reserve(more);
            self.run.resize(len + more, 0);
            self.run.copy_within(old.end..len, old.end + more);
        } else if size < old.len() {
            self.run.copy_within(old.end..len, old.start + size);
            self.run.truncate(len - (old.len() - size));
            self.trim();
        }
    }

    fn reserve(&mut self, more: usize) {
        let wanted = grown(self.run.len(), self.run.capacity(), more);
        if wanted > self.run.capacity() {
            self.run.reserve_exact(wanted - self.run.len());
        }
    }

    /// Gives room back that the page has had too much of.
    fn trim(&mut self) {
        let len = self.run.len();
        if self.run.capacity() > with_slack(len) + len / 4 + 32 {
            self.run.shrink_to(if len == 0 { 0 } else { with_slack(len) });
        }
        if self.outs.capacity() > self.outs.len() + self.outs.len() / 2 + 2 {
            self.outs.shrink_to_fit();
        }
        if self.count == 0 {
            self.earliest_ms = u64::MAX;
        }
    }

    fn note_expiry(&mut self, expires_at_ms: Option<u64>) {
        self.earliest_ms = self.earliest_ms.min(expires_at_ms.unwrap_or(u64::MAX));
    }
}

impl<B> Out<B> {
    fn heap_bytes(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Boxed(_) => 0,
        }
    }
}

/// What of a value stands in the run, and what outside it.
fn split_value<'a, B>(value: NewValue<'a, B>) -> (Option<Form<'a>>, Option<Out<B>>) {
    match value {
        NewValue::Boxed(boxed) => (None, Some(Out::Boxed(boxed))),
        NewValue::Text(text) => match Form::of(text) {
            Form::Out(bytes) => (None, Some(Out::Bytes(bytes.into()))),
            form => (Some(form), None),
        },
    }
}

/// A mask of the first `count` bytes of a word, or of all of them.
#[inline]
const fn first_bytes(count: usize) -> u64 {
    if count >= 8 { u64::MAX } else { (1 << (8 * count)) - 1 }
}

/// Writes `bytes` at `at` and returns where they end.
fn put_bytes(run: &mut [u8], at: usize, bytes: &[u8]) -> usize {
    let end = at + bytes.len();
    run[at..end].copy_from_slice(bytes);
    end
}

/// How many bytes one thing outside the run takes in the list of them.
pub(crate) const fn out_size<B>() -> usize {
    size_of::<Out<B>>()
}

/// The high bit of every byte of `word` that equals `byte`.
#[inline]
const fn equal_bytes(word: u64, byte: u8) -> u64 {
    let low = u64::from_le_bytes([0x7f; 8]);
    let difference = word ^ u64::from_le_bytes([byte; 8]);
    !(((difference & low) + low) | difference | low)
}

/// The capacity of a run of `len` bytes and `capacity` that takes `more`.
const fn grown(len: usize, capacity: usize, more: usize) -> usize {
    if len + more <= capacity { capacity } else { with_slack(len + more) }
}

/// A little more than what is needed, so that not every insertion moves the page.
const fn with_slack(len: usize) -> usize {
    len + len / 8 + 16
}

/// Which array is which, in the order in which they stand.
const TAGS: usize = 0;
const KEYS: usize = 1;
const VALUES: usize = 2;
const PRESENCE: usize = 3;
/// How many arrays there are, and so bytes an entry beside its data.
pub(crate) const ARRAYS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_bytes_marks_exactly_the_equal_ones() {
        for byte in [0, 1, 0x7f, 0x80, 0xff] {
            for other in 0..=255u8 {
                let word = u64::from_le_bytes([byte, other, byte, other, 0, 0x80, 0xff, 1]);
                let marks = equal_bytes(word, byte).to_le_bytes();
                for (mark, own) in marks.into_iter().zip(word.to_le_bytes()) {
                    assert_eq!(mark, if own == byte { 0x80 } else { 0 });
                }
            }
        }
    }

    #[test]
    fn a_page_is_one_cache_line_of_the_directory() {
        assert_eq!(size_of::<Page<u64>>(), 64);
    }
}
