//! What the ring is built from: the platform's atomics, `Arc` and `UnsafeCell`, or loom's, or
//! shuttle's.
//!
//! Under `--cfg loopy_loom` every name here is loom's, so the models in `tests/loom_*.rs` run the
//! shipped code and not a copy of it. `UnsafeCell` has loom's closure interface on both sides,
//! because loom must see where an access begins and ends. Under `--cfg loopy_shuttle` the atomics
//! are shuttle's, where another thread may run before each of their operations.

#[cfg(loopy_loom)]
pub(crate) use loom::{
    cell::UnsafeCell,
    sync::Arc,
    sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering},
};

#[cfg(loopy_shuttle)]
pub(crate) use shuttle::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};

#[cfg(not(any(loopy_loom, loopy_shuttle)))]
pub(crate) use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};

#[cfg(not(loopy_loom))]
pub(crate) use {alloc::sync::Arc, platform::UnsafeCell};

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
