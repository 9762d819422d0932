//! What a connection has queued between MULTI and EXEC.

use crate::catalog::{Catalog, CommandId};
use crate::unfinished::OwnedArgs;
use std::ops::Range;
use std::sync::Arc;
use zvm::Args;

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
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Queued {
    /// Its command.
    pub(crate) command: CommandId,
    args: Range<usize>,
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
        }
    }

    /// Queues a request; false, and the queue is broken, where it cannot be: it would become too
    /// large, or the commands have changed since it began.
    pub(crate) fn push(
        &mut self,
        catalog: &Arc<Catalog>,
        command: CommandId,
        args: Args<'_>,
    ) -> bool {
        self.bytes += (0..args.len()).map(|index| args.get(index).len()).sum::<usize>();
        let fits = self.bytes <= BYTES_MAX && Arc::ptr_eq(catalog, &self.catalog);
        if fits {
            let args = self.args.extend((0..args.len()).map(|index| args.get(index)));
            self.requests.push(Queued { command, args });
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
