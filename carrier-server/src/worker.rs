//! The worker role: the one owner of a shard, which runs programs against it (invariant 1).

mod execs;
mod meetings;
mod parts;
mod programs;

pub(crate) use parts::Outgoing;

use crate::batch::{Batch, Requests, keep_queue};
use crate::budget::Budget;
use crate::catalog::{Catalog, Command};
use crate::clock::Clock;
use crate::connection::Connections;
use crate::intents::{Intents, Ticket};
use crate::loan::Loan;
use crate::prefault::Prefaulter;
use crate::replies::Replies;
use crate::request::{ConnectionKey, Request};
use crate::session::DATABASES;
use crate::shard_store::{ShardPlace, Written};
use crate::slow_log::{Slow, Stopwatch};
use crate::stats::ThreadStats;
use crate::unfinished::{LateReply, UnfinishedPrograms};
use crate::watches::Watches;
use kvstore::{ExpiryObserver, HashKey, Namespace, Shard, SweepLimits, Text};
use programs::{Held, ProgramTurn};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use zvm::{Registers, RunWhere};

/// The owner of one shard.
#[derive(Debug)]
pub(crate) struct Worker {
    /// Which of the shards it owns.
    place: ShardPlace,
    shard: Shard,
    /// Where the shard's next regions go, to be backed by memory.
    prefaulter: Prefaulter,
    hash_key: Arc<HashKey>,
    registers: Registers,
    /// Replies that do not go straight to a connection's output.
    scratch: Vec<u8>,
    /// Namespaces and hashes to prefetch.
    prepared: Vec<(Namespace, u64)>,
    /// When requests were last run.
    asked_at_ms: u64,
    /// How many of memcached's items were replied.
    items_replied: u64,
    /// When the budget was last corrected.
    corrected_at_ms: u64,
    /// How many keys had made room when that was last looked at.
    evicted: u64,
    /// The databases, a bit each, whose counters may have changed since they were published.
    touched: u32,
    /// Programs that wait for their next slice.
    unfinished: UnfinishedPrograms,
    /// The keys that unfinished programs and transactions hold.
    intents: Intents<Held>,
    /// The keys that connections watch.
    watches: Watches,
    /// What the program that ran last has changed, while keys are watched.
    written: Written,
    /// Shards for meetings, empty or to be emptied.
    tables: Vec<Shard>,
    /// Tables that hold what readers look at.
    views: usize,
    /// What was queued there and is first now.
    ready: VecDeque<(Ticket, Held)>,
    /// What other threads, or this one's coordinator, are to be told.
    outgoing: Vec<Outgoing>,
    /// Replies of those that have come to their end.
    late: Vec<LateReply>,
    /// What the reply written last borrows, until it is handed on.
    loans: Vec<Loan>,
    /// Times what it runs.
    watch: Stopwatch,
    /// Requests of this thread's connections that took long.
    slow: Vec<(ConnectionKey, Box<Slow>)>,
}

/// How much a shard has to do by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Upkeep {
    /// Nothing.
    Idle,
    /// Keys will expire: they are looked at every so often.
    Watching,
    /// There is something to do that can wait.
    Backlog,
    /// Many keys are due.
    Due,
}

impl Worker {
    /// The owner of the shard at this place.
    pub(crate) fn new(
        place: ShardPlace,
        shard: Shard,
        prefaulter: Prefaulter,
        hash_key: Arc<HashKey>,
        clock: Clock,
    ) -> Self {
        Self {
            place,
            shard,
            prefaulter,
            hash_key,
            registers: Registers::default(),
            scratch: Vec::new(),
            prepared: Vec::new(),
            asked_at_ms: 0,
            items_replied: 0,
            corrected_at_ms: 0,
            evicted: 0,
            touched: 0,
            unfinished: UnfinishedPrograms::default(),
            intents: Intents::default(),
            watches: Watches::default(),
            written: Written::default(),
            tables: Vec::new(),
            views: 0,
            ready: VecDeque::new(),
            outgoing: Vec::new(),
            late: Vec::new(),
            loans: Vec::new(),
            watch: Stopwatch::new(clock),
            slow: Vec::new(),
        }
    }

    /// Notes which requests take long, from here on: those that take at least so long, or none.
    pub(crate) const fn set_slow_limit(&mut self, limit: Option<Duration>) {
        self.watch.set_limit(limit);
    }

    /// The requests of this thread's connections that took long, since this was asked last.
    pub(crate) fn slow_requests(&mut self) -> std::vec::Drain<'_, (ConnectionKey, Box<Slow>)> {
        self.slow.drain(..)
    }

    /// Executes requests of this thread's own connections, in order, replying into their outputs.
    pub(crate) fn execute_local(
        &mut self,
        requests: &mut Requests,
        connections: &mut Connections,
        catalog: &Arc<Catalog>,
        now_ms: u64,
    ) {
        if !requests.list.is_empty() {
            self.asked_at_ms = now_ms;
        }
        self.flush_due(now_ms);
        self.prepare(&requests.list, catalog);
        self.watch.begin();
        let last = requests.list.len().saturating_sub(1);
        let mut execs = std::mem::take(&mut requests.execs);
        for (number, request) in requests.list.iter().enumerate() {
            let exec = execs.pop_front_if(|exec| exec.0 == number);
            let Some(connection) = connections.get(request.reply_to.connection) else {
                exec.into_iter().for_each(|(_, queue)| self.unwatch(&queue.watched));
                continue;
            };
            if let Some((_, queue)) = exec {
                let queue = self.execute_exec(request, queue, connection, now_ms);
                queue.into_iter().for_each(|queue| keep_queue(&mut requests.spare_queues, queue));
                continue;
            }
            let Some(command) = catalog.command(request.command) else { continue };
            let args = requests.args_of(request, connection.input.buffer());
            let turn = ProgramTurn::of(request, command, args, now_ms);
            if !self.intents.is_empty() && self.queue(request, &turn, None, catalog) {
                connection.unfinished += 1;
                continue;
            }
            let (replies, sequence) = (&mut connection.replies, request.reply_to.sequence);
            let sliced = command.is_sliced(args.len());
            let is_last = number == last;
            if !sliced && !request.quiet && request.reply_to.part.is_none() {
                let slow = replies.reply_lending(sequence, |out, loans| {
                    let slow = self.run_timed(&turn, is_last, out);
                    loans.append(&mut self.loans);
                    slow
                });
                self.slow.extend(slow.map(|slow| (request.reply_to.connection, slow)));
                continue;
            }
            if !self.answer_apart(request, (&turn, is_last), catalog, replies) {
                connection.unfinished += 1;
            }
        }
        self.watch.end();
        requests.execs = execs;
        requests.clear();
    }

    /// Runs a request that may take slices, have no reply, or be a part of one, and replies; false
    /// where it goes on in a later turn.
    fn answer_apart(
        &mut self,
        request: &Request,
        (turn, is_last): (&ProgramTurn<'_>, bool),
        catalog: &Arc<Catalog>,
        replies: &mut Replies,
    ) -> bool {
        let sequence = request.reply_to.sequence;
        let mut reply = std::mem::take(&mut self.scratch);
        let ended = match turn.command.is_sliced(turn.args.len()) {
            false => Some(self.run_timed(turn, is_last, &mut reply)),
            true => self.run_sliced(request, turn, None, catalog, &mut reply),
        };
        let Some(slow) = ended else { return false };
        self.slow.extend(slow.map(|slow| (request.reply_to.connection, slow)));
        if request.quiet {
            reply.clear();
            self.loans.clear();
        }
        match request.reply_to.part {
            Some(part) => replies.reply_part(sequence, part as usize, &reply),
            None => replies.reply_lending(sequence, |out, loans| {
                out.extend_from_slice(&reply);
                loans.append(&mut self.loans);
            }),
        }
        reply.clear();
        self.scratch = reply;
        true
    }

    /// Executes a batch that came over a ring, replying into the batch.
    pub(crate) fn execute_batch(&mut self, batch: &mut Batch, now_ms: u64, stats: &ThreadStats) {
        self.asked_at_ms = now_ms;
        self.flush_due(now_ms);
        self.prepare(&batch.requests.list, &batch.catalog);
        self.watch.begin();
        let last = batch.requests.list.len().saturating_sub(1);
        for (number, request) in batch.requests.list.iter().enumerate() {
            let start = batch.replies.len();
            if let Some(command) = batch.catalog.command(request.command) {
                let args = batch.requests.args_of(request, &[]);
                let turn = ProgramTurn::of(request, command, args, now_ms);
                let home = Some(batch.home);
                let (catalog, replies) = (&batch.catalog, &mut batch.replies);
                if !self.intents.is_empty() && self.queue(request, &turn, home, catalog) {
                    batch.late.push(number);
                } else {
                    let ended = match command.is_sliced(args.len()) {
                        false => Some(self.run_timed(&turn, number == last, replies)),
                        true => self.run_sliced(request, &turn, home, catalog, replies),
                    };
                    match ended {
                        Some(slow) => batch.slow.extend(slow.map(|slow| (number, slow))),
                        None => batch.late.push(number),
                    }
                }
            }
            let loans = self.loans.drain(..).map(|loan| (number, loan));
            if request.quiet {
                batch.replies.truncate(start);
                drop(loans);
            } else {
                batch.loans.extend(loans);
            }
            batch.ends.push(batch.replies.len());
        }
        self.watch.end();
        stats.remote_requests.add(batch.requests.list.len() as u64);
        self.publish(stats);
    }

    /// One bounded step of what the shard has to do by itself: expiry and deferred destruction.
    pub(crate) fn maintain(&mut self, now_ms: u64, budget: &Budget) -> Upkeep {
        if self.place.index == 0 && now_ms >= self.corrected_at_ms.saturating_add(CORRECTED_MS) {
            self.corrected_at_ms = now_ms;
            budget.correct();
        }
        self.flush_due(now_ms);
        self.prefaulter.follow(|regions| self.shard.upcoming(regions));
        self.shard.set_budget(budget.of_shard());
        let over = (0..EVICT_STEPS).all(|_| self.shard.stay_under());
        if self.shard.evicted() != self.evicted {
            self.evicted = self.shard.evicted();
            self.touched = ALL_DATABASES;
        }
        if self.shard.ledger().queued > 0 {
            self.touched = ALL_DATABASES;
        }
        let mut freeing = self.shard.work(WORK_STEPS);
        for table in &mut self.tables {
            freeing |= table.work(WORK_STEPS);
        }
        let expiring = self.shard.namespaces().any(|ns| self.shard.expiring(ns) > 0)
            || self.shard.has_expiring_names();
        let mut due = false;
        if expiring {
            let mut unheld = Unheld { intents: &self.intents, hash_key: &self.hash_key };
            let swept = self.shard.sweep(now_ms, SWEEP, &mut unheld);
            due = swept.due >= SWEEP.keys_max as u64 || swept.names > 0;
            self.touched = ALL_DATABASES;
        }
        // Blocks are moved further together only while nothing else asks for the time: between
        // writes that go on, they would be moved again and again. What is about to expire is not
        // moved before.
        let idle = now_ms >= self.asked_at_ms.saturating_add(IDLE_AFTER_MS);
        let moving = !due && self.shard.compact(idle);
        if moving {
            self.touched = ALL_DATABASES;
        }
        if due {
            Upkeep::Due
        } else if freeing || moving || over {
            Upkeep::Backlog
        } else if expiring {
            Upkeep::Watching
        } else {
            Upkeep::Idle
        }
    }

    /// Flushes what a client said should be flushed by now.
    #[inline]
    fn flush_due(&mut self, now_ms: u64) {
        if self.shard.flush_due(now_ms) {
            self.touched = ALL_DATABASES;
        }
    }

    /// Has the memory fetched that requests are about to touch; they are taken for writes where the
    /// last of them is one, as pipelines are of one kind mostly.
    fn prepare(&mut self, requests: &[Request], catalog: &Catalog) {
        if let [_, .., last] = requests {
            self.prepared.clear();
            let keys = requests.iter().map(|request| (Namespace(request.namespace), request.hash));
            self.prepared.extend(keys);
            if catalog.command(last.command).is_some_and(|command| command.writes()) {
                self.shard.prepare_writes(&self.prepared);
            } else {
                self.shard.prepare(&self.prepared);
            }
        }
    }

    /// Whether replies wait to be taken.
    pub(crate) const fn has_late_replies(&self) -> bool {
        !self.late.is_empty()
    }

    /// The replies of programs that have come to their end since this was asked last.
    pub(crate) fn late_replies(&mut self) -> std::vec::Drain<'_, LateReply> {
        self.late.drain(..)
    }

    /// Keeps a reply that could not be handed on; it is asked for again.
    pub(crate) fn keep_late(&mut self, late: LateReply) {
        self.late.push(late);
    }

    /// Notes whose counters a request may change.
    fn touch(&mut self, namespace: u32, command: &Command) {
        self.touched |= match command.run_where() {
            RunWhere::All => ALL_DATABASES,
            _ if command.uses_databases() => ALL_DATABASES,
            _ => 1_u32.checked_shl(namespace).unwrap_or(0),
        };
    }

    /// Tells the counters how things stand.
    pub(crate) fn publish(&mut self, stats: &ThreadStats) {
        stats.cache_hits.set(self.items_replied);
        if self.touched == 0 {
            return;
        }
        let (ledger, figures) = (self.shard.ledger(), self.shard.figures());
        stats.used_bytes.set(ledger.used());
        stats.free_bytes.set(ledger.free);
        stats.payload_bytes.set(self.shard.payload_bytes());
        stats.committed_bytes.set(figures.committed_bytes as u64);
        stats.moved_bytes.set(figures.moved_bytes);
        let steps = self.shard.steps();
        stats.step_blocks.set(steps.blocks_max);
        stats.step_bytes.set(steps.bytes_max);
        stats.step_moved_bytes.set(steps.moved_bytes_max);
        stats.steps_beyond.set(steps.beyond);
        stats.expired_keys.set(self.shard.expired());
        stats.evicted_keys.set(self.shard.evicted());
        for (id, (keys, expiring)) in (0..).zip(stats.keys.iter().zip(&stats.expiring)) {
            if self.touched >> id & 1 == 1 {
                keys.set(self.shard.len(Namespace(id)));
                expiring.set(self.shard.expiring(Namespace(id)));
            }
        }
        self.touched = 0;
    }
}

/// Keeps from the sweep what is held.
struct Unheld<'a> {
    intents: &'a Intents<Held>,
    hash_key: &'a HashKey,
}

impl ExpiryObserver for Unheld<'_> {
    fn holds(&mut self, _: Namespace, key: Text<'_>) -> bool {
        let mut digits = databox::decimal::Buffer::new();
        !self.intents.is_empty() && self.intents.is_held(self.hash_key.hash(key.bytes(&mut digits)))
    }

    fn expired(&mut self, _: Namespace, _: Text<'_>) {}
}

/// A bit for each database.
const ALL_DATABASES: u32 = u32::MAX >> (u32::BITS - DATABASES);
/// What one step of the sweep looks at: pages on which nothing is due cost one comparison.
const SWEEP: SweepLimits = SweepLimits { pages_max: 64, keys_max: 16 };
/// How long nobody has asked for anything when a shard counts as idle.
const IDLE_AFTER_MS: u64 = 100;
/// Steps towards the budget between two looks at the clock.
const EVICT_STEPS: usize = 8;
/// How often the budget is corrected by what the process takes.
const CORRECTED_MS: u64 = 100;
/// Steps of deferred destruction between two looks at the clock.
const WORK_STEPS: usize = 8;

#[cfg(test)]
mod tests;
