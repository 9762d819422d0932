//! The sorted set: byte strings in the order of their scores.
//!
//! Two forms, chosen here and nowhere else: a run ([`SmallSorted`]) while the members are few and
//! short (`small.rs` says how few and how short), and a tree of such runs together with an index
//! from a member's hash to its leaf. A member stands once, in its leaf. A set only moves on: one
//! that shrinks is likely to grow again.

mod index;
mod longs;
mod run;
mod scores;
pub(crate) mod small;
mod tree;
pub(crate) mod view;

use crate::seed::Seed;
use crate::{Edit, SmallSorted, SortedView, Text};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use index::Index;
use packed_map::{HashKeys, Step};
use tree::{Follow, Tree};

/// A set of byte strings, each with a score, in ascending order: of scores, and of bytes where
/// scores are equal. What Redis calls a sorted set.
///
/// A score is any double but NaN; the two zeros are equal, and only a large set remembers which it
/// was given. Members that are canonical decimal integers are kept as integers, and come back byte
/// for byte.
///
/// # Complexity
///
/// Small sets, up to 128 members in 2.5 KiB, are one allocation. In larger ones everything takes
/// logarithmic time and a member's score constant time; a write moves at most two nodes of a
/// kilobyte and eight entries of the index. A clone of a large set shares its blocks with it, as
/// that of a [`Set`](crate::Set) does.
///
/// # Examples
///
/// ```
/// use databox::SortedSet;
///
/// let mut set = SortedSet::new(0x5eed);
/// set.set(b"beech", 40.0);
/// set.set(b"ash", 35.5);
/// assert_eq!(set.set(b"beech", 30.0), Some(40.0));
/// assert_eq!((set.rank(b"beech"), set.rank(b"ash")), (Some(0), Some(1)));
/// assert_eq!(set.below(35.5, true), 2);
/// ```
#[derive(Clone)]
pub struct SortedSet {
    /// Of the hash of an index still to come.
    seed: u64,
    form: Form,
}

#[derive(Clone)]
enum Form {
    /// The bytes of a [`SmallSorted`].
    Small(Vec<u8>),
    Large(Box<Large>),
}

impl SortedSet {
    /// An empty set, which has allocated nothing. `seed` is as for
    /// [`Set::new`](crate::Set::new).
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, form: Form::Small(Vec::new()) }
    }

    /// A copy of a small set; `seed` is as for [`new`](Self::new).
    #[must_use]
    pub fn from_small(seed: u64, small: SmallSorted<'_>) -> Self {
        Self { seed, form: Form::Small(small.bytes().to_vec()) }
    }

    /// An empty set whose members are hashed as this one's are.
    #[must_use]
    pub const fn empty_like(&self) -> Self {
        Self::new(self.seed)
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        SortedView::Set(self).len()
    }

    /// Whether there are no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Gives a member a score and returns the one that it had.
    ///
    /// # Panics
    ///
    /// Where the score is NaN.
    pub fn set(&mut self, member: &[u8], score: f64) -> Option<f64> {
        assert!(!score.is_nan(), "a score is a number");
        if let Form::Small(bytes) = &mut self.form {
            let mut out = Vec::with_capacity(bytes.len() + member.len() + 16);
            let (edit, before) = SmallSorted::new(bytes).set(member, score, &mut out);
            if edit != Edit::TooLarge {
                if edit == Edit::Written {
                    out.shrink_to_fit();
                    *bytes = out;
                }
                return before;
            }
            self.promote();
        }
        let Form::Large(large) = &mut self.form else { unreachable!("it was promoted") };
        large.set(member, score)
    }

    /// Removes a member and returns the score that it had.
    pub fn remove(&mut self, member: &[u8]) -> Option<f64> {
        match &mut self.form {
            Form::Small(bytes) => {
                let mut out = Vec::with_capacity(bytes.len());
                let (edit, before) = SmallSorted::new(bytes).remove(member, &mut out);
                if edit == Edit::Written {
                    out.shrink_to_fit();
                    *bytes = out;
                }
                before
            }
            Form::Large(large) => {
                let before = large.remove(member);
                large.compact();
                before
            }
        }
    }

    /// Removes up to `count` members from the one with the number `index` on, and tells how many
    /// these are.
    ///
    /// # Complexity
    ///
    /// That of `count` removals.
    pub fn remove_range(&mut self, index: usize, count: usize) -> usize {
        match &mut self.form {
            Form::Small(bytes) => {
                let mut out = Vec::with_capacity(bytes.len());
                let (edit, removed) = SmallSorted::new(bytes).remove_range(index, count, &mut out);
                if edit == Edit::Written {
                    out.shrink_to_fit();
                    *bytes = out;
                }
                removed
            }
            Form::Large(large) => large.remove_range(index, count),
        }
    }

    /// The score of a member.
    #[must_use]
    pub fn score(&self, member: &[u8]) -> Option<f64> {
        SortedView::Set(self).score(member)
    }

    /// How many members come before this one, if it is there.
    #[must_use]
    pub fn rank(&self, member: &[u8]) -> Option<usize> {
        SortedView::Set(self).rank(member)
    }

    /// How many members have a score below this one, or, where `inclusive`, at most this one.
    #[must_use]
    pub fn below(&self, score: f64, inclusive: bool) -> usize {
        SortedView::Set(self).below(score, inclusive)
    }

    /// How many members come before these bytes in the order of bytes, or, where `inclusive`, are
    /// these. Of a set whose scores differ it tells nothing.
    #[must_use]
    pub fn before(&self, member: &[u8], inclusive: bool) -> usize {
        SortedView::Set(self).before(member, inclusive)
    }

    /// Visits up to `count` members with their scores, in ascending order, from the one with the
    /// number `index` on.
    pub fn walk<'a>(&'a self, index: usize, count: usize, visit: impl FnMut(Text<'a>, f64)) {
        SortedView::Set(self).walk(index, count, visit);
    }

    /// Visits up to `count` members with their scores, in descending order, before the one with the
    /// number `index`.
    pub fn walk_back<'a>(&'a self, index: usize, count: usize, visit: impl FnMut(Text<'a>, f64)) {
        SortedView::Set(self).walk_back(index, count, visit);
    }

    /// The bytes that the set has allocated, this struct not included.
    ///
    /// # Complexity
    ///
    /// Constant.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        match &self.form {
            Form::Small(bytes) => bytes.capacity(),
            Form::Large(large) => size_of::<Large>() + large.heap_bytes(),
        }
    }

    /// [`heap_bytes`](Self::heap_bytes), counted again from nothing; meant for tests.
    #[must_use]
    pub fn recount_bytes(&self) -> usize {
        match &self.form {
            Form::Small(_) => self.heap_bytes(),
            Form::Large(large) => {
                size_of::<Large>() + large.tree.recount_bytes() + large.index.recount_bytes()
            }
        }
    }

    /// The bytes that writes to this set have copied because clones had them.
    #[must_use]
    pub const fn copied_bytes(&self) -> usize {
        match &self.form {
            Form::Small(_) => 0,
            Form::Large(large) => large.tree.copied_bytes() + large.index.copied_bytes(),
        }
    }

    /// The set in its small form, if it has that.
    #[must_use]
    pub fn as_small(&self) -> Option<SmallSorted<'_>> {
        match &self.form {
            Form::Small(bytes) => Some(SmallSorted::new(bytes)),
            Form::Large(_) => None,
        }
    }

    /// At least as many bytes as [`heap_bytes`](Self::heap_bytes) will rise by when `member` is
    /// given a score.
    #[must_use]
    pub fn set_growth_max(&self, member: &[u8]) -> usize {
        match &self.form {
            Form::Large(large) => {
                large.tree.growth_max(member) + large.index.growth_max(large.hash(member))
            }
            Form::Small(_) => LARGE_BYTES_MAX + 4 * SmallSorted::BYTES_MAX + 2 * member.len(),
        }
    }

    /// Frees a piece of the set, or lets go of one that clones have too, and tells whether more is
    /// left. What is left must be freed or dropped; it is not a meaningful set.
    ///
    /// # Complexity
    ///
    /// Bounded: at most 64 chunks of 4 KiB, or 64 long members.
    pub fn free_step(&mut self) -> bool {
        match &mut self.form {
            Form::Small(_) => false,
            Form::Large(large) => large.tree.drop_piece() || large.index.drop_piece(),
        }
    }

    fn promote(&mut self) {
        let Form::Small(bytes) = &self.form else { return };
        let mut large =
            Box::new(Large { seed: Seed(self.seed), tree: Tree::new(), index: Index::new() });
        let mut digits = crate::decimal::Buffer::new();
        for (member, score) in SmallSorted::new(bytes).iter_from(0) {
            large.add(member.bytes(&mut digits), score);
        }
        self.form = Form::Large(large);
    }

    /// Panics where the set contradicts itself.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    #[doc(hidden)]
    pub fn check(&self) {
        match &self.form {
            Form::Small(bytes) => SmallSorted::new(bytes).check(),
            Form::Large(large) => {
                large.tree.check();
                large.index.check();
                let mut count = 0;
                large.tree.walk(0, usize::MAX, |member, score| {
                    assert_eq!(large.find(&member.to_vec()).map(|found| found.1), Some(score));
                    count += 1;
                });
                assert_eq!(count, large.index.len());
            }
        }
        assert_eq!(self.heap_bytes(), self.recount_bytes());
    }
}

impl PartialEq for SortedSet {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.cmp(other).is_eq()
    }
}

impl Eq for SortedSet {}

impl PartialOrd for SortedSet {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SortedSet {
    /// The order of the members with their scores, one after the other; the two zeros are equal.
    fn cmp(&self, other: &Self) -> Ordering {
        let mut index = 0;
        loop {
            let (mut own, mut others) = (Vec::new(), Vec::new());
            self.walk(index, PIECE, |member, score| own.push((member, score)));
            other.walk(index, PIECE, |member, score| others.push((member, score)));
            for ((member, score), (other, others)) in own.iter().zip(&others) {
                let order = (score + 0.0).total_cmp(&(others + 0.0));
                let order = order.then_with(|| member.cmp(other));
                if order != Ordering::Equal {
                    return order;
                }
            }
            if own.len() != others.len() || own.is_empty() {
                return own.len().cmp(&others.len());
            }
            index += PIECE;
        }
    }
}

impl Hash for SortedSet {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_usize(self.len());
        self.walk(0, usize::MAX, |member, score| {
            state.write_u64((score + 0.0).to_bits());
            member.hash(state);
        });
    }
}

impl fmt::Debug for SortedSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        self.walk(0, usize::MAX, |member, score| {
            map.entry(&member, &score);
        });
        map.finish()
    }
}

/// The form of a large set.
#[derive(Clone)]
struct Large {
    seed: Seed,
    tree: Tree,
    index: Index,
}

/// The index, as it follows members that move.
struct Following<'a> {
    seed: Seed,
    index: &'a mut Index,
}

impl Follow for Following<'_> {
    fn moved(&mut self, member: &[u8], from: u32, to: u32) {
        self.index.moved(self.seed.hash(member) as u32, from, to);
    }
}

impl Large {
    fn hash(&self, member: &[u8]) -> u32 {
        self.seed.hash(member) as u32
    }

    /// The leaf of a member and its score.
    fn find(&self, member: &[u8]) -> Option<(u32, f64)> {
        self.index
            .find(self.hash(member))
            .find_map(|leaf| Some((leaf, self.tree.score_in(leaf, member)?)))
    }

    fn set(&mut self, member: &[u8], score: f64) -> Option<f64> {
        let Some((leaf, before)) = self.find(member) else {
            self.add(member, score);
            return None;
        };
        if before != score {
            self.take(member, leaf, before);
            self.add(member, score);
            self.compact();
        }
        Some(before)
    }

    fn remove(&mut self, member: &[u8]) -> Option<f64> {
        let (leaf, score) = self.find(member)?;
        self.take(member, leaf, score);
        Some(score)
    }

    fn remove_range(&mut self, index: usize, count: usize) -> usize {
        let mut removed = 0;
        while removed < count {
            let piece = PIECE.min(count - removed);
            let mut members = Vec::with_capacity(piece);
            self.tree.walk(index, piece, |member, _| members.push(member.to_vec()));
            if members.is_empty() {
                break;
            }
            for member in &members {
                self.remove(member);
                self.compact();
            }
            removed += members.len();
        }
        removed
    }

    /// Adds a member that is not there.
    fn add(&mut self, member: &[u8], score: f64) {
        let mut follow = Following { seed: self.seed, index: &mut self.index };
        let leaf = self.tree.insert(score, member, &mut follow);
        self.index.insert(self.hash(member), leaf);
    }

    /// Removes a member that stands in this leaf with this score.
    fn take(&mut self, member: &[u8], leaf: u32, score: f64) {
        self.index.remove(self.hash(member), leaf);
        let mut follow = Following { seed: self.seed, index: &mut self.index };
        self.tree.remove(score, member, &mut follow);
    }

    /// Moves a few blocks together, to keep up with what removals free.
    fn compact(&mut self) {
        let mut step = Step {
            free_percent_max: FREE_PERCENT_MAX,
            units_left: MOVED_UNITS,
            blocks_left: MOVED_BLOCKS,
        };
        self.tree.compact(&mut step.clone());
        self.index.compact(&mut step);
    }

    fn heap_bytes(&self) -> usize {
        self.tree.heap_bytes() + self.index.heap_bytes()
    }
}

/// Whether a score is below a bound, or at most at it.
fn is_below(score: f64, bound: f64, inclusive: bool) -> bool {
    score < bound || (inclusive && score == bound)
}

/// Whether a member comes before a bound, or is it.
fn is_before(member: &Text<'_>, bound: &Text<'_>, inclusive: bool) -> bool {
    match member.cmp(bound) {
        Ordering::Less => true,
        Ordering::Equal => inclusive,
        Ordering::Greater => false,
    }
}

/// Members that are looked at a time.
const PIECE: usize = 64;

/// The most bytes that a set takes in its large form when it has just left its small one.
const LARGE_BYTES_MAX: usize = 48 * 1024;

/// Free room between blocks from which on they are moved together, in hundredths.
const FREE_PERCENT_MAX: u32 = 20;

/// What is moved after a removal: blocks, and units of 16 bytes.
const MOVED_BLOCKS: usize = 2;
const MOVED_UNITS: usize = 128;

#[cfg(test)]
mod tests;
