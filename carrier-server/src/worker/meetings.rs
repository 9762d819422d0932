//! Meetings: a command over keys of several shards runs on what all of them have contributed.
//!
//! Each shard lends what its keys hold. The last one puts everything on a **table**, which is a
//! shard of its own, and runs the program there, in slices; so a program sees one store wherever
//! its keys are, and what every opcode does is written once. Then each shard takes home what has
//! changed of its keys. Their intents are held all the while.

use super::Worker;
use super::programs::{Machine, ProgramTurn, SLICE_UNITS};
use crate::request::Request;
use crate::shard_store::Written;
use crate::transaction::{Entry, JointKey, NO_ROOM, Transaction};
use crate::unfinished::{Joint, KeptArgs, Task, Unfinished};
use kvstore::{Key, Namespace, Shard, ShardConfig};
use std::sync::Arc;
use std::time::Duration;

impl Worker {
    /// Lends what this shard's keys hold.
    pub(super) fn contribute(&mut self, transaction: &Transaction, part: usize, meeting: usize) {
        transaction.parts[part].slot().has_met = true;
        let meeting = &transaction.meetings[meeting];
        let Some(share) = meeting.share(part) else { return };
        let mut entries = share.entries();
        for (place, key) in share.keys.iter().enumerate() {
            let key = key_of(transaction, *key);
            for database in meeting.databases.clone() {
                let contents = self.shard.lend(Namespace(database), key, transaction.now_ms);
                entries.push(Entry { place, database, contents });
            }
        }
    }

    /// Runs a meeting's command, to which this part came last. False where it goes on in a later
    /// turn.
    pub(super) fn meet(
        &mut self,
        transaction: &Arc<Transaction>,
        part: usize,
        number: usize,
    ) -> bool {
        let meeting = &transaction.meetings[number];
        let request = &transaction.steps[meeting.step].request;
        let Some(command) = transaction.catalog.command(request.command) else { return true };
        let Some(mut table) = self.lay_table(transaction, number) else {
            meeting.reply().extend_from_slice(NO_ROOM);
            return true;
        };
        let args = transaction.args.slice(meeting.args.clone());
        let turn = ProgramTurn::of(request, command, args, transaction.now_ms);
        let turn = ProgramTurn { hash: meeting.hash, ..turn };
        let (mut written, mut reply) = (Written::default(), Vec::new());
        let machine = Machine {
            registers: &mut self.registers,
            place: self.place,
            written: Some(&mut written),
            items: &mut self.items_replied,
            loans: None,
        };
        let state = machine.begin(&mut table, &turn, SLICE_UNITS, &mut reply);
        let took = self.watch.lap(command.is_sliced(args.len()), false).unwrap_or_default();
        let transaction = Arc::clone(transaction);
        let joint = Joint { transaction, part, meeting: number, table, written };
        if state.is_none() {
            joint.transaction.steps[meeting.step].add_time(took);
            self.clear_table(joint, reply);
            return true;
        }
        let transaction = Arc::clone(&joint.transaction);
        self.unfinished.push(Unfinished {
            ticket: None,
            request: Request { hash: meeting.hash, ..request.clone() },
            catalog: Arc::clone(&transaction.catalog),
            now_ms: transaction.now_ms,
            args: KeptArgs::Shared(Arc::clone(&transaction), meeting.args.clone()),
            task: Task::Meeting(Box::new(joint)),
            state,
            took,
            reply,
            loans: Vec::new(),
            view: None,
            room: 0,
        });
        false
    }

    /// A meeting's command has come to its end, after some slices.
    pub(super) fn conclude_meeting(&mut self, joint: Joint, reply: Vec<u8>, took: Duration) {
        let (transaction, part) = (Arc::clone(&joint.transaction), joint.part);
        let meeting = joint.meeting;
        transaction.steps[transaction.meetings[meeting].step].add_time(took);
        self.clear_table(joint, reply);
        if !transaction.only_reads_together {
            self.tell_met(&transaction, part, meeting);
        }
        self.proceed(transaction, part);
    }

    /// Tells the others who came to a meeting to go on.
    pub(super) fn tell_met(&mut self, transaction: &Arc<Transaction>, part: usize, meeting: usize) {
        for other in transaction.meetings[meeting].parts().filter(|other| *other != part) {
            self.outgoing.push(super::Outgoing::GoOn(Arc::clone(transaction), other));
        }
    }

    /// Takes home what a meeting has changed of this shard's keys.
    pub(super) fn take_home(&mut self, transaction: &Transaction, part: usize, meeting: usize) {
        let meeting = &transaction.meetings[meeting];
        let Some(share) = meeting.share(part) else { return };
        let now_ms = transaction.now_ms;
        // The command has been told that there is room; others may have taken it meanwhile.
        let budget = self.shard.budget_bytes();
        self.shard.set_budget(None);
        for Entry { place, database, contents } in share.entries().drain(..) {
            let Some(key) = share.keys.get(place) else { continue };
            let key = key_of(transaction, *key);
            let namespace = Namespace(database);
            self.touched |= 1_u32.checked_shl(database).unwrap_or(0);
            self.watches.touch((database, key.hash));
            let Some(contents) = contents else {
                self.shard.remove(namespace, key, now_ms);
                continue;
            };
            if self.shard.put_entry(namespace, key, contents, now_ms).is_err() {
                tracing::error!("a result found the memory for keys full and is lost");
            }
        }
        self.shard.set_budget(budget);
    }

    /// An empty table; `None` where there is no address space for one.
    fn table(&mut self) -> Option<Shard> {
        self.tables.pop().or_else(|| {
            let config = ShardConfig::new(Arc::clone(&self.hash_key));
            Shard::new(ShardConfig { reservation_bytes: TABLE_BYTES_MAX, ..config }).ok()
        })
    }

    /// Puts a table away.
    pub(super) fn put_away(&mut self, mut table: Shard) {
        table.flush_all();
        table.set_budget(None);
        if self.tables.len() < TABLES_KEPT {
            self.tables.push(table);
        }
    }

    /// What a program that only reads needs to go on while others write: the values of its keys, on
    /// a table of its own. `None` for one that writes, or looks at more than a few keys.
    pub(super) fn view(&mut self, turn: &ProgramTurn<'_>) -> Option<Box<Shard>> {
        let command = turn.command;
        let keys = || command.signature().keys(turn.args);
        let is_fit = !command.writes() && command.sees_own_keys_only();
        if !is_fit
            || self.views >= VIEWS_MAX
            || keys().take(VIEW_KEYS_MAX + 1).count() > VIEW_KEYS_MAX
        {
            return None;
        }
        let mut table = self.table()?;
        let namespace = Namespace(turn.namespace);
        for index in keys() {
            let key = self.shard.key(turn.args.get(index));
            let Some(contents) = self.shard.lend(namespace, key, turn.now_ms) else { continue };
            if table.put_entry(namespace, key, contents, turn.now_ms).is_err() {
                self.put_away(table);
                return None;
            }
        }
        self.views += 1;
        Some(Box::new(table))
    }

    /// Puts what was contributed on a table; `None` where there is no address space for one.
    fn lay_table(&mut self, transaction: &Transaction, meeting: usize) -> Option<Shard> {
        let meeting = &transaction.meetings[meeting];
        let mut table = self.table()?;
        for share in &meeting.shares {
            for Entry { place, database, contents } in share.entries().drain(..) {
                let (Some(key), Some(contents)) = (share.keys.get(place), contents) else {
                    continue;
                };
                let key = key_of(transaction, *key);
                table.put_entry(Namespace(database), key, contents, transaction.now_ms).ok()?;
            }
        }
        // What a command makes is bounded by what its own shard could take.
        table.set_budget(self.shard.budget_bytes());
        Some(table)
    }

    /// Hands each shard what has changed of its keys, and the reply to all.
    fn clear_table(&mut self, joint: Joint, mut reply: Vec<u8>) {
        let Joint { transaction, meeting, mut table, mut written, .. } = joint;
        let meeting = &transaction.meetings[meeting];
        meeting.reply().append(&mut reply);
        written.keys.sort_unstable();
        written.keys.dedup();
        for share in &meeting.shares {
            let mut entries = share.entries();
            for (place, key) in share.keys.iter().enumerate() {
                let named_before = |one: &JointKey| {
                    key_of(transaction.as_ref(), *one).bytes
                        == key_of(transaction.as_ref(), *key).bytes
                };
                if share.keys[..place].iter().any(named_before) {
                    continue;
                }
                for database in meeting.databases.clone() {
                    if written.keys.binary_search(&(database, key.hash)).is_ok() {
                        let key = key_of(transaction.as_ref(), *key);
                        let now_ms = transaction.now_ms;
                        let contents = table.take_entry(Namespace(database), key, now_ms);
                        entries.push(Entry { place, database, contents });
                    }
                }
            }
        }
        self.put_away(table);
    }
}

fn key_of(transaction: &Transaction, key: JointKey) -> Key<'_> {
    let argument = key.argument..key.argument + 1;
    Key { bytes: transaction.args.slice(argument).get(0), hash: key.hash }
}

/// Address space of a table, for what is not a large value.
const TABLE_BYTES_MAX: usize = 1 << 30;
/// Programs that can have a view of their own at a time; others hold their keys.
const VIEWS_MAX: usize = 64;
/// Keys that are lent at most to a program that goes on.
const VIEW_KEYS_MAX: usize = 64;
/// Tables that are kept for the next meetings.
const TABLES_KEPT: usize = 8;
