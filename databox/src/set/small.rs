//! A small set: a run of bytes, wherever they stand.

use crate::packed::integers::Integers;
use crate::packed::{self, Element, Rows, Sort};
use crate::{Edit, Text};
use alloc::vec::Vec;

/// A set of few short members in one run of bytes, borrowed.
///
/// Bytes that are none are the empty set. What writes a set gives other bytes, to be kept in place
/// of these; a set that has become too large for this form goes on as a [`Set`](crate::Set).
///
/// # Complexity
///
/// Searched through, by halves where all members are integers. A write copies the bytes, at most
/// [`BYTES_MAX`](Self::BYTES_MAX).
///
/// # Examples
///
/// ```
/// use databox::{Edit, SmallSet};
///
/// let mut bytes = Vec::new();
/// assert_eq!(SmallSet::new(&[]).add(b"apple", &mut bytes), Edit::Written);
/// let set = SmallSet::new(&bytes);
/// assert!(set.contains(b"apple"));
/// assert_eq!(set.add(b"apple", &mut Vec::new()), Edit::Unchanged);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct SmallSet<'a> {
    bytes: &'a [u8],
    run: Run<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Run<'a> {
    Integers(Integers<'a>),
    Rows(Rows<'a, 1>),
}

impl<'a> SmallSet<'a> {
    /// The most bytes that a set takes in this form.
    pub const BYTES_MAX: usize = packed::BYTES_MAX;

    /// The set that these bytes, which were written by this type, are; empty where they are none.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        let run = match Sort::of(bytes) {
            None | Some(Sort::Integers) => Run::Integers(Integers::read(bytes)),
            _ => Run::Rows(Rows::read(bytes)),
        };
        Self { bytes, run }
    }

    /// The bytes that the set is.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// How many members there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        match &self.run {
            Run::Integers(run) => run.len(),
            Run::Rows(rows) => rows.len(),
        }
    }

    /// Whether there are no members.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether all members are integers in a sorted run.
    #[must_use]
    pub const fn is_integers(&self) -> bool {
        matches!(self.run, Run::Integers(_))
    }

    /// Whether `member` is in the set.
    #[must_use]
    pub fn contains(&self, member: &[u8]) -> bool {
        match &self.run {
            Run::Integers(run) => {
                let number = Text::canonical(member).integer();
                number.is_some_and(|number| run.search(number).is_ok())
            }
            Run::Rows(rows) => {
                let element = Element::new(Text::Bytes(member));
                element.is_some_and(|element| rows.find(&element).is_some())
            }
        }
    }

    /// Writes the set with one more member to `out`, in place of what stood there.
    ///
    /// [`Edit::TooLarge`] where that takes another form; what stands in `out` then means nothing.
    pub fn add(&self, member: &[u8], out: &mut Vec<u8>) -> Edit {
        let text = Text::canonical(member);
        match (&self.run, text) {
            (Run::Integers(run), Text::Integer(number)) => {
                let Err(index) = run.search(number) else { return Edit::Unchanged };
                if run.len() == INTEGERS_MAX {
                    return Edit::TooLarge;
                }
                run.insert(index, number, out);
            }
            (Run::Integers(run), Text::Bytes(_)) => {
                let Some(own) = Element::new(text).filter(|_| run.len() < ROWS_MAX) else {
                    return Edit::TooLarge;
                };
                let numbers = run.iter().map(Text::Integer).filter_map(Element::new);
                let added: Vec<_> = numbers.chain([own]).map(|element| [element]).collect();
                Rows::EMPTY.splice(Sort::Set, 0, 0, &added, out);
            }
            (Run::Rows(rows), _) => {
                let Some(own) = Element::new(text) else { return Edit::TooLarge };
                if rows.find(&own).is_some() {
                    return Edit::Unchanged;
                }
                if rows.len() == ROWS_MAX {
                    return Edit::TooLarge;
                }
                rows.splice(Sort::Set, rows.len(), 0, &[[own]], out);
            }
        }
        if out.len() > Self::BYTES_MAX { Edit::TooLarge } else { Edit::Written }
    }

    /// Writes the set without a member to `out`, in place of what stood there: no bytes where the
    /// set becomes empty. [`Edit::Unchanged`] where there is no such member.
    pub fn remove(&self, member: &[u8], out: &mut Vec<u8>) -> Edit {
        let text = Text::canonical(member);
        match &self.run {
            Run::Integers(run) => {
                let found = text.integer().map(|number| run.search(number));
                let Some(Ok(index)) = found else { return Edit::Unchanged };
                run.remove(index, out);
            }
            Run::Rows(rows) => {
                let found = Element::new(text).and_then(|element| rows.find(&element));
                let Some(place) = found else { return Edit::Unchanged };
                rows.splice(Sort::Set, place.index, 1, &[], out);
            }
        }
        Edit::Written
    }

    /// The member with this number, in the order of [`iter`](Self::iter).
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Text<'a>> {
        match &self.run {
            Run::Integers(run) => (index < run.len()).then(|| Text::Integer(run.get(index))),
            Run::Rows(rows) => rows.get(index).map(|[text]| text),
        }
    }

    /// The members: integers ascending, others as they were added.
    #[must_use]
    pub fn iter(&self) -> SmallMembers<'a> {
        self.iter_from(0)
    }

    /// The members from the one with the number `index` on.
    #[must_use]
    pub fn iter_from(&self, index: usize) -> SmallMembers<'a> {
        SmallMembers(match self.run {
            Run::Integers(run) => Walk::Integers(run, index.min(run.len())),
            Run::Rows(rows) => Walk::Rows(rows.iter_from(index)),
        })
    }

    /// Panics where the set contradicts itself.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    pub(crate) fn check(&self) {
        match &self.run {
            Run::Integers(run) => run.check(),
            Run::Rows(rows) => rows.check(),
        }
    }
}

/// The members of a [`SmallSet`].
#[derive(Debug, Clone)]
pub struct SmallMembers<'a>(Walk<'a>);

#[derive(Debug, Clone)]
enum Walk<'a> {
    /// A run, and the number of the next member.
    Integers(Integers<'a>, usize),
    Rows(packed::Iter<'a, 1>),
}

impl<'a> Iterator for SmallMembers<'a> {
    type Item = Text<'a>;

    fn next(&mut self) -> Option<Text<'a>> {
        match &mut self.0 {
            Walk::Integers(run, next) => (*next < run.len()).then(|| {
                *next += 1;
                Text::Integer(run.get(*next - 1))
            }),
            Walk::Rows(rows) => rows.next().map(|[text]| text),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            Walk::Integers(run, next) => (run.len() - next, Some(run.len() - next)),
            Walk::Rows(rows) => rows.size_hint(),
        }
    }
}

impl ExactSizeIterator for SmallMembers<'_> {}

/// Members up to which integers are kept sorted.
const INTEGERS_MAX: usize = 512;

/// Members up to which other sets are searched through.
const ROWS_MAX: usize = 128;
