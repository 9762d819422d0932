//! The tree of a large sorted set: runs of members in their order, below nodes that count them.
//!
//! A node has a number for life, which a table turns into the handle of its block; so a member's
//! place is the number of its leaf. Leaves hold up to [`LEAF_MEMBERS_MAX`] members in a kilobyte,
//! inner nodes up to [`CHILDREN_MAX`] children. Blocks are exactly as large as what they hold, and
//! stand back to back in chunks that a clone shares.
//!
//! Members that come in ascending order leave full leaves behind. Whoever keeps the leaves of
//! members is told of those that move, at most [`MOVED_MAX`] at a time.

mod edit;
mod inner;

use super::longs::Longs;
use super::run::Run;
use crate::Text;
#[cfg(any(test, fuzzing, feature = "fuzzing"))]
use alloc::vec::Vec;
use inner::{HEAD_BYTES, Inner};
use packed_map::{Blocks, Chunks, Handle, Step, Table, UNIT_BYTES};

/// Scored members in their order.
#[derive(Debug)]
pub(super) struct Tree {
    blocks: Chunks,
    /// The handles of nodes by their numbers; of a number that none has, the next such one.
    nodes: Table<u32, SEGMENT>,
    /// The first number that no node has, plus 1; 0 where there is none.
    unused: u32,
    /// The node at the top, where there are members.
    root: u32,
    /// How many inner nodes there are on the way to any leaf.
    height: usize,
    len: usize,
    longs: Longs,
}

/// Is told where members go.
pub(super) trait Follow {
    /// A member has moved from one leaf to another.
    fn moved(&mut self, member: &[u8], from: u32, to: u32);
}

/// The way from the root to a leaf: inner nodes, and which of their children is next.
#[derive(Debug, Clone, Copy)]
struct Path {
    steps: [(u32, u8); HEIGHT_MAX],
    height: usize,
    leaf: u32,
}

impl Path {
    fn steps(&self) -> impl DoubleEndedIterator<Item = (u32, usize)> {
        self.steps.into_iter().take(self.height).map(|(node, index)| (node, usize::from(index)))
    }
}

impl Tree {
    pub(super) const fn new() -> Self {
        Self {
            blocks: Chunks::new(),
            nodes: Table::new(),
            unused: 0,
            root: 0,
            height: 0,
            len: 0,
            longs: Longs::new(),
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// The score of a member, if it stands in this leaf.
    pub(super) fn score_in(&self, leaf: u32, member: &[u8]) -> Option<f64> {
        let run = self.run(leaf);
        run.find(member).map(|at| run.score(at))
    }

    /// Visits the members of a leaf.
    pub(super) fn visit_leaf<'a>(&'a self, leaf: u32, mut visit: impl FnMut(Text<'a>, f64)) {
        self.run(leaf).iter_from(0).for_each(|(member, score)| visit(member, score));
    }

    /// How many members come before this one with this score.
    pub(super) fn rank(&self, score: f64, member: &Text<'_>) -> usize {
        let path = self.descend(score, member);
        let above: usize = path.steps().map(|(node, at)| self.inner(node).members_before(at)).sum();
        above + self.run(path.leaf).search(score, member)
    }

    /// How many members have a score below this one, or at most this one.
    pub(super) fn below(&self, score: f64, inclusive: bool) -> usize {
        self.count_while(
            |tree, node, index| {
                let bound = tree.inner(node).bound(index);
                super::is_below(bound, score, inclusive)
            },
            |run, at| super::is_below(run.score(at), score, inclusive),
        )
    }

    /// How many members come before these bytes in the order of bytes, or are these.
    pub(super) fn before(&self, member: &Text<'_>, inclusive: bool) -> usize {
        self.count_while(
            |tree, node, index| {
                let child = tree.inner(node).child(index).number;
                super::is_before(&tree.first(child).0, member, inclusive)
            },
            |run, at| super::is_before(&run.member(at), member, inclusive),
        )
    }

    /// Visits up to `count` members from the one with the number `index` on, in ascending order.
    pub(super) fn walk<'a>(
        &'a self,
        mut index: usize,
        count: usize,
        mut visit: impl FnMut(Text<'a>, f64),
    ) {
        let end = index.saturating_add(count).min(self.len);
        while index < end {
            let (leaf, at) = self.locate(index);
            let rows = self.run(leaf).iter_from(at).take(end - index);
            index += rows.len();
            rows.for_each(|(member, score)| visit(member, score));
        }
    }

    /// Visits up to `count` members before the one with the number `index`, in descending order.
    pub(super) fn walk_back<'a>(
        &'a self,
        index: usize,
        count: usize,
        mut visit: impl FnMut(Text<'a>, f64),
    ) {
        let mut index = index.min(self.len);
        let end = index.saturating_sub(count);
        while index > end {
            let (leaf, last) = self.locate(index - 1);
            let run = self.run(leaf);
            let first = last.saturating_sub(index - 1 - end);
            (first..=last).rev().for_each(|at| visit(run.member(at), run.score(at)));
            index -= last + 1 - first;
        }
    }

    /// The bytes that the tree has allocated.
    pub(super) fn heap_bytes(&self) -> usize {
        let blocks = self.blocks.used_units() * UNIT_BYTES + self.blocks.table_bytes();
        blocks + self.nodes.bytes() + self.longs.heap_bytes()
    }

    /// [`heap_bytes`](Self::heap_bytes), counted again from nothing.
    pub(super) fn recount_bytes(&self) -> usize {
        self.blocks.counted_bytes() + self.nodes.counted_bytes() + self.longs.recount_bytes()
    }

    /// At least as many bytes as [`heap_bytes`](Self::heap_bytes) can rise by with one more member.
    pub(super) fn growth_max(&self, member: &[u8]) -> usize {
        // Two leaves, and two nodes of each height and a new root.
        let blocks = 2 * self.height + 3;
        self.blocks.table_growth_max(blocks)
            + blocks * BLOCK_BYTES_MAX
            + self.nodes.growth_max(blocks)
            + self.longs.growth_max(member)
    }

    /// The bytes that writes have copied because clones had them.
    pub(super) const fn copied_bytes(&self) -> usize {
        self.blocks.copied_bytes() + self.nodes.copied_bytes() + self.longs.copied_bytes()
    }

    /// Lets go of a piece of the tree and tells whether more is left.
    pub(super) fn drop_piece(&mut self) -> bool {
        self.blocks.drop_piece() || self.nodes.pop_segment() || self.longs.drop_piece()
    }

    /// Moves a few blocks together where there is much room between them.
    pub(super) fn compact(&mut self, step: &mut Step) {
        while let Some(moved) = self.blocks.next_move(step) {
            let number = number_of(self.blocks.bytes(moved.from));
            *self.nodes.get_mut(number as usize) = moved.to.bits();
            self.blocks.finish_move(moved, true);
        }
    }

    /// The way to where a member with this score stands or belongs. There are members.
    fn descend(&self, score: f64, member: &Text<'_>) -> Path {
        self.path(|tree, node, index| {
            let child = tree.inner(node).child(index);
            if child.bound != score {
                return child.bound < score;
            }
            let (first, own) = tree.first(child.number);
            own < score || (own == score && first <= *member)
        })
    }

    /// The way that leads into the last child for which `holds`, where it holds for the first ones.
    fn path(&self, holds: impl Fn(&Self, u32, usize) -> bool) -> Path {
        let mut path = Path { steps: [(0, 0); HEIGHT_MAX], height: self.height, leaf: self.root };
        for step in 0..self.height {
            let node = path.leaf;
            let inner = self.inner(node);
            let (mut low, mut high) = (0, inner.len() - 1);
            while low < high {
                let middle = (low + high).div_ceil(2);
                if holds(self, node, middle) {
                    low = middle;
                } else {
                    high = middle - 1;
                }
            }
            path.steps[step] = (node, low as u8);
            path.leaf = inner.child(low).number;
        }
        path
    }

    /// How many members are at the front for which something holds: `below` tells it of the first
    /// of a child, or less; `own` of a member.
    fn count_while(
        &self,
        below: impl Fn(&Self, u32, usize) -> bool,
        own: impl Fn(&Run<'_>, usize) -> bool,
    ) -> usize {
        if self.len == 0 {
            return 0;
        }
        let path = self.path(below);
        let above: usize = path.steps().map(|(node, at)| self.inner(node).members_before(at)).sum();
        above + self.run(path.leaf).partition(own)
    }

    /// The leaf of the member with this number, which there is, and its place there.
    fn locate(&self, mut index: usize) -> (u32, usize) {
        let mut node = self.root;
        for _ in 0..self.height {
            let inner = self.inner(node);
            let mut at = 0;
            loop {
                let child = inner.child(at);
                if index < child.members as usize {
                    node = child.number;
                    break;
                }
                index -= child.members as usize;
                at += 1;
            }
        }
        (node, index)
    }

    /// The first member below a node, with its score.
    fn first(&self, mut node: u32) -> (Text<'_>, f64) {
        while self.block(node)[0] == INNER {
            node = self.inner(node).child(0).number;
        }
        let run = self.run(node);
        (run.member(0), run.score(0))
    }

    fn run(&self, leaf: u32) -> Run<'_> {
        let block = self.block(leaf);
        debug_assert_eq!(block[0], LEAF, "a leaf");
        Run::read(&block[HEAD_BYTES..], Some(&self.longs))
    }

    fn inner(&self, node: u32) -> Inner<'_> {
        let block = self.block(node);
        debug_assert_eq!(block[0], INNER, "an inner node");
        Inner::read(block)
    }

    #[inline]
    fn block(&self, node: u32) -> &[u8] {
        self.blocks.bytes(self.handle(node))
    }

    #[inline]
    fn handle(&self, node: u32) -> Handle {
        match Handle::from_bits(*self.nodes.get(node as usize)) {
            Some(handle) => handle,
            None => panic!("a number that no node has"),
        }
    }

    /// Panics where the tree contradicts itself.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    pub(super) fn check(&self) {
        let mut numbers = Vec::new();
        let mut members = Vec::new();
        if self.len > 0 {
            let bounds = (f64::NEG_INFINITY, f64::INFINITY);
            self.check_node((self.root, self.height), bounds, &mut numbers, &mut members);
        } else {
            assert_eq!((self.height, self.blocks.used_units()), (0, 0), "nothing is left");
        }
        assert_eq!(members.len(), self.len);
        for pair in members.windows(2) {
            let [(one, score), (two, next)] = pair else { continue };
            assert!(score < next || (score == next && one < two), "members in their order");
        }
        let units = numbers.iter().map(|&number| self.block(number).len() / UNIT_BYTES);
        assert_eq!(units.sum::<usize>(), self.blocks.used_units());
        let mut next = self.unused;
        let mut unused = 0;
        while next != 0 {
            unused += 1;
            next = *self.nodes.get(next as usize - 1);
        }
        assert_eq!(unused + numbers.len(), self.nodes.len(), "numbers of nodes");
        let longs = members.iter().filter(|(member, _)| member.len() > 239).count();
        assert_eq!(longs, self.longs.len(), "long members");
    }

    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    fn check_node<'a>(
        &'a self,
        (number, height): (u32, usize),
        (low, high): (f64, f64),
        numbers: &mut Vec<u32>,
        members: &mut Vec<(Text<'a>, f64)>,
    ) -> usize {
        numbers.push(number);
        assert_eq!(number_of(self.block(number)), number);
        if height == 0 {
            let run = self.run(number);
            run.check();
            assert!((1..=LEAF_MEMBERS_MAX).contains(&run.len()));
            assert!(run.iter_from(0).all(|(_, score)| low <= score && score <= high));
            members.extend(run.iter_from(0));
            return run.len();
        }
        let inner = self.inner(number);
        assert!((1..=CHILDREN_MAX).contains(&inner.len()));
        let mut sum = 0;
        for index in 0..inner.len() {
            let child = inner.child(index);
            let from = if index == 0 { low } else { child.bound };
            let to = if index + 1 < inner.len() { inner.bound(index + 1) } else { high };
            let below = self.check_node((child.number, height - 1), (from, to), numbers, members);
            assert_eq!(below, child.members as usize, "members below a child");
            sum += below;
        }
        sum
    }
}

impl Clone for Tree {
    /// The same members, once more; blocks are shared until either writes them.
    fn clone(&self) -> Self {
        Self {
            blocks: self.blocks.clone(),
            nodes: self.nodes.lend(),
            longs: self.longs.clone(),
            ..*self
        }
    }
}

/// The number of the node in this block.
fn number_of(block: &[u8]) -> u32 {
    block[4..].first_chunk().map_or(0, |number| u32::from_le_bytes(*number))
}

/// The kinds of blocks.
const LEAF: u8 = 1;
const INNER: u8 = 2;

/// The most members of a leaf.
const LEAF_MEMBERS_MAX: usize = 20;

/// The most members that move from one leaf to another at a time: for each there may be a write
/// elsewhere, which has to copy 5 KiB where these are lent.
const MOVED_MAX: usize = 7;

/// From here on a leaf of several members is split.
const LEAF_BYTES_MAX: usize = 1000;

/// The most children of an inner node: what fits the largest block that shares a chunk.
const CHILDREN_MAX: usize = 60;

/// The most bytes of a block: a leaf whose members have all but become too many.
const BLOCK_BYTES_MAX: usize = 2048;

/// More than the most heights of a tree: nodes of all heights but the root have neighbours with
/// which they share more than half of a node's children.
const HEIGHT_MAX: usize = 16;

/// Nodes of a segment of their table.
const SEGMENT: usize = 64;
