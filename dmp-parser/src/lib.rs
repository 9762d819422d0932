#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(not(any(test, feature = "std")), no_std)]

extern crate alloc;

mod arg;
pub mod binary;
mod decimal;
mod detect;
mod encode;
#[cfg(any(test, fuzzing, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod limits;
pub mod meta;
mod plain;
pub mod reply;
pub mod request;
mod text;
mod verb;
mod words;

pub use arg::ArgRange;
pub use binary::{
    BinaryEncoder, BinaryReply, BinaryReplyParser, BinaryRequest, BinaryStatus, Opcode,
};
pub use detect::looks_like;
pub use encode::Encoder;
pub use limits::Limits;
pub use meta::{Facts, MetaCode, MetaEncoder};
pub use reply::{Reply, ReplyError, ReplyParser};
pub use request::{Form, Request, RequestError, RequestErrorKind, RequestParser, Status};
pub use text::is_long_get;
pub use verb::{Admin, Arithmetic, Delete, MetaGet, Mode, Store, Verb, compose};
