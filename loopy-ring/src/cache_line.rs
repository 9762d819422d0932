//! A value alone on its cache line.

use core::ops::Deref;

/// A `T` that shares its 128 bytes with nothing else.
///
/// 128 and not 64: x86 fetches lines in pairs and Apple's cores have lines of 128 bytes, so a
/// neighbour 64 bytes away is still dragged along.
#[repr(align(128))]
pub(crate) struct CacheLine<T>(T);

impl<T> CacheLine<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(value)
    }
}

impl<T> Deref for CacheLine<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}

#[cfg(not(loopy_loom))]
const _: () = assert!(size_of::<CacheLine<u64>>() == 128 && align_of::<CacheLine<u64>>() == 128);
