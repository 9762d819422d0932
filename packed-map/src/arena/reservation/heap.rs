//! The reservation as one allocation of zeros, where the system has no `mmap`.
//!
//! - A1: `base` and `bytes` are one allocation of `layout`, and only `drop` frees it.
//! - A2: it is allocated as zeros.
//! - A3: nothing here reads or writes the range.

use alloc::alloc::{Layout, alloc_zeroed, dealloc};
use core::ptr::NonNull;

/// The reserved range. It may be shared with other threads, as it gives no access to its bytes.
#[derive(Debug)]
pub(in super::super) struct Mapping {
    base: NonNull<u8>,
    layout: Layout,
}

// SAFETY: by A3 a mapping gives no access to the bytes of the range, and the allocator takes them
// back from any thread.
unsafe impl Send for Mapping {}

// SAFETY: as above, by A3; its methods do nothing.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Reserves `bytes` bytes, which are not 0.
    pub(super) fn new(bytes: usize) -> Result<Self, i32> {
        let layout = Layout::from_size_align(bytes, PAGE_BYTES).map_err(|_| 0)?;
        // SAFETY: the layout's size is not 0; the result becomes A1 and A2.
        let base = unsafe { alloc_zeroed(layout) };
        Ok(Self { base: NonNull::new(base).ok_or(0)?, layout })
    }

    pub(super) fn base(&self) -> NonNull<u8> {
        self.base
    }

    /// Would give pages back; an allocation is given back whole.
    ///
    /// # Safety
    ///
    /// Nothing: it does nothing.
    #[expect(clippy::unused_self, reason = "it is what a mapping that has pages offers")]
    pub(super) unsafe fn forget(&self, _offset: usize, _bytes: usize) {}

    /// Would ask for huge pages; the allocator decides about that.
    #[expect(clippy::unused_self, reason = "it is what a mapping that has pages offers")]
    pub(in super::super) fn widen(&self, _offset: usize, _bytes: usize) {}

    /// Would have pages backed; the allocator decides about that.
    #[expect(clippy::unused_self, reason = "it is what a mapping that has pages offers")]
    pub(in super::super) fn populate(&self, _offset: usize, _bytes: usize) -> bool {
        true
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: A1; whoever uses the range shares the ownership of the mapping.
        unsafe { dealloc(self.base.as_ptr(), self.layout) }
    }
}

/// The bytes of a huge page elsewhere.
pub(in super::super) const HUGE_BYTES: usize = 2 << 20;

/// What the range is aligned to.
const PAGE_BYTES: usize = 4096;
