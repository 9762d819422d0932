//! Programs that take long, between two slices.
//!
//! A program that goes over a container, a namespace or many arguments yields after a number of
//! units. What is left of it waits here and goes on in later turns, round robin, while other
//! requests are answered.
//!
//! One that writes holds its keys meanwhile (`intents.rs`), so nobody sees half of a change. One
//! that only reads has a view of them: what they held when it began is lent, and goes on being
//! that whatever others write. A scan has no key: its cursor outlives changes, but for those that
//! its own connection asks for behind it, which wait.
//!
//! Bound (invariant 7): the connection of a request that waits here is not parsed any further, and
//! what else comes is in a batch or a transaction, of which so many may be out.

use crate::catalog::{Catalog, Command};
use crate::intents::Ticket;
use crate::loan::Loan;
use crate::request::{ReplyTo, Request};
use crate::shard_store::Written;
use crate::slow_log::Slow;
use crate::transaction::Transaction;
use kvstore::Shard;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use zvm::{ArgRange, Args, State};

/// The programs of one shard that wait for their next slice.
#[derive(Debug, Default)]
pub(crate) struct UnfinishedPrograms {
    list: VecDeque<Unfinished>,
}

/// One program: its request with arguments of its own, and how far it has come.
#[derive(Debug)]
pub(crate) struct Unfinished {
    /// Whom its end concerns.
    pub(crate) task: Task,
    /// Its place in the queues, where it has keys of its own.
    pub(crate) ticket: Option<Ticket>,
    /// The request.
    pub(crate) request: Request,
    /// The commands that it was bound with.
    pub(crate) catalog: Arc<Catalog>,
    /// When it took its turn, which stays its time.
    pub(crate) now_ms: u64,
    /// Its arguments.
    pub(crate) args: KeptArgs,
    /// Where the program stands; nowhere once it has ended.
    pub(crate) state: Option<Box<State>>,
    /// How long its slices have taken, if somebody wants to know.
    pub(crate) took: Duration,
    /// The reply as far as it has come.
    pub(crate) reply: Vec<u8>,
    /// What the reply borrows, where the program ended in its first slice.
    pub(crate) loans: Vec<Loan>,
    /// What it reads, where that was lent; else it sees the shard.
    pub(crate) view: Option<Box<Shard>>,
    /// Bytes of the budget that are set aside for it.
    pub(crate) room: u64,
}

/// Whom a program works for.
#[derive(Debug)]
pub(crate) enum Task {
    /// A request that came over a ring from this thread, or `None` from an own connection.
    Request(Option<usize>),
    /// The part of a transaction, which goes on with its script.
    Part(Arc<Transaction>, usize),
    /// A meeting to which this part came last.
    Meeting(Box<Joint>),
}

/// A command that runs on what several shards have contributed.
#[derive(Debug)]
pub(crate) struct Joint {
    /// The transaction.
    pub(crate) transaction: Arc<Transaction>,
    /// Which part of it is this shard's.
    pub(crate) part: usize,
    /// Which meeting it is.
    pub(crate) meeting: usize,
    /// What was contributed, as a shard of its own.
    pub(crate) table: Shard,
    /// What has changed there.
    pub(crate) written: Written,
}

/// Arguments that outlive the turn.
#[derive(Debug)]
pub(crate) enum KeptArgs {
    /// A copy.
    Own(OwnedArgs),
    /// Some of a transaction's.
    Shared(Arc<Transaction>, Range<usize>),
}

impl Unfinished {
    /// Whether its command may change data.
    pub(crate) fn writes(&self) -> bool {
        self.catalog.command(self.request.command).is_none_or(Command::writes)
    }
}

impl KeptArgs {
    /// As programs see them.
    pub(crate) fn args(&self) -> Args<'_> {
        match self {
            Self::Own(args) => args.args(),
            Self::Shared(transaction, range) => transaction.args.slice(range.clone()),
        }
    }
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
    /// What it borrows.
    pub(crate) loans: Vec<Loan>,
    /// The request, where that took long.
    pub(crate) slow: Option<Box<Slow>>,
}

/// Arguments that own their bytes.
#[derive(Debug, Default)]
pub(crate) struct OwnedArgs {
    bytes: Vec<u8>,
    ranges: Vec<ArgRange>,
    /// What stands behind them.
    behind: ArgRange,
}

impl OwnedArgs {
    /// A copy of these arguments.
    pub(crate) fn copy_of(args: Args<'_>) -> Self {
        let mut owned = Self::default();
        owned.extend((0..args.len()).map(|index| args.get(index)));
        if !args.behind().is_empty() {
            owned.extend(std::iter::once(args.behind()));
            owned.behind = owned.ranges.pop().unwrap_or_default();
        }
        owned
    }

    /// Forgets all arguments and keeps memory for so many bytes at most.
    pub(crate) fn clear(&mut self, kept_bytes: usize) {
        self.bytes.clear();
        self.bytes.shrink_to(kept_bytes);
        self.ranges.clear();
        self.ranges.shrink_to(kept_bytes / size_of::<ArgRange>());
        self.behind = ArgRange::default();
    }

    /// Copies further arguments and tells which they are.
    pub(crate) fn extend<'a>(&mut self, args: impl Iterator<Item = &'a [u8]>) -> Range<usize> {
        let first = self.ranges.len();
        for arg in args {
            let start = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
            let len = u32::try_from(arg.len()).unwrap_or(u32::MAX);
            self.bytes.extend_from_slice(arg);
            self.ranges.push(ArgRange { start, len });
        }
        first..self.ranges.len()
    }

    /// As programs see them.
    pub(crate) fn args(&self) -> Args<'_> {
        Args::new(&self.bytes, &self.ranges).with_behind(self.behind)
    }

    /// Some of them as programs see them.
    pub(crate) fn slice(&self, range: Range<usize>) -> Args<'_> {
        Args::new(&self.bytes, self.ranges.get(range).unwrap_or(&[]))
    }
}

impl UnfinishedPrograms {
    /// Whether none waits.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Lets a program wait behind all others.
    pub(crate) fn push(&mut self, program: Unfinished) {
        self.list.push_back(program);
    }

    /// Takes those out that are like this.
    pub(crate) fn take_if(&mut self, is_like: impl Fn(&Unfinished) -> bool) -> Vec<Unfinished> {
        let (taken, kept) = self.list.drain(..).partition(is_like);
        self.list = kept;
        Vec::from(taken)
    }

    /// The program whose turn it is.
    pub(crate) fn pop(&mut self) -> Option<Unfinished> {
        self.list.pop_front()
    }
}

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
