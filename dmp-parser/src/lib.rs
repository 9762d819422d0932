#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(not(any(test, feature = "std")), no_std)]

extern crate alloc;

mod arg;
mod decimal;
mod detect;
mod encode;
#[cfg(any(test, fuzzing, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod limits;
pub mod reply;
pub mod request;
mod verb;
mod words;

pub use arg::ArgRange;
pub use detect::looks_like;
pub use encode::Encoder;
pub use limits::Limits;
pub use reply::{Reply, ReplyError, ReplyParser};
pub use request::{Request, RequestError, RequestErrorKind, RequestParser, Status, is_long_get};
pub use verb::{Verb, compose};
