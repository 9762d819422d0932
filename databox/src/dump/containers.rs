//! Redis' lists, hashes and sorted sets, in each of their forms.

use super::listpack;
use super::redis::{Length, Reader};
use super::ziplist::{ZipElements, ZipMap};
use crate::{DecodeOptions, End, List, Map, SortedSet, Text, decimal};
use alloc::vec::Vec;

impl Reader<'_> {
    /// A list as a count and strings.
    pub(super) fn list(&mut self) -> Option<List> {
        let count = self.count()?;
        let mut list = List::new();
        for _ in 0..count {
            list.push(End::Back, &self.string()?);
        }
        Some(list)
    }

    /// A list as one ziplist.
    pub(super) fn list_of_one(&mut self) -> Option<List> {
        let mut list = List::new();
        extend(&mut list, zipped(&self.string()?)?, self.options())?;
        Some(list)
    }

    /// A list as a count and its pieces, each a ziplist.
    pub(super) fn list_in_ziplists(&mut self) -> Option<List> {
        let count = self.count()?;
        let mut list = List::new();
        for _ in 0..count {
            extend(&mut list, zipped(&self.string()?)?, self.options())?;
        }
        Some(list)
    }

    /// A list as a count and its pieces, each an element or a listpack.
    pub(super) fn list_in_listpacks(&mut self) -> Option<List> {
        let count = self.count()?;
        let mut list = List::new();
        for _ in 0..count {
            let Length::Bytes(form) = self.length()? else { return None };
            let piece = self.string()?;
            match form {
                PLAIN => {
                    list.push(End::Back, &piece);
                }
                PACKED => extend(&mut list, packed(&piece)?, self.options())?,
                _ => return None,
            }
        }
        Some(list)
    }

    /// A hash as a count, and names and values.
    pub(super) fn map(&mut self) -> Option<Map> {
        let count = self.count()?;
        let mut map = Map::new(self.options().seed);
        for _ in 0..count {
            let name = self.string()?;
            map.set(&name, &self.string()?).then_some(())?;
        }
        Some(map)
    }

    /// A hash whose names and values are the elements of something, in turn.
    pub(super) fn map_of(&mut self, form: Form) -> Option<Map> {
        let bytes = self.string()?;
        let elements = form.elements(&bytes)?;
        let mut map = Map::new(self.options().seed);
        let (mut names, mut values) = (decimal::Buffer::new(), decimal::Buffer::new());
        for pair in elements.chunks(2) {
            let [name, value] = pair else { return None };
            let is_new = map.set(name.bytes(&mut names), value.bytes(&mut values));
            if !is_new || map.len() > self.options().members_max {
                return None;
            }
        }
        (!map.is_empty()).then_some(map)
    }

    /// A sorted set as a count, and members and scores, which take eight bytes each.
    pub(super) fn sorted(&mut self) -> Option<SortedSet> {
        let count = self.count()?;
        let mut set = SortedSet::new(self.options().seed);
        for _ in 0..count {
            let member = self.string()?;
            let score = f64::from_le_bytes(*self.take(8)?.first_chunk()?);
            score_of(&mut set, &member, score)?;
        }
        Some(set)
    }

    /// A sorted set whose scores are digits behind their length.
    pub(super) fn sorted_in_digits(&mut self) -> Option<SortedSet> {
        let count = self.count()?;
        let mut set = SortedSet::new(self.options().seed);
        for _ in 0..count {
            let member = self.string()?;
            let [len] = *self.take(1)?.first_chunk::<1>()?;
            let score = match len {
                253 => return None,
                254 => f64::INFINITY,
                255 => f64::NEG_INFINITY,
                len => number(self.take(len.into())?)?,
            };
            score_of(&mut set, &member, score)?;
        }
        Some(set)
    }

    /// A sorted set whose members and scores are the elements of something, in turn.
    pub(super) fn sorted_of(&mut self, form: Form) -> Option<SortedSet> {
        let bytes = self.string()?;
        let elements = form.elements(&bytes)?;
        let mut set = SortedSet::new(self.options().seed);
        let (mut members, mut digits) = (decimal::Buffer::new(), decimal::Buffer::new());
        for pair in elements.chunks(2) {
            let [member, score] = pair else { return None };
            let score = number(score.bytes(&mut digits))?;
            score_of(&mut set, member.bytes(&mut members), score)?;
            if set.len() > self.options().members_max {
                return None;
            }
        }
        (!set.is_empty()).then_some(set)
    }

    /// How many members follow: one at least.
    fn count(&mut self) -> Option<u64> {
        let Length::Bytes(count) = self.length()? else { return None };
        (count > 0 && count <= self.options().members_max as u64).then_some(count)
    }
}

/// What the elements of a small container stand in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    Listpack,
    Ziplist,
    Zipmap,
}

impl Form {
    fn elements(self, bytes: &[u8]) -> Option<Vec<Text<'_>>> {
        match self {
            Self::Listpack => packed(bytes),
            Self::Ziplist => zipped(bytes),
            Self::Zipmap => ZipMap::new(bytes)?.collect(),
        }
    }
}

/// The elements of a whole listpack.
fn packed(bytes: &[u8]) -> Option<Vec<Text<'_>>> {
    let mut elements = listpack::Elements::new(bytes)?;
    let all = elements.by_ref().collect::<Option<_>>()?;
    elements.is_complete().then_some(all)
}

/// The elements of a whole ziplist.
fn zipped(bytes: &[u8]) -> Option<Vec<Text<'_>>> {
    let mut elements = ZipElements::new(bytes)?;
    let all = elements.by_ref().collect::<Option<_>>()?;
    elements.is_complete().then_some(all)
}

/// Adds the elements of a piece, of which there is one at least.
fn extend(list: &mut List, piece: Vec<Text<'_>>, options: &DecodeOptions) -> Option<()> {
    let mut digits = decimal::Buffer::new();
    if piece.is_empty() || list.len().saturating_add(piece.len()) > options.members_max {
        return None;
    }
    for element in piece {
        list.push(End::Back, element.bytes(&mut digits));
    }
    Some(())
}

/// Adds a member that is new and has a score.
fn score_of(set: &mut SortedSet, member: &[u8], score: f64) -> Option<()> {
    if score.is_nan() || set.set(member, score).is_some() {
        return None;
    }
    Some(())
}

fn number(digits: &[u8]) -> Option<f64> {
    core::str::from_utf8(digits).ok()?.parse().ok()
}

const PLAIN: u64 = 1;
const PACKED: u64 = 2;
