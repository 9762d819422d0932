//! A run: some members in their order, packed.
//!
//! ```text
//! byte  0       1       2        3 ..       ..                 ..
//!       sort    count   widths   the base   scores[count]      codes[count], or one where all are
//!                                           see `scores`       equal; then member 0, member 1, ...
//! ```
//!
//! Members are in ascending order of their scores, those of equal scores in that of their bytes;
//! the two zeros are equal. Codes are those of the packed sequence, and one more: a member too long
//! for it stands elsewhere, under a number ([`Longs`]). A run may be followed by anything.

use super::longs::Longs;
use super::scores::{Form, Scores};
use crate::Text;
use crate::packed::{self, Codes, Element, STRING_MAX, Sort};
use alloc::vec::Vec;
use core::cmp::Ordering;

/// A run, to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run<'a> {
    count: usize,
    scores: Scores<'a>,
    codes: Codes<'a>,
    /// The members, and whatever is behind them.
    data: &'a [u8],
    longs: Option<&'a Longs>,
}

impl<'a> Run<'a> {
    pub(super) const EMPTY: Self =
        Self { count: 0, scores: Scores::EMPTY, codes: Codes::Equal(0), data: &[], longs: None };

    #[inline]
    pub(super) fn read(bytes: &'a [u8], longs: Option<&'a Longs>) -> Self {
        let Some((&[head, count], rest)) = bytes.split_first_chunk() else { return Self::EMPTY };
        let count = usize::from(count);
        let (scores, rest) = Scores::read(head & BITS != 0, count, rest);
        let (codes, data) = if head & EQUAL != 0 {
            (Codes::Equal(rest[0]), &rest[1..])
        } else {
            let (own, data) = rest.split_at(count);
            (Codes::Each(own), data)
        };
        Self { count, scores, codes, data, longs }
    }

    pub(super) const fn len(&self) -> usize {
        self.count
    }

    #[inline]
    pub(super) fn score(&self, index: usize) -> f64 {
        self.scores.get(index)
    }

    pub(super) fn member(&self, index: usize) -> Text<'a> {
        self.text(index, self.start(index))
    }

    /// The members with their scores from `index` on.
    pub(super) fn iter_from(&self, index: usize) -> Rows<'a> {
        let index = index.min(self.count);
        Rows { run: *self, index, start: self.start(index) }
    }

    /// Where the first member stands for which `holds` does not, given that those for which it does
    /// come first.
    pub(super) fn partition(&self, holds: impl Fn(&Self, usize) -> bool) -> usize {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low.midpoint(high);
            if holds(self, middle) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Where the member with this score stands, or how many come before it.
    pub(super) fn search(&self, score: f64, member: &Text<'_>) -> usize {
        self.partition(|run, index| {
            let own = run.score(index);
            own < score || (own == score && run.member(index).cmp(member) == Ordering::Less)
        })
    }

    /// Where a member stands, whatever its score.
    pub(super) fn find(&self, member: &[u8]) -> Option<usize> {
        let Some(element) = Element::new(Text::Bytes(member)) else {
            return self.find_long(member);
        };
        let stored = element.stored();
        if let Codes::Equal(code) = self.codes {
            let size = packed::size(code);
            let is_same = |index: usize| &self.data[index * size..(index + 1) * size] == stored;
            return if code == element.code {
                (0..self.count).find(|&at| is_same(at))
            } else {
                None
            };
        }
        let mut start = 0;
        (0..self.count).find(|&index| {
            let code = self.codes.at(index);
            let from = start;
            start += packed::size(code);
            code == element.code && &self.data[from..start] == stored
        })
    }

    /// A member as it is stored, with its score.
    pub(super) fn row(&self, index: usize) -> Row<'a> {
        let (code, start) = (self.codes.at(index), self.start(index));
        let stored = &self.data[start..start + packed::size(code)];
        (self.score(index), Element::stored_as(code, stored))
    }

    /// The number of a member that stands elsewhere.
    pub(super) fn long_number(&self, index: usize) -> Option<u32> {
        (self.codes.at(index) == LONG).then(|| number_at(&self.data[self.start(index)..]))
    }

    /// Writes to `out`, whatever stood there, this run without `removed` of its members from `at`
    /// on, and with `added` in their place.
    ///
    /// # Panics
    ///
    /// Where that is more than [`MEMBERS_MAX`].
    pub(super) fn splice(&self, at: usize, removed: usize, added: &[Row<'_>], out: &mut Vec<u8>) {
        out.clear();
        let count = self.count - removed + added.len();
        if count == 0 {
            return;
        }
        assert!(count <= MEMBERS_MAX, "more members than a run holds");
        let (before, behind) = (0..at, at + removed..self.count);
        let is_kept =
            removed < self.count && added.iter().all(|&(score, _)| self.scores.form.fits(score));
        let kept = |range: core::ops::Range<usize>| range.map(|index| self.score(index));
        let form = if is_kept {
            self.scores.form
        } else {
            let new = added.iter().map(|&(score, _)| score);
            Form::of(kept(before.clone()).chain(new).chain(kept(behind.clone())))
        };
        out.push(Sort::Sorted as u8 | if form.is_bits { BITS } else { 0 });
        out.push(count as u8);
        form.write(out);
        let copy = |range: core::ops::Range<usize>, out: &mut Vec<u8>| {
            if is_kept {
                out.extend_from_slice(self.scores.stored(range));
            } else {
                kept(range).for_each(|score| form.write_score(score, out));
            }
        };
        copy(before, out);
        added.iter().for_each(|&(score, _)| form.write_score(score, out));
        copy(behind, out);
        self.splice_members(at, removed, added, out);
    }

    fn splice_members(&self, at: usize, removed: usize, added: &[Row<'_>], out: &mut Vec<u8>) {
        let kept = self.count - removed;
        match self.codes {
            Codes::Equal(code) if kept > 0 && added.iter().all(|(_, one)| one.code == code) => {
                out[0] |= EQUAL;
                out.push(code);
            }
            _ => {
                let start = out.len();
                out.extend((0..at).map(|index| self.codes.at(index)));
                out.extend(added.iter().map(|(_, element)| element.code));
                out.extend((at + removed..self.count).map(|index| self.codes.at(index)));
                let first = out[start];
                if out[start..].iter().all(|&code| code == first) {
                    out[0] |= EQUAL;
                    out.truncate(start + 1);
                }
            }
        }
        let (from, to) = (self.start(at), self.start(at + removed));
        out.extend_from_slice(&self.data[..from]);
        for (_, element) in added {
            out.extend_from_slice(element.stored());
        }
        out.extend_from_slice(&self.data[to..self.start(self.count)]);
    }

    fn find_long(&self, member: &[u8]) -> Option<usize> {
        (0..self.count).find(|&index| {
            self.codes.at(index) == LONG
                && matches!(self.member(index), Text::Bytes(bytes) if bytes == member)
        })
    }

    #[inline]
    fn start(&self, index: usize) -> usize {
        match self.codes {
            Codes::Equal(code) => index * packed::size(code),
            Codes::Each(codes) => codes[..index].iter().map(|&code| packed::size(code)).sum(),
        }
    }

    #[inline]
    fn text(&self, index: usize, start: usize) -> Text<'a> {
        let code = self.codes.at(index);
        let stored = &self.data[start..start + packed::size(code)];
        if code != LONG {
            return packed::text(code, stored);
        }
        Text::Bytes(self.longs.map_or(&[], |longs| longs.get(number_at(stored))))
    }

    /// Panics where the run contradicts itself.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    pub(super) fn check(&self) {
        let rows: Vec<_> = self.iter_from(0).collect();
        assert_eq!(rows.len(), self.count);
        for pair in rows.windows(2) {
            let [(one, score), (two, next)] = pair else { continue };
            let order =
                score.partial_cmp(next).expect("no score is NaN").then_with(|| one.cmp(two));
            assert_eq!(order, Ordering::Less, "members in their order");
        }
        for (index, (member, score)) in rows.iter().enumerate() {
            assert!(!score.is_nan());
            assert_eq!(self.search(*score, member), index);
            assert_eq!(self.find(&member.to_vec()), Some(index));
            assert_eq!(self.long_number(index).is_some(), member.len() > usize::from(STRING_MAX));
        }
    }
}

/// A member with its score, as it is to be stored.
pub(super) type Row<'a> = (f64, Element<'a>);

/// The stored form of the long member with this number.
pub(super) fn long_bytes(number: u32) -> [u8; LONG_BYTES] {
    let mut stored = [0; LONG_BYTES];
    stored[..4].copy_from_slice(&number.to_le_bytes());
    stored
}

/// The element whose stored form [`long_bytes`] made.
pub(super) const fn long_element(stored: &[u8; LONG_BYTES]) -> Element<'_> {
    Element::stored_as(LONG, stored)
}

fn number_at(stored: &[u8]) -> u32 {
    stored.first_chunk().map_or(0, |number| u32::from_le_bytes(*number))
}

/// The members of a run with their scores.
#[derive(Debug, Clone)]
pub(super) struct Rows<'a> {
    run: Run<'a>,
    index: usize,
    start: usize,
}

impl<'a> Iterator for Rows<'a> {
    type Item = (Text<'a>, f64);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.index == self.run.count {
            return None;
        }
        let row = (self.run.text(self.index, self.start), self.run.score(self.index));
        self.start += packed::size(self.run.codes.at(self.index));
        self.index += 1;
        Some(row)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.run.count - self.index;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Rows<'_> {}

/// The most members of a run.
pub(super) const MEMBERS_MAX: usize = u8::MAX as usize;

/// The code of a member that stands elsewhere.
const LONG: u8 = STRING_MAX + 10;

/// The bytes of such a member in a run, as its code announces them: its number, and nothing.
const LONG_BYTES: usize = packed::size(LONG);

/// The bit of the first byte that says that the codes are equal.
const EQUAL: u8 = 4;

/// The bit of the first byte that says that scores are kept as their bits.
const BITS: u8 = 8;
