//! A set to be read, whatever form it has.

use super::{Members, Set, Walk};
use crate::{SmallSet, Text};

/// A set, borrowed: a run of bytes that somebody keeps, or a [`Set`].
#[derive(Debug, Clone, Copy)]
pub enum SetView<'a> {
    /// A small set.
    Small(SmallSet<'a>),
    /// A set, small or large.
    Set(&'a Set),
}

impl<'a> SetView<'a> {
    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Small(set) => set.len(),
            Self::Set(set) => set.len(),
        }
    }

    /// Whether there are no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether `member` is in the set.
    #[must_use]
    pub fn contains(&self, member: &[u8]) -> bool {
        match self {
            Self::Small(set) => set.contains(member),
            Self::Set(set) => set.contains(member),
        }
    }

    /// The members, in no particular order.
    #[must_use]
    pub fn iter(&self) -> Members<'a> {
        match self {
            Self::Small(set) => Members(Walk::Small(set.iter())),
            Self::Set(set) => set.iter(),
        }
    }

    /// A clone of the set; a copy of bytes becomes a set of this seed.
    #[must_use]
    pub fn to_set(&self, seed: u64) -> Set {
        match self {
            Self::Small(set) => Set::from_small(seed, *set),
            Self::Set(set) => (*set).clone(),
        }
    }

    /// Whether the set is kept as a run of integers.
    #[must_use]
    pub fn is_of_integers(&self) -> bool {
        self.as_small().is_some_and(|small| small.is_integers())
    }

    /// The small form, if the set has that.
    #[must_use]
    pub fn as_small(&self) -> Option<SmallSet<'a>> {
        match self {
            Self::Small(set) => Some(*set),
            Self::Set(set) => set.as_small(),
        }
    }

    /// A member, drawn as `random` says: any is about as likely as any other where that is a random
    /// number. `None` where there are none.
    ///
    /// # Complexity
    ///
    /// A few pages.
    #[must_use]
    pub fn draw(&self, random: u64) -> Option<Text<'a>> {
        match (self, self.as_small()) {
            (Self::Set(set), None) => set.draw_of_table(random),
            (_, small) => {
                let small = small.filter(|small| !small.is_empty())?;
                small.get((random % small.len() as u64) as usize)
            }
        }
    }

    /// Visits some members from `cursor` on, at least `count` of them unless it comes to the end,
    /// and returns the cursor to go on from; 0 starts and ends. Of a set that does not change in
    /// between every member is visited once.
    pub fn walk(&self, cursor: u64, count: u64, visit: impl FnMut(Text<'a>)) -> u64 {
        let Some(small) = self.as_small() else { return self.scan(cursor, count, visit) };
        let count = count.max(1);
        let (skipped, taken) = (saturating_usize(cursor), saturating_usize(count));
        small.iter_from(skipped).take(taken).for_each(visit);
        let end = cursor.saturating_add(count);
        if end < small.len() as u64 { end } else { 0 }
    }

    /// Visits some members from `cursor` on, about `count` of a large set and all of a small one,
    /// and returns the cursor to go on from; 0 starts and ends.
    ///
    /// Whatever is written between the calls, a member that is there from the first to the last is
    /// visited at least once. A number that no call returned starts somewhere and harms nothing.
    pub fn scan(&self, cursor: u64, count: u64, mut visit: impl FnMut(Text<'a>)) -> u64 {
        match (self, self.as_small()) {
            (Self::Set(set), None) => set.scan_table(cursor, count, visit),
            (_, small) => {
                // It may have been large when the scan began, and be visited twice in part.
                small.into_iter().flat_map(|small| small.iter()).for_each(&mut visit);
                0
            }
        }
    }
}

impl<'a> From<&'a Set> for SetView<'a> {
    fn from(set: &'a Set) -> Self {
        Self::Set(set)
    }
}

fn saturating_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
