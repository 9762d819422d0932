#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod clock;
mod command;
mod draw;
mod graph;
pub mod linear;
pub mod lists;
mod model;
mod operation;
mod options;
mod session;
mod workload;

pub use clock::Clock;
pub use command::{Command, Key, Outcome, SetOp};
pub use model::State;
pub use operation::Operation;
pub use options::Options;
pub use session::{Session, SessionError};
pub use workload::{Finding, Run, Tally, Workload};
