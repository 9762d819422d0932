//! A byte string behind one thin pointer: its length stands in front of its bytes.
//!
//! Invariants:
//!
//! - L1: `block` was returned by the global allocator for `layout(capacity)`, is owned by this
//!   value alone, and is freed only when it is dropped or has given way to a larger one.
//! - L2: the block starts with a `usize`: `len`, and in the top bit whether the block has room to
//!   grow into, `roomy(len)` bytes in all; `capacity` initialised bytes follow it.
//!
//! Only a string that was written beyond its end has room: what is stored once takes what it needs.

use alloc::alloc::{alloc, alloc_zeroed, dealloc, handle_alloc_error};
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

    /// Writes `bytes` over what stands from `at` on, with zeros between the end and `at`.
    ///
    /// # Complexity
    ///
    /// That of the bytes written, but where the block has no room: then what it holds is copied
    /// into one that is larger by a sixteenth.
    pub(crate) fn splice(&mut self, at: usize, bytes: &[u8]) {
        let end = at.checked_add(bytes.len()).expect("a string in memory ends below usize::MAX");
        if end > self.len() {
            self.extend(end);
        }
        self.slice_mut()[at..end].copy_from_slice(bytes);
    }

    /// How many bytes the block takes.
    pub(crate) fn heap_bytes(&self) -> usize {
        HEAD + self.capacity()
    }

    /// How many more bytes [`splice`](Self::splice) takes to reach `end`.
    pub(crate) fn growth(&self, end: usize) -> usize {
        if end <= self.len() || end <= self.capacity() {
            return 0;
        }
        roomy(end).saturating_sub(self.capacity())
    }

    /// [`heap_bytes`](Self::heap_bytes) of a string of `len` bytes that has room.
    pub(crate) const fn roomy_bytes(len: usize) -> usize {
        HEAD + roomy(len)
    }

    /// Makes the string `len` bytes long, which is more than it is, with zeros at its end.
    fn extend(&mut self, len: usize) {
        if len > self.capacity() || !self.has_room() || roomy(len) != self.capacity() {
            let mut larger = Self::zeroed(len);
            larger.slice_mut()[..self.len()].copy_from_slice(self);
            *self = larger;
            return;
        }
        // SAFETY: the block is `roomy(len)` bytes long, of which all are initialised, and nothing
        // beyond the end was ever written (L2).
        unsafe { self.block.write(len | ROOM) };
    }

    /// `len` zeros, with room behind them.
    fn zeroed(len: usize) -> Self {
        let layout = Self::layout(roomy(len));
        // SAFETY: the layout holds at least the length, so its size is not zero (L1).
        let block = unsafe { alloc_zeroed(layout) };
        let Some(block) = NonNull::new(block.cast::<usize>()) else { handle_alloc_error(layout) };
        // SAFETY: the block is as large and aligned as a `usize` needs (L1, L2).
        unsafe { block.write(len | ROOM) };
        Self { block }
    }

    fn head(&self) -> usize {
        // SAFETY: L2.
        unsafe { self.block.read() }
    }

    fn len(&self) -> usize {
        self.head() & !ROOM
    }

    fn has_room(&self) -> bool {
        self.head() & ROOM != 0
    }

    /// How many bytes the block has for the string.
    fn capacity(&self) -> usize {
        if self.has_room() { roomy(self.len()) } else { self.len() }
    }

    fn slice_mut(&mut self) -> &mut [u8] {
        // SAFETY: `len` initialised bytes, borrowed by nobody else (L1, L2).
        unsafe { slice::from_raw_parts_mut(self.data(), self.len()) }
    }

    /// Where the bytes start.
    fn data(&self) -> *mut u8 {
        // SAFETY: the block is at least as large as the length that it starts with (L1, L2).
        unsafe { self.block.as_ptr().cast::<u8>().add(HEAD) }
    }

    /// The layout of a block for `capacity` bytes.
    fn layout(capacity: usize) -> Layout {
        let size = HEAD.checked_add(capacity).filter(|size| size & ROOM == 0);
        let layout = size.and_then(|size| Layout::from_size_align(size, align_of::<usize>()).ok());
        layout.expect("a slice in memory is shorter than isize::MAX")
    }
}

/// The length of a block with room for a string of `len` bytes: the next multiple of a sixteenth
/// of the power of two above it.
const fn roomy(len: usize) -> usize {
    if len >= ROOM / 2 {
        return len;
    }
    let step = len.next_power_of_two() / 16;
    if step == 0 { len } else { len.next_multiple_of(step) }
}

#[allow(unsafe_code, reason = "gives the block back")]
impl Drop for LongBytes {
    fn drop(&mut self) {
        let layout = Self::layout(self.capacity());
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

/// The bit of the head that tells of room.
const ROOM: usize = 1 << (usize::BITS - 1);

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
    fn splices_write_over_and_behind() {
        let mut own = LongBytes::new(&[7; 5000]);
        let mut model = vec![7u8; 5000];
        let mut at = 4990;
        for round in 0..400usize {
            let bytes = vec![round as u8; round % 37];
            let grown = own.heap_bytes() + own.growth(at + bytes.len());
            own.splice(at, &bytes);
            assert_eq!(own.heap_bytes(), grown);
            model.resize(model.len().max(at + bytes.len()), 0);
            model[at..at + bytes.len()].copy_from_slice(&bytes);
            assert_eq!(*own, *model);
            at = (at * 31 + round) % (model.len() + 100);
        }
        assert!(own.heap_bytes() < model.len() * 17 / 16 + 64);
        assert_eq!(*own.clone(), *model);
    }

    #[test]
    fn appending_seldom_moves() {
        let mut own = LongBytes::new(&[1; 100_000]);
        let mut moves = 0;
        for _ in 0..100_000 {
            let before = own.data();
            own.splice(own.len(), b"x");
            moves += usize::from(own.data() != before);
        }
        assert!(moves < 20, "{moves}");
    }

    #[test]
    fn it_crosses_threads() {
        let own = LongBytes::new(b"from another thread");
        std::thread::spawn(move || assert_eq!(&*own, b"from another thread")).join().unwrap();
    }
}
