#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod case;
mod channel;
mod class;
mod client;
mod comparison;
mod differences;
mod draw;
mod frame;
mod generate;
mod grammar;
mod mismatch;
mod noise;
mod options;
mod random;
mod reply;
mod request;
mod rule;
mod run;
mod servers;
mod shrink;
mod state;
mod tally;
mod word;

pub use case::Case;
pub use client::{Client, exchange_whole};
pub use comparison::{Comparison, Failure};
pub use differences::Differences;
pub use grammar::{Grammar, GrammarError};
pub use mismatch::{Mismatch, MismatchKind, Side};
pub use options::{Options, OptionsError};
pub use random::Random;
pub use reply::ReplyExt;
pub use request::{Form, Request, multibulk, shown};
pub use servers::Server;
pub use tally::Tally;
