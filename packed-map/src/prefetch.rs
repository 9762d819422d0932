//! Asking the processor to load a line before it is needed.
//!
//! Invariant I1: the instruction is a hint. It reads nothing the program can see and faults on no
//! address, so any pointer will do, dangling ones included.

/// Hints that the cache line at `address` will be read soon. Does nothing where there is no such
/// instruction.
#[inline]
#[allow(unsafe_code, reason = "the prefetch instruction is an unsafe intrinsic")]
pub(crate) fn prefetch<T>(address: *const T) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: I1, and SSE is part of every x86-64 processor.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) }
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = address;
}
