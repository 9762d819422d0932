//! A transaction: commands over keys of several shards that take effect at one moment.
//!
//! ```text
//! coordinator          every touched shard                         coordinator
//!  publish ==Turn==> intents, then arrive; the last to arrive
//!  (order.rs)        says GoOn to the others -> script -> ended;
//!                    the last to end says Finished ==============> reply
//! ```
//!
//! All touched threads share one [`Transaction`]. What its coordinator has put into it does not
//! change any more; what a shard adds stands in a slot of its own. A slot has one owner at a time:
//! the shard, until it has counted itself as arrived (or ended, or come to a meeting); from the
//! last count on the one who was last. So its lock is never waited for.
//!
//! No intent falls and no write is seen before every shard has arrived, as nobody goes on before.
//! From there on each shard runs its **script**: commands on its own keys, in program order, and
//! **meetings**, where a command needs values of several shards: all of them contribute, the last
//! one runs the command on what was contributed, and each takes its own results home.
//!
//! Room (DESIGN, room that cannot fail): each thread may have [`out_max`] transactions out, and
//! every ring has so many slots for it. A transaction has at most one message in flight for each
//! ring: a shard is told to go on only after it has taken what it was told before, and the
//! coordinator is told last. So publication and progress never find a full ring, and a credit
//! comes back on the thread that spends it: nobody waits for another thread's credits.

use crate::catalog::{Catalog, Command};
use crate::gather::Combine;
use crate::intents::{Marks, Ticket};
use crate::request::{ReplyTo, Request};
use crate::unfinished::OwnedArgs;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zvm::Returns;

/// What the threads share of one transaction.
#[derive(Debug)]
pub(crate) struct Transaction {
    /// The thread that coordinates it.
    pub(crate) home: usize,
    /// Where the reply goes there.
    pub(crate) reply_to: ReplyTo,
    /// When it was published, which is its time on every shard.
    pub(crate) now_ms: u64,
    /// The commands that it was bound with.
    pub(crate) catalog: Arc<Catalog>,
    /// The arguments of all steps.
    pub(crate) args: OwnedArgs,
    /// The commands, in program order.
    pub(crate) steps: Vec<Step>,
    /// The touched shards.
    pub(crate) parts: Box<[Part]>,
    /// Shards that have not arrived.
    missing: AtomicUsize,
    /// Shards that have not ended.
    unended: AtomicUsize,
    /// Whether it must not take effect.
    aborted: AtomicBool,
}

/// One command of a transaction.
#[derive(Debug)]
pub(crate) struct Step {
    /// The command; its arguments are those of the transaction.
    pub(crate) request: Request,
    /// Where its reply comes from.
    pub(crate) reply: StepReply,
}

/// Where the reply of a step comes from.
#[derive(Debug)]
pub(crate) enum StepReply {
    /// From the parts of its key groups: the part of each group.
    Groups(Box<[u32]>),
    /// From every part.
    All,
}

/// One touched shard.
#[derive(Debug)]
pub(crate) struct Part {
    /// The thread that hosts it.
    pub(crate) thread: usize,
    /// What it does there, in program order.
    pub(crate) script: Vec<Action>,
    /// What the shard knows of it.
    slot: Mutex<Slot>,
}

/// One thing that a shard does.
#[derive(Debug)]
pub(crate) enum Action {
    /// Runs a step on keys that are all here.
    Run {
        /// Which one.
        step: usize,
        /// The arguments, of the transaction's, that it runs with.
        args: Range<usize>,
        /// The hash of the first key among them.
        hash: u64,
    },
}

/// What a shard has done.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    /// What it will hold, until it is there.
    pub(crate) marks: Option<Marks>,
    /// Its place in the shard's queues.
    pub(crate) ticket: Option<Ticket>,
    /// The action that comes next.
    pub(crate) next: usize,
    /// The replies so far, one behind the other.
    pub(crate) replies: Vec<u8>,
    /// The step of each reply, and where the reply ends.
    pub(crate) ends: Vec<(usize, usize)>,
}

impl Transaction {
    /// A transaction of these steps over these shards.
    pub(crate) fn new(
        home: usize,
        reply_to: ReplyTo,
        now_ms: u64,
        catalog: Arc<Catalog>,
        plan: Plan,
    ) -> Self {
        let Plan { args, steps, parts } = plan;
        let count = parts.len();
        Self {
            home,
            reply_to,
            now_ms,
            catalog,
            args,
            steps,
            parts: parts.into(),
            missing: AtomicUsize::new(count),
            unended: AtomicUsize::new(count),
            aborted: AtomicBool::new(false),
        }
    }

    /// Counts a shard as arrived. True for the last one, who sees what all others did before.
    pub(crate) fn arrive(&self) -> bool {
        self.missing.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// Counts a shard as ended. True for the last one.
    pub(crate) fn end(&self) -> bool {
        self.unended.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// Sees to it that it takes no effect anywhere; to be said before the shard arrives.
    pub(crate) fn abort(&self) {
        // Relaxed: `arrive` follows, and orders it before whoever goes on.
        self.aborted.store(true, Ordering::Relaxed);
    }

    /// Whether it takes no effect; known once all have arrived.
    pub(crate) fn is_aborted(&self) -> bool {
        self.aborted.load(Ordering::Relaxed)
    }

    /// Writes the reply, once all have ended.
    pub(crate) fn write_reply(&self, out: &mut Vec<u8>) {
        let slots: Vec<_> = self.parts.iter().map(Part::slot).collect();
        let mut replies: Vec<_> = slots.iter().map(|slot| slot.replies().peekable()).collect();
        for (number, step) in self.steps.iter().enumerate() {
            let of_step = |part: &mut std::iter::Peekable<_>| {
                part.next_if(|&(step, _): &(usize, &[u8])| step == number)
            };
            let parts = replies.iter_mut().map(|part| of_step(part).map_or(&[][..], |one| one.1));
            let parts: Vec<&[u8]> = parts.collect();
            self.write_step(step, &parts, out);
        }
    }

    fn write_step(&self, step: &Step, parts: &[&[u8]], out: &mut Vec<u8>) {
        let command = self.catalog.command(step.request.command);
        let combine = Combine::of(command.map_or(Returns::Any, Command::returns));
        let dialect = step.request.dialect;
        match &step.reply {
            StepReply::Groups(groups) => {
                combine.write_groups(dialect, parts, groups, out);
            }
            StepReply::All => combine.write(dialect, parts.iter().copied(), out),
        }
    }
}

impl Part {
    /// The part of a shard on `thread`.
    pub(crate) fn new(thread: usize, marks: Marks, script: Vec<Action>) -> Self {
        let slot = Slot { marks: Some(marks), ..Slot::default() };
        Self { thread, script, slot: Mutex::new(slot) }
    }

    /// What the shard knows of it, for its owner of the moment.
    pub(crate) fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    /// The action has come to its end, its reply being the last there is.
    pub(crate) fn end_action(&mut self, step: usize) {
        self.ends.push((step, self.replies.len()));
        self.next += 1;
    }

    /// The replies, each with its step.
    pub(crate) fn replies(&self) -> impl Iterator<Item = (usize, &[u8])> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|&(_, end)| end));
        self.ends
            .iter()
            .zip(starts)
            .map(|(&(step, end), start)| (step, self.replies.get(start..end).unwrap_or(&[])))
    }
}

/// What a transaction is made from.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// The arguments of all steps.
    pub(crate) args: OwnedArgs,
    /// The commands.
    pub(crate) steps: Vec<Step>,
    /// The touched shards.
    pub(crate) parts: Vec<Part>,
}

/// Transactions that a thread may have out at a time, among `threads` threads.
pub(crate) const fn out_max(threads: usize) -> usize {
    match threads {
        0 | 1 => 0,
        2..=8 => 64,
        9..=32 => 16,
        _ => 4,
    }
}
