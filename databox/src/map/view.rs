//! A map to be read, whatever form it has.

use super::Map;
use crate::{SmallMap, Text};

/// A map, borrowed: a run of bytes that somebody keeps, or a [`Map`].
#[derive(Debug, Clone, Copy)]
pub enum MapView<'a> {
    /// A small map.
    Small(SmallMap<'a>),
    /// A map, small or large, at a moment: a name that expires at or before it is not there, but
    /// counts in [`len`](Self::len) until it is swept.
    Map(&'a Map, u64),
}

impl<'a> MapView<'a> {
    /// How many names there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Small(map) => map.len(),
            Self::Map(map, _) => map.len(),
        }
    }

    /// Whether there are no names.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a name.
    #[must_use]
    pub fn get(&self, name: &[u8]) -> Option<Text<'a>> {
        match self {
            Self::Small(map) => map.get(name),
            Self::Map(map, now_ms) => map.get_at(name, *now_ms),
        }
    }

    /// When a name expires, in milliseconds. `None`: no such name. `Some(None)`: it does not.
    #[must_use]
    pub fn expiry(&self, name: &[u8]) -> Option<Option<u64>> {
        match self {
            Self::Small(map) => map.get(name).map(|_| None),
            Self::Map(map, now_ms) => {
                map.expiry(name).filter(|expiry| expiry.is_none_or(|at_ms| at_ms > *now_ms))
            }
        }
    }

    /// A name with its value, drawn as `random` says: any is about as likely as any other where
    /// that is a random number. `None` where there are none, or where most have expired and are
    /// still there.
    ///
    /// # Complexity
    ///
    /// A few pages.
    #[must_use]
    pub fn draw(&self, random: u64) -> Option<(Text<'a>, Text<'a>)> {
        match (self, self.as_small()) {
            (Self::Map(map, now_ms), None) => map.draw_of_table(random, *now_ms),
            (_, small) => {
                let small = small.filter(|small| !small.is_empty())?;
                small.iter_from((random % small.len() as u64) as usize).next()
            }
        }
    }

    /// The small form, if the map has that.
    #[must_use]
    pub fn as_small(&self) -> Option<SmallMap<'a>> {
        match self {
            Self::Small(map) => Some(*map),
            Self::Map(map, _) => map.as_small(),
        }
    }

    /// Visits some names from `cursor` on, at least `count` of them unless it comes to the end, and
    /// returns the cursor to go on from; 0 starts and ends. Of a map that does not change in
    /// between every name is visited once.
    pub fn walk(&self, cursor: u64, count: u64, mut visit: impl FnMut(Text<'a>, Text<'a>)) -> u64 {
        let Some(small) = self.as_small() else { return self.scan(cursor, count, visit) };
        let count = count.max(1);
        let usize_of = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let pairs = small.iter_from(usize_of(cursor)).take(usize_of(count));
        pairs.for_each(|(name, value)| visit(name, value));
        let end = cursor.saturating_add(count);
        if end < small.len() as u64 { end } else { 0 }
    }

    /// Visits some names from `cursor` on, about `count` of a large map and all of a small one, and
    /// returns the cursor to go on from; 0 starts and ends.
    ///
    /// Whatever is written between the calls, a name that is there from the first to the last is
    /// visited at least once. A number that no call returned starts somewhere and harms nothing.
    pub fn scan(&self, cursor: u64, count: u64, mut visit: impl FnMut(Text<'a>, Text<'a>)) -> u64 {
        match (self, self.as_small()) {
            (Self::Map(map, now_ms), None) => map.scan_table(cursor, count, *now_ms, visit),
            (_, small) => {
                // It may have been large when the scan began, and be visited twice in part.
                let pairs = small.into_iter().flat_map(|small| small.iter());
                pairs.for_each(|(name, value)| visit(name, value));
                0
            }
        }
    }
}
