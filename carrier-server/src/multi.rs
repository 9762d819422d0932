//! What a connection has queued between MULTI and EXEC.

use crate::catalog::{Catalog, Command, CommandId};
use crate::unfinished::OwnedArgs;
use crate::watches::Watched;
use std::ops::Range;
use std::sync::Arc;
use zvm::{Args, RunWhere};

/// Queued requests, with arguments of their own.
#[derive(Debug)]
pub(crate) struct Queue {
    /// The commands that they are bound with.
    pub(crate) catalog: Arc<Catalog>,
    /// In order.
    pub(crate) requests: Vec<Queued>,
    args: OwnedArgs,
    bytes: usize,
    /// Whether EXEC has to refuse them.
    pub(crate) is_broken: bool,
    /// Whether some look at the connection.
    pub(crate) has_session: bool,
    /// The keys that must be as they were when the connection began to watch them; told at EXEC.
    pub(crate) watched: Vec<Watched>,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Queued {
    /// Its command.
    pub(crate) command: CommandId,
    args: Range<usize>,
    /// The hash of its first key, once EXEC has looked where it goes.
    pub(crate) hash: u64,
}

impl Queue {
    /// An empty queue of requests that will be bound with these commands.
    pub(crate) fn new(catalog: &Arc<Catalog>) -> Self {
        Self {
            catalog: Arc::clone(catalog),
            requests: Vec::new(),
            args: OwnedArgs::default(),
            bytes: 0,
            is_broken: false,
            has_session: false,
            watched: Vec::new(),
        }
    }

    /// The same in place of a queue that was, with its memory, within reason.
    pub(crate) fn renew(&mut self, catalog: &Arc<Catalog>) {
        if !Arc::ptr_eq(catalog, &self.catalog) {
            self.catalog = Arc::clone(catalog);
        }
        self.requests.clear();
        self.requests.shrink_to(REQUESTS_KEPT);
        self.args.clear(BYTES_KEPT);
        self.watched.clear();
        (self.bytes, self.is_broken, self.has_session) = (0, false, false);
    }

    /// Queues a request; false, and the queue is broken, where it cannot be: it would become too
    /// large, or the commands have changed since it began.
    pub(crate) fn push(
        &mut self,
        catalog: &Arc<Catalog>,
        command: &Command,
        args: Args<'_>,
    ) -> bool {
        self.bytes += (0..args.len()).map(|index| args.get(index).len()).sum::<usize>();
        let fits = self.bytes <= BYTES_MAX && Arc::ptr_eq(catalog, &self.catalog);
        if fits {
            self.has_session |= command.run_where() == RunWhere::Connection;
            let args = self.args.extend((0..args.len()).map(|index| args.get(index)));
            self.requests.push(Queued { command: command.id(), args, hash: 0 });
        }
        self.is_broken |= !fits;
        fits
    }

    /// The arguments of a queued request.
    pub(crate) fn args(&self, queued: &Queued) -> Args<'_> {
        self.args.slice(queued.args.clone())
    }
}

/// Bytes of arguments that a connection may queue: Redis' limit for a client's requests.
const BYTES_MAX: usize = 1024 * 1024 * 1024;
/// Requests for which an empty queue keeps room.
const REQUESTS_KEPT: usize = 64;
/// Bytes of arguments for which an empty queue keeps room.
const BYTES_KEPT: usize = 16 * 1024;
