//! What requests ask for, whichever dialect they are written in; the text verbs stand one per file:
//! how the line is read and how a client writes it.

mod admin;
mod arithmetic;
mod delete;
mod flush_all;
mod get;
mod quit;
mod stats;
mod store;
mod touch;
mod verbosity;
mod version;

use alloc::vec::Vec;

use crate::request::Request;
use crate::words::Words;
use crate::{ArgRange, Limits, RequestErrorKind, meta};
pub(crate) use store::data_len;

/// What a request asks for. Times are in seconds: 0 is never, negative is past; which others count
/// from now on is the store's affair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verb {
    /// The items of some keys.
    Get,
    /// The same, and a new time for each.
    GetAndTouch {
        /// The time.
        exptime: i64,
    },
    /// Store an item.
    Store(Store),
    /// Remove an item, or mark it.
    Delete(Delete),
    /// Change the number that an item is.
    Arithmetic(Arithmetic),
    /// A new time for an item.
    Touch {
        /// The time.
        exptime: i64,
    },
    /// The item of one key, and what the meta flags say beside that.
    MetaGet(MetaGet),
    /// What is known of an item but for its value.
    MetaDebug,
    /// Remove all items.
    FlushAll {
        /// When: a time as an item has it, 0 is now.
        delay: i64,
    },
    /// The server's version.
    Version,
    /// How much the server logs.
    Verbosity {
        /// More is more.
        level: u32,
    },
    /// The server's figures: the words behind the verb are the arguments.
    Stats,
    /// Something of memcached's own machinery: the words behind the verb are the arguments.
    Admin(Admin),
    /// A reply and nothing else.
    Noop,
    /// The names of the ways to authenticate.
    SaslMechanisms,
    /// Authenticate: the way's name is the argument.
    Sasl {
        /// What the way wants to know.
        data: ArgRange,
        /// Whether it goes on with what was begun.
        is_step: bool,
    },
    /// Close the connection.
    Quit,
}

/// An item to be stored, and on what condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Store {
    /// What becomes of the item that is there.
    pub mode: Mode,
    /// A number that the client wants back with the item.
    pub flags: u32,
    /// How long it lives.
    pub exptime: i64,
    /// The stamp that the item there must have; 0 is any, but for [`Mode::Cas`].
    pub cas: u64,
    /// Whether an older stamp will do; the item is marked as stale then.
    pub invalidate: bool,
    /// The item, counted from the start of the request.
    pub data: ArgRange,
    /// Where flags and time stand as plain decimals, for who would rather have them so; empty
    /// where they do not.
    pub numbers: [ArgRange; 2],
}

/// What storing does with the item that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Replaces it, or stores a new one.
    Set,
    /// Leaves it alone: only a new one is stored.
    Add,
    /// Replaces it; no new one is stored.
    Replace,
    /// Puts the data behind it.
    Append,
    /// Puts the data before it.
    Prepend,
    /// Replaces it if it has the right stamp.
    Cas,
}

/// Which item goes, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delete {
    /// The stamp that it must have; 0 is any.
    pub cas: u64,
    /// Whether it only becomes stale.
    pub invalidate: bool,
    /// The time that a stale one gets.
    pub exptime: Option<i64>,
}

/// How a number changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arithmetic {
    /// Whether it becomes less, down to 0; it becomes more beyond the greatest and begins anew.
    pub decrement: bool,
    /// By how much.
    pub delta: u64,
    /// The number and its time where there is no item.
    pub initial: Option<(u64, i64)>,
    /// A new time for the item.
    pub exptime: Option<i64>,
    /// The stamp that it must have; 0 is any.
    pub cas: u64,
}

/// What of memcached's machinery a request is about. A server that is built otherwise answers so
/// that memcached's tools go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Admin {
    /// Memory that moves between sizes of items.
    Slabs,
    /// The shares of its lists.
    Lru,
    /// The thread that looks for what has expired.
    LruCrawler,
    /// The budget, in MiB.
    CacheMemlimit,
    /// What happens, as it happens.
    Watch,
    /// The server's end.
    Shutdown,
}

/// What `mg` does beside getting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MetaGet {
    /// A new time for the item.
    pub exptime: Option<i64>,
    /// Whether that time is the item's only once `recache` has been judged by the one before.
    pub touches_last: bool,
    /// The time of an empty item that is made where there is none.
    pub vivify: Option<i64>,
    /// Below which time to live one client is asked to store it anew.
    pub recache: Option<i64>,
    /// Whether the item does not count as used.
    pub no_bump: bool,
}

/// Requests of the text protocol as a client writes them.
pub mod compose {
    pub use super::admin::compose as admin;
    pub use super::arithmetic::{compose_decr as decr, compose_incr as incr};
    pub use super::delete::compose as delete;
    pub use super::flush_all::compose as flush_all;
    pub use super::get::{
        compose as get, compose_gat as gat, compose_gats as gats, compose_gets as gets,
    };
    pub use super::quit::compose as quit;
    pub use super::stats::compose as stats;
    pub use super::store::{compose as store, compose_set as set};
    pub use super::touch::compose as touch;
    pub use super::verbosity::compose as verbosity;
    pub use super::version::compose as version;
    pub use crate::meta::compose as meta;
}

/// What a command line amounts to.
pub(crate) enum Line {
    /// A request, all of it. Its arguments were appended.
    Request(Request),
    /// A request whose item, of `data_len` bytes, follows.
    Item { request: Request, key: ArgRange, data_len: usize },
}

/// Why a command line is refused, and whether its sender wants to know.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) kind: RequestErrorKind,
    pub(crate) noreply: bool,
    /// The length of an item that follows all the same.
    pub(crate) item_len: Option<usize>,
}

impl Store {
    pub(crate) const fn new(mode: Mode) -> Self {
        let none = ArgRange { start: 0, len: 0 };
        let (flags, exptime, cas) = (0, 0, 0);
        Self { mode, flags, exptime, cas, invalidate: false, data: none, numbers: [none; 2] }
    }
}

impl Default for Arithmetic {
    fn default() -> Self {
        Self { decrement: false, delta: 1, initial: None, exptime: None, cas: 0 }
    }
}

impl From<RequestErrorKind> for Refusal {
    fn from(kind: RequestErrorKind) -> Self {
        Self { kind, noreply: false, item_len: None }
    }
}

/// Reads a line without its end.
pub(crate) fn parse(
    line: &[u8],
    limits: &Limits,
    args: &mut Vec<ArgRange>,
) -> Result<Line, Refusal> {
    let mut words = Words::new(line);
    let verb = words.next().map_or(&b""[..], |word| word.bytes);
    let request = match verb {
        b"get" => get::parse(words, limits, args)?,
        b"set" => return store::parse(Mode::Set, words, limits),
        b"gets" => get::parse(words, limits, args)?.with_stamp(),
        b"mg" => meta::get(words, limits, args)?,
        b"ms" => return meta::set(words, limits),
        b"incr" => arithmetic::parse(false, words, limits, args)?,
        b"decr" => arithmetic::parse(true, words, limits, args)?,
        b"delete" => delete::parse(words, limits, args)?,
        b"add" => return store::parse(Mode::Add, words, limits),
        b"replace" => return store::parse(Mode::Replace, words, limits),
        b"append" => return store::parse(Mode::Append, words, limits),
        b"prepend" => return store::parse(Mode::Prepend, words, limits),
        b"cas" => return store::parse(Mode::Cas, words, limits),
        b"touch" => touch::parse(words, limits, args)?,
        // An old name that some clients still use.
        b"bget" => get::parse(words, limits, args)?,
        b"gat" => get::parse_gat(words, limits, args)?,
        b"gats" => get::parse_gat(words, limits, args)?.with_stamp(),
        b"md" => meta::delete(words, limits, args)?,
        b"ma" => meta::arithmetic(words, limits, args)?,
        b"me" => meta::debug(words, limits, args)?,
        b"mn" => meta::noop(),
        b"flush_all" => flush_all::parse(words)?,
        b"verbosity" => verbosity::parse(words)?,
        b"stats" => stats::parse(words, args),
        b"version" => version::parse(),
        b"slabs" => admin::parse(Admin::Slabs, words, args)?,
        b"lru" => admin::parse(Admin::Lru, words, args)?,
        b"lru_crawler" => admin::parse(Admin::LruCrawler, words, args)?,
        b"cache_memlimit" => admin::parse(Admin::CacheMemlimit, words, args)?,
        b"watch" => admin::parse(Admin::Watch, words, args)?,
        b"shutdown" => admin::parse(Admin::Shutdown, words, args)?,
        b"quit" => quit::parse(),
        _ if words.last().is_some_and(|word| word.bytes.starts_with(b"HTTP/")) => {
            return Err(RequestErrorKind::Http.into());
        }
        _ => return Err(RequestErrorKind::Unknown.into()),
    };
    Ok(Line::Request(request))
}

/// Whether the last of a line's words asks for no reply, wherever it stands.
fn is_noreply(words: &Words<'_>) -> bool {
    words.clone().last().is_some_and(|word| word.bytes == b"noreply")
}
