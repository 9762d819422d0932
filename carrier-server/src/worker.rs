//! The worker role: the one owner of a shard, which runs programs against it (invariant 1).

use crate::batch::{Batch, Requests};
use crate::catalog::{Catalog, Command, Route};
use crate::connection::Connections;
use crate::dialect::Dialect;
use crate::request::Request;
use crate::session::DATABASES;
use crate::shard_store::{ShardPlace, ShardStore};
use crate::sink::{Sink, end_items};
use crate::stats::ThreadStats;
use crate::unfinished::{LateReply, OwnedArgs, Unfinished, UnfinishedPrograms};
use kvstore::{Key, Namespace, Shard, SweepLimits, Text};
use std::cell::Cell;
use std::sync::Arc;
use zvm::{Args, Frame, NoSession, Outcome, Registers, Returns, RunWhere};

/// The owner of one shard.
#[derive(Debug)]
pub(crate) struct Worker {
    /// Which of the shards it owns.
    place: ShardPlace,
    shard: Shard,
    registers: Registers,
    /// Replies that do not go straight to a connection's output.
    scratch: Vec<u8>,
    /// Namespaces and hashes to prefetch.
    prepared: Vec<(Namespace, u64)>,
    /// When requests were last run.
    asked_at_ms: u64,
    /// How many of memcached's items were replied.
    items_replied: u64,
    /// The databases, a bit each, whose counters may have changed since they were published.
    touched: u32,
    /// Programs that wait for their next slice.
    unfinished: UnfinishedPrograms,
    /// Replies of those that have come to their end.
    late: Vec<LateReply>,
}

/// How much a shard has to do by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Upkeep {
    /// Nothing.
    Idle,
    /// Keys will expire: they are looked at every so often.
    Watching,
    /// Something is due.
    Backlog,
}

impl Worker {
    /// The owner of the shard at this place.
    pub(crate) fn new(place: ShardPlace, shard: Shard) -> Self {
        Self {
            place,
            shard,
            registers: Registers::default(),
            scratch: Vec::new(),
            prepared: Vec::new(),
            asked_at_ms: 0,
            items_replied: 0,
            touched: 0,
            unfinished: UnfinishedPrograms::default(),
            late: Vec::new(),
        }
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
        self.prepare(&requests.list);
        for request in &requests.list {
            let Some(connection) = connections.get(request.reply_to.connection) else { continue };
            let Some(command) = catalog.command(request.command) else { continue };
            let args =
                requests.args(request.args.clone(), request.source, connection.input.buffer());
            let behind = requests.behind(request, connection.input.buffer());
            let replies = &mut connection.replies;
            let sequence = request.reply_to.sequence;
            if command.is_sliced() {
                let turn = SlicedTurn { request, command, args, now_ms, home: None };
                match self.run_sliced(&turn, catalog) {
                    Some(reply) => {
                        replies.reply(sequence, |out| out.extend_from_slice(&reply));
                        self.scratch = reply;
                        self.scratch.clear();
                    }
                    None => connection.unfinished += 1,
                }
                continue;
            }
            if request.quiet || request.reply_to.part.is_some() {
                let mut scratch = std::mem::take(&mut self.scratch);
                self.run(request, command, (args, behind), now_ms, &mut scratch);
                let reply = if request.quiet { &[] } else { scratch.as_slice() };
                match request.reply_to.part {
                    Some(part) => replies.reply_part(sequence, part as usize, reply),
                    None => replies.reply(sequence, |_| ()),
                }
                scratch.clear();
                self.scratch = scratch;
            } else {
                let args = (args, behind);
                replies.reply(sequence, |out| self.run(request, command, args, now_ms, out));
            }
        }
        requests.clear();
    }

    /// Executes a batch that came over a ring, replying into the batch.
    pub(crate) fn execute_batch(&mut self, batch: &mut Batch, now_ms: u64, stats: &ThreadStats) {
        self.asked_at_ms = now_ms;
        self.flush_due(now_ms);
        self.prepare(&batch.requests.list);
        for request in &batch.requests.list {
            let start = batch.replies.len();
            if let Some(command) = batch.catalog.command(request.command) {
                let args = batch.requests.args(request.args.clone(), request.source, &[]);
                if command.is_sliced() {
                    let home = Some(batch.home);
                    let turn = SlicedTurn { request, command, args, now_ms, home };
                    match self.run_sliced(&turn, &batch.catalog) {
                        Some(reply) => {
                            batch.replies.extend_from_slice(&reply);
                            self.scratch = reply;
                            self.scratch.clear();
                        }
                        None => batch.late.push(batch.ends.len()),
                    }
                } else {
                    let args = (args, batch.requests.behind(request, &[]));
                    self.run(request, command, args, now_ms, &mut batch.replies);
                }
            }
            if request.quiet {
                batch.replies.truncate(start);
            }
            batch.ends.push(batch.replies.len());
        }
        stats.remote_requests.add(batch.requests.list.len() as u64);
        self.publish(stats);
    }

    /// One bounded step of what the shard has to do by itself: expiry and deferred destruction.
    pub(crate) fn maintain(&mut self, now_ms: u64) -> Upkeep {
        self.flush_due(now_ms);
        if self.shard.ledger().queued > 0 {
            self.touched = ALL_DATABASES;
        }
        let freeing = self.shard.work(WORK_STEPS);
        let expiring = self.shard.namespaces().any(|ns| self.shard.expiring(ns) > 0);
        let mut due = false;
        if expiring {
            let swept = self.shard.sweep(now_ms, SWEEP, &mut |_: Namespace, _: Text<'_>| ());
            due = swept.due >= SWEEP.keys_max as u64;
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
        if freeing || due || moving {
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

    fn prepare(&mut self, requests: &[Request]) {
        if requests.len() > 1 {
            self.prepared.clear();
            let keys = requests.iter().map(|request| (Namespace(request.namespace), request.hash));
            self.prepared.extend(keys);
            self.shard.prepare(&self.prepared);
        }
    }

    /// Whether programs wait for their next slice.
    pub(crate) fn is_unfinished(&self) -> bool {
        !self.unfinished.is_empty()
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

    /// Goes on with the programs that wait, in turn, [`SLICE_UNITS`] units each, until none is
    /// left or `is_over`, which is asked after each.
    pub(crate) fn resume(&mut self, mut is_over: impl FnMut() -> bool) {
        while let Some(program) = self.unfinished.pop() {
            if let Some(program) = self.go_on(program, SLICE_UNITS) {
                self.unfinished.push(program);
            }
            if is_over() {
                return;
            }
        }
    }

    /// The first slice of a program: its reply if it came to its end.
    fn run_sliced(&mut self, turn: &SlicedTurn<'_>, catalog: &Arc<Catalog>) -> Option<Vec<u8>> {
        let &SlicedTurn { request, command, args, now_ms, home } = turn;
        self.touch(request, command);
        let mut reply = std::mem::take(&mut self.scratch);
        let fuel = if self.unfinished.is_full() { Frame::UNLIMITED } else { SLICE_UNITS };
        let first_key_hash = command.has_key().then_some(request.hash);
        let frame = Frame { first_key_hash, fuel, ..Frame::new(args) };
        let mut store = ShardStore::new(&mut self.shard, request.namespace, now_ms, self.place);
        let dialect = Cell::new(request.dialect);
        let mut sink = Sink::new(&mut reply, &dialect);
        let (program, registers) = (command.program(), &mut self.registers);
        let outcome = zvm::run(program, frame, registers, &mut store, &mut NoSession, &mut sink);
        if let Outcome::Yielded(state) = outcome {
            let args = OwnedArgs::copy_of(args);
            let (request, catalog) = (request.clone(), Arc::clone(catalog));
            let waiting = Unfinished { request, home, catalog, now_ms, args, state, reply };
            if self.expires(&waiting, command) {
                self.go_on(waiting, Frame::UNLIMITED);
            } else {
                self.unfinished.push(waiting);
            }
            return None;
        }
        complete(request, command, &mut reply);
        if request.quiet {
            reply.clear();
        }
        Some(reply)
    }

    /// Whether the key of a program could go by itself before its end.
    fn expires(&mut self, waiting: &Unfinished, command: &Command) -> bool {
        let Route::Key(index) = command.route() else { return false };
        let key = Key { bytes: waiting.args.args().get(index), hash: waiting.request.hash };
        let namespace = Namespace(waiting.request.namespace);
        matches!(self.shard.expiry(namespace, key, waiting.now_ms), Some(Some(_)))
    }

    /// Ends the programs that a request could change something for.
    #[cold]
    fn end_disturbed(&mut self, request: &Request, command: &Command) {
        while let Some(waiting) = self.unfinished.pop_disturbed(request, command) {
            let left = self.go_on(waiting, Frame::UNLIMITED);
            debug_assert!(left.is_none(), "without a limit nothing yields");
        }
    }

    /// One slice; the program where it has more to do.
    fn go_on(&mut self, mut waiting: Unfinished, fuel: u32) -> Option<Unfinished> {
        let (home, reply_to) = (waiting.home, waiting.request.reply_to);
        let catalog = Arc::clone(&waiting.catalog);
        let command = catalog.command(waiting.request.command)?;
        let first_key_hash = command.has_key().then_some(waiting.request.hash);
        let frame = Frame { first_key_hash, fuel, ..Frame::new(waiting.args.args()) };
        let (namespace, now_ms) = (waiting.request.namespace, waiting.now_ms);
        let mut store = ShardStore::new(&mut self.shard, namespace, now_ms, self.place);
        let dialect = Cell::new(waiting.request.dialect);
        let mut sink = Sink::resume(&mut waiting.reply, &dialect);
        let (program, registers) = (command.program(), &mut self.registers);
        let (state, session) = (*waiting.state, &mut NoSession);
        match zvm::resume(program, frame, state, registers, &mut store, session, &mut sink) {
            Outcome::Yielded(state) => Some(Unfinished { state, ..waiting }),
            _ => {
                complete(&waiting.request, command, &mut waiting.reply);
                if waiting.request.quiet {
                    waiting.reply.clear();
                }
                self.late.push(LateReply { home, reply_to, reply: waiting.reply });
                None
            }
        }
    }

    fn run(
        &mut self,
        request: &Request,
        command: &Command,
        (args, behind): (Args<'_>, &[u8]),
        now_ms: u64,
        out: &mut Vec<u8>,
    ) {
        if !self.unfinished.is_empty() {
            self.end_disturbed(request, command);
        }
        self.touch(request, command);
        let mut store = ShardStore::new(&mut self.shard, request.namespace, now_ms, self.place);
        let dialect = Cell::new(request.dialect);
        let mut sink = Sink::of_request(out, &dialect, args, behind);
        let first_key_hash = command.has_key().then_some(request.hash);
        let frame = Frame { first_key_hash, ..Frame::new(args) };
        let program = command.program();
        let (registers, session) = (&mut self.registers, &mut NoSession);
        let outcome = zvm::run(program, frame, registers, &mut store, session, &mut sink);
        self.items_replied += sink.items();
        if outcome != Outcome::Faulted {
            complete(request, command, out);
        }
    }

    /// Notes whose counters a request may change.
    fn touch(&mut self, request: &Request, command: &Command) {
        self.touched |= match command.run_where() {
            RunWhere::All => ALL_DATABASES,
            _ => 1_u32.checked_shl(request.namespace).unwrap_or(0),
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
        stats.expired_keys.set(self.shard.expired());
        for (id, (keys, expiring)) in (0..).zip(stats.keys.iter().zip(&stats.expiring)) {
            if self.touched >> id & 1 == 1 {
                keys.set(self.shard.len(Namespace(id)));
                expiring.set(self.shard.expiring(Namespace(id)));
            }
        }
        self.touched = 0;
    }
}

/// What a sliced program begins with.
struct SlicedTurn<'a> {
    request: &'a Request,
    command: &'a Command,
    args: Args<'a>,
    now_ms: u64,
    home: Option<usize>,
}

/// Adds to the reply of a program what only the protocol knows of.
fn complete(request: &Request, command: &Command, out: &mut Vec<u8>) {
    let whole = request.reply_to.part.is_none();
    if whole && command.returns() == Returns::Items && request.dialect == Dialect::Memcached {
        end_items(out);
    }
}

/// A bit for each database.
const ALL_DATABASES: u32 = u32::MAX >> (u32::BITS - DATABASES);
/// What one step of the sweep looks at: pages on which nothing is due cost one comparison.
const SWEEP: SweepLimits = SweepLimits { pages_max: 64, keys_max: 64 };
/// How long nobody has asked for anything when a shard counts as idle.
const IDLE_AFTER_MS: u64 = 100;
/// Units of [`zvm::UNIT_ELEMENTS`] that a program takes before others have their turn, and between
/// two looks at the clock.
const SLICE_UNITS: u32 = 16;
/// Steps of deferred destruction between two looks at the clock.
const WORK_STEPS: usize = 8;

#[cfg(test)]
mod tests;
