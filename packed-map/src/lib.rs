#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]
#![cfg_attr(not(test), no_std)]

extern crate alloc;

mod arena;
mod cursor;
pub mod decimal;
mod directory;
mod entry;
mod extras;
mod form;
#[cfg(any(test, fuzzing, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod hash;
mod iter;
mod map;
mod page;
mod prefetch;
mod sweep;
mod text;

#[cfg(any(test, fuzzing, feature = "fuzzing"))]
#[doc(hidden)]
pub use arena::Exact;
pub use arena::{
    Arena, Blocks, Exhausted, Figures, Handle, Move, Prefault, RESERVATION_BYTES_MAX, ReserveError,
    Step, UNIT_BYTES, UNITS_MAX,
};
pub use entry::{Displaced, Entry, Extras, NewValue, Value};
pub use hash::{BUCKET_BITS, HashKeys, SHARD_BITS, TAG_BITS};
pub use iter::Iter;
pub use map::{NoBox, PackedMap};
pub use sweep::{Sweeper, Swept};
pub use text::Text;
