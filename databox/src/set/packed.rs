//! Short members one after another: a code byte, and the bytes that it announces.
//!
//! Codes up to 127 are the length of a string; 128 and more announce an integer in
//! `code - 128` bytes. A member has one form only, so members are compared as they stand.

use crate::Text;
use alloc::vec::Vec;

/// A run of short members, searched from its start.
#[derive(Clone)]
pub(super) struct Packed {
    bytes: Vec<u8>,
    count: u32,
}

impl Packed {
    pub(super) const fn new() -> Self {
        Self { bytes: Vec::new(), count: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.count as usize
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.bytes.capacity()
    }

    pub(super) fn contains(&self, text: Text<'_>) -> bool {
        Member::new(text).and_then(|member| self.find(&member)).is_some()
    }

    pub(super) fn add(&mut self, text: Text<'_>) -> bool {
        if self.contains(text) {
            return false;
        }
        self.push(text);
        true
    }

    /// Adds a member that is not there.
    ///
    /// # Panics
    ///
    /// Where it is longer than 127 bytes.
    pub(super) fn push(&mut self, text: Text<'_>) {
        let member = Member::new(text).expect("the promotion rules keep long members out");
        let size = 1 + member.stored().len();
        if self.bytes.capacity() - self.bytes.len() < size {
            self.bytes.reserve_exact(size + slack(self.bytes.len()));
        }
        self.bytes.push(member.code);
        self.bytes.extend_from_slice(member.stored());
        self.count += 1;
    }

    pub(super) fn remove(&mut self, text: Text<'_>) -> bool {
        let Some(member) = Member::new(text) else { return false };
        let Some(at) = self.find(&member) else { return false };
        self.bytes.drain(at..at + 1 + member.stored().len());
        self.count -= 1;
        if self.bytes.capacity() > 2 * self.bytes.len() + 16 {
            self.bytes.shrink_to_fit();
        }
        true
    }

    pub(super) fn add_growth_max(&self, text: Text<'_>) -> usize {
        let size = 1 + text.len();
        let wanted = self.bytes.len() + size + slack(self.bytes.len());
        wanted.saturating_sub(self.bytes.capacity())
    }

    /// What a run of `count` members can take that are integers but for `text`.
    pub(super) fn growth_max(count: usize, text: Text<'_>) -> usize {
        let bytes = INTEGER_MAX * count + text.len();
        bytes + slack(bytes)
    }

    pub(super) fn iter(&self) -> Iter<'_> {
        Iter { bytes: &self.bytes, left: self.len() }
    }

    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    pub(super) fn check(&self) {
        let size = |text| 1 + Member::new(text).expect("it is stored").stored().len();
        assert_eq!(self.iter().map(size).sum::<usize>(), self.bytes.len());
    }

    fn find(&self, member: &Member<'_>) -> Option<usize> {
        let mut at = 0;
        while let Some(&code) = self.bytes.get(at) {
            let end = at + 1 + size(code);
            if code == member.code && self.bytes[at + 1..end] == *member.stored() {
                return Some(at);
            }
            at = end;
        }
        None
    }
}

/// The members of a run in the order in which they were added.
#[derive(Clone)]
pub(super) struct Iter<'a> {
    bytes: &'a [u8],
    left: usize,
}

impl<'a> Iterator for Iter<'a> {
    type Item = Text<'a>;

    fn next(&mut self) -> Option<Text<'a>> {
        let (&code, rest) = self.bytes.split_first()?;
        let (stored, rest) = rest.split_at(size(code));
        self.bytes = rest;
        self.left -= 1;
        if code < INTEGER {
            return Some(Text::Bytes(stored));
        }
        let mut wide = [0; 8];
        wide[8 - stored.len()..].copy_from_slice(stored);
        Some(Text::Integer(i64::from_le_bytes(wide) >> (64 - 8 * stored.len())))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl core::fmt::Debug for Iter<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Iter").field("left", &self.left).finish_non_exhaustive()
    }
}

/// A member in its one form.
struct Member<'a> {
    code: u8,
    text: &'a [u8],
    number: [u8; 8],
}

impl<'a> Member<'a> {
    /// The member, unless it is too long for a code.
    fn new(text: Text<'a>) -> Option<Self> {
        let number = match text {
            Text::Bytes(text) => {
                let code = u8::try_from(text.len()).ok().filter(|&code| code < INTEGER)?;
                return Some(Self { code, text, number: [0; 8] });
            }
            Text::Integer(number) => number,
        };
        let code = INTEGER + super::width_of(number);
        Some(Self { code, text: &[], number: number.to_le_bytes() })
    }

    fn stored(&self) -> &[u8] {
        if self.code < INTEGER { self.text } else { &self.number[..size(self.code)] }
    }
}

/// How many bytes a code announces.
const fn size(code: u8) -> usize {
    (if code < INTEGER { code } else { code - INTEGER }) as usize
}

/// How many bytes to make room for when there are `len` and no room.
fn slack(len: usize) -> usize {
    len / 8 + 8
}

/// The code of an integer in no bytes.
const INTEGER: u8 = 128;

/// The most bytes that an integer takes with its code.
const INTEGER_MAX: usize = 9;
