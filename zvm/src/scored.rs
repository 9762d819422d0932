//! The scored set that a run makes of others: what it is made of, and how far that has come.

use databox::{Set, SetView, SortedSet, SortedView, Text, decimal};

/// How scores of one member become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Combine {
    /// Their sum; 0 where that is no number.
    Sum,
    /// The least.
    Min,
    /// The greatest.
    Max,
}

impl Combine {
    /// The one score of both.
    pub(crate) fn of(self, one: f64, other: f64) -> f64 {
        match self {
            Self::Sum => number(one + other),
            Self::Min => one.min(other),
            Self::Max => one.max(other),
        }
    }
}

/// A set to be read, with the weight of its scores.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Input {
    pub(crate) members: Members,
    pub(crate) weight: f64,
}

/// What an input is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Members {
    Sorted(SortedSet),
    Set(Set),
}

impl Input {
    pub(crate) fn len(&self) -> usize {
        match &self.members {
            Members::Sorted(set) => set.len(),
            Members::Set(set) => set.len(),
        }
    }

    /// The weighted score of a member.
    pub(crate) fn score(&self, member: &[u8]) -> Option<f64> {
        let score = match &self.members {
            Members::Sorted(set) => set.score(member)?,
            Members::Set(set) => set.contains(member).then_some(1.0)?,
        };
        Some(number(self.weight * score))
    }

    /// Visits up to `count` members from `cursor` on with their weighted scores, and returns the
    /// cursor to go on from; 0 starts and ends.
    pub(crate) fn walk(&self, cursor: u64, count: u64, mut visit: impl FnMut(&[u8], f64)) -> u64 {
        let mut digits = decimal::Buffer::new();
        let weight = self.weight;
        match &self.members {
            Members::Sorted(set) => {
                let usize_of = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
                SortedView::from(set).walk(usize_of(cursor), usize_of(count), |member, score| {
                    visit(member.bytes(&mut digits), number(weight * score));
                });
                let end = cursor.saturating_add(count);
                if end < set.len() as u64 { end } else { 0 }
            }
            Members::Set(set) => SetView::from(set).walk(cursor, count, |member: Text<'_>| {
                visit(member.bytes(&mut digits), number(weight));
            }),
        }
    }
}

/// What a run makes of sorted sets.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Scored {
    pub(crate) inputs: Vec<Input>,
    /// How many inputs a union has gone over.
    pub(crate) done: usize,
    pub(crate) set: Option<SortedSet>,
    /// How many members were counted.
    pub(crate) counted: u64,
}

impl Scored {
    /// Puts smaller inputs first, those of one size as they were: in this order scores are
    /// combined, which tells in their last digits.
    pub(crate) fn sort(&mut self) {
        self.inputs.sort_by_key(Input::len);
    }

    /// The combined score of a member that all inputs have, of which the first gives it `score`.
    pub(crate) fn of_all(&self, member: &[u8], score: f64, combine: Combine) -> Option<f64> {
        let others = self.inputs.iter().skip(1);
        others
            .map(|input| input.score(member))
            .try_fold(score, |sum, one| Some(combine.of(sum, one?)))
    }
}

/// The score, or 0 where it is no number.
const fn number(score: f64) -> f64 {
    if score.is_nan() { 0.0 } else { score }
}
