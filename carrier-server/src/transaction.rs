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

mod meeting;

pub(crate) use meeting::{Entry, JointKey, Meeting};

use crate::catalog::{Catalog, Command};
use crate::config::TestSwitches;
use crate::dialect::Dialect;
use crate::gather::Combine;
use crate::intents::{Marks, Ticket};
use crate::request::{ReplyTo, Request};
use crate::slow_log::Slow;
use crate::unfinished::OwnedArgs;
use crate::watches::Watched;
use drp_parser::Encoder;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
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
    /// What it is for.
    pub(crate) purpose: Purpose,
    /// The commands, in program order.
    pub(crate) steps: Vec<Step>,
    /// Where commands need values of several shards.
    pub(crate) meetings: Vec<Meeting>,
    /// The touched shards.
    pub(crate) parts: Box<[Part]>,
    /// Whether it begins with a meeting of all shards.
    pub(crate) opens_with_meeting: bool,
    /// Whether that is all that it does, and changes nothing.
    pub(crate) only_reads_together: bool,
    /// Shards that have not arrived.
    missing: AtomicUsize,
    /// Shards that have not ended.
    unended: AtomicUsize,
    /// Whether it must not take effect.
    aborted: AtomicBool,
    /// Whether that is because a shard has no room for it.
    lacks_room: AtomicBool,
}

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// One command.
    Command,
    /// The commands between MULTI and EXEC; the dialect of the reply.
    Exec(Dialect),
    /// To watch keys.
    Watch,
    /// To watch keys no longer.
    Unwatch,
}

/// One command of a transaction.
#[derive(Debug)]
pub(crate) struct Step {
    /// The command; its arguments are those of the transaction.
    pub(crate) request: Request,
    /// Where its reply comes from.
    pub(crate) reply: StepReply,
    /// How long it has taken on all shards, in nanoseconds, as far as that was looked at.
    took_ns: AtomicU64,
}

impl Step {
    /// A step whose reply comes from there.
    pub(crate) const fn new(request: Request, reply: StepReply) -> Self {
        Self { request, reply, took_ns: AtomicU64::new(0) }
    }

    /// Adds the time that it has taken on one shard.
    pub(crate) fn add_time(&self, took: Duration) {
        let took = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        // Relaxed: it is read when the last shard has ended.
        self.took_ns.fetch_add(took, Ordering::Relaxed);
    }
}

/// Where the reply of a step comes from.
#[derive(Debug)]
pub(crate) enum StepReply {
    /// From one part.
    Part(usize),
    /// From a meeting.
    Meeting(usize),
    /// It is here.
    Known(Vec<u8>),
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
    /// The keys that must be as they were when the connection began to watch them.
    pub(crate) watched: Vec<Watched>,
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
    /// Comes to a meeting.
    Meet(usize),
    /// Begins to watch the keys that are these arguments, in a namespace.
    Watch(u32, Range<usize>),
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
    /// Whether that is a meeting to which this shard has contributed.
    pub(crate) has_met: bool,
    /// The keys that it has begun to watch.
    pub(crate) watched: Vec<Watched>,
    /// Bytes of the shard's budget that are set aside for what it writes.
    pub(crate) room: u64,
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
        purpose: Purpose,
        plan: Plan,
    ) -> Self {
        let Plan { args, steps, meetings, parts } = plan;
        let count = parts.len();
        let opens = |part: &Part| matches!(part.script.first(), Some(Action::Meet(0)));
        let opens_with_meeting = count > 0 && parts.iter().all(opens);
        let writes =
            |step: &Step| catalog.command(step.request.command).is_none_or(Command::writes);
        let only_reads_together = opens_with_meeting && steps.len() == 1 && !writes(&steps[0]);
        Self {
            home,
            reply_to,
            now_ms,
            catalog,
            args,
            purpose,
            steps,
            meetings,
            parts: parts.into(),
            opens_with_meeting,
            only_reads_together,
            missing: AtomicUsize::new(count),
            unended: AtomicUsize::new(count),
            aborted: AtomicBool::new(false),
            lacks_room: AtomicBool::new(false),
        }
    }

    /// Whether it touches no shard but the one of this thread.
    pub(crate) fn is_only_on(&self, thread: usize) -> bool {
        self.parts.iter().all(|part| part.thread == thread)
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

    /// The same for want of room, which is the reply then.
    pub(crate) fn refuse(&self) {
        self.lacks_room.store(true, Ordering::Relaxed);
        self.abort();
    }

    /// Whether it takes no effect; known once all have arrived.
    pub(crate) fn is_aborted(&self) -> bool {
        self.aborted.load(Ordering::Relaxed)
    }

    /// The keys that it has begun to watch, once all have ended.
    pub(crate) fn watched(&self) -> Vec<Watched> {
        if self.purpose != Purpose::Watch {
            return Vec::new();
        }
        self.parts.iter().flat_map(|part| std::mem::take(&mut part.slot().watched)).collect()
    }

    /// Those of its commands that took so long, once all have ended. The keys of one that ran on
    /// several shards come shard by shard.
    pub(crate) fn slow_steps(&self, limit: Option<Duration>) -> Vec<Box<Slow>> {
        let Some(limit) = limit else { return Vec::new() };
        let took = |step: &Step| Duration::from_nanos(step.took_ns.load(Ordering::Relaxed));
        let steps = self.steps.iter().enumerate();
        let slow = steps.filter(|(_, step)| took(step) >= limit).filter_map(|(number, step)| {
            let command = self.catalog.command(step.request.command)?;
            let ranges: Vec<Range<usize>> = match step.reply {
                StepReply::Known(_) => return None,
                StepReply::Meeting(one) => vec![self.meetings.get(one)?.args.clone()],
                StepReply::All => self.args_of(number).take(1).collect(),
                StepReply::Part(_) | StepReply::Groups(_) => self.args_of(number).collect(),
            };
            let args: Vec<&[u8]> = ranges
                .iter()
                .flat_map(|range| {
                    let args = self.args.slice(range.clone());
                    (0..args.len()).map(move |index| args.get(index))
                })
                .collect();
            Some(Slow::new(took(step), &command.name(), args.into_iter()))
        });
        slow.collect()
    }

    /// The arguments with which a step runs on each of its shards.
    fn args_of(&self, number: usize) -> impl Iterator<Item = Range<usize>> {
        let actions = self.parts.iter().flat_map(|part| &part.script);
        actions.filter_map(move |action| match action {
            Action::Run { step, args, .. } if *step == number => Some(args.clone()),
            _ => None,
        })
    }

    /// Writes the reply, once all have ended.
    pub(crate) fn write_reply(&self, out: &mut Vec<u8>) {
        if self.lacks_room.load(Ordering::Relaxed) {
            out.extend_from_slice(NO_ROOM);
            return;
        }
        match self.purpose {
            Purpose::Exec(dialect) => {
                let Dialect::Resp(version) = dialect else { return };
                if self.is_aborted() {
                    Encoder::new(out, version).nil_array();
                    return;
                }
                Encoder::new(out, version).array(self.steps.len());
            }
            Purpose::Command | Purpose::Watch | Purpose::Unwatch => {}
        }
        let slots: Vec<_> = self.parts.iter().map(Part::slot).collect();
        let mut replies: Vec<_> = slots.iter().map(|slot| slot.replies().peekable()).collect();
        for (number, step) in self.steps.iter().enumerate() {
            let of_step = |part: &mut std::iter::Peekable<_>| {
                part.next_if(|&(step, _): &(usize, &[u8])| step == number)
            };
            let mut reply_of = |part: &mut std::iter::Peekable<_>| {
                of_step(part).map_or(&[][..], |one: (usize, &[u8])| one.1)
            };
            let start = out.len();
            match &step.reply {
                StepReply::Known(reply) => out.extend_from_slice(reply),
                StepReply::Meeting(meeting) => {
                    let meeting = self.meetings.get(*meeting);
                    meeting.into_iter().for_each(|one| out.extend_from_slice(&one.reply()));
                }
                StepReply::Part(part) => {
                    let part = replies.get_mut(*part);
                    out.extend_from_slice(part.map_or(&[][..], reply_of));
                }
                StepReply::Groups(groups) => {
                    let parts: Vec<&[u8]> = replies.iter_mut().map(reply_of).collect();
                    let dialect = step.request.dialect;
                    self.combine(step).write_groups(dialect, &parts, groups, out);
                }
                StepReply::All => {
                    let parts: Vec<&[u8]> = replies.iter_mut().map(&mut reply_of).collect();
                    self.combine(step).write(step.request.dialect, parts.iter().copied(), out);
                }
            }
            if step.request.quiet {
                out.truncate(start);
            }
        }
    }

    fn combine(&self, step: &Step) -> Combine {
        let command = self.catalog.command(step.request.command);
        Combine::of(command.map_or(Returns::Any, Command::returns))
    }
}

impl Part {
    /// The part of a shard on `thread`.
    pub(crate) fn new(
        thread: usize,
        marks: Marks,
        script: Vec<Action>,
        watched: Vec<Watched>,
    ) -> Self {
        let slot = Slot { marks: Some(marks), ..Slot::default() };
        Self { thread, script, watched, slot: Mutex::new(slot) }
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
    /// Where commands need values of several shards.
    pub(crate) meetings: Vec<Meeting>,
    /// The touched shards.
    pub(crate) parts: Vec<Part>,
}

/// The reply where there is no room.
pub(crate) const NO_ROOM: &[u8] = b"-OOM command not allowed when used memory > 'maxmemory'.\r\n";

/// Transactions that a thread may have out at a time, among `threads` threads.
pub(crate) const fn out_max(threads: usize, switches: TestSwitches) -> usize {
    match threads {
        _ if switches.tiny_rings => 1,
        0..=8 => 64,
        9..=32 => 16,
        _ => 4,
    }
}
