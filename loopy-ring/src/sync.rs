//! What the ring is built from: the platform's atomics, `Arc` and `UnsafeCell`, or loom's.
//!
//! Under `--cfg loopy_loom` every name here is loom's, so the models in `tests/loom_*.rs` run the
//! shipped code and not a copy of it. `UnsafeCell` has loom's closure interface on both sides,
//! because loom must see where an access begins and ends.

#[cfg(loopy_loom)]
pub(crate) use loom::{
    cell::UnsafeCell,
    sync::Arc,
    sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering},
};

#[cfg(not(loopy_loom))]
pub(crate) use {
    alloc::sync::Arc,
    core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering},
    platform::UnsafeCell,
};

#[cfg(not(loopy_loom))]
mod platform {
    /// `core::cell::UnsafeCell` with the part of loom's interface that the slots use.
    pub(crate) struct UnsafeCell<T>(core::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(core::cell::UnsafeCell::new(value))
        }

        #[inline]
        pub(crate) fn with_mut<R>(&self, access: impl FnOnce(*mut T) -> R) -> R {
            access(self.0.get())
        }
    }
}
