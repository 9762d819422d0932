//! The name of a block: four bytes where a pointer would take eight.

use core::fmt;
use core::num::NonZeroU32;

/// Names a block of an arena: the number of the 16-byte unit at which it begins.
///
/// A handle is good from the allocation of its block until the block is freed or moved. One that
/// is not good any more is a mistake of whoever kept it: it may name another block, or none. It
/// never makes the memory of the process unsafe.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(NonZeroU32);

impl Handle {
    /// The handle whose [`bits`](Self::bits) these are; `None` for 0, which names no block.
    #[inline]
    pub const fn from_bits(bits: u32) -> Option<Self> {
        match NonZeroU32::new(bits) {
            Some(unit) => Some(Self(unit)),
            None => None,
        }
    }

    /// The handle as a number, never 0, to be kept in four bytes.
    #[inline]
    pub const fn bits(self) -> u32 {
        self.0.get()
    }

    /// The unit at which the block begins.
    #[inline]
    pub(super) const fn unit(self) -> usize {
        self.0.get() as usize
    }

    /// The handle of the block at `unit`, which is in the reservation and not unit 0.
    #[inline]
    pub(super) const fn at(unit: usize) -> Self {
        match Self::from_bits(unit as u32) {
            Some(handle) => handle,
            None => panic!("unit 0 belongs to no block"),
        }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({:#x})", self.0)
    }
}

const _: () = assert!(size_of::<Option<Handle>>() == 4);
