#![doc = include_str!("../README.md")]
#![no_std]
#![deny(unsafe_code)]

extern crate alloc;
#[cfg(any(test, loopy_loom, loopy_shuttle))]
extern crate std;

mod cache_line;
mod capacity;
mod consumer;
mod control;
mod credit;
mod error;
mod park;
mod pool;
mod producer;
mod slot;
mod sync;
mod try_lock;
mod waiters;

pub use capacity::{Capacity, CapacityError};
pub use consumer::{Consumer, Parked};
pub use credit::{Permit, Reserved};
pub use error::{BatchFull, Full};
pub use pool::Pool;
pub use producer::{Producer, ring};
pub use try_lock::{TryLock, TryLockGuard};
pub use waiters::Waiter;
