//! The coordinator role: publishes the transactions of a thread's connections, in their order.
//!
//! A transaction waits here, and its connection is not parsed further, until three things hold: the
//! batches with earlier requests are in their rings, fewer than [`out_max`] of the thread's
//! transactions are out, and nobody else is at the ordering point. Nothing waits in the loop: who
//! comes away without is woken by who leaves it, or tries again when a transaction has come home or
//! a ring has room.

use crate::config::TestSwitches;
use crate::mesh::{Mesh, Message};
use crate::planted::{Fault, is_planted};
use crate::transaction::{Transaction, out_max};
use loopy_ring::{TryLock, Waiter};
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

/// The transactions that a thread has to publish, and those it has out.
#[derive(Debug)]
pub(crate) struct Coordinator {
    me: usize,
    waiter: Waiter,
    waiting: VecDeque<Arc<Transaction>>,
    out: usize,
    out_max: usize,
    /// Whether the ordering point was taken when it was last tried.
    refused: bool,
}

impl Coordinator {
    /// That of thread `me`, of `threads`.
    ///
    /// # Panics
    ///
    /// There are more threads than can wait for the ordering point.
    pub(crate) fn new(me: usize, threads: usize, switches: TestSwitches) -> Self {
        let waiter = Waiter::new(me).expect("a configuration has fewer threads than that");
        let out_max = out_max(threads, switches);
        Self { me, waiter, waiting: VecDeque::new(), out: 0, out_max, refused: false }
    }

    /// Takes a transaction on, which is published in its turn.
    pub(crate) fn submit(&mut self, transaction: Transaction) {
        self.waiting.push_back(Arc::new(transaction));
    }

    /// Whether transactions wait to be published.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether a wake-up will come for those that wait, so that the thread may sleep.
    pub(crate) fn may_sleep(&self, order: &TryLock) -> bool {
        !self.refused || order.is_waiting(self.waiter)
    }

    /// A transaction of this thread has come home.
    pub(crate) const fn finished(&mut self) {
        self.out -= 1;
    }

    /// Publishes what can be, and hands `published` every transaction that was. One that touches
    /// no more than this thread's own shard is not sent: the caller has it run.
    ///
    /// # Errors
    ///
    /// Those of waking a thread.
    pub(crate) fn publish(
        &mut self,
        mesh: &mut Mesh,
        order: &TryLock,
        mut published: impl FnMut(&Arc<Transaction>),
    ) -> io::Result<()> {
        self.refused = false;
        if self.waiting.is_empty() || !mesh.publish_all() {
            return Ok(());
        }
        let mut inside = None;
        while self.out < self.out_max
            && let Some(transaction) = self.waiting.front()
        {
            if transaction.parts.len() > 1 && inside.is_none() && !is_planted(Fault::Order) {
                inside = order.enter_or_wait(self.waiter);
                if inside.is_none() {
                    self.refused = true;
                    break;
                }
            }
            let Some(transaction) = self.waiting.pop_front() else { break };
            self.out += 1;
            if !transaction.is_only_on(self.me) {
                for (part, own) in transaction.parts.iter().enumerate() {
                    let message = Message::Turn(Arc::clone(&transaction), part);
                    mesh.send_transaction(own.thread, message);
                    if is_planted(Fault::Order) {
                        std::thread::yield_now();
                    }
                }
            }
            published(&transaction);
        }
        let mut woken = Ok(());
        if let Some(inside) = inside {
            inside.leave(|waiter| {
                if let Err(error) = mesh.wake(waiter.index()) {
                    woken = Err(error);
                }
            });
        }
        woken
    }
}
