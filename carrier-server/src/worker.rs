//! The worker role: the one owner of a shard, which runs programs against it (invariant 1).

use crate::batch::{Batch, Requests};
use crate::catalog::{Catalog, Command};
use crate::connection::Connections;
use crate::dialect::Dialect;
use crate::request::Request;
use crate::session::DATABASES;
use crate::shard_store::{ShardPlace, ShardStore};
use crate::sink::{Sink, end_items};
use crate::stats::ThreadStats;
use kvstore::{Namespace, Shard, SweepLimits, Text};
use std::cell::Cell;
use zvm::{Args, Frame, NoSession, Registers, Returns, RunWhere};

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
    /// The databases, a bit each, whose counters may have changed since they were published.
    touched: u32,
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
            touched: 0,
        }
    }

    /// Executes requests of this thread's own connections, in order, replying into their outputs.
    pub(crate) fn execute_local(
        &mut self,
        requests: &mut Requests,
        connections: &mut Connections,
        catalog: &Catalog,
        now_ms: u64,
    ) {
        self.prepare(&requests.list);
        for request in &requests.list {
            let Some(connection) = connections.get(request.reply_to.connection) else { continue };
            let Some(command) = catalog.command(request.command) else { continue };
            let args =
                requests.args(request.args.clone(), request.source, connection.input.buffer());
            let replies = &mut connection.replies;
            let sequence = request.reply_to.sequence;
            if request.quiet || request.reply_to.part.is_some() {
                let mut scratch = std::mem::take(&mut self.scratch);
                self.run(request, command, args, now_ms, &mut scratch);
                let reply = if request.quiet { &[] } else { scratch.as_slice() };
                match request.reply_to.part {
                    Some(part) => replies.reply_part(sequence, part as usize, reply),
                    None => replies.reply(sequence, |_| ()),
                }
                scratch.clear();
                self.scratch = scratch;
            } else {
                replies.reply(sequence, |out| self.run(request, command, args, now_ms, out));
            }
        }
        requests.clear();
    }

    /// Executes a batch that came over a ring, replying into the batch.
    pub(crate) fn execute_batch(&mut self, batch: &mut Batch, now_ms: u64, stats: &ThreadStats) {
        self.prepare(&batch.requests.list);
        for request in &batch.requests.list {
            let start = batch.replies.len();
            if let Some(command) = batch.catalog.command(request.command) {
                let args = batch.requests.args(request.args.clone(), request.source, &[]);
                self.run(request, command, args, now_ms, &mut batch.replies);
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
        if freeing || due {
            Upkeep::Backlog
        } else if expiring {
            Upkeep::Watching
        } else {
            Upkeep::Idle
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

    fn run(
        &mut self,
        request: &Request,
        command: &Command,
        args: Args<'_>,
        now_ms: u64,
        out: &mut Vec<u8>,
    ) {
        self.touched |= match command.run_where() {
            RunWhere::All => ALL_DATABASES,
            _ => 1_u32.checked_shl(request.namespace).unwrap_or(0),
        };
        let mut store = ShardStore::new(&mut self.shard, request.namespace, now_ms, self.place);
        let dialect = Cell::new(request.dialect);
        let mut sink = Sink::new(out, &dialect);
        let first_key_hash = command.has_key().then_some(request.hash);
        let frame = Frame { first_key_hash, ..Frame::new(args) };
        let program = command.program();
        zvm::run(program, frame, &mut self.registers, &mut store, &mut NoSession, &mut sink);
        let whole = request.reply_to.part.is_none();
        if whole && command.returns() == Returns::Items && request.dialect == Dialect::Memcached {
            end_items(out);
        }
    }

    /// Tells the counters how things stand.
    pub(crate) fn publish(&mut self, stats: &ThreadStats) {
        if self.touched == 0 {
            return;
        }
        stats.used_bytes.set(self.shard.ledger().used());
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

/// A bit for each database.
const ALL_DATABASES: u32 = u32::MAX >> (u32::BITS - DATABASES);
/// What one step of the sweep looks at: pages on which nothing is due cost one comparison.
const SWEEP: SweepLimits = SweepLimits { pages_max: 64, keys_max: 64 };
/// Steps of deferred destruction between two looks at the clock.
const WORK_STEPS: usize = 8;
