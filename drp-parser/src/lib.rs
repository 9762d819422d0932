#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(not(any(test, feature = "std")), no_std)]

extern crate alloc;

mod arg;
mod decimal;
pub mod encode;
#[cfg(any(test, fuzzing, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod limits;
pub mod reply;
pub mod request;

pub use arg::ArgRange;
pub use encode::{Encoder, Mark, Version};
pub use limits::Limits;
pub use reply::{Reply, ReplyError, ReplyLimits, ReplyParser, ReplySkipper};
pub use request::{RequestError, RequestErrorKind, RequestParser, Source, Status};
