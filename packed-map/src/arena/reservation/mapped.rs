//! A range of address space from the system, private and anonymous: its pages are backed when
//! they are first written.
//!
//! - A1: the `bytes` bytes from `base` on are inside what `mmap` gave, `mapped` and a huge page
//!   more than `bytes`, and only `drop` unmaps that.
//! - A2: anonymous memory begins as zeros. `MADV_DONTNEED` makes it zeros again, or where the
//!   system does not take that at its word leaves it as it is; locking and populating change no
//!   byte.
//! - A3: nothing here reads or writes the range. [`forget`](Mapping::forget) changes its bytes,
//!   so it is the reservation's to call.

use core::ffi::c_void;
use core::ptr::{self, NonNull};
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mlock, mmap_anonymous, munlock, munmap};

/// The reserved range. It may be shared with other threads, as it gives no access to its bytes.
#[derive(Debug)]
pub(in super::super) struct Mapping {
    /// The first byte, aligned to a huge page.
    base: NonNull<u8>,
    bytes: usize,
    /// What the system mapped: a huge page more, so that the base can be aligned.
    mapped: NonNull<u8>,
}

// SAFETY: by A3 a mapping gives no access to the bytes of the range, and the system calls that it
// makes may be made by any thread.
unsafe impl Send for Mapping {}

// SAFETY: as above, by A3; its methods only make system calls.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Reserves `bytes` bytes, which are not 0.
    pub(super) fn new(bytes: usize) -> Result<Self, i32> {
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping at an address of the system's choice touches no other (A1).
        let mapped =
            unsafe { mmap_anonymous(ptr::null_mut(), bytes + HUGE_BYTES, protection, flags()) };
        let mapped = mapped.map_err(rustix::io::Errno::raw_os_error)?.cast::<u8>();
        let base = mapped.wrapping_add(mapped.addr().wrapping_neg() % HUGE_BYTES);
        let (base, mapped) = (NonNull::new(base).ok_or(0)?, NonNull::new(mapped).ok_or(0)?);
        let mapping = Self { base, bytes, mapped };
        #[cfg(any(target_os = "linux", target_os = "android"))]
        // Where the system has no huge pages there is nothing to refuse.
        let _ = mapping.advise(0, bytes, Advice::LinuxNoHugepage);
        Ok(mapping)
    }

    pub(super) fn base(&self) -> NonNull<u8> {
        self.base
    }

    /// Gives the pages of a part of the range back, and its bytes up.
    ///
    /// # Safety
    ///
    /// No reference into the part is alive.
    pub(super) unsafe fn forget(&self, offset: usize, bytes: usize) {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let advice = Advice::LinuxDontNeed;
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        let advice = Advice::DontNeed;
        // A refusal costs memory and nothing else.
        let _ = self.advise(offset, bytes, advice);
    }

    /// Says whether a part of the range is to be in huge pages from now on, so that its addresses
    /// are found in fewer steps. What is backed already stays as it is.
    pub(in super::super) fn set_wide(&self, offset: usize, bytes: usize, wide: bool) {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        {
            let advice = if wide { Advice::LinuxHugepage } else { Advice::LinuxNoHugepage };
            // Where the system has no huge pages there is nothing to refuse.
            let _ = self.advise(offset, bytes.min(self.bytes - offset), advice);
        }
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        let _ = (offset, bytes, wide);
    }

    /// Has the pages of a part of the range backed now. Says whether they are.
    pub(in super::super) fn populate(&self, offset: usize, bytes: usize) -> bool {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if self.advise(offset, bytes, Advice::LinuxPopulateWrite).is_ok() {
            return true;
        }
        // Locking backs a writable page as writing to it would, and changes nothing in it. The
        // system lets anybody lock a little.
        (offset..offset + bytes).step_by(LOCK_BYTES).all(|from| {
            let length = LOCK_BYTES.min(offset + bytes - from);
            let part = self.part(from, length);
            // SAFETY: the part is inside the mapping (A1), and keeps its bytes (A2).
            let locked = unsafe { mlock(part, length) };
            // SAFETY: as above, by A1 and A2.
            locked.is_ok() && unsafe { munlock(part, length) }.is_ok()
        })
    }

    fn advise(&self, offset: usize, bytes: usize, advice: Advice) -> rustix::io::Result<()> {
        // SAFETY: the part is inside the mapping (A1), and stays initialised (A2).
        unsafe { madvise(self.part(offset, bytes), bytes, advice) }
    }

    /// The address of a part of the range.
    fn part(&self, offset: usize, bytes: usize) -> *mut c_void {
        assert!(offset + bytes <= self.bytes, "a part of another mapping");
        self.base.as_ptr().wrapping_add(offset).cast()
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: A1; whoever uses the range shares the ownership of the mapping.
        let unmapped = unsafe { munmap(self.mapped.as_ptr().cast(), self.bytes + HUGE_BYTES) };
        debug_assert!(unmapped.is_ok());
    }
}

/// Reserved in address space alone, not in swap.
fn flags() -> MapFlags {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    return MapFlags::PRIVATE | MapFlags::NORESERVE;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    MapFlags::PRIVATE
}

/// The bytes of a huge page.
pub(in super::super) const HUGE_BYTES: usize = 2 << 20;

/// How much is locked at a time: what an old system lets anybody lock.
const LOCK_BYTES: usize = 64 << 10;
