#![doc = include_str!("../README.md")]
#![no_std]
#![deny(unsafe_code)]

extern crate alloc;
#[cfg(any(test, loopy_loom))]
extern crate std;

mod cache_line;
mod capacity;
mod consumer;
mod control;
mod credit;
mod error;
mod park;
mod producer;
mod slot;
mod sync;

pub use capacity::{Capacity, CapacityError};
pub use consumer::{Consumer, Parked};
pub use credit::{Permit, Reserved};
pub use error::{BatchFull, Full};
pub use producer::{Producer, ring};
