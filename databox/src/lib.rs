#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]
#![cfg_attr(not(test), no_std)]

extern crate alloc;

mod bitmap;
mod codec;
mod databox;
mod draw;
pub mod dump;
mod edit;
#[cfg(any(test, fuzzing, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod kind;
mod list;
mod map;
mod packed;
mod repr;
mod seed;
mod set;
mod sorted;

pub use bitmap::{Bitmap, BitsView, Combination, Found};
pub use codec::{DecodeError, DecodeOptions};
pub use databox::{Databox, View};
pub use edit::Edit;
pub use kind::Kind;
pub use list::small::SmallList;
pub use list::view::ListView;
pub use list::{Elements, End, List};
pub use map::small::{SmallMap, SmallPairs};
pub use map::view::MapView;
pub use map::{Map, MapSweep, Pairs};
pub use packed_map::{Text, decimal};
pub use set::small::{SmallMembers, SmallSet};
pub use set::view::SetView;
pub use set::{Members, Set};
pub use sorted::SortedSet;
pub use sorted::small::{SmallScored, SmallSorted};
pub use sorted::view::SortedView;
