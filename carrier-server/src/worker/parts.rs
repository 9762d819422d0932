//! The parts of transactions on this shard (`transaction.rs` tells the whole).

use super::Worker;
use super::programs::{Held, ProgramTurn, SLICE_UNITS};
use crate::transaction::{Action, Transaction};
use crate::unfinished::{KeptArgs, Task, Unfinished};
use std::sync::Arc;
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
        let held = Held::Part(Arc::clone(&transaction), part);
        let (ticket, first) = self.intents.enter(marks, held);
        transaction.parts[part].slot().ticket = Some(ticket);
        if first.is_some() {
            self.arrive(transaction, part);
            self.run_ready();
        }
    }

    /// All shards have arrived.
    pub(crate) fn go_on_part(&mut self, transaction: Arc<Transaction>, part: usize) {
        self.proceed(transaction, part);
        self.run_ready();
    }

    /// The part holds all of its keys.
    pub(super) fn arrive(&mut self, transaction: Arc<Transaction>, part: usize) {
        if !transaction.arrive() {
            return;
        }
        let others = (0..transaction.parts.len()).filter(|other| *other != part);
        let others = others.map(|other| Outgoing::GoOn(Arc::clone(&transaction), other));
        self.outgoing.extend(others);
        self.proceed(transaction, part);
    }

    /// Goes on with the script.
    fn proceed(&mut self, transaction: Arc<Transaction>, part: usize) {
        let own = &transaction.parts[part];
        let mut slot = own.slot();
        while let Some(action) = own.script.get(slot.next).filter(|_| !transaction.is_aborted()) {
            let Action::Run { step, args, hash } = action;
            let request = &transaction.steps[*step].request;
            let Some(command) = transaction.catalog.command(request.command) else { break };
            let view = transaction.args.slice(args.clone());
            let turn = ProgramTurn {
                hash: *hash,
                whole: false,
                ..ProgramTurn::of(request, command, view, transaction.now_ms)
            };
            let fuel = if command.is_sliced(view.len()) { SLICE_UNITS } else { Frame::UNLIMITED };
            let start = slot.replies.len();
            if let Some(state) = self.begin(&turn, fuel, &mut slot.replies) {
                self.unfinished.push(Unfinished {
                    task: Task::Part(Arc::clone(&transaction), part),
                    ticket: None,
                    request: crate::request::Request { hash: *hash, ..request.clone() },
                    catalog: Arc::clone(&transaction.catalog),
                    now_ms: transaction.now_ms,
                    args: KeptArgs::Shared(Arc::clone(&transaction), args.clone()),
                    state,
                    reply: slot.replies.split_off(start),
                });
                return;
            }
            slot.end_action(*step);
        }
        let ticket = slot.ticket.take();
        drop(slot);
        if let Some(ticket) = ticket {
            self.leave(ticket);
        }
        if transaction.end() {
            self.outgoing.push(Outgoing::Finished(transaction));
        }
    }

    /// The program of an action has come to its end, after some slices.
    pub(super) fn conclude_action(
        &mut self,
        transaction: Arc<Transaction>,
        part: usize,
        reply: &[u8],
    ) {
        let own = &transaction.parts[part];
        let mut slot = own.slot();
        if let Some(Action::Run { step, .. }) = own.script.get(slot.next) {
            slot.replies.extend_from_slice(reply);
            slot.end_action(*step);
        }
        drop(slot);
        self.proceed(transaction, part);
    }
}
