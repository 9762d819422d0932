#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]
#![cfg_attr(not(test), no_std)]

extern crate alloc;

mod arena;
mod chunks;
mod code;
mod cursor;
pub mod decimal;
mod directory;
mod entry;
mod extras;
#[cfg(any(test, fuzzing, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod hash;
mod heap;
mod iter;
mod lanes;
mod map;
mod outside;
mod packed_map;
mod page;
mod pages;
mod prefetch;
mod rank;
mod segments;
mod shared;
mod slab;
mod string_block;
mod text;
mod times;

#[cfg(any(test, fuzzing, feature = "fuzzing"))]
#[doc(hidden)]
pub use arena::Exact;
pub use arena::{
    Arena, Blocks, Exhausted, Figures, Handle, Move, Prefault, RESERVATION_BYTES_MAX, ReserveError,
    Step, UNIT_BYTES, UNITS_MAX,
};
pub use chunks::Chunks;
pub use code::BLOCK_MAX as PACKED_BYTES_MAX;
pub use entry::{Displaced, Entry, Extras, Full, NewValue, Value};
pub use hash::{BUCKET_BITS, HashKeys, SHARD_BITS, TAG_BITS};
pub use heap::Heap;
pub use iter::Iter;
pub use map::{Choice, Evicted, PageMap, Position, Sweeper, Swept};
pub use packed_map::{NoBox, PackedMap};
pub use rank::LEVELS_MAX;
pub use shared::Shared;
pub use shared::table::Table;
pub use text::Text;
