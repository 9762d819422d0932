#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod batch;
mod clock;
mod composer;
mod connection;
mod digits;
mod error;
mod interrupt;
mod keys;
mod mix;
mod options;
mod pacer;
mod phase;
mod plan;
mod poller;
mod random;
mod report;
mod schedule;
mod setup;
mod tally;
mod target;
mod template;
mod turns;
mod values;
mod verify;
mod words;
mod worker;
mod zipf;

pub use error::{Expected, Failure, UsageError};
pub use options::Options;
pub use plan::Plan;
pub use report::Report;
