//! Programs that take long, between two slices.
//!
//! A command that goes over a container or a namespace yields after a number of units. What is
//! left of it waits here and goes on in later turns, round robin, while other requests are
//! answered. What it may show and see in the meantime:
//!
//! - Only commands that read are sliced, so nobody sees half of a change.
//! - A sliced command with a key sees its key as it was when it began: before a command runs that
//!   may write this key, the sliced one is run to its end. A command that writes, and of which
//!   more than one key may be meant, ends all sliced ones with keys first. A key that expires
//!   could go by itself, so its commands are not sliced.
//! - A scan has no key. Its cursor outlives changes, whatever they are.
//!
//! Bounds: at most [`UNFINISHED_MAX`] programs wait; what would be one more runs to its end at
//! once. The connection of a program that waits is not parsed any further.

use crate::catalog::{Catalog, Command, Route};
use crate::request::{ReplyTo, Request};
use std::collections::VecDeque;
use std::sync::Arc;
use zvm::{ArgRange, Args, State};

/// The programs of one shard that wait for their next slice.
#[derive(Debug, Default)]
pub(crate) struct UnfinishedPrograms {
    list: VecDeque<Unfinished>,
}

/// One program: its request with arguments of its own, and how far it has come.
#[derive(Debug)]
pub(crate) struct Unfinished {
    /// The request.
    pub(crate) request: Request,
    /// The thread that it came from over a ring; `None` for one of this thread's connections.
    pub(crate) home: Option<usize>,
    /// The commands that it was bound with.
    pub(crate) catalog: Arc<Catalog>,
    /// When it took its turn, which stays its time.
    pub(crate) now_ms: u64,
    /// Its arguments.
    pub(crate) args: OwnedArgs,
    /// Where the program stands.
    pub(crate) state: Box<State>,
    /// The reply as far as it has come.
    pub(crate) reply: Vec<u8>,
}

/// The reply of a program that has come to its end after its request's turn.
#[derive(Debug)]
pub(crate) struct LateReply {
    /// The thread that it belongs to; `None` for this one.
    pub(crate) home: Option<usize>,
    /// Where it goes there.
    pub(crate) reply_to: ReplyTo,
    /// The encoded reply; empty where the client wants none.
    pub(crate) reply: Vec<u8>,
}

/// Arguments that own their bytes.
#[derive(Debug, Default)]
pub(crate) struct OwnedArgs {
    bytes: Vec<u8>,
    ranges: Vec<ArgRange>,
}

impl OwnedArgs {
    /// A copy of these arguments.
    pub(crate) fn copy_of(args: Args<'_>) -> Self {
        let mut owned = Self::default();
        for index in 0..args.len() {
            let arg = args.get(index);
            let start = u32::try_from(owned.bytes.len()).unwrap_or(u32::MAX);
            let len = u32::try_from(arg.len()).unwrap_or(u32::MAX);
            owned.bytes.extend_from_slice(arg);
            owned.ranges.push(ArgRange { start, len });
        }
        owned
    }

    /// As programs see them.
    pub(crate) fn args(&self) -> Args<'_> {
        Args::new(&self.bytes, &self.ranges)
    }
}

impl UnfinishedPrograms {
    /// Whether none waits.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether no more may wait.
    pub(crate) fn is_full(&self) -> bool {
        self.list.len() >= UNFINISHED_MAX
    }

    /// Lets a program wait behind all others.
    pub(crate) fn push(&mut self, program: Unfinished) {
        self.list.push_back(program);
    }

    /// The program whose turn it is.
    pub(crate) fn pop(&mut self) -> Option<Unfinished> {
        self.list.pop_front()
    }

    /// A program that has to end before a request runs; `None` where there is none (any more).
    pub(crate) fn pop_disturbed(
        &mut self,
        request: &Request,
        command: &Command,
    ) -> Option<Unfinished> {
        if !command.writes() {
            return None;
        }
        let at = self.list.iter().position(|waiting| waiting.is_disturbed(request, command))?;
        self.list.remove(at)
    }
}

impl Unfinished {
    /// Whether a command that writes may change what this program reads.
    fn is_disturbed(&self, request: &Request, command: &Command) -> bool {
        let own = self.catalog.command(self.request.command).map(Command::route);
        let has_key = matches!(own, Some(Route::Key(_)));
        let other_key = matches!(command.route(), Route::Key(_))
            && (request.hash, request.namespace) != (self.request.hash, self.request.namespace);
        has_key && !other_key
    }
}

/// Programs of one shard that may wait at a time.
const UNFINISHED_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_copied_whole() {
        let ranges = [ArgRange { start: 1, len: 3 }, ArgRange { start: 0, len: 0 }];
        let owned = OwnedArgs::copy_of(Args::new(b"xkey", &ranges));
        assert_eq!((owned.args().get(0), owned.args().len()), (&b"key"[..], 2));
    }
}
