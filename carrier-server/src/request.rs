//! One request on its way from the parser to a worker.

use crate::catalog::CommandId;
use crate::dialect::Dialect;
use std::ops::Range;

/// A connection of one thread. The generation tells a connection from those that held its place
/// before, so that a late reply never reaches the wrong client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ConnectionKey {
    /// Place in the thread's table.
    pub(crate) index: u32,
    /// How often that place was filled.
    pub(crate) generation: u32,
}

/// Where the reply of a request belongs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReplyTo {
    /// The connection, on the thread that parsed the request.
    pub(crate) connection: ConnectionKey,
    /// The request's number on its connection.
    pub(crate) sequence: u64,
    /// Which part of the request this is, where it was scattered over shards.
    pub(crate) part: Option<u32>,
}

/// A request, bound to its command, with everything that its connection's later input could
/// change captured when it was parsed.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Where the reply goes.
    pub(crate) reply_to: ReplyTo,
    /// The command, in the catalog that the request was bound with.
    pub(crate) command: CommandId,
    /// The namespace it works in.
    pub(crate) namespace: u32,
    /// What the reply is written in.
    pub(crate) dialect: Dialect,
    /// Whether the client asked for no reply (memcached's `noreply`).
    pub(crate) quiet: bool,
    /// The hash of its first key; 0 without keys.
    pub(crate) hash: u64,
    /// Its argument ranges, in the batch's list; behind them may stand
    /// [more](Dialect::ranges_behind).
    pub(crate) args: Range<usize>,
    /// What those ranges are offsets into.
    pub(crate) source: Source,
}

/// The buffer that holds a request's arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The input buffer of the connection, for the turn in which it was parsed; what is not there,
    /// in the batch's own bytes.
    Input,
    /// The batch's own bytes.
    Batch,
}
