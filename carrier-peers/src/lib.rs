#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod error;
mod family;
mod launch;
mod process;
mod program;
mod running;

pub use error::Error;
pub use launch::Launch;
pub use process::{PATIENCE, Process};
pub use program::Program;
pub use running::Running;
