//! Transactions on a thread: those of its connections, and its shard's part in any.

use super::Reactor;
use crate::mesh::Message;
use crate::request::{ConnectionKey, ReplyTo};
use crate::router::Planner;
use crate::transaction::{Purpose, Transaction};
use crate::watches::Watched;
use crate::worker::Outgoing;
use std::io;
use std::sync::Arc;

impl Reactor {
    /// Publishes the transactions that wait for it, and runs those that are this thread's alone.
    pub(super) fn coordinate(&mut self, now_ms: u64) -> io::Result<()> {
        if !self.coordinator.is_waiting() {
            return Ok(());
        }
        let (connections, replier) = (&mut self.connections, &mut self.replier);
        let (index, mut own) = (self.index, Vec::new());
        self.coordinator.publish(&mut self.mesh, &self.shared.order, |transaction| {
            let key = transaction.reply_to.connection;
            if let Some(connection) = connections.get(key) {
                connection.unpublished -= 1;
                replier.touch(key);
            }
            if transaction.is_only_on(index) {
                own.push(Arc::clone(transaction));
            }
        })?;
        for transaction in own {
            self.take_own_turns(now_ms);
            match &mut self.worker {
                Some(worker) if !transaction.parts.is_empty() => {
                    self.served = true;
                    worker.take_turn(transaction, 0);
                    self.pass_on();
                }
                _ => self.finish(&transaction),
            }
        }
        Ok(())
    }

    /// Lets the own transactions have their turn on this thread's shard, with all that is before
    /// them in the ring, so that nothing local overtakes them. As much as a ring holds, at most.
    pub(super) fn take_own_turns(&mut self, now_ms: u64) {
        while self.mesh.has_own_turns() {
            match self.mesh.receive() {
                Some(message) => self.take(message, now_ms),
                // Some thread is just writing what comes before.
                None => std::thread::yield_now(),
            }
        }
    }

    /// Passes on what the worker has to tell of transactions.
    pub(super) fn pass_on(&mut self) {
        let mut own = Vec::new();
        let Some(worker) = &mut self.worker else { return };
        for outgoing in worker.outgoing() {
            match outgoing {
                Outgoing::GoOn(transaction, part) => {
                    let thread = transaction.parts[part].thread;
                    let message = Message::GoOn(transaction, part);
                    self.mesh.send_transaction(thread, message);
                }
                Outgoing::Finished(transaction) if transaction.home == self.index => {
                    own.push(transaction);
                }
                Outgoing::Finished(transaction) => {
                    let home = transaction.home;
                    self.mesh.send_transaction(home, Message::Finished(transaction));
                }
            }
        }
        own.iter().for_each(|transaction| self.finish(transaction));
    }

    /// Answers a transaction of this thread.
    pub(super) fn finish(&mut self, transaction: &Transaction) {
        self.coordinator.finished();
        for slow in transaction.slow_steps(self.shared.settings.slow_log_limit()) {
            self.log_slow_one(transaction.reply_to.connection, Some(slow));
        }
        let watched = transaction.watched();
        let key = transaction.reply_to.connection;
        let Some(connection) = self.connections.get(key) else {
            self.unwatch(watched);
            return;
        };
        connection.watched.extend(watched);
        connection.transactions -= 1;
        connection.awaits_transactions &= connection.transactions > 0;
        // It may go on, whether there is a reply or not.
        self.replier.touch(key);
        match transaction.purpose {
            Purpose::Unwatch => return,
            Purpose::Exec(_) => {
                let before = connection.before_exec.take();
                if let Some(before) = before.filter(|_| transaction.is_aborted()) {
                    connection.session = *before;
                }
            }
            Purpose::Command | Purpose::Watch => {}
        }
        connection.replies.borrow_buffer(&mut self.pool);
        let sequence = transaction.reply_to.sequence;
        connection.replies.reply(sequence, |out| transaction.write_reply(out));
    }

    /// Lets keys no longer be watched whose connection is gone.
    pub(super) fn unwatch(&mut self, watched: Vec<Watched>) {
        if watched.is_empty() {
            return;
        }
        let mut planner = Planner::new(&self.shared);
        watched.into_iter().for_each(|one| planner.watch(one));
        let plan = planner.finish(&self.mesh);
        let (catalog, now_ms) = (Arc::clone(&self.catalog), 0);
        let nobody = ReplyTo { connection: NOBODY, sequence: 0, part: None };
        let transaction =
            Transaction::new(self.index, nobody, now_ms, catalog, Purpose::Unwatch, plan);
        self.coordinator.submit(transaction);
    }
}

/// The key of no connection.
const NOBODY: ConnectionKey = ConnectionKey { index: u32::MAX, generation: 0 };
