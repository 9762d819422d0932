//! The parts of transactions on this shard (`transaction.rs` tells the whole).

use super::Worker;
use super::programs::{Held, ProgramTurn, SLICE_UNITS};
use crate::intents::of_connection;
use crate::planted::{Fault, is_planted};
use crate::request::Request;
use crate::slow_log::is_large;
use crate::transaction::{Action, Purpose, Slot, Transaction};
use crate::unfinished::{KeptArgs, Task, Unfinished};
use crate::watches::Watched;
use kvstore::{Key, Namespace};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use zvm::Frame;

/// What a thread is to be told of a transaction.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// All have arrived: this part goes on.
    GoOn(Arc<Transaction>, usize),
    /// All have ended: the coordinator replies.
    Finished(Arc<Transaction>),
}

impl Worker {
    /// What is to be passed on; asked for after everything that the worker was given.
    pub(crate) fn outgoing(&mut self) -> std::vec::Drain<'_, Outgoing> {
        self.outgoing.drain(..)
    }

    /// A transaction has its turn among all that this shard gets: from here on what comes later
    /// queues behind it.
    pub(crate) fn take_turn(&mut self, transaction: Arc<Transaction>, part: usize) {
        self.asked_at_ms = self.asked_at_ms.max(transaction.now_ms);
        let Some(marks) = transaction.parts[part].slot().marks.take() else { return };
        let own = transaction.home == transaction.parts[part].thread;
        let home = (!own).then_some(transaction.home);
        let connection = of_connection(home, transaction.reply_to.connection);
        let follows = self.intents.is_held(connection);
        let marks = if follows { marks.and(connection) } else { marks };
        let held = Held::Part(Arc::clone(&transaction), part);
        self.pin(&marks);
        let (ticket, first) = self.intents.enter(marks, held);
        transaction.parts[part].slot().ticket = Some(ticket);
        if first.is_some() {
            self.watch.begin();
            self.arrive(transaction, part);
            self.watch.end();
            self.run_ready();
        }
    }

    /// All shards have arrived.
    pub(crate) fn go_on_part(&mut self, transaction: Arc<Transaction>, part: usize) {
        self.watch.begin();
        self.proceed(transaction, part);
        self.watch.end();
        self.run_ready();
    }

    /// The part holds all of its keys.
    pub(super) fn arrive(&mut self, transaction: Arc<Transaction>, part: usize) {
        let votes = matches!(transaction.purpose, Purpose::Exec(_)) && !is_planted(Fault::Watch);
        if votes && self.has_changed(&transaction.parts[part].watched, transaction.now_ms) {
            transaction.abort();
        }
        if transaction.purpose == Purpose::Command && !self.set_aside(&transaction, part) {
            transaction.refuse();
        }
        if transaction.opens_with_meeting {
            self.contribute(&transaction, part, 0);
        }
        let is_last = transaction.arrive();
        if is_planted(Fault::Arrival) && !transaction.opens_with_meeting {
            self.proceed(transaction, part);
            return;
        }
        if !is_last {
            return;
        }
        let meets = transaction.opens_with_meeting && !transaction.is_aborted();
        if meets && !self.meet(&transaction, part, 0) {
            if transaction.only_reads_together {
                // What it reads is lent: nobody has to wait for it.
                let ticket = transaction.parts[part].slot().ticket.take();
                ticket.into_iter().for_each(|ticket| self.leave(ticket));
                self.tell_all(&transaction, part);
            }
            return;
        }
        self.tell_all(&transaction, part);
        self.proceed(transaction, part);
    }

    /// Sets room aside for what a scattered command writes here, until the transaction ends, so
    /// that nobody takes it before all have arrived. False where there is none.
    fn set_aside(&mut self, transaction: &Transaction, part: usize) -> bool {
        let mut slot = transaction.parts[part].slot();
        transaction.parts[part].script.iter().all(|action| {
            let Action::Run { step, args, .. } = action else { return true };
            let request = &transaction.steps[*step].request;
            let Some(command) = transaction.catalog.command(request.command) else { return true };
            let args = transaction.args.slice(args.clone());
            let turn = ProgramTurn::of(request, command, args, transaction.now_ms);
            let room = self.room_for(&turn);
            slot.room += room.unwrap_or(0);
            room.is_some()
        })
    }

    /// Tells all other parts to go on.
    pub(super) fn tell_all(&mut self, transaction: &Arc<Transaction>, part: usize) {
        let others = (0..transaction.parts.len()).filter(|other| *other != part);
        let others = others.map(|other| Outgoing::GoOn(Arc::clone(transaction), other));
        self.outgoing.extend(others);
    }

    /// Whether a watched key is not as it was.
    pub(super) fn has_changed(&mut self, watched: &[Watched], now_ms: u64) -> bool {
        watched.iter().any(|one| {
            let key = Key { bytes: &one.key, hash: one.mark.1 };
            let namespace = Namespace(one.mark.0);
            self.watches.has_changed(one)
                || (one.existed && self.shard.get(namespace, key, now_ms).is_none())
        })
    }

    /// Goes on with the script.
    pub(super) fn proceed(&mut self, transaction: Arc<Transaction>, part: usize) {
        let own = &transaction.parts[part];
        let mut slot = own.slot();
        while let Some(action) = own.script.get(slot.next).filter(|_| !transaction.is_aborted()) {
            match action {
                Action::Run { step, args, hash } => {
                    let at = (*step, args.clone(), *hash);
                    if !self.run_action(&transaction, part, at, &mut slot) {
                        return;
                    }
                }
                Action::Meet(meeting) if slot.has_met => {
                    self.take_home(&transaction, part, *meeting);
                    slot.has_met = false;
                    slot.next += 1;
                }
                Action::Meet(meeting) => {
                    drop(slot);
                    self.contribute(&transaction, part, *meeting);
                    let last = transaction.meetings[*meeting].arrive();
                    if !last || !self.meet(&transaction, part, *meeting) {
                        return;
                    }
                    self.tell_met(&transaction, part, *meeting);
                    slot = own.slot();
                }
                Action::Watch(namespace, keys) => {
                    self.watch(&transaction, *namespace, keys.clone(), &mut slot.watched);
                    slot.next += 1;
                }
            }
        }
        let ticket = slot.ticket.take();
        self.shard.give_back(std::mem::take(&mut slot.room));
        drop(slot);
        self.unwatch(&own.watched);
        if let Some(ticket) = ticket {
            self.leave(ticket);
        }
        if transaction.end() {
            self.outgoing.push(Outgoing::Finished(transaction));
        }
    }

    /// Runs a step on this shard's keys: which one, with which arguments, and the hash of the first
    /// key. False where it goes on in a later turn.
    fn run_action(
        &mut self,
        transaction: &Arc<Transaction>,
        part: usize,
        (step, args, hash): (usize, Range<usize>, u64),
        slot: &mut Slot,
    ) -> bool {
        let request = &transaction.steps[step].request;
        let start = slot.replies.len();
        if let Some(command) = transaction.catalog.command(request.command) {
            let view = transaction.args.slice(args.clone());
            let turn = ProgramTurn::of(request, command, view, transaction.now_ms);
            let turn = ProgramTurn { hash, whole: false, ..turn };
            let sliced = command.is_sliced(view.len());
            let fuel = if sliced { SLICE_UNITS } else { Frame::UNLIMITED };
            let room = slot.room;
            let state = self.within(room, |worker| worker.begin(&turn, fuel, &mut slot.replies));
            let large = sliced || is_large(view, slot.replies.len() - start);
            let took = self.watch.lap(large, false).unwrap_or_default();
            if state.is_none() {
                transaction.steps[step].add_time(took);
            } else {
                self.unfinished.push(Unfinished {
                    task: Task::Part(Arc::clone(transaction), part),
                    ticket: None,
                    request: Request { hash, ..request.clone() },
                    catalog: Arc::clone(&transaction.catalog),
                    now_ms: transaction.now_ms,
                    args: KeptArgs::Shared(Arc::clone(transaction), args),
                    state,
                    took,
                    reply: slot.replies.split_off(start),
                    loans: Vec::new(),
                    view: None,
                    room,
                });
                return false;
            }
        }
        slot.end_action(step);
        true
    }

    /// Lets keys no longer be watched.
    pub(super) fn unwatch(&mut self, watched: &[Watched]) {
        watched.iter().for_each(|watched| self.watches.unwatch(watched.mark));
    }

    /// Begins to watch keys.
    fn watch(
        &mut self,
        transaction: &Transaction,
        namespace: u32,
        keys: Range<usize>,
        watched: &mut Vec<Watched>,
    ) {
        let keys = transaction.args.slice(keys);
        for index in 0..keys.len() {
            let key = self.shard.key(keys.get(index));
            let mark = (namespace, key.hash);
            let existed = self.shard.get(Namespace(namespace), key, transaction.now_ms).is_some();
            let version = self.watches.watch(mark, key.bytes);
            watched.push(Watched { key: key.bytes.into(), mark, version, existed });
        }
    }

    /// The program of an action has come to its end, after some slices.
    pub(super) fn conclude_action(
        &mut self,
        transaction: Arc<Transaction>,
        part: usize,
        reply: &[u8],
        took: Duration,
    ) {
        let own = &transaction.parts[part];
        let mut slot = own.slot();
        if let Some(Action::Run { step, .. }) = own.script.get(slot.next) {
            transaction.steps[*step].add_time(took);
            slot.replies.extend_from_slice(reply);
            slot.end_action(*step);
        }
        drop(slot);
        self.proceed(transaction, part);
    }
}
