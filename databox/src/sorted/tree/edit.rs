//! Writing to the tree: nodes that have become too large are split, small ones are joined.

use super::inner::{Child, HEAD_BYTES, Inner, set_members, write};
use super::{
    CHILDREN_MAX, Follow, INNER, LEAF, LEAF_BYTES_MAX, LEAF_MEMBERS_MAX, MOVED_MAX, Path, Tree,
};
use crate::Text;
use crate::packed::Element;
use crate::sorted::run::{Run, long_bytes, long_element};
use alloc::vec::Vec;
use packed_map::{Blocks, Handle, UNIT_BYTES};

impl Tree {
    /// Adds a member, which is not there yet, and returns its leaf.
    ///
    /// # Panics
    ///
    /// Where there are 2^32 members already, or chunks of 64 GiB.
    pub(in crate::sorted) fn insert(
        &mut self,
        score: f64,
        member: &[u8],
        follow: &mut impl Follow,
    ) -> u32 {
        assert!(u32::try_from(self.len + 1).is_ok(), "members are counted in 32 bits");
        let text = Text::Bytes(member);
        let stored;
        let element = match Element::new(text) {
            Some(element) => element,
            None => {
                stored = long_bytes(self.longs.add(member));
                long_element(&stored)
            }
        };
        let row = [(score, element)];
        let mut out = Vec::with_capacity(LEAF_BYTES_MAX);
        self.len += 1;
        if self.len == 1 {
            Run::EMPTY.splice(0, 0, &row, &mut out);
            self.root = self.add_node(LEAF, 0, &out);
            return self.root;
        }
        let path = self.descend(score, &text);
        let run = self.run(path.leaf);
        let (at, count) = (run.search(score, &text), run.len());
        run.splice(at, 0, &row, &mut out);
        self.count_on(&path, 1, true);
        if count < LEAF_MEMBERS_MAX && out.len() <= LEAF_BYTES_MAX {
            self.write_node(path.leaf, LEAF, 0, &out);
            return path.leaf;
        }
        // What comes in order leaves full leaves behind.
        let is_last = at == count && self.is_last(&path);
        let middle = if is_last { count } else { (count + 1) - MOVED_MAX.min(count.div_ceil(2)) };
        let right = self.split_leaf(&path, &out, (at, middle), follow);
        if at >= middle { right } else { path.leaf }
    }

    /// Removes a member with its score, which is there.
    pub(in crate::sorted) fn remove(
        &mut self,
        score: f64,
        member: &[u8],
        follow: &mut impl Follow,
    ) {
        let text = Text::Bytes(member);
        let path = self.descend(score, &text);
        let run = self.run(path.leaf);
        let at = run.search(score, &text);
        debug_assert_eq!(run.find(member), Some(at), "a member that is there");
        let mut out = Vec::with_capacity(LEAF_BYTES_MAX);
        run.splice(at, 1, &[], &mut out);
        let (long, left) = (run.long_number(at), run.len() - 1);
        if let Some(long) = long {
            self.longs.remove(long);
        }
        self.len -= 1;
        self.count_on(&path, 1, false);
        if left > 0 {
            self.write_node(path.leaf, LEAF, 0, &out);
            if left <= LEAF_MEMBERS_MIN && self.height > 0 {
                self.join_leaf(&path, follow);
            }
            return;
        }
        self.free_node(path.leaf);
        if self.height > 0 {
            self.detach(&path, self.height - 1);
        }
    }

    /// Splits a leaf whose rows stand in `rows`: those from `middle` on, of which the one at `new`
    /// was not there, make another leaf. Returns that.
    fn split_leaf(
        &mut self,
        path: &Path,
        rows: &[u8],
        (new, middle): (usize, usize),
        follow: &mut impl Follow,
    ) -> u32 {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        let run = Run::read(rows, Some(&self.longs));
        let count = run.len();
        run.splice(middle, count - middle, &[], &mut left);
        let moved: Vec<_> = (middle..count).map(|index| run.row(index)).collect();
        // A new run has the narrowest form.
        Run::EMPTY.splice(0, 0, &moved, &mut right);
        let bound = run.score(middle);
        self.write_node(path.leaf, LEAF, 0, &left);
        let number = self.add_node(LEAF, 0, &right);
        let mut digits = crate::decimal::Buffer::new();
        let own = Run::read(&right, Some(&self.longs));
        for (index, (member, _)) in (middle..).zip(own.iter_from(0)) {
            if index != new {
                follow.moved(member.bytes(&mut digits), path.leaf, number);
            }
        }
        let members = (count - middle) as u32;
        self.attach(path, self.height, Child { bound, number, members });
        number
    }

    /// Puts a node behind the one at this depth of the path, whose members it has taken.
    fn attach(&mut self, path: &Path, depth: usize, child: Child) {
        let Some(above) = depth.checked_sub(1) else {
            let members = self.len as u32 - child.members;
            let first = Child { bound: f64::NEG_INFINITY, number: self.root, members };
            let mut out = Vec::new();
            write(&[first, child], &mut out);
            self.root = self.add_node(INNER, 2, &out);
            self.height += 1;
            return;
        };
        let (node, index) = path.steps[above];
        let index = usize::from(index);
        let mut children = self.inner(node).children();
        children[index].members -= child.members;
        children.insert(index + 1, child);
        if children.len() <= CHILDREN_MAX {
            self.write_inner(node, &children);
            return;
        }
        let is_last = index + 2 == children.len() && self.is_last(path);
        let middle = if is_last { CHILDREN_MAX } else { children.len() / 2 };
        let right = children.split_off(middle);
        self.write_inner(node, &children);
        let mut out = Vec::new();
        write(&right, &mut out);
        let number = self.add_node(INNER, right.len() as u8, &out);
        let members = right.iter().map(|child| child.members).sum();
        self.attach(path, above, Child { bound: right[0].bound, number, members });
    }

    /// Joins a small leaf with a neighbour below the same node, where both together are not large.
    fn join_leaf(&mut self, path: &Path, follow: &mut impl Follow) {
        let (node, index) = path.steps[self.height - 1];
        let index = usize::from(index);
        let inner = self.inner(node);
        for left in [index.checked_sub(1), Some(index)].into_iter().flatten() {
            if left + 1 >= inner.len() {
                continue;
            }
            let (one, other) = (inner.child(left), inner.child(left + 1));
            let (members, moved) = (one.members + other.members, other.members as usize);
            if members as usize > LEAF_MEMBERS_JOINED || moved > MOVED_MAX {
                continue;
            }
            let (run, behind) = (self.run(one.number), self.run(other.number));
            let rows: Vec<_> = (0..behind.len()).map(|index| behind.row(index)).collect();
            let mut out = Vec::with_capacity(LEAF_BYTES_MAX);
            run.splice(run.len(), 0, &rows, &mut out);
            if out.len() > LEAF_BYTES_JOINED {
                continue;
            }
            let mut digits = crate::decimal::Buffer::new();
            for (member, _) in behind.iter_from(0) {
                follow.moved(member.bytes(&mut digits), other.number, one.number);
            }
            self.write_node(one.number, LEAF, 0, &out);
            self.free_node(other.number);
            set_members(self.blocks.bytes_mut(self.handle(node)), left, members);
            let mut path = *path;
            path.steps[self.height - 1].1 = (left + 1) as u8;
            self.detach(&path, self.height - 1);
            return;
        }
    }

    /// Takes the child that the path goes through out of the node at this depth.
    fn detach(&mut self, path: &Path, depth: usize) {
        let (node, index) = path.steps[depth];
        let mut children = self.inner(node).children();
        children.remove(usize::from(index));
        if children.is_empty() {
            self.free_node(node);
            match depth.checked_sub(1) {
                Some(above) => self.detach(path, above),
                // The last member has gone.
                None => self.height = 0,
            }
            return;
        }
        self.write_inner(node, &children);
        if depth == 0 {
            self.lower();
        } else if children.len() <= CHILDREN_MIN {
            self.join_inner(path, depth - 1);
        }
    }

    /// Makes the one child of a root without others the root.
    fn lower(&mut self) {
        while self.height > 0 && self.inner(self.root).len() == 1 {
            let child = self.inner(self.root).child(0).number;
            self.free_node(self.root);
            self.root = child;
            self.height -= 1;
        }
    }

    /// Joins the child that the path goes through at this depth with a neighbour, where both
    /// together are not large.
    fn join_inner(&mut self, path: &Path, depth: usize) {
        let (node, index) = path.steps[depth];
        let index = usize::from(index);
        let inner = self.inner(node);
        for left in [index.checked_sub(1), Some(index)].into_iter().flatten() {
            if left + 1 >= inner.len() {
                continue;
            }
            let (one, other) = (inner.child(left), inner.child(left + 1));
            let mut children = self.inner(one.number).children();
            let first_of_other = children.len();
            children.extend(self.inner(other.number).children());
            if children.len() > CHILDREN_JOINED {
                continue;
            }
            children[first_of_other].bound = other.bound;
            self.write_inner(one.number, &children);
            self.free_node(other.number);
            let members = one.members + other.members;
            set_members(self.blocks.bytes_mut(self.handle(node)), left, members);
            let mut path = *path;
            path.steps[depth].1 = (left + 1) as u8;
            self.detach(&path, depth);
            return;
        }
    }

    /// Whether a path leads to the last leaf.
    fn is_last(&self, path: &Path) -> bool {
        path.steps().all(|(node, index)| index + 1 == self.inner(node).len())
    }

    /// Counts members more or fewer along a path.
    fn count_on(&mut self, path: &Path, change: u32, more: bool) {
        for (node, index) in path.steps() {
            let handle = self.handle(node);
            let block = self.blocks.bytes_mut(handle);
            let members = Inner::read(block).child(index).members;
            let members = if more { members + change } else { members - change };
            set_members(block, index, members);
        }
    }

    fn write_inner(&mut self, node: u32, children: &[Child]) {
        let mut out = Vec::with_capacity(children.len() * UNIT_BYTES);
        write(children, &mut out);
        self.write_node(node, INNER, children.len() as u8, &out);
    }

    /// Makes a node of these bytes and returns its number.
    fn add_node(&mut self, kind: u8, count: u8, bytes: &[u8]) -> u32 {
        let number = match self.unused.checked_sub(1) {
            Some(number) => {
                self.unused = *self.nodes.get(number as usize);
                number
            }
            None => {
                self.nodes.push(0);
                (self.nodes.len() - 1) as u32
            }
        };
        let handle = self.alloc(kind, units_of(bytes));
        *self.nodes.get_mut(number as usize) = handle.bits();
        self.fill(handle, number, count, bytes);
        number
    }

    /// Makes a node consist of other bytes.
    fn write_node(&mut self, node: u32, kind: u8, count: u8, bytes: &[u8]) {
        let (mut handle, units) = (self.handle(node), units_of(bytes));
        let before = self.blocks.bytes(handle).len() / UNIT_BYTES;
        if before != units && !self.blocks.grow(handle, units) {
            self.blocks.free(handle);
            handle = self.alloc(kind, units);
            *self.nodes.get_mut(node as usize) = handle.bits();
        }
        self.fill(handle, node, count, bytes);
    }

    fn fill(&mut self, handle: Handle, number: u32, count: u8, bytes: &[u8]) {
        let block = self.blocks.bytes_mut(handle);
        block[1] = count;
        block[4..HEAD_BYTES].copy_from_slice(&number.to_le_bytes());
        block[HEAD_BYTES..HEAD_BYTES + bytes.len()].copy_from_slice(bytes);
    }

    fn alloc(&mut self, kind: u8, units: usize) -> Handle {
        match self.blocks.alloc(kind, units) {
            Ok(handle) => handle,
            Err(exhausted) => panic!("{exhausted}"),
        }
    }

    fn free_node(&mut self, node: u32) {
        self.blocks.free(self.handle(node));
        *self.nodes.get_mut(node as usize) = self.unused;
        self.unused = node + 1;
    }
}

/// The units of a block for these bytes and the head.
const fn units_of(bytes: &[u8]) -> usize {
    (HEAD_BYTES + bytes.len()).div_ceil(UNIT_BYTES)
}

/// Up to here a leaf is joined with a neighbour.
const LEAF_MEMBERS_MIN: usize = 5;

/// The most members and bytes of a leaf that was joined, which leave room for more.
const LEAF_MEMBERS_JOINED: usize = 12;
const LEAF_BYTES_JOINED: usize = 600;

/// Up to here an inner node is joined with a neighbour.
const CHILDREN_MIN: usize = 15;

/// The most children of a node that was joined.
const CHILDREN_JOINED: usize = 45;
