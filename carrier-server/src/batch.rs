//! Requests that are executed together: those for this thread's shard, and those that cross a
//! ring to another's.

use crate::catalog::Catalog;
use crate::loan::Loan;
use crate::multi::Queue;
use crate::request::{ReplyTo, Request, Source};
use crate::slow_log::Slow;
use loopy_ring::Permit;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use zvm::{ArgRange, Args};

/// Requests with their argument ranges and, where these do not borrow from a connection's input,
/// the argument bytes.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    /// In the order of their arrival.
    pub(crate) list: Vec<Request>,
    /// The arguments of all of them.
    pub(crate) ranges: Vec<ArgRange>,
    /// Arguments with [`Source::Batch`].
    pub(crate) bytes: Vec<u8>,
    /// What those that are an EXEC run, by their number in the list, in ascending order.
    pub(crate) execs: VecDeque<(usize, Box<Queue>)>,
    /// Queues to be used again.
    #[expect(clippy::vec_box, reason = "a connection takes them boxed")]
    pub(crate) spare_queues: Vec<Box<Queue>>,
}

impl Requests {
    /// Forgets all requests and keeps the memory, within reason.
    pub(crate) fn clear(&mut self) {
        self.list.clear();
        self.list.shrink_to(REQUESTS_MAX);
        self.ranges.clear();
        self.ranges.shrink_to(4 * REQUESTS_MAX);
        self.bytes.clear();
        self.bytes.shrink_to(BYTES_MAX);
        self.execs.clear();
    }

    /// A queue for a connection, with these commands.
    pub(crate) fn take_queue(&mut self, catalog: &Arc<Catalog>) -> Box<Queue> {
        match self.spare_queues.pop() {
            Some(mut queue) => {
                queue.renew(catalog);
                queue
            }
            None => Box::new(Queue::new(catalog)),
        }
    }

    /// The arguments at `range` of the list, which are offsets into `source`; `input` is the
    /// input buffer of the connection they came from.
    pub(crate) fn args<'a>(
        &'a self,
        range: Range<usize>,
        source: Source,
        input: &'a [u8],
    ) -> Args<'a> {
        let ranges = self.ranges.get(range).unwrap_or(&[]);
        match source {
            Source::Input => Args::with_annex(input, ranges, &self.bytes),
            Source::Batch => Args::new(&self.bytes, ranges),
        }
    }

    /// The one at `place` of the list, as [`args`](Self::args) gives it.
    #[inline]
    pub(crate) fn arg<'a>(&'a self, place: usize, source: Source, input: &'a [u8]) -> &'a [u8] {
        match (source, self.ranges.get(place)) {
            (Source::Input, Some(range)) => {
                let start = range.start as usize;
                let in_input = input.get(start..start + range.len as usize);
                in_input.unwrap_or_else(|| self.args(place..place + 1, source, input).get(0))
            }
            _ => self.args(place..place + 1, source, input).get(0),
        }
    }

    /// The arguments of a request of the list, and what stands behind them.
    #[inline]
    pub(crate) fn args_of<'a>(&'a self, request: &Request, input: &'a [u8]) -> Args<'a> {
        let args = self.args(request.args.clone(), request.source, input);
        if request.dialect.ranges_behind() == 0 {
            return args;
        }
        args.with_behind(self.ranges.get(request.args.end).copied().unwrap_or_default())
    }

    /// Adds an argument that is not in the input of the request's connection.
    pub(crate) fn annex(&mut self, arg: &[u8]) {
        let start = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        let len = u32::try_from(arg.len()).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(arg);
        self.ranges.push(ArgRange::in_annex(start, len));
    }

    /// Copies arguments into the batch and returns where their ranges are.
    pub(crate) fn copy_args<'a>(&mut self, args: impl Iterator<Item = &'a [u8]>) -> Range<usize> {
        let first = self.ranges.len();
        for arg in args {
            let start = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
            let len = u32::try_from(arg.len()).unwrap_or(u32::MAX);
            self.bytes.extend_from_slice(arg);
            self.ranges.push(ArgRange { start, len });
        }
        first..self.ranges.len()
    }
}

/// Keeps a queue to be used again, if there are not many already.
#[expect(clippy::vec_box, reason = "a connection takes them boxed")]
pub(crate) fn keep_queue(spare: &mut Vec<Box<Queue>>, queue: Box<Queue>) {
    if spare.len() < QUEUES_KEPT {
        spare.push(queue);
    }
}

/// What crosses a ring: requests one way, their replies the other way. Pooled by the thread that
/// it travels home to.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The thread whose connections the requests came from.
    pub(crate) home: usize,
    /// The commands as they were when the requests were bound.
    pub(crate) catalog: Arc<Catalog>,
    /// The requests, all with [`Source::Batch`].
    pub(crate) requests: Requests,
    /// The encoded replies, one after the other.
    pub(crate) replies: Vec<u8>,
    /// Where each request's reply ends in `replies`.
    pub(crate) ends: Vec<usize>,
    /// Which of the requests, by number, are answered later, each by a message of its own.
    pub(crate) late: Vec<usize>,
    /// What replies borrow, each with the number of its request.
    pub(crate) loans: Vec<(usize, Loan)>,
    /// Those requests, by number, that took long.
    pub(crate) slow: Vec<(usize, Box<Slow>)>,
    /// The reserved slot of the home ring that lets it come back (DESIGN: room that cannot fail).
    permit: Permit,
}

impl Batch {
    /// An empty batch of thread `home`, with the right to return there.
    pub(crate) fn new(home: usize, catalog: Arc<Catalog>, permit: Permit) -> Self {
        let requests = Requests::default();
        let (replies, ends, late) = (Vec::new(), Vec::new(), Vec::new());
        let (loans, slow) = (Vec::new(), Vec::new());
        Self { home, catalog, requests, replies, ends, late, loans, slow, permit }
    }

    /// The right to return home.
    pub(crate) const fn permit(&self) -> &Permit {
        &self.permit
    }

    /// The address and the reply of each request; none where it comes later.
    pub(crate) fn answers(&self) -> impl Iterator<Item = (ReplyTo, Option<&[u8]>)> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let places = starts.zip(self.ends.iter().copied());
        self.requests.list.iter().zip(places).enumerate().map(|(number, (request, place))| {
            let (start, end) = place;
            let reply = self.replies.get(start..end).unwrap_or(&[]);
            (request.reply_to, (!self.late.contains(&number)).then_some(reply))
        })
    }

    /// What the reply of a request borrows.
    pub(crate) fn loans_of(&self, request: usize) -> impl Iterator<Item = Loan> {
        let own = self.loans.iter().filter(move |(number, _)| *number == request);
        own.map(|(_, loan)| loan.clone())
    }

    /// Forgets requests and replies and keeps the memory, within reason.
    pub(crate) fn clear(&mut self) {
        self.requests.clear();
        self.replies.clear();
        self.replies.shrink_to(BYTES_MAX);
        self.ends.clear();
        self.ends.shrink_to(REQUESTS_MAX);
        self.late.clear();
        self.loans.clear();
        self.slow.clear();
    }

    /// Whether it has grown enough to be sent before the turn ends.
    pub(crate) fn is_large(&self) -> bool {
        self.requests.list.len() >= REQUESTS_MAX || self.requests.bytes.len() >= BYTES_MAX
    }
}

/// Queues of transactions that are kept.
const QUEUES_KEPT: usize = 64;
/// Requests after which a batch is sent at once, and for which it keeps room.
const REQUESTS_MAX: usize = 256;
/// Bytes of arguments after which a batch is sent at once, and for which it keeps room.
const BYTES_MAX: usize = 32 * 1024;
