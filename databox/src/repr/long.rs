//! A byte string behind one thin pointer: its length stands in front of its bytes.
//!
//! Invariants:
//!
//! - L1: `block` was returned by the global allocator for `layout(len)`, is owned by this value
//!   alone, and is freed only when it is dropped.
//! - L2: the block starts with `len` as a `usize`, which never changes, and `len` initialised
//!   bytes follow it.

use alloc::alloc::{alloc, dealloc, handle_alloc_error};
use core::alloc::Layout;
use core::ops::Deref;
use core::ptr::{self, NonNull};
use core::slice;

/// An owned byte string in 8 bytes.
pub(crate) struct LongBytes {
    block: NonNull<usize>,
}

#[allow(unsafe_code, reason = "a thin pointer to an allocation of dynamic size")]
impl LongBytes {
    /// A copy of `bytes`.
    ///
    /// # Panics
    ///
    /// Where the allocator has no room, as every standard collection does.
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let layout = Self::layout(bytes.len());
        // SAFETY: the layout holds at least the length, so its size is not zero (L1).
        let block = unsafe { alloc(layout) };
        let Some(block) = NonNull::new(block.cast::<usize>()) else { handle_alloc_error(layout) };
        // SAFETY: the block is as large and aligned as a `usize` needs (L1, L2).
        unsafe { block.write(bytes.len()) };
        let own = Self { block };
        // SAFETY: the block has `len` bytes behind the length, and is new, so `bytes` cannot
        // overlap it (L1, L2).
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), own.data(), bytes.len()) };
        own
    }

    /// How many bytes the block takes.
    pub(crate) fn heap_bytes(&self) -> usize {
        HEAD + self.len()
    }

    fn len(&self) -> usize {
        // SAFETY: L2.
        unsafe { self.block.read() }
    }

    /// Where the bytes start.
    fn data(&self) -> *mut u8 {
        // SAFETY: the block is at least as large as the length that it starts with (L1, L2).
        unsafe { self.block.as_ptr().cast::<u8>().add(HEAD) }
    }

    /// The layout of a block for `len` bytes.
    fn layout(len: usize) -> Layout {
        let size = HEAD.checked_add(len);
        let layout = size.and_then(|size| Layout::from_size_align(size, align_of::<usize>()).ok());
        layout.expect("a slice in memory is shorter than isize::MAX")
    }
}

#[allow(unsafe_code, reason = "gives the block back")]
impl Drop for LongBytes {
    fn drop(&mut self) {
        let layout = Self::layout(self.len());
        // SAFETY: the block was allocated with this layout and is freed nowhere else (L1).
        unsafe { dealloc(self.block.as_ptr().cast(), layout) };
    }
}

#[allow(unsafe_code, reason = "reads the block")]
impl Deref for LongBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: `len` initialised bytes, changed by nobody while `self` is borrowed (L1, L2).
        unsafe { slice::from_raw_parts(self.data(), self.len()) }
    }
}

impl Clone for LongBytes {
    fn clone(&self) -> Self {
        Self::new(self)
    }
}

#[allow(unsafe_code, reason = "the pointer is owned, as a box's is")]
// SAFETY: the block is owned (L1) and holds plain bytes.
unsafe impl Send for LongBytes {}

#[allow(unsafe_code, reason = "the pointer is owned, as a box's is")]
// SAFETY: nothing changes the block behind a shared reference (L2).
unsafe impl Sync for LongBytes {}

/// How many bytes the length takes.
const HEAD: usize = size_of::<usize>();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_length_comes_back_and_is_freed() {
        for len in [0, 1, 15, 16, 1000, 70_000] {
            let bytes: Vec<u8> = (0..len).map(|n| n as u8).collect();
            let own = LongBytes::new(&bytes);
            let copy = own.clone();
            drop(own);
            assert_eq!(*copy, *bytes);
            assert_eq!(copy.heap_bytes(), len + 8);
        }
    }

    #[test]
    fn it_crosses_threads() {
        let own = LongBytes::new(b"from another thread");
        std::thread::spawn(move || assert_eq!(&*own, b"from another thread")).join().unwrap();
    }
}
