//! Sorted sets as Redis 7 serialises them: members with their scores as doubles, or both in one
//! listpack.

use super::listpack::Elements;
use super::redis::Reader;
use crate::{DecodeOptions, SortedSet, Text, decimal};

impl Reader<'_> {
    /// Members with scores of eight bytes, the greatest first.
    pub(super) fn sorted(&mut self) -> Option<SortedSet> {
        let count = self.count()?;
        let mut set = SortedSet::new(self.options.seed);
        for _ in 0..count {
            let member = self.string()?;
            let score = f64::from_le_bytes(*self.take(8)?.first_chunk()?);
            add(&mut set, &member, score)?;
        }
        (!set.is_empty()).then_some(set)
    }
}

/// Members and scores in turn.
pub(super) fn listpack(bytes: &[u8], options: &DecodeOptions) -> Option<SortedSet> {
    let mut set = SortedSet::new(options.seed);
    let mut elements = Elements::new(bytes)?;
    let mut digits = decimal::Buffer::new();
    while let Some(member) = elements.next() {
        let member = member?;
        let score = match elements.next()?? {
            Text::Integer(number) => number as f64,
            Text::Bytes(text) => str::from_utf8(text).ok()?.parse().ok()?,
        };
        add(&mut set, member.bytes(&mut digits), score)?;
        if set.len() > options.members_max {
            return None;
        }
    }
    (elements.is_complete() && !set.is_empty()).then_some(set)
}

fn add(set: &mut SortedSet, member: &[u8], score: f64) -> Option<()> {
    let is_new = !score.is_nan() && set.set(member, score).is_none();
    is_new.then_some(())
}
