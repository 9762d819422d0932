#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod args;
mod key;
mod reply;
mod session;
mod store;
mod text;

pub use args::{ArgRange, Args};
pub use key::Key;
pub use reply::{Mark, ReplySink};
pub use session::{CommandFilter, CommandView, Session, SessionField, SessionSetting};
pub use store::{Expiry, OutOfMemory, ScanFilter, Store};
pub use text::Text;
