//! A part of a run in which one mix is sent: the preload, the measured part, the last checks.

use crate::keys::{NextKeys, Order};
use crate::mix::Mix;

/// What is sent, how fast and for how long.
#[derive(Debug, Clone)]
pub(crate) struct Phase {
    /// Its name in the progress line.
    pub(crate) name: &'static str,
    /// Its number in the run: each phase draws differently.
    pub(crate) number: u64,
    pub(crate) mix: Mix,
    pub(crate) keys: KeyOrder,
    /// Where counted orders of keys begin.
    pub(crate) from: NextKeys,
    /// Requests in a batch.
    pub(crate) pipeline: usize,
    /// Requests a second; `None` for a closed loop, which sends when it has its replies.
    pub(crate) rate: Option<u64>,
    /// Nanoseconds within which batches are meant to be sent together; at least 1.
    pub(crate) tick_ns: u64,
    /// At most so many requests.
    pub(crate) requests: Option<u64>,
    /// At most so long, in nanoseconds.
    pub(crate) limit_ns: Option<u64>,
    /// Whether every key that is not fresh has a value.
    pub(crate) must_hit: bool,
    /// Whether each key is written and read by one connection alone, with versions.
    pub(crate) owns_keys: bool,
}

/// How keys are chosen.
#[derive(Debug, Clone)]
pub(crate) enum KeyOrder {
    /// As the command line says.
    Drawn(Order),
    /// Each connection names all keys that it owns once.
    Own,
    /// The number of a request is that of all its keys, on one connection.
    Numbered,
}
