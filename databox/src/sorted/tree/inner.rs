//! An inner node: its children in their order, with how many members each has below it.
//!
//! ```text
//! byte  0      1       2 .. 4    4 .. 8        8 + 16 i            16 + 16 i   20 + 16 i
//!       kind   count   chunk's   own number    bound, as a double  child       members
//! ```
//!
//! The bound of a child stands between: no score before the child is greater, none in it is less.
//! That of the first child says nothing.

use alloc::vec::Vec;

/// A child of an inner node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Child {
    pub(super) bound: f64,
    pub(super) number: u32,
    /// How many members there are below it.
    pub(super) members: u32,
}

/// An inner node, to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Inner<'a>(&'a [[u8; CHILD_BYTES]]);

impl<'a> Inner<'a> {
    /// The node in this block.
    #[inline]
    pub(super) fn read(block: &'a [u8]) -> Self {
        let (children, _) = block[HEAD_BYTES..].as_chunks();
        Self(&children[..usize::from(block[1])])
    }

    pub(super) const fn len(self) -> usize {
        self.0.len()
    }

    #[inline]
    pub(super) fn bound(self, index: usize) -> f64 {
        self.child(index).bound
    }

    #[inline]
    pub(super) fn child(self, index: usize) -> Child {
        let [b0, b1, b2, b3, b4, b5, b6, b7, n0, n1, n2, n3, m0, m1, m2, m3] = self.0[index];
        Child {
            bound: f64::from_le_bytes([b0, b1, b2, b3, b4, b5, b6, b7]),
            number: u32::from_le_bytes([n0, n1, n2, n3]),
            members: u32::from_le_bytes([m0, m1, m2, m3]),
        }
    }

    /// How many members there are below the children before one.
    pub(super) fn members_before(self, index: usize) -> usize {
        (0..index).map(|index| self.child(index).members as usize).sum()
    }

    /// The children, to be changed and written again.
    pub(super) fn children(self) -> Vec<Child> {
        (0..self.len()).map(|index| self.child(index)).collect()
    }
}

/// Writes what stands in a node behind its head.
pub(super) fn write(children: &[Child], out: &mut Vec<u8>) {
    out.clear();
    for child in children {
        out.extend_from_slice(&child.bound.to_le_bytes());
        out.extend_from_slice(&child.number.to_le_bytes());
        out.extend_from_slice(&child.members.to_le_bytes());
    }
}

/// Changes how many members there are below a child of the node in this block.
pub(super) fn set_members(block: &mut [u8], index: usize, members: u32) {
    let at = HEAD_BYTES + index * CHILD_BYTES + 12;
    block[at..at + 4].copy_from_slice(&members.to_le_bytes());
}

/// The bytes in front of a node's own.
pub(super) const HEAD_BYTES: usize = 8;

const CHILD_BYTES: usize = 16;
