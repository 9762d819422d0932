#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]
#![cfg_attr(not(test), no_std)]

extern crate alloc;

mod codec;
mod databox;
pub mod dump;
#[cfg(any(test, fuzzing, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod kind;
mod repr;
mod set;

pub use codec::{DecodeError, DecodeOptions};
pub use databox::{Databox, View};
pub use kind::Kind;
pub use packed_map::{Text, decimal};
pub use set::{Members, Set};
