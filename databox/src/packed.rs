//! The packed sequence: rows of one or two byte strings, back to back in one run of bytes. It is
//! the small form of every container, and what a large list is made of.
//!
//! ```text
//! byte  0      1 .. 3   3 ..
//!       sort   rows     codes[rows] of the first column, then of the second; one code where all
//!                       of a column's are equal
//!                       row 0, row 1, ...: the columns' bytes, one behind the other
//! ```
//!
//! A code is the length of a byte string up to [`STRING_MAX`], or announces an integer of 1 to 8
//! bytes: canonical decimals are kept as integers. An element has one form only, so elements are
//! compared as they stand. Where a row begins is the sum of the sizes before it, or behind it,
//! whichever are fewer.
//!
//! Bytes that nothing was written to are an empty sequence. What reads a sequence trusts it: it
//! was written here. Edits write the new sequence to another buffer, as the old one stands among
//! blocks that may move.

pub(crate) mod integers;

use crate::Text;
use alloc::vec::Vec;

/// A packed sequence, to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a, const COLUMNS: usize> {
    count: usize,
    codes: [Codes<'a>; COLUMNS],
    data: &'a [u8],
}

/// The codes of one column.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Codes<'a> {
    /// All are this one.
    Equal(u8),
    Each(&'a [u8]),
}

/// What stands in a run of bytes: the low bits of its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Set = 0,
    /// See [`integers`].
    Integers = 1,
    Map = 2,
    List = 3,
    /// See [`crate::sorted`].
    Sorted = 0x10,
}

/// One byte string in its one packed form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Element<'a> {
    pub(crate) code: u8,
    /// What is stored, unless that stands in `number`.
    text: &'a [u8],
    number: [u8; 8],
}

/// The place of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) index: usize,
    /// Where its bytes begin.
    start: usize,
}

impl Sort {
    /// What stands in these bytes; nothing in particular where they are none.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        let sorts = [Self::Set, Self::Integers, Self::Map, Self::List];
        bytes.first().map(|&head| match head & SORT {
            low @ 0..4 => sorts[usize::from(low)],
            _ => Self::Sorted,
        })
    }
}

impl<'a, const COLUMNS: usize> Rows<'a, COLUMNS> {
    pub(crate) const EMPTY: Self = Self { count: 0, codes: [Codes::Equal(0); COLUMNS], data: &[] };

    pub(crate) fn read(bytes: &'a [u8]) -> Self {
        let Some((&[head, low, high], mut rest)) = bytes.split_first_chunk() else {
            return Self::EMPTY;
        };
        let count = usize::from(u16::from_le_bytes([low, high]));
        let mut codes = [Codes::Equal(0); COLUMNS];
        for (column, codes) in codes.iter_mut().enumerate() {
            if head & EQUAL << column != 0 {
                *codes = Codes::Equal(rest[0]);
                rest = &rest[1..];
            } else {
                let (own, behind) = rest.split_at(count);
                *codes = Codes::Each(own);
                rest = behind;
            }
        }
        Self { count, codes, data: rest }
    }

    pub(crate) const fn len(&self) -> usize {
        self.count
    }

    /// The place of a row that there is, or the one behind the last.
    pub(crate) fn place(&self, index: usize) -> Place {
        let sum = |codes: Codes<'_>, from: usize, to: usize| match codes {
            Codes::Equal(code) => (to - from) * size(code),
            Codes::Each(codes) => codes[from..to].iter().map(|&code| size(code)).sum(),
        };
        let sums = |from, to| self.codes.iter().map(|&codes| sum(codes, from, to)).sum::<usize>();
        let start = if index <= self.count / 2 {
            sums(0, index)
        } else {
            self.data.len() - sums(index, self.count)
        };
        Place { index, start }
    }

    /// The row at a place.
    pub(crate) fn row(&self, place: Place) -> [Text<'a>; COLUMNS] {
        let mut start = place.start;
        core::array::from_fn(|column| {
            let code = self.codes[column].at(place.index);
            let stored = &self.data[start..start + size(code)];
            start += stored.len();
            text(code, stored)
        })
    }

    /// The row with this number, if there is one.
    pub(crate) fn get(&self, index: usize) -> Option<[Text<'a>; COLUMNS]> {
        (index < self.count).then(|| self.row(self.place(index)))
    }

    /// The place of the first row whose first column is `element`.
    pub(crate) fn find(&self, element: &Element<'_>) -> Option<Place> {
        let stored = element.stored();
        if let Codes::Equal(code) = self.codes[0]
            && code != element.code
        {
            return None;
        }
        let mut place = Place { index: 0, start: 0 };
        while place.index < self.count {
            let same = self.codes[0].at(place.index) == element.code
                && self.data[place.start..].starts_with(stored);
            if same {
                return Some(place);
            }
            place = self.next(place);
        }
        None
    }

    /// The rows in their order, from either end.
    pub(crate) fn iter(&self) -> Iter<'a, COLUMNS> {
        let (front, back) = (self.place(0), self.place(self.count));
        Iter { rows: *self, front, back }
    }

    /// The rows from `index` on.
    pub(crate) fn iter_from(&self, index: usize) -> Iter<'a, COLUMNS> {
        let back = self.place(self.count);
        Iter { rows: *self, front: self.place(index.min(self.count)), back }
    }

    /// The rows before `index`.
    pub(crate) fn iter_to(&self, index: usize) -> Iter<'a, COLUMNS> {
        Iter { rows: *self, front: self.place(0), back: self.place(index.min(self.count)) }
    }

    /// Writes to `out`, whatever stood there, these rows without `removed` of them from `at` on,
    /// and with `added` in their place. Tells whether a sequence can have so many rows; where it
    /// cannot, `out` is left empty.
    pub(crate) fn splice(
        &self,
        sort: Sort,
        at: usize,
        removed: usize,
        added: &[[Element<'_>; COLUMNS]],
        out: &mut Vec<u8>,
    ) -> bool {
        out.clear();
        let count = self.count - removed + added.len();
        let Ok(short) = u16::try_from(count) else { return false };
        if count == 0 {
            return true;
        }
        out.push(sort as u8);
        out.extend_from_slice(&short.to_le_bytes());
        for column in 0..COLUMNS {
            self.splice_codes(column, (at, removed), added, out);
        }
        let (from, to) = (self.place(at).start, self.place(at + removed).start);
        out.extend_from_slice(&self.data[..from]);
        for element in added.iter().flatten() {
            out.extend_from_slice(element.stored());
        }
        out.extend_from_slice(&self.data[to..]);
        true
    }

    fn splice_codes(
        &self,
        column: usize,
        (at, removed): (usize, usize),
        added: &[[Element<'_>; COLUMNS]],
        out: &mut Vec<u8>,
    ) {
        let own = self.codes[column];
        let start = out.len();
        match own {
            Codes::Equal(code) => {
                let kept = self.count - removed;
                if added.iter().all(|row| row[column].code == code) && kept > 0 {
                    out[0] |= EQUAL << column;
                    out.push(code);
                    return;
                }
                out.resize(start + at, code);
                out.extend(added.iter().map(|row| row[column].code));
                out.resize(out.len() + kept - at, code);
            }
            Codes::Each(codes) => {
                out.extend_from_slice(&codes[..at]);
                out.extend(added.iter().map(|row| row[column].code));
                out.extend_from_slice(&codes[at + removed..]);
            }
        }
        if let Some((&first, rest)) = out[start..].split_first()
            && rest.iter().all(|&code| code == first)
        {
            out[0] |= EQUAL << column;
            out.truncate(start + 1);
        }
    }

    fn next(&self, place: Place) -> Place {
        let sizes = self.codes.iter().map(|codes| size(codes.at(place.index)));
        Place { index: place.index + 1, start: place.start + sizes.sum::<usize>() }
    }

    /// Panics where the sequence contradicts itself.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    pub(crate) fn check(&self) {
        let sizes = |index| self.codes.iter().map(|codes| size(codes.at(index))).sum::<usize>();
        assert_eq!((0..self.count).map(sizes).sum::<usize>(), self.data.len());
        for codes in self.codes {
            if let Codes::Each(codes) = codes {
                assert!(codes.windows(2).any(|pair| pair[0] != pair[1]), "codes that are equal");
            }
        }
        for text in self.iter().flatten() {
            let Text::Bytes(bytes) = text else { continue };
            assert!(matches!(Text::canonical(bytes), Text::Bytes(_)), "one form an element");
        }
    }
}

impl Rows<'_, 1> {
    /// Whether the element adds a code of its own at most.
    pub(crate) const fn fits(&self, element: &Element<'_>) -> bool {
        match self.codes[0] {
            Codes::Equal(code) => code == element.code,
            Codes::Each(_) => true,
        }
    }
}

/// Puts an element where the row `at` of a sequence of one column is, or behind all, if its array
/// of codes can stay as it is but for the element's own.
pub(crate) fn insert_in_place(bytes: &mut Vec<u8>, at: usize, element: &Element<'_>) -> bool {
    let rows = Rows::<1>::read(bytes);
    let count = rows.count + 1;
    let (Ok(short), false) = (u16::try_from(count), rows.count == 0 || !rows.fits(element)) else {
        return false;
    };
    let from_end = rows.data.len() - rows.place(at).start;
    let is_each = matches!(rows.codes[0], Codes::Each(_));
    bytes[1..3].copy_from_slice(&short.to_le_bytes());
    if is_each {
        bytes.insert(3 + at, element.code);
    }
    let (len, size) = (bytes.len(), element.size());
    bytes.extend_from_slice(element.stored());
    if from_end > 0 {
        let start = len - from_end;
        bytes.copy_within(start..len, start + size);
        bytes[start..start + size].copy_from_slice(element.stored());
    }
    true
}

impl Codes<'_> {
    #[inline]
    pub(crate) fn at(&self, index: usize) -> u8 {
        match self {
            Self::Equal(code) => *code,
            Self::Each(codes) => codes[index],
        }
    }
}

impl<'a> Element<'a> {
    /// The element of a text, unless it is too long for a code. Digits that are canonical are an
    /// integer's.
    pub(crate) fn new(text: Text<'a>) -> Option<Self> {
        let number = match text {
            Text::Bytes(bytes) => match Text::canonical(bytes) {
                Text::Integer(number) => number,
                Text::Bytes(text) => {
                    let code = u8::try_from(text.len()).ok().filter(|&code| code <= STRING_MAX)?;
                    return Some(Self { code, text, number: [0; 8] });
                }
            },
            Text::Integer(number) => number,
        };
        let code = STRING_MAX + 1 + width_of(number);
        Some(Self { code, text: &[], number: number.to_le_bytes() })
    }

    /// The element that is stored as these bytes under this code.
    pub(crate) const fn stored_as(code: u8, text: &'a [u8]) -> Self {
        Self { code, text, number: [0; 8] }
    }

    /// How many bytes it takes beside its code.
    pub(crate) const fn size(&self) -> usize {
        size(self.code)
    }

    #[inline]
    pub(crate) fn stored(&self) -> &[u8] {
        if self.text.is_empty() { &self.number[..self.size()] } else { self.text }
    }
}

/// The rows of a sequence, from either end.
#[derive(Debug, Clone)]
pub(crate) struct Iter<'a, const COLUMNS: usize> {
    rows: Rows<'a, COLUMNS>,
    front: Place,
    back: Place,
}

impl<'a, const COLUMNS: usize> Iterator for Iter<'a, COLUMNS> {
    type Item = [Text<'a>; COLUMNS];

    fn next(&mut self) -> Option<Self::Item> {
        (self.front.index < self.back.index).then(|| {
            let row = self.rows.row(self.front);
            self.front = self.rows.next(self.front);
            row
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.back.index - self.front.index;
        (left, Some(left))
    }
}

impl<const COLUMNS: usize> DoubleEndedIterator for Iter<'_, COLUMNS> {
    fn next_back(&mut self) -> Option<Self::Item> {
        (self.front.index < self.back.index).then(|| {
            let index = self.back.index - 1;
            let sizes = self.rows.codes.iter().map(|codes| size(codes.at(index)));
            self.back = Place { index, start: self.back.start - sizes.sum::<usize>() };
            self.rows.row(self.back)
        })
    }
}

impl<const COLUMNS: usize> ExactSizeIterator for Iter<'_, COLUMNS> {}

/// How many bytes a code announces.
#[inline]
pub(crate) const fn size(code: u8) -> usize {
    (if code <= STRING_MAX { code } else { code - STRING_MAX - 1 }) as usize
}

#[inline]
pub(crate) fn text(code: u8, stored: &[u8]) -> Text<'_> {
    if code <= STRING_MAX {
        return Text::Bytes(stored);
    }
    let mut wide = [0; 8];
    wide[8 - stored.len()..].copy_from_slice(stored);
    // The number stands in the high bytes; the shift brings it down with its sign.
    Text::Integer(i64::from_le_bytes(wide) >> (64 - 8 * stored.len()))
}

/// How many bytes hold a number and its sign: 1 to 8.
pub(crate) fn width_of(number: i64) -> u8 {
    let magnitude = if number < 0 { !number } else { number };
    (65 - magnitude.leading_zeros()).div_ceil(8) as u8
}

/// The longest byte string of a packed sequence; integers have the codes above the next one.
pub(crate) const STRING_MAX: u8 = 239;

/// The most bytes of a packed container. An edit copies it, so it is not the most that a block of
/// the store takes.
pub(crate) const BYTES_MAX: usize = 2560;

/// The bits of the first byte that tell the sort.
const SORT: u8 = 0x13;

/// The bit of the first byte that says that the codes of the first column are equal; the next bit
/// says it of the second.
const EQUAL: u8 = 4;

const _: () = assert!(BYTES_MAX <= packed_map::PACKED_BYTES_MAX);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A random row of two columns of few kinds.
    fn row() -> impl Strategy<Value = (String, String)> {
        ("[a-c]{0,3}|[0-9]{1,9}|x{200,239}", "[0-9a-z]{12}|-?[0-9]{1,18}")
    }

    fn elements(row: &(String, String)) -> [Element<'_>; 2] {
        [row.0.as_bytes(), row.1.as_bytes()].map(|one| Element::new(Text::Bytes(one)).unwrap())
    }

    #[test]
    fn equal_lengths_take_no_array() {
        let mut bytes = Vec::new();
        for number in 0..20u64 {
            let (name, value) =
                (format!("field{number:03}"), format!("{:012x}", u64::MAX - number));
            let row = [&name, &value].map(|one| Element::new(Text::Bytes(one.as_bytes())).unwrap());
            let mut out = Vec::new();
            let rows = Rows::<2>::read(&bytes);
            assert!(rows.splice(Sort::Map, rows.len(), 0, &[row], &mut out));
            bytes = out;
        }
        // Of sixteen digits or fewer, 0xffffffffffffffff has sixteen.
        assert_eq!(bytes.len(), 3 + 2 + 20 * (8 + 16));
        Rows::<2>::read(&bytes).check();
    }

    #[test]
    fn what_is_too_long_has_no_element() {
        let long = [b'x'; 240];
        assert!(Element::new(Text::Bytes(&long)).is_none());
        assert!(Element::new(Text::Bytes(&long[..239])).is_some());
        assert!(Rows::<1>::read(&[]).iter().next().is_none());
    }

    proptest! {
        #[test]
        fn splices_agree_with_a_vector(
            splices in prop::collection::vec(
                (any::<prop::sample::Index>(), 0usize..4, prop::collection::vec(row(), 0..6)),
                0..20,
            ),
        ) {
            let (mut bytes, mut model) = (Vec::new(), Vec::<(String, String)>::new());
            for (at, removed, added) in splices {
                let at = at.index(model.len() + 1);
                let removed = removed.min(model.len() - at);
                let rows: Vec<_> = added.iter().map(elements).collect();
                let mut out = vec![7; 3];
                let packed = Rows::<2>::read(&bytes);
                prop_assert!(packed.splice(Sort::Map, at, removed, &rows, &mut out));
                model.splice(at..at + removed, added.clone());
                bytes = out;
                let rows = Rows::<2>::read(&bytes);
                rows.check();
                let read = |[name, value]: [Text<'_>; 2]| (name.to_vec(), value.to_vec());
                let expected: Vec<_> = model
                    .iter()
                    .map(|(name, value)| (name.clone().into_bytes(), value.clone().into_bytes()))
                    .collect();
                prop_assert_eq!(rows.iter().map(read).collect::<Vec<_>>(), &expected[..]);
                let mut back: Vec<_> = rows.iter().rev().map(read).collect();
                back.reverse();
                prop_assert_eq!(back, &expected[..]);
                for (index, own) in expected.iter().enumerate() {
                    prop_assert_eq!(&read(rows.get(index).unwrap()), own);
                    let place = rows.find(&Element::new(Text::Bytes(&own.0)).unwrap()).unwrap();
                    let first = expected.iter().position(|other| other.0 == own.0);
                    prop_assert_eq!(Some(place.index), first);
                    prop_assert_eq!(place, rows.place(place.index));
                }
                prop_assert!(rows.get(expected.len()).is_none());
            }
        }
    }
}
