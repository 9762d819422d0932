//! A sorted set to be read, whatever form it has.

use super::{Form, SortedSet};
use crate::{SmallSorted, Text};

/// A sorted set, borrowed: a run of bytes that somebody keeps, or a [`SortedSet`].
#[derive(Debug, Clone, Copy)]
pub enum SortedView<'a> {
    /// A small set.
    Small(SmallSorted<'a>),
    /// A set, small or large.
    Set(&'a SortedSet),
}

/// What to read of a set by its form.
macro_rules! by_form {
    ($view:expr, $small:ident => $of_small:expr, $large:ident => $of_large:expr) => {
        match $view {
            Self::Small($small) => $of_small,
            Self::Set(set) => match &set.form {
                Form::Small(bytes) => {
                    let $small = SmallSorted::new(bytes);
                    $of_small
                }
                Form::Large($large) => $of_large,
            },
        }
    };
}

impl<'a> SortedView<'a> {
    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        by_form!(self, small => small.len(), large => large.tree.len())
    }

    /// Whether there are no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The small form, if the set has that.
    #[must_use]
    pub fn as_small(&self) -> Option<SmallSorted<'a>> {
        match self {
            Self::Small(small) => Some(*small),
            Self::Set(set) => set.as_small(),
        }
    }

    /// The score of a member.
    #[must_use]
    pub fn score(&self, member: &[u8]) -> Option<f64> {
        by_form!(self,
            small => small.score(member),
            large => large.find(member).map(|(_, score)| score))
    }

    /// How many members come before this one, if it is there.
    #[must_use]
    pub fn rank(&self, member: &[u8]) -> Option<usize> {
        by_form!(self, small => small.rank(member), large => {
            let (_, score) = large.find(member)?;
            Some(large.tree.rank(score, &Text::Bytes(member)))
        })
    }

    /// How many members have a score below this one, or, where `inclusive`, at most this one.
    #[must_use]
    pub fn below(&self, score: f64, inclusive: bool) -> usize {
        by_form!(self,
            small => small.below(score, inclusive),
            large => large.tree.below(score, inclusive))
    }

    /// How many members come before these bytes in the order of bytes, or, where `inclusive`, are
    /// these. Of a set whose scores differ it tells nothing.
    #[must_use]
    pub fn before(&self, member: &[u8], inclusive: bool) -> usize {
        by_form!(self,
            small => small.before(member, inclusive),
            large => large.tree.before(&Text::Bytes(member), inclusive))
    }

    /// Visits up to `count` members with their scores, in ascending order, from the one with the
    /// number `index` on.
    pub fn walk(&self, index: usize, count: usize, mut visit: impl FnMut(Text<'a>, f64)) {
        by_form!(self,
            small => {
                small.run.iter_from(index).take(count).for_each(|(one, score)| visit(one, score));
            },
            large => large.tree.walk(index, count, visit));
    }

    /// Visits up to `count` members with their scores, in descending order, before the one with the
    /// number `index`.
    pub fn walk_back(&self, index: usize, count: usize, mut visit: impl FnMut(Text<'a>, f64)) {
        by_form!(self,
            small => {
                let index = index.min(small.len());
                for at in (index.saturating_sub(count)..index).rev() {
                    visit(small.run.member(at), small.run.score(at));
                }
            },
            large => large.tree.walk_back(index, count, visit));
    }

    /// Visits some members with their scores from `cursor` on, about `count` of a large set and all
    /// of a small one, in no particular order, and returns the cursor to go on from; 0 starts and
    /// ends.
    ///
    /// Whatever is written between the calls, a member that is there from the first to the last is
    /// visited at least once. A number that no call returned starts somewhere and harms nothing.
    pub fn scan(&self, cursor: u64, count: u64, mut visit: impl FnMut(Text<'a>, f64)) -> u64 {
        by_form!(self,
        small => {
            // It may have been large when the scan began, and be visited twice in part.
            small.run.iter_from(0).for_each(|(member, score)| visit(member, score));
            0
        },
        large => {
            let count = count.max(1);
            let (mut next, mut visited) = (cursor as u32, 0);
            let mut digits = crate::decimal::Buffer::new();
            for _ in 0..count.saturating_mul(BUCKETS_A_MEMBER) {
                next = large.index.scan(next, |hash, leaf| {
                    // Another member of the leaf with the same hash has an entry of its own.
                    large.tree.visit_leaf(leaf, |member, score| {
                        if large.hash(member.bytes(&mut digits)) == hash {
                            visited += 1;
                            visit(member, score);
                        }
                    });
                });
                if next == 0 || visited >= count {
                    break;
                }
            }
            u64::from(next)
        })
    }
}

impl<'a> From<&'a SortedSet> for SortedView<'a> {
    fn from(set: &'a SortedSet) -> Self {
        Self::Set(set)
    }
}

/// Buckets that a scan may look at for each member asked for.
const BUCKETS_A_MEMBER: u64 = 10;
