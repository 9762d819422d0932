//! The verbs, one per file: how its line is read and how a client writes it.

mod delete;
mod get;
mod quit;
mod set;
mod version;

use alloc::vec::Vec;

use crate::request::Request;
use crate::words::Words;
use crate::{ArgRange, Limits, RequestErrorKind};

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verb {
    /// The items of one or more keys.
    Get,
    /// The same with each item's CAS stamp.
    Gets,
    /// Store an item.
    Set,
    /// Remove an item.
    Delete,
    /// The server's version.
    Version,
    /// Close the connection, without a reply.
    Quit,
}

/// Requests as a client writes them.
pub mod compose {
    pub use super::delete::compose as delete;
    pub use super::get::{compose as get, compose_gets as gets};
    pub use super::quit::compose as quit;
    pub use super::set::compose as set;
    pub use super::version::compose as version;
}

/// What a command line amounts to.
pub(crate) enum Line {
    /// A request, all of it. Its keys were appended.
    Request(Request),
    /// A request whose item, of `data_len` bytes, follows.
    Item { request: Request, key: ArgRange, data_len: usize },
}

/// Why a command line is refused, and whether its sender wants to know.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) kind: RequestErrorKind,
    pub(crate) noreply: bool,
}

impl From<RequestErrorKind> for Refusal {
    fn from(kind: RequestErrorKind) -> Self {
        Self { kind, noreply: false }
    }
}

/// Reads a line without its end.
pub(crate) fn parse(
    line: &[u8],
    limits: &Limits,
    args: &mut Vec<ArgRange>,
) -> Result<Line, Refusal> {
    let mut words = Words::new(line);
    let verb = words.next().map(|word| word.bytes);
    match verb {
        Some(b"get") => get::parse(Verb::Get, words, limits, args).map(Line::Request),
        Some(b"gets") => get::parse(Verb::Gets, words, limits, args).map(Line::Request),
        Some(b"set") => set::parse(words, limits),
        Some(b"delete") => delete::parse(words, limits, args).map(Line::Request),
        Some(b"version") => Ok(Line::Request(version::parse())),
        Some(b"quit") => Ok(Line::Request(quit::parse())),
        _ => Err(RequestErrorKind::Unknown.into()),
    }
}
